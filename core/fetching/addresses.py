"""What may be fetched: which addresses of the web, which hosts and ports, and which addresses of networks behind them.

Hosts are read as browsers read them (WHATWG URL, "ends in a number"), so that no spelling of an IP address, decimal,
octal, hexadecimal or short, is taken for a name. Networks are those of IANA's special-purpose registries (RFC 6890);
of IPv6 nothing counts as public but global unicast (2000::/3), which leaves out IPv4-mapped, NAT64 and translated
addresses, and of that neither 6to4 nor what documentation uses.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from yarl import URL

from core.errors import AddressError, QuestionError

LONGEST = 4000
"""Characters of an address that is still asked for."""
WEB_PORTS = (80, 443)
REFUSED_HINT = "Only pages that are open to everyone are read; who runs Lorelens can allow a host of the own network."

_BAD_CHARACTERS = re.compile(r"[\x00-\x20\x7f\\]")
_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\Z")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")
# 6to4's relays; Azure's host service; the IETF's own, of which older Pythons know a part.
_NEVER_V4 = tuple(map(IPv4Network, ("192.88.99.0/24", "168.63.129.16/32", "192.0.0.0/24")))
# Names that never leave a network (RFC 6761, 6762, 8375, 9476 and what ICANN set aside); with a proxy nobody but the
# proxy would look up where they lead.
_INNER = frozenset({"localhost", "local", "internal", "intranet", "lan", "private", "corp", "home", "alt", "onion"})
_PUBLIC_V6 = IPv6Network("2000::/3")
_NEVER_V6 = tuple(map(IPv6Network, ("2002::/16", "2001::/23", "3fff::/20")))

Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class AllowList:
    """Hosts and networks that an operator opened, beside the public web: an intranet's wiki is a source like others.

    `hosts` are names with a port or 0 for any; one that begins with a dot stands for all below it.
    """

    hosts: tuple[tuple[str, int], ...] = ()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> "AllowList":
        """Read from `10.0.0.0/8`, `192.168.1.7`, `wiki.internal`, `wiki.internal:8080`, `*.corp`.

        Raises:
            QuestionError: an entry is none of these.
        """
        hosts: list[tuple[str, int]] = []
        networks: list[IPv4Network | IPv6Network] = []
        for entry in filter(None, (one.strip().lower() for one in entries)):
            try:
                networks.append(ip_network(entry.strip("[]"), strict=False))
                continue
            except ValueError:
                pass
            name, _, port = entry.removeprefix("*").rpartition(":") if re.search(r":\d+\Z", entry) else (entry, "", "0")
            name = name.removeprefix("*").rstrip(".")
            plain = name.removeprefix(".")
            if not plain.isascii():
                plain = (URL.build(scheme="http", host=plain).raw_host or "").lower()
            if not _HOST.match(plain) or int(port) > 65535:
                raise QuestionError(
                    f'"{entry}" is no host and no network.',
                    hint="Write a network (10.0.0.0/8) or a host, with a port if need be (wiki.internal:8080).",
                )
            hosts.append((f".{plain}" if name.startswith(".") else plain, int(port)))
        return cls(tuple(hosts), tuple(networks))

    def names(self, host: str, port: int) -> bool:
        """Whether the host itself was opened at this port."""
        return any(
            (host == name or (name.startswith(".") and host.endswith(name))) and at in (0, port)
            for name, at in self.hosts
        )

    def holds(self, address: Address) -> bool:
        """Whether an address of a network lies in one that was opened."""
        return any(address.version == network.version and address in network for network in self.networks)


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet's, and means nothing but what it says."""
    if address.is_multicast or not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return not address.is_reserved and not any(address in network for network in _NEVER_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _NEVER_V6)


def literal(host: str) -> Address | None:
    """The IP address that a host is written as; None for a name."""
    try:
        return ip_address(host.strip("[]"))
    except (AddressValueError, ValueError):
        return None


def checked(address: str | URL, *, allow: AllowList, ports: Sequence[int] = WEB_PORTS) -> URL:
    """The address as it may be asked for, its host in ASCII, without a fragment; where names lead is checked later.

    Raises:
        AddressError: it is none of http or https, names a user, a port or a host that is not fetched from.
    """
    url = _parsed(address)
    host, port = url.raw_host or "", url.port or 0
    if allow.names(host, port):
        return url
    number = literal(host)
    if number is not None and allow.holds(number):
        return url
    if number is not None and not is_public(number):
        raise refused(url, f"{host} is no address of the public internet")
    if number is None and allow.networks:
        return url  # whether it leads to what was opened is seen when it is looked up
    if number is None and is_inner(host):
        raise refused(url, f"{host} is a name of an inner network")
    if port not in ports:
        raise refused(url, f"nothing is fetched from port {port}")
    return url


def origin_of(address: str) -> str:
    """`HOST:PORT` of a whole address of http or https, as an allow list takes it; empty if it is none.

    For what an operator named, which may stand in the own network.
    """
    try:
        url = URL(address)
        host = url.host
    except ValueError:
        return ""
    return f"{host}:{url.port}" if url.scheme in {"http", "https"} and host else ""


def is_inner(host: str) -> bool:
    """Whether a name is one that only an inner network knows."""
    return "." not in host or host.rpartition(".")[2] in _INNER


def _parsed(address: str | URL) -> URL:
    text = str(address).strip()
    if not text or len(text) > LONGEST or _BAD_CHARACTERS.search(text):
        raise refused(text, "it is no address of the web")
    try:
        url = URL(text)
        port = url.port
    except (ValueError, UnicodeError) as error:
        raise refused(text, "it is no address of the web") from error
    if url.raw_user is not None or url.raw_password is not None:
        raise refused(url.with_user(None), "it names a user or a password")
    if url.scheme not in ("http", "https"):
        raise refused(text, "it is not of http or https")
    host = (url.raw_host or "").lower().rstrip(".")
    if not host or not port:
        raise refused(text, "it names no host")
    if ":" in host:
        if "%" in host:
            raise refused(text, "it names a network interface")
    elif not _HOST.match(host):
        raise refused(text, "its host is not written as hosts are")
    elif _NUMBER.match(host.rpartition(".")[2]) and literal(host) is None:
        raise refused(text, "its host is an IP address in an unusual spelling")
    return url.with_host(host).with_fragment(None)


def refused(address: str | URL, why: str) -> AddressError:
    """The error for an address that is not fetched."""
    shown = str(address)
    shown = shown if len(shown) <= 200 else f"{shown[:199]}…"
    return AddressError(f"{shown} is not fetched: {why}.", hint=REFUSED_HINT, reason="refused")
