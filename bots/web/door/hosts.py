"""Names of hosts and origins as browsers send them, read strictly: what is not understood is nobody's."""

import ipaddress
import re
from typing import NamedTuple

_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,253}[a-z0-9_])?\.?")
_ORIGIN = re.compile(r"(https?)://([^/?#@\s]+)", re.ASCII)
_PORTS = {"http": 80, "https": 443}


class Host(NamedTuple):
    """A host by its name, in lower case and without a dot at the end, or its address; no `port` is 0."""

    name: str
    port: int = 0

    @property
    def is_local(self) -> bool:
        """Whether it is this machine's own name: localhost and what is below it (RFC 6761), or a loopback address."""
        if self.name == "localhost" or self.name.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.name).is_loopback
        except ValueError:
            return False


def host_of(value: str) -> Host | None:
    """The host of a Host header or of an address to listen at (RFC 9110, 7.2); None for what is none."""
    value = value.strip().lower()
    if value.startswith("["):
        address, bracket, rest = value[1:].partition("]")
        try:
            name = str(ipaddress.IPv6Address(address))
        except ValueError:
            return None
        if not bracket or (rest and not rest.startswith(":")):
            return None
        port = rest[1:]
    else:
        name, _, port = value.partition(":")
        if not _NAME.fullmatch(name):
            return None
        name = name.removesuffix(".")
    if not port:
        return Host(name)
    if not (port.isascii() and port.isdigit()) or not 0 < int(port[:6]) <= 65_535 or len(port) > 5:
        return None
    return Host(name, int(port))


def is_own_origin(origin: str, host: Host, *, https: bool) -> bool:
    """Whether an Origin header names the host that is asked. Where it is asked by https, the origin must be https too;
    without it may be either, since a proxy that is not known may have taken the TLS off."""
    found = _ORIGIN.fullmatch(origin.strip().lower())
    other = host_of(found[2]) if found else None
    if found is None or other is None or (https and found[1] != "https"):
        return False
    default = _PORTS[found[1]]
    return (other.name, other.port or default) == (host.name, host.port or default)
