"""Files that came with messages, fetched from Discord's own hosts and from nowhere else.

Their links are signed and come to an end after about a day; whoever asks after that must get new ones
(https://discord.com/developers/docs/reference#signed-attachment-cdn-urls).
"""

from urllib.parse import urlsplit

import aiohttp

from adapters.discord.addresses import API_URL
from adapters.discord.file_problems import problem
from adapters.fetching import LIMITS, TIMEOUT, OwnFiles
from core.pictures import Limits

_HOSTS = ("cdn.discordapp.com", "media.discordapp.net")


class Expired(Exception):  # noqa: N818 - it is no error but an answer: ask for a new link
    """The link is not good any more, or never was."""


class Files(OwnFiles):
    """Fetches files; `api_url` is the API's address, whose own host may hold files too (proxies, tests)."""

    def __init__(self, *, api_url: str = API_URL, limits: Limits = LIMITS, timeout: float = TIMEOUT) -> None:
        super().__init__("Discord", _HOSTS, api_url=api_url, limits=limits, timeout=timeout)

    async def fetch(self, url: str, *, name: str = "", most: int | None = None) -> bytes:
        """The bytes of a file, of at most `most` bytes (what a picture may have, unless told).

        Raises:
            Expired: the link is not good (any more).
            PictureError: it can't be had; it says why.
            PlatformUnavailableError: Discord is away.
        """
        if not self.is_own(url):
            raise problem("foreign", name, _host(url))

        async def fetched(session: aiohttp.ClientSession) -> bytes:
            async with session.get(url, allow_redirects=False) as response:
                return await self._read(response, name, most or self.limits.size)

        return await self._tried(fetched, name)

    async def _read(self, response: aiohttp.ClientResponse, name: str, most: int) -> bytes:
        self._check_away(response)
        if response.status in {401, 403, 404, 410}:
            raise Expired
        return await self._body(response, name, most)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "?"
    except ValueError:
        return "?"
