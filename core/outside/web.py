"""The web: searched, and its best pages opened, so that an answer rests on the page and not on the snippet."""

import asyncio
import logging
from collections.abc import Sequence

from core.attached import AttachedDocuments
from core.errors import LorelensError
from core.fetching.guard import Fetcher
from core.knowledge.documents import Passage
from core.models.encoder import Encoder
from core.outside.asking import Asked
from core.outside.finding import Finding, passages_of_findings
from core.outside.search import WebSearch

_log = logging.getLogger(__name__)

PAGES = 3
"""So many results are opened; of the others there is the snippet."""
PASSAGES = 5
PAGE_BYTES = 3 * 2**20
PAGE_SECONDS = 6.0
_KINDS = ("text/", "application/xhtml+xml", "application/pdf")
_ENDINGS = {"application/pdf": "pdf", "text/plain": "txt"}
"""What a page is read as, by its kind; any other as HTML."""


class Web:
    """A search engine and the guard that its results are opened through.

    Args:
        search: the search engine.
        encoder: compares passages by meaning, where there is one.
        allow: hosts and networks whose pages are opened beside the public web.
    """

    name = "web_search"
    kind = "web"

    def __init__(self, search: WebSearch, encoder: Encoder | None, *, allow: Sequence[str] = ()) -> None:
        self._search = search
        self._attached = AttachedDocuments(encoder)
        self._fetcher = Fetcher(allow=allow, timeout=PAGE_SECONDS, tries=1)

    async def look(self, asked: Asked) -> list[Passage]:
        """What the best pages say to the question, and the snippets of the others."""
        results = await self._search.search(asked.query, asked.language)
        opened = await asyncio.gather(*(self._opened(one, asked) for one in results[:PAGES]))
        unopened = [one for one, pages in zip(results[:PAGES], opened, strict=True) if not pages]
        snippets = [*unopened, *results[PAGES:]]
        passages = [passage for pages in opened for passage in pages]
        passages += passages_of_findings(self.kind, snippets, chinese=asked.chinese)
        found = await self._attached.find(asked.question, passages, (), PASSAGES)
        return [hit.passage for hit in found]

    async def close(self) -> None:
        """Let go of connections."""
        await self._search.close()
        await self._fetcher.close()

    async def _opened(self, result: Finding, asked: Asked) -> list[Passage]:
        """What a result's page says to the question; nothing where it can't be opened or read."""
        if not result.url:
            return []
        try:
            page = await self._fetcher.fetch(result.url, kinds=_KINDS, most=PAGE_BYTES)
            ending = _ENDINGS.get(page.kind, "html")
            read = await self._attached.read(f"page.{ending}", page.data)
        except LorelensError as error:
            _log.info("A page that was found is not opened: %s", error)
            return []
        best = await self._attached.find(asked.question, read, (), 2)
        findings = [
            Finding(
                title=result.title or hit.passage.title, text=hit.passage.text, url=result.url, modified=result.modified
            )
            for hit in best
        ]
        return passages_of_findings(self.kind, findings, chinese=asked.chinese)
