"""Wikipedia, or another MediaWiki: its own search, and of the best articles what fits the question."""

import asyncio
from collections.abc import Sequence

from core.attached import AttachedDocuments
from core.errors import AddressError, DocumentError
from core.fetching.guard import Fetcher
from core.fetching.pace import Pace
from core.knowledge.documents import Passage
from core.models.encoder import Encoder
from core.outside.asking import Asked
from core.outside.bounds import OutsideError
from core.outside.finding import Finding, passages_of_findings
from core.sources.wiki.api import WikiApi, WikiHit

ARTICLES = 2
PASSAGES = 4


class Encyclopedia:
    """The Wikipedias of the setting `wikipedia`: languages separated by commas, or the address of one API."""

    name = "wikipedia"
    kind = "wikipedia"

    def __init__(self, setting: str, encoder: Encoder | None, *, allow: Sequence[str] = (), contact: str = "") -> None:
        self._fetcher = Fetcher(allow=allow, timeout=10.0, tries=2, pace=Pace(0.05), contact=contact)
        self._wikis = {one.strip(): WikiApi(self._fetcher, one.strip()) for one in setting.split(",") if one.strip()}
        self._attached = AttachedDocuments(encoder)

    async def look(self, asked: Asked) -> list[Passage]:
        """What the articles say that the wiki of the question's language finds, or else the first one."""
        wiki = self._wikis.get(asked.language) or next(iter(self._wikis.values()))
        try:
            hits = await wiki.search(asked.query, ARTICLES)
            articles = await asyncio.gather(*(self._article(wiki, hit, asked) for hit in hits))
        except AddressError as error:
            raise OutsideError(error.message, hint="Check the setting wikipedia.") from error
        passages = [passage for article in articles for passage in article]
        return [hit.passage for hit in await self._attached.find(asked.question, passages, (), PASSAGES)]

    async def close(self) -> None:
        """Let go of connections."""
        await self._fetcher.close()

    async def _article(self, wiki: WikiApi, hit: WikiHit, asked: Asked) -> list[Passage]:
        page = await wiki.page(hit.title)
        findings = [Finding(title=hit.title, text=hit.snippet, url=hit.url)]
        if page is not None and page.html:
            try:
                read = await self._attached.read("article.html", page.html.encode())
                best = await self._attached.find(asked.question, read, (), 2)
                findings = [
                    Finding(title=page.title, text=one.passage.text, url=page.url or hit.url, modified=page.modified)
                    for one in best
                ]
            except DocumentError:  # an article without text; its snippet is there
                pass
        return passages_of_findings(self.kind, findings, chinese=asked.chinese)
