"""Who may see what of the knowledge: the one rule, and the one door through which everything that shows it goes.

A document names the principals who may see it (`core.audience`), and so does its source in the ledger. An audience,
which is what a person or a whole place holds, sees a document if it holds one of the document's principals and one of
its source's. The index looks at the former while it searches; the latter is looked at here, in what comes back: so a
source that fewer may see is seen by fewer from the next question on, though the index is still being rewritten, and
what was forgotten is not shown while it goes. What cites, explains, shares or completes reads here too; who reads the
index itself is on the list in `tests/unit/test_access_doors.py`.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from core.knowledge.documents import Passage
from core.knowledge.index import Hit, KnowledgeIndex, SearchQuery
from core.knowledge.ledger import Ledger


def may_see(audience: Collection[str], named: Collection[str]) -> bool:
    """Whether somebody who holds these principals may see what names those; what names none is seen by nobody."""
    return not set(named).isdisjoint(audience)


class Readable(Protocol):
    """What a search reads: an index, or the part of it that `KnowledgeAccess` gives out."""

    async def search(self, query: SearchQuery) -> list[Hit]:
        """As `KnowledgeIndex.search`."""
        ...

    async def showing(self, sha256: str, audience: Sequence[str]) -> list[Passage]:
        """As `KnowledgeIndex.showing`."""
        ...

    async def neighbours(self, passage: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        """As `KnowledgeIndex.neighbours`."""
        ...


class KnowledgeAccess:
    """The knowledge as far as an audience may see it now. All that reads raises `IndexUnavailableError`."""

    def __init__(self, index: KnowledgeIndex, ledger: Ledger) -> None:
        self._index = index
        self._ledger = ledger

    async def search(self, query: SearchQuery) -> list[Hit]:
        """The best passages that `query.audience` may see."""
        hits = await self._index.search(query)
        seen = {one.id for one in self.visible([hit.passage for hit in hits], query.audience)}
        return [hit for hit in hits if hit.passage.id in seen]

    async def showing(self, sha256: str, audience: Sequence[str]) -> list[Passage]:
        """The passages of the picture with this hash that an audience may see."""
        return self.visible(await self._index.showing(sha256, audience), audience)

    async def neighbours(self, passage: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        """A passage with those around it that all may see who may see it."""
        around = await self._index.neighbours(passage, before, after)
        named = set(passage.audience)
        return [one for one in self.visible(around, passage.audience) if named and named <= set(one.audience)]

    async def passages(self, source: str, path: str, audience: Collection[str]) -> list[Passage]:
        """The passages of one document that an audience may see, in order."""
        return self.visible(await self._index.passages(source, path), audience)

    def visible(self, passages: Iterable[Passage], audience: Collection[str]) -> list[Passage]:
        """Those of these passages, found now or kept from before, that an audience may see now."""
        passages = list(passages)
        seen = self.seen({(one.source, one.audience) for one in passages}, audience)
        return [one for one in passages if (one.source, one.audience) in seen]

    def seen(
        self, drawn_on: Collection[tuple[str, tuple[str, ...]]], audience: Collection[str]
    ) -> set[tuple[str, tuple[str, ...]]]:
        """Those of these sources, each with the principals whom a passage of it names, that an audience may see now."""
        readers = self._ledger.readers({source for source, _ in drawn_on})
        return {
            (source, named)
            for source, named in drawn_on
            if may_see(audience, named) and may_see(audience, readers.get(source, ()))
        }
