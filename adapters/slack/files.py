"""Private files, fetched from Slack's own hosts with the token, and from nowhere else.

Slack answers a request without the right permission with 200 and its login page, or sends it there
(https://docs.slack.dev/messaging/working-with-files); both are told apart from a picture. Only where a redirect stays
within Slack's hosts it is followed.
"""

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

import aiohttp

from adapters.slack.api import API_URL
from adapters.slack.file_problems import problem
from core.errors import PlatformUnavailableError
from core.pictures import Limits

TIMEOUT = 30.0
"""Seconds for one file."""
LIMITS = Limits()
_OWN_HOSTS = ("slack.com", "slack-gov.com")
_REDIRECTS = 2
_TRIES = 2
_PAUSE = 0.3
_CHUNK = 65_536
_LOGIN = re.compile(rb"<title>[^<]{0,200}\bslack\s*</title>|slack\.com/(?:signin|checkcookie)", re.IGNORECASE)
"""Tells the login page from a page that somebody attached, as far as it can be told."""


class Files:
    """Fetches files; `api_url` is the API's address, whose own host may hold files too (gateways, tests)."""

    def __init__(self, *, api_url: str = API_URL, limits: Limits = LIMITS, timeout: float = TIMEOUT) -> None:
        self.limits = limits
        self._api = _origin(urlsplit(api_url))
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    def is_own(self, url: str) -> bool:
        """Whether the token may be sent there: to Slack by HTTPS, or to the host that the API is called at."""
        try:
            parts = urlsplit(url)
            scheme, host, port = _origin(parts)
        except ValueError:
            return False
        if parts.username is not None or parts.password is not None or not host:
            return False
        if (scheme, host, port) == self._api:
            return True
        is_slacks = any(host == own or host.endswith(f".{own}") for own in _OWN_HOSTS)
        return scheme == "https" and port == 443 and is_slacks

    async def fetch(
        self, url: str, token: str, *, name: str = "", most: int | None = None, media_type: str = ""
    ) -> bytes:
        """The bytes of a file; `most` (bytes) where it may be larger than a picture, `media_type` as Slack says.

        Raises:
            PictureError: it can't be had; it says why.
            PlatformUnavailableError: Slack is away.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                async with asyncio.timeout(self._timeout):
                    return await self._fetch(url, token, _Wanted(name, most or self.limits.size, media_type))
            except TimeoutError as error:
                raise problem("slow", name, f"{self._timeout:.0f}") from error
            except (aiohttp.ClientError, OSError) as error:
                if attempt == _TRIES:
                    raise PlatformUnavailableError(
                        f"Slack's files can't be reached ({type(error).__name__}).", hint="It is tried again later."
                    ) from error
                await asyncio.sleep(_PAUSE)
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Let go of connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _fetch(self, url: str, token: str, wanted: "_Wanted") -> bytes:
        name = wanted.name
        for _ in range(_REDIRECTS + 1):
            if not self.is_own(url):
                raise problem("foreign", name, urlsplit(url).hostname or "?")
            headers = {"Authorization": f"Bearer {token}"}
            async with self._open().get(url, headers=headers, allow_redirects=False) as response:
                if response.status not in {301, 302, 303, 307, 308}:
                    return await self._read(response, wanted)
                url = urljoin(url, response.headers.get("Location", ""))
                if not self.is_own(url) or _is_login(url):
                    raise problem("no permission", name)
        raise problem("no permission", name)

    async def _read(self, response: aiohttp.ClientResponse, wanted: "_Wanted") -> bytes:
        name = wanted.name
        if response.status == 429 or response.status >= 500:
            pause = response.headers.get("Retry-After", "")
            raise PlatformUnavailableError(
                f"Slack does not hand out files now (HTTP {response.status}).",
                hint="It is tried again later.",
                retry_after=float(pause) if pause.isdigit() else None,
            )
        if response.status in {401, 403}:
            raise problem("no permission", name)
        if response.status in {404, 410}:
            raise problem("deleted", name)
        if response.status != 200:
            raise problem("broken off", name, f"HTTP {response.status}")
        most = wanted.most
        if (response.content_length or 0) > most:
            raise problem("too large", name, str(most // 1024**2))
        data = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            data += chunk
            if len(data) > most:
                raise problem("too large", name, str(most // 1024**2))
        is_page = response.content_type == "text/html" or _is_page(data)
        if is_page and (wanted.media_type != "text/html" or _LOGIN.search(data)):
            raise problem("no permission", name)
        return bytes(data)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
            jar = aiohttp.DummyCookieJar()
            self._session = aiohttp.ClientSession(
                timeout=timeout, cookie_jar=jar, trust_env=True, headers={"User-Agent": "Lorelens"}
            )
        return self._session


@dataclass(frozen=True)
class _Wanted:
    name: str
    most: int
    media_type: str


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    default = {"https": 443, "http": 80}.get(parts.scheme, 0)
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port if parts.port is not None else default


def _is_login(url: str) -> bool:
    parts = urlsplit(url)
    return "redir=" in parts.query or parts.path.rstrip("/").endswith(("/signin", "/login"))


def _is_page(data: bytes | bytearray) -> bool:
    return bytes(data[:256]).lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html"))
