"""What follows from the settings for who gets in; settings that would let in whom nobody meant are refused."""

import ipaddress
from dataclasses import dataclass
from typing import Literal

from bots.web.door.hosts import Host, host_of
from config.settings import Settings
from core.errors import SettingsError

DEFAULT_ADDRESS = "127.0.0.1:8600"
SMALL = 256 * 1024
"""Bytes that a request may have that is no upload."""

Login = Literal["none", "password", "proxy"]
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Rules:
    """Who gets in, and by which names. `hosts` is empty where any name is answered."""

    login: Login
    is_loopback: bool
    hosts: tuple[Host, ...] = ()
    proxies: tuple[_Network, ...] = ()
    proxy_person: str = ""
    proxy_groups: str = ""
    operators: frozenset[str] = frozenset()
    session_seconds: int = 12 * 3600
    upload_bytes: int = 50_000_000

    def answers_to(self, host: Host) -> bool:
        """Whether the page is reached by this name. On loopback a name that is not of this machine is that of a page
        elsewhere, made to point here (DNS rebinding). The port is that of a tunnel, maybe, and says nothing."""
        if host.is_local:
            return True
        if not self.hosts:
            return not self.is_loopback
        return any(one.name == host.name and one.port in {0, host.port} for one in self.hosts)

    def believes(self, address: str) -> bool:
        """Whether an address is that of a proxy that is believed."""
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return any(found in network for network in self.proxies)


def rules_of(settings: Settings) -> Rules:
    """The rules.

    Raises:
        SettingsError: nobody would be asked who they are though others than those at this machine get here, or what is
            set is not understood.
    """
    address = host_of((settings.web_address or DEFAULT_ADDRESS).removeprefix(":").removesuffix(":0"))
    is_loopback = settings.web_address.startswith(":") or (address is not None and address.is_local)
    hosts = tuple(_host(one) for one in listed(settings.web_hosts))
    proxies = tuple(_network(one) for one in listed(settings.web_proxies))
    is_here = is_loopback and not proxies and all(one.is_local for one in hosts)
    login = settings.web_login if settings.web_login != "auto" else "none" if is_here else "password"
    if login == "none" and not is_here:
        raise SettingsError(
            "The web page would be open to everybody who reaches it: web_login is none, but web_address, web_hosts or "
            "web_proxies lead beyond this machine.",
            hint="Set LORELENS_WEB_LOGIN to password or proxy (docs/web-access.md), or leave web_address at "
            f"{DEFAULT_ADDRESS} and the others empty.",
        )
    if login == "proxy" and not proxies:
        raise SettingsError(
            "web_login is proxy, but no proxy is named.",
            hint="Name the addresses that it asks from with LORELENS_WEB_PROXIES, for example 127.0.0.1,10.0.0.0/24.",
        )
    if login == "proxy" and not settings.web_proxy_person.strip():
        raise SettingsError(
            "web_login is proxy, but no header names the person.",
            hint="Set LORELENS_WEB_PROXY_PERSON to the header that the proxy sets, for example X-Forwarded-User.",
        )
    return Rules(
        login=login,
        is_loopback=is_loopback,
        hosts=hosts,
        proxies=proxies,
        proxy_person=settings.web_proxy_person.strip().lower(),
        proxy_groups=settings.web_proxy_groups.strip().lower(),
        operators=frozenset(listed(settings.web_operators)),
        session_seconds=settings.web_session_hours * 3600,
        upload_bytes=settings.web_upload_mb * 1_000_000,
    )


def listed(value: str) -> list[str]:
    """What is separated by commas."""
    return [one.strip() for one in value.split(",") if one.strip()]


def _host(value: str) -> Host:
    found = host_of(value)
    if found is None:
        raise SettingsError(
            f'"{value}" in web_hosts is no name of a host.',
            hint="Write names alone, without https:// and without a path: lorelens.example.com.",
        )
    return found


def _network(value: str) -> _Network:
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise SettingsError(
            f'"{value}" in web_proxies is no address and no network.',
            hint="Write addresses or networks, for example 127.0.0.1,10.0.0.0/24.",
        ) from None
