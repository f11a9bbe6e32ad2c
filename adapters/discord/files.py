"""Files that came with messages, fetched from Discord's own hosts and from nowhere else.

Their links are signed and come to an end after about a day; whoever asks after that must get new ones
(https://discord.com/developers/docs/reference#signed-attachment-cdn-urls).
"""

import asyncio
from urllib.parse import SplitResult, urlsplit

import aiohttp

from adapters.discord.addresses import API_URL
from adapters.discord.file_problems import problem
from core.errors import PlatformUnavailableError
from core.pictures import Limits

TIMEOUT = 30.0
"""Seconds for one file."""
LIMITS = Limits()
_OWN_HOSTS = {"cdn.discordapp.com", "media.discordapp.net"}
_TRIES = 2
_PAUSE = 0.3
_CHUNK = 65_536


class Expired(Exception):  # noqa: N818 - it is no error but an answer: ask for a new link
    """The link is not good any more, or never was."""


class Files:
    """Fetches files; `api_url` is the API's address, whose own host may hold files too (proxies, tests)."""

    def __init__(self, *, api_url: str = API_URL, limits: Limits = LIMITS, timeout: float = TIMEOUT) -> None:
        self.limits = limits
        self._api = _origin(urlsplit(api_url))
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    def is_own(self, url: str) -> bool:
        """Whether an address is one of Discord's for files, or of the host that the API is called at."""
        try:
            parts = urlsplit(url)
            scheme, host, port = _origin(parts)
        except ValueError:
            return False
        if parts.username is not None or parts.password is not None or not host:
            return False
        return (scheme, host, port) == self._api or (scheme == "https" and port == 443 and host in _OWN_HOSTS)

    async def fetch(self, url: str, *, name: str = "", most: int | None = None) -> bytes:
        """The bytes of a file, of at most `most` bytes (what a picture may have, unless told).

        Raises:
            Expired: the link is not good (any more).
            PictureError: it can't be had; it says why.
            PlatformUnavailableError: Discord is away.
        """
        if not self.is_own(url):
            raise problem("foreign", name, _host(url))
        for attempt in range(1, _TRIES + 1):
            try:
                async with asyncio.timeout(self._timeout), self._open().get(url, allow_redirects=False) as response:
                    return await self._read(response, name, most or self.limits.size)
            except TimeoutError as error:
                raise problem("slow", name, f"{self._timeout:.0f}") from error
            except (aiohttp.ClientError, OSError) as error:
                if attempt == _TRIES:
                    raise PlatformUnavailableError(
                        f"Discord's files can't be reached ({type(error).__name__}).", hint="It is tried again later."
                    ) from error
                await asyncio.sleep(_PAUSE)
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Let go of connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _read(self, response: aiohttp.ClientResponse, name: str, most: int) -> bytes:
        if response.status == 429 or response.status >= 500:
            pause = response.headers.get("Retry-After", "")
            raise PlatformUnavailableError(
                f"Discord does not hand out files now (HTTP {response.status}).",
                hint="It is tried again later.",
                retry_after=float(pause) if pause.isdigit() else None,
            )
        if response.status in {401, 403, 404, 410}:
            raise Expired
        if response.status != 200:
            raise problem("broken off", name, f"HTTP {response.status}")
        if (response.content_length or 0) > most:
            raise problem("too large", name, str(most // 1024**2))
        data = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            data += chunk
            if len(data) > most:
                raise problem("too large", name, str(most // 1024**2))
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


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "?"
    except ValueError:
        return "?"
