"""Files that came with messages, fetched from a platform's own hosts and from nowhere else, and no more than wanted."""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import SplitResult, urlsplit

import aiohttp

from adapters.file_problems import common_problem
from core.errors import PlatformUnavailableError
from core.pictures import Limits

TIMEOUT = 30.0
"""Seconds for one file."""
LIMITS = Limits()
_TRIES = 2
_PAUSE = 0.3
_CHUNK = 65_536


class OwnFiles:
    """What a platform's file fetching stands on: which hosts are its own, one session, a second try.

    `platform` is its name, as people write it. A host with a dot before it stands for all below it. `api_url` is the
    API's address, whose own host may hold files too (gateways, proxies, tests).
    """

    def __init__(
        self, platform: str, hosts: tuple[str, ...], *, api_url: str, limits: Limits = LIMITS, timeout: float = TIMEOUT
    ) -> None:
        self.limits = limits
        self._platform = platform
        self._hosts = hosts
        self._api = _origin(urlsplit(api_url))
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    def is_own(self, url: str) -> bool:
        """Whether something may be fetched there: from the platform by HTTPS, or from the host of its API."""
        try:
            parts = urlsplit(url)
            scheme, host, port = _origin(parts)
        except ValueError:
            return False
        if parts.username is not None or parts.password is not None or not host:
            return False
        if (scheme, host, port) == self._api:
            return True
        is_named = any(host == own or (own.startswith(".") and host.endswith(own)) for own in self._hosts)
        return scheme == "https" and port == 443 and is_named

    async def close(self) -> None:
        """Let go of connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _tried(self, fetch: Callable[[aiohttp.ClientSession], Awaitable[bytes]], name: str) -> bytes:
        """What `fetch` gets, within the time for a file; once more if a connection broke."""
        for attempt in range(1, _TRIES + 1):
            try:
                async with asyncio.timeout(self._timeout):
                    return await fetch(self._open())
            except TimeoutError as error:
                raise common_problem("slow", self._platform, name, f"{self._timeout:.0f}") from error
            except (aiohttp.ClientError, OSError) as error:
                if attempt == _TRIES:
                    raise PlatformUnavailableError(
                        f"{self._platform}'s files can't be reached ({type(error).__name__}).",
                        hint="It is tried again later.",
                    ) from error
                await asyncio.sleep(_PAUSE)
        raise AssertionError("unreachable")

    def _check_away(self, response: aiohttp.ClientResponse) -> None:
        if response.status == 429 or response.status >= 500:
            pause = response.headers.get("Retry-After", "")
            raise PlatformUnavailableError(
                f"{self._platform} does not hand out files now (HTTP {response.status}).",
                hint="It is tried again later.",
                retry_after=float(pause) if pause.isdigit() else None,
            )

    async def _body(self, response: aiohttp.ClientResponse, name: str, most: int) -> bytes:
        """The body of an answer, which must be one with a file of at most `most` bytes."""
        if response.status != 200:
            raise common_problem("broken off", self._platform, name, f"HTTP {response.status}")
        if (response.content_length or 0) > most:
            raise common_problem("too large", self._platform, name, str(most // 1024**2))
        data = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            data += chunk
            if len(data) > most:
                raise common_problem("too large", self._platform, name, str(most // 1024**2))
        return bytes(data)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
            jar = aiohttp.DummyCookieJar()
            self._session = aiohttp.ClientSession(
                timeout=timeout, cookie_jar=jar, trust_env=True, headers={"User-Agent": "Lorelens"}
            )
        return self._session


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    default = {"https": 443, "http": 80}.get(parts.scheme, 0)
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port if parts.port is not None else default
