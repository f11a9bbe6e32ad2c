"""A dump of a wiki as a source: Wikipedia, or another MediaWiki, without a connection to it.

The file is streamed; a page is converted again only where its revision is another. A newer dump in the file's place is
compared with what is there, and what it has no more is forgotten once it was read to its end.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import DocumentError, QuestionError, SettingsError, UnavailableError
from core.knowledge.documents import DocumentFacts
from core.sources.connector import Part, SourceSpec, Watch, check_options
from core.sources.mirror import Mirror
from core.sources.wiki.api import WikiSite
from core.sources.wiki.dump_file import DumpFile
from core.sources.wiki.dump_pages import DumpPage, DumpSite
from core.sources.wiki.dump_progress import DumpProgress
from core.sources.wiki.pages import document, page_path
from core.sources.wiki.setup import MOST, is_wikimedia, namespaces_of
from core.sources.wiki.wikitext import html_of

OPTIONS = frozenset({"namespaces", "most", "licence"})
AT_ONCE = 20
"""Pages that are read and converted in one go, outside of the event loop."""
KEPT_EVERY = 500
"""Pages after which it is kept how far the reading has come."""
FORM = 1
"""Counted up when pages are to be converted anew, though they are the same."""

_LICENCE = "Creative Commons Attribution-ShareAlike 4.0"
_LICENCE_URL = "https://creativecommons.org/licenses/by-sa/4.0/"
_PER_FOLDER = 1000
_FILES, _CATEGORIES = "6", "14"


class WikiDumpKind:
    """`core.sources.connector.ConnectorKind` for dumps of wikis."""

    summary = "A dump of Wikipedia or another MediaWiki: a file pages-articles.xml, .xml.bz2 or .xml.gz."

    def check(self, spec: SourceSpec) -> SourceSpec:
        """The spec with the file's whole path. Raises `QuestionError`."""
        check_options(spec.options, OPTIONS, "A dump")
        if not spec.location.strip():
            raise QuestionError("Which dump?", hint="Name a file pages-articles.xml, .xml.bz2 or .xml.gz.")
        most = spec.options.get("most", "1")
        if not re.fullmatch(r"[1-9][0-9]{0,8}", most):
            raise QuestionError(f'most="{most}" is no number of pages.', hint="Write most=1000.")
        namespaces_of(spec.options)
        path = Path(spec.location.strip()).expanduser().absolute()
        if path.is_dir():
            raise QuestionError(f"{path} is a folder.", hint="Name the dump itself; each file is a source of its own.")
        return spec.model_copy(update={"location": str(path)})

    def open(self, spec: SourceSpec, given: Any) -> "WikiDumpConnector":
        """Its connector."""
        return WikiDumpConnector(spec)


class _Converted(NamedTuple):
    """A page with the file that it becomes; `data` is None where the mirror has it already."""

    page: DumpPage
    path: str
    data: bytes | None


class WikiDumpConnector:
    """`core.sources.connector.Connector` for one file."""

    def __init__(self, spec: SourceSpec) -> None:
        options = spec.options
        self._spec = spec
        self._path = Path(spec.location)
        self._most = int(options.get("most", MOST))
        self._namespaces = frozenset(namespaces_of(options))
        self._licence = options.get("licence", "").strip()

    async def parts(self) -> AsyncIterator[Part]:
        """The dump."""
        await self._state()
        yield Part(name=self._path.name, audience=self._spec.audience, url=self._spec.url)

    async def fetch(self, part: Part, mirror: Mirror, watch: Watch) -> None:
        """Convert the pages that are new or changed, and remove those that the dump has no more."""
        state = await self._state()
        chosen = f"{','.join(map(str, sorted(self._namespaces)))} {self._most}"
        progress = DumpProgress.of(mirror, form=f"{FORM} {self._licence}", reading=f"{state} {chosen}")
        if progress.done:
            return
        try:
            dump = await asyncio.to_thread(DumpFile, self._path, progress.position, progress.site)
            try:
                whole = await self._read(dump, progress, watch)
            finally:
                await asyncio.to_thread(dump.close)
                progress.keep()
        except DocumentError as error:
            raise SettingsError(error.message, hint=error.hint) from error
        if await self._state() != state:
            raise UnavailableError(f"{self._path.name} changed while it was read.", hint="It is read again later.")
        if not whole:
            watch.problem(self._path.name, f"It has more pages than the {self._most} that are read (option most).")
        await asyncio.to_thread(progress.end)

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def _read(self, dump: DumpFile, progress: DumpProgress, watch: Watch) -> bool:
        """Read on; answer whether it came to the end before there were too many pages."""
        met = 0
        while batch := await asyncio.to_thread(self._some, dump, progress):
            progress.site = dump.site
            for one in batch:
                if progress.count >= self._most and not progress.is_met(one.page):
                    return False
                title, url = one.page.title, dump.site.address_of(one.page.title)
                facts = DocumentFacts(title=title, url=url, modified=one.page.modified)
                progress.meet(one.page, one.path, one.data, facts)
                if one.data is not None:
                    watch.fetched(title)
                met += 1
                if met % KEPT_EVERY == 0:
                    await asyncio.to_thread(progress.keep)
        return True

    def _some(self, dump: DumpFile, progress: DumpProgress) -> list[_Converted]:
        """The next pages that are wanted, converted where they differ; none at the end."""
        converted: list[_Converted] = []
        while not converted and (pages := dump.some(AT_ONCE)):
            for page in pages:
                if page.namespace not in self._namespaces or page.is_redirect or page.model != "wikitext":
                    continue
                path = f"{page.page_id // _PER_FOLDER:05}/{page_path(page.title, page.page_id, '.html')}"
                data = self._convert(page, dump.site) if progress.differs(page, path) else None
                converted.append(_Converted(page, path, data))
        return converted

    def _convert(self, page: DumpPage, site: DumpSite) -> bytes:
        own = [site.namespaces.get(one, "") for one in (_FILES, _CATEGORIES)]
        content = html_of(page.text, [name for name in own if name])
        licence, address = self._licence, ""
        if not licence and ".wikipedia.org/" in site.articles and is_wikimedia(site.articles):
            licence, address = _LICENCE, _LICENCE_URL
        told = WikiSite(name=site.name or self._path.name, language=site.language, licence=licence, licence_url=address)
        return document(page.title, content, told)

    async def _state(self) -> str:
        """Which file it is now.

        Raises:
            UnavailableError: it is not there.
        """
        try:
            found = await asyncio.to_thread(self._path.stat)
        except OSError as error:
            raise UnavailableError(
                f"{self._path} can't be read now: {error.strerror or error}.",
                hint="Is it mounted? What was read of it is kept until then.",
            ) from error
        return f"{found.st_size} {found.st_mtime_ns}"


wikipedia_dump = WikiDumpKind()
"""What the entry point group `lorelens.sources` names."""
