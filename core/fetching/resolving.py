"""Names looked up once and checked: what a connection is made to is exactly what was found to be allowed.

The check stands where the connection asks for its addresses, so that nothing can be answered differently in between
(DNS rebinding); addresses written as numbers never come here, and are checked in `core.fetching.addresses`.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from core.fetching.addresses import Address, AllowList, is_public, refused

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""From the name of a host to its IP addresses; raises OSError where it is not known."""


async def resolve_by_system(host: str) -> Sequence[str]:
    """The addresses of a host as this machine knows them.

    Raises:
        OSError: it is not known, or can't be looked up.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))


class CheckedResolver(AbstractResolver):
    """The resolver of the guard's connections: it answers nothing but addresses that may be connected to."""

    def __init__(self, resolve: Resolve, allow: AllowList, ports: Sequence[int]) -> None:
        self._resolve = resolve
        self._allow = allow
        self._ports = ports

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The host's allowed addresses.

        Raises:
            AddressError: it has none.
            OSError: it is not known.
        """
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET6 if address.version == 6 else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in await self.addresses(host, port)
            if family in (socket.AF_UNSPEC, socket.AF_INET6 if address.version == 6 else socket.AF_INET)
        ]

    async def addresses(self, host: str, port: int) -> list[Address]:
        """As `resolve`, as plain addresses."""
        host = host.rstrip(".").lower()
        found = [ip_address(one) for one in await self._resolve(host) if "%" not in one]
        if self._allow.names(host, port):
            return found
        allowed = [one for one in found if self._allow.holds(one) or (port in self._ports and is_public(one))]
        if not allowed:
            raise refused(host, "its name leads to no address of the public internet")
        return allowed

    async def close(self) -> None:
        """Nothing is kept."""
