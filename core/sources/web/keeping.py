"""Keeping what came from a site: a page as a file of the mirror, and beside it the pictures that it shows."""

import asyncio
import re
import time

from yarl import URL

from core.errors import AddressError, SiteUnavailableError
from core.fetching.answers import Fetched
from core.fetching.guard import Fetcher
from core.knowledge.documents import DocumentFacts
from core.knowledge.loaders.text import decode
from core.sources.mirror import Mirror
from core.sources.web.addresses import page_path, picture_path
from core.sources.web.kinds import IS_TEXT, PICTURE_KINDS
from core.sources.web.page import Page
from core.sources.web.pictures import picture_suffix
from core.sources.web.rules import Robots
from core.sources.web.sitemap import time_of
from core.sources.web.state import Crawl, PageRecord, PictureRecord, Step

MOST_PICTURE_BYTES = 10 * 2**20

_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n.*?^(?:---|\.\.\.)[ \t]*\r?$", re.S | re.M)
_ADDRESS_LINE = re.compile(r"^(?:url|source_url|canonical|canonical_url)[ \t]*:.*(?:\n|\Z)", re.M | re.I)


class Keeping:
    """Keeps the pages of one sync. Pictures are asked for once in it, and only for pages that are new or changed."""

    def __init__(self, fetcher: Fetcher, robots: Robots, mirror: Mirror, state: Crawl) -> None:
        self._fetcher = fetcher
        self._robots = robots
        self._mirror = mirror
        self._state = state
        self._settled: set[str] = set()
        self._away: set[str] = set()

    async def page(
        self, url: URL, answer: Fetched, step: Step, suffix: str, page: Page | None, links: tuple[str, ...]
    ) -> bool:
        """Keep what came from an address; answer whether it was new or changed.

        Args:
            url: where it is in truth.
            answer: what came.
            step: why it was asked for.
            suffix: what it is.
            page: it, where it is HTML, with the pictures that are wanted.
            links: where it leads to.
        """
        files: dict[str, str] = {}
        whole = True
        if page is not None:
            files, whole = await self._pictures(page)
            data = await asyncio.to_thread(page.markup, files)
        else:
            data = _plain(answer) if suffix in IS_TEXT else answer.data
        now = time.time()
        path = page_path(url, suffix)
        facts = DocumentFacts(url=str(url), modified=min(answer.modified or time_of(step.lastmod), now))
        changed = await asyncio.to_thread(self._mirror.write, path, data, facts)
        known = self._state.pages.get(str(url))
        if known is not None and known.path not in ("", path):
            await asyncio.to_thread(self._mirror.remove, known.path)
        record = PageRecord(
            path=path,
            etag=answer.etag,
            last_modified=answer.last_modified,
            lastmod=step.lastmod,
            asked=now,
            links=links,
            pictures=tuple(files),
        )
        self._state.pages[str(url)] = record if whole else record.unsettled()
        return changed

    def is_there(self, record: PageRecord) -> bool:
        """Whether the file of a page is where it was put."""
        return not record.path or (self._mirror.folder / record.path).is_file()

    async def drop(self, address: str) -> None:
        """Remove a page that is there no more."""
        record = self._state.pages.pop(address, None)
        if record is not None and record.path:
            await asyncio.to_thread(self._mirror.remove, record.path)

    async def drop_others(self) -> None:
        """Remove every file that no page is, and no page shows."""
        shown = {address for page in self._state.pages.values() for address in page.pictures}
        for address in [one for one in self._state.pictures if one not in shown]:
            del self._state.pictures[address]
        kept = {page.path for page in self._state.pages.values()}
        kept |= {picture.path for picture in self._state.pictures.values()}
        for path in await asyncio.to_thread(lambda: [one for one in self._mirror.paths() if one not in kept]):
            await asyncio.to_thread(self._mirror.remove, path)

    async def _pictures(self, page: Page) -> tuple[dict[str, str], bool]:
        """The files of a page's pictures, by address, and whether all were had that there are."""
        files: dict[str, str] = {}
        whole = True
        for url in page.pictures:
            address = str(url)
            if address not in self._settled and url.host not in self._away:
                try:
                    await self._picture(url, page.url)
                    self._settled.add(address)
                except SiteUnavailableError:
                    self._away.add(url.host or "")
            whole = whole and address in self._settled
            if address in self._state.pictures:
                files[address] = self._state.pictures[address].path
        return files, whole

    async def _picture(self, url: URL, page: URL) -> None:
        """Bring one picture up to date; what is none, or not for us, is forgotten. Raises `SiteUnavailableError`."""
        address = str(url)
        known = self._state.pictures.get(address)
        if known is not None and not (self._mirror.folder / known.path).is_file():
            known = None
        try:
            if not await self._robots.allow(url):
                self._state.pictures.pop(address, None)
                return
            answer = await self._fetcher.fetch(
                address,
                kinds=PICTURE_KINDS,
                most=MOST_PICTURE_BYTES,
                etag=known.etag if known else "",
                last_modified=known.last_modified if known else "",
            )
        except AddressError:
            self._state.pictures.pop(address, None)
            return
        if answer.is_unchanged and known is not None:
            return
        suffix = picture_suffix(answer.data, answer.kind, url)
        if not suffix:
            self._state.pictures.pop(address, None)
            return
        path = picture_path(url, suffix)
        await asyncio.to_thread(self._mirror.write, path, answer.data, DocumentFacts(url=str(page)))
        self._state.pictures[address] = PictureRecord(path=path, etag=answer.etag, last_modified=answer.last_modified)


def _plain(answer: Fetched) -> bytes:
    """A text in UTF-8, without what its front matter says that its address is: it is where it was fetched."""
    text = decode(answer.data, answer.charset)
    front = _FRONT_MATTER.match(text)
    if front:
        text = _ADDRESS_LINE.sub("", front.group()) + text[front.end() :]
    return text.encode(errors="replace")
