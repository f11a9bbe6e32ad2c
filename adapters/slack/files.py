"""Private files, fetched from Slack's own hosts with the token, and from nowhere else.

Slack answers a request without the right permission with 200 and its login page, or sends it there
(https://docs.slack.dev/messaging/working-with-files); both are told apart from a picture. Only where a redirect stays
within Slack's hosts it is followed.
"""

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import aiohttp

from adapters.fetching import LIMITS, TIMEOUT, OwnFiles
from adapters.slack.api import API_URL
from adapters.slack.file_problems import problem
from core.pictures import Limits

_HOSTS = ("slack.com", ".slack.com", "slack-gov.com", ".slack-gov.com")
_REDIRECTS = 2
_LOGIN = re.compile(rb"<title>[^<]{0,200}\bslack\s*</title>|slack\.com/(?:signin|checkcookie)", re.IGNORECASE)
"""Tells the login page from a page that somebody attached, as far as it can be told."""


class Files(OwnFiles):
    """Fetches files; `api_url` is the API's address, whose own host may hold files too (gateways, tests)."""

    def __init__(self, *, api_url: str = API_URL, limits: Limits = LIMITS, timeout: float = TIMEOUT) -> None:
        super().__init__("Slack", _HOSTS, api_url=api_url, limits=limits, timeout=timeout)

    async def fetch(
        self, url: str, token: str, *, name: str = "", most: int | None = None, media_type: str = ""
    ) -> bytes:
        """The bytes of a file; `most` (bytes) where it may be larger than a picture, `media_type` as Slack says.

        Raises:
            PictureError: it can't be had; it says why.
            PlatformUnavailableError: Slack is away.
        """
        wanted = _Wanted(name, most or self.limits.size, media_type)
        return await self._tried(lambda session: self._fetch(session, url, token, wanted), name)

    async def _fetch(self, session: aiohttp.ClientSession, url: str, token: str, wanted: "_Wanted") -> bytes:
        name = wanted.name
        for _ in range(_REDIRECTS + 1):
            if not self.is_own(url):
                raise problem("foreign", name, urlsplit(url).hostname or "?")
            headers = {"Authorization": f"Bearer {token}"}
            async with session.get(url, headers=headers, allow_redirects=False) as response:
                if response.status not in {301, 302, 303, 307, 308}:
                    return await self._read(response, wanted)
                url = urljoin(url, response.headers.get("Location", ""))
                if not self.is_own(url) or _is_login(url):
                    raise problem("no permission", name)
        raise problem("no permission", name)

    async def _read(self, response: aiohttp.ClientResponse, wanted: "_Wanted") -> bytes:
        name = wanted.name
        self._check_away(response)
        if response.status in {401, 403}:
            raise problem("no permission", name)
        if response.status in {404, 410}:
            raise problem("deleted", name)
        data = await self._body(response, name, wanted.most)
        is_page = response.content_type == "text/html" or _is_page(data)
        if is_page and (wanted.media_type != "text/html" or _LOGIN.search(data)):
            raise problem("no permission", name)
        return data


@dataclass(frozen=True)
class _Wanted:
    name: str
    most: int
    media_type: str


def _is_login(url: str) -> bool:
    parts = urlsplit(url)
    return "redir=" in parts.query or parts.path.rstrip("/").endswith(("/signin", "/login"))


def _is_page(data: bytes) -> bool:
    return data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html"))
