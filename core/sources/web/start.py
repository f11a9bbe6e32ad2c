"""Where a site begins: what its location is, a page or a sitemap, and which pages its sitemaps list."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from yarl import URL

from core.errors import AddressError, DocumentError, SettingsError, SiteUnavailableError
from core.fetching.answers import Fetched
from core.fetching.guard import Fetcher
from core.sources.connector import Watch
from core.sources.web.addresses import folder_of, is_same_site, tidy
from core.sources.web.kinds import KINDS, SITEMAP_KINDS
from core.sources.web.options import Choice
from core.sources.web.rules import Robots
from core.sources.web.sitemap import MOST_BYTES, Entry, is_sitemap, newest, read_sitemap
from core.sources.web.state import PageRecord

MOST_PAGE_BYTES = 32 * 2**20
"""Of one page or document."""
MOST_SITEMAPS = 200
MOST_LISTED = 200_000
_SITEMAP_NAMES = (".xml", ".gz", "sitemap.txt")


@dataclass
class Begun:
    """What there is to begin with: the first page's address and answer, or what a sitemap lists, or both.

    `listed` are addresses with their `lastmod`. `within` is where pages of the site are. `partial`: a sitemap of those
    that there are could not be had.
    """

    within: tuple[str, ...]
    address: str = ""
    answer: Fetched | None = None
    listed: dict[str, str] = field(default_factory=dict[str, str])
    by_sitemap: bool = False
    partial: bool = False


class Start:
    """Looks at where a site begins."""

    def __init__(self, choice: Choice, fetcher: Fetcher, robots: Robots, watch: Watch) -> None:
        self._choice = choice
        self._fetcher = fetcher
        self._robots = robots
        self._watch = watch

    async def look(self, known: PageRecord) -> Begun:
        """See what is there. `known` is the first page as it was the last time.

        Raises:
            SettingsError: it is nothing that is read, or not open to us.
            SiteUnavailableError: it can't be had now.
        """
        try:
            return await self._look(known)
        except (AddressError, DocumentError) as error:
            raise SettingsError(
                error.message, hint=f"{error.hint} Check the source's address; what was read of it is kept.".strip()
            ) from error

    async def _look(self, known: PageRecord) -> Begun:
        choice, url = self._choice, self._choice.location
        named = url.path.endswith(_SITEMAP_NAMES)
        if not named and not await self._robots.allow(url):
            raise SettingsError(
                f"{url.host} asks robots not to read {url.path} (its robots.txt).",
                hint="Ask who runs the site to allow Lorelens, or choose another part of it.",
            )
        most = MOST_BYTES if named else MOST_PAGE_BYTES
        answer = await fetch_page(self._fetcher, choice, url, known, SITEMAP_KINDS, most)
        final = tidy(answer.url) or url
        if not is_same_site(final, url):
            raise SettingsError(
                f"{url} leads on to {final.with_query(None)}.", hint="Give that address, if it is what you mean."
            )
        if is_sitemap(answer.data) or url.path.endswith("sitemap.txt"):
            begun = Begun(choice.within or (str(final.origin()) + "/",), by_sitemap=True)
            await self._list(begun, [Entry(str(final))], answer.data)
            return begun
        begun = Begun(choice.within or (folder_of(final),), address=str(final), answer=answer)
        if choice.depth != 0:
            await self._list(begun, [Entry(one) for one in await self._named(final)])
        return begun

    async def _named(self, url: URL) -> Iterable[str]:
        """The sitemaps of a site, as it names them."""
        named = await self._robots.sitemaps(url)
        return named or ([str(url.with_path("/sitemap.xml").with_query(None))] if url.raw_path == "/" else [])

    async def _list(self, begun: Begun, sitemaps: list[Entry], first: bytes | None = None) -> None:
        """Gather what sitemaps list, those that they name included; `first` is the first one, where it is had."""
        scope = self._choice.scope(begun.within)
        waiting, seen, pages = list(sitemaps), set[str](), list[Entry]()
        while waiting and len(pages) < MOST_LISTED:
            address = tidy(waiting.pop(0).address)
            if address is None or str(address) in seen:
                continue
            if len(seen) >= MOST_SITEMAPS:
                begun.partial = True
                break
            seen.add(str(address))
            is_first, data = first is not None, first
            first = None
            try:
                if data is None:
                    data = await self._sitemap(address)
                found = await asyncio.to_thread(read_sitemap, data)
            except (AddressError, DocumentError, SiteUnavailableError) as error:
                if is_first:
                    raise
                self._not_had(begun, str(address), error)
                continue
            waiting += found.sitemaps
            for entry in found.pages:
                page = tidy(entry.address)
                if page is not None and scope.holds(page):
                    pages.append(Entry(str(page), entry.lastmod))
        begun.listed = newest(pages)

    async def _sitemap(self, url: URL) -> bytes:
        answer = await self._fetcher.fetch(
            str(url), headers=self._choice.headers(url), kinds=SITEMAP_KINDS, most=MOST_BYTES
        )
        return answer.data

    def _not_had(self, begun: Begun, address: str, error: AddressError | DocumentError | SiteUnavailableError) -> None:
        """What a sitemap would have listed may be there all the same; one that is not there lists nothing."""
        if isinstance(error, AddressError) and error.reason == "gone":
            return
        begun.partial = True
        self._watch.problem(address, error.message)


async def fetch_page(
    fetcher: Fetcher,
    choice: Choice,
    url: URL,
    known: PageRecord,
    kinds: tuple[str, ...] = KINDS,
    most: int = MOST_PAGE_BYTES,
) -> Fetched:
    """Ask for a page, or whether it is as it was known. Raises as `Fetcher.fetch`."""
    return await fetcher.fetch(
        str(url),
        headers=choice.headers(url),
        kinds=kinds,
        most=most,
        etag=known.etag,
        last_modified=known.last_modified,
    )
