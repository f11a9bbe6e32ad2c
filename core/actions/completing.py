"""What somebody may be about to look for: headings of documents, and names of pictures, that they may see.

Asked for at every key that is pressed, so the headings of the documents that were read in last are remembered, each
with who may see it; what is not among them is looked for in the index.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from core.knowledge.access import KnowledgeAccess, may_see
from core.knowledge.documents import Passage
from core.knowledge.index import SearchQuery
from core.knowledge.ledger import Ledger, SourceRecord

MOST = 25
DOCUMENTS = 300
"""So many documents of each source are looked at, those that changed last."""
FRESH = 60.0
"""Seconds for which headings are remembered; what is read in anew is looked at anew."""

Kind = Literal["text", "picture"]


@dataclass(frozen=True)
class _Named:
    """Something that can be looked for, and the principals who may see it."""

    text: str
    kind: Kind
    audience: frozenset[str]


@dataclass(frozen=True)
class _Remembered:
    """The headings of a source as it stood; `until` in seconds of a monotonic clock."""

    read_at: float
    audience: tuple[str, ...]
    until: float
    names: tuple[_Named, ...]


class Completing:
    """Completes what people type."""

    def __init__(self, ledger: Ledger, access: KnowledgeAccess) -> None:
        self._ledger = ledger
        self._access = access
        self._known: dict[str, _Remembered] = {}
        self._reading = asyncio.Lock()

    async def complete(self, typed: str, kind: Kind, audience: Sequence[str], *, limit: int = MOST) -> list[str]:
        """What holds the words that were typed so far, what begins with them first; with nothing typed, the newest.

        Args:
            typed: the beginning of what is looked for; upper and lower case are the same.
            kind: headings and titles, or names of pictures.
            audience: the principals whose documents it may come from; others' are not even hinted at.
            limit: how many there are at most.

        Raises:
            IndexUnavailableError: the index can't be read.
        """
        wanted = " ".join(typed.split()).casefold()
        seen = set(audience)
        found: dict[str, str] = {}
        for record in self._visible(seen):
            for one in (await self._of(record)).names:
                if one.kind == kind and wanted in one.text.casefold() and may_see(seen, one.audience):
                    found.setdefault(one.text.casefold(), one.text)
        if wanted and len(found) < limit:
            query = SearchQuery(text=typed, dense_weight=0.0, limit=limit, audience=tuple(audience), kinds=(kind,))
            for hit in await self._access.search(query):
                for text in _names(hit.passage):
                    if wanted in text.casefold():
                        found.setdefault(text.casefold(), text)
        beginning = [text for key, text in found.items() if key.startswith(wanted)]
        return [*beginning, *(text for key, text in found.items() if not key.startswith(wanted))][:limit]

    def _visible(self, seen: set[str]) -> list[SourceRecord]:
        """The sources of which something may be seen, that were read last first."""
        records = [one for one in self._ledger.sources() if may_see(seen, one.audience)]
        return sorted(records, key=lambda one: -one.read_at)

    async def _of(self, record: SourceRecord) -> _Remembered:
        """The names in a source; read by one at a time, the others take what the first one found."""
        async with self._reading:
            known = self._known.get(record.source)
            now = time.monotonic()
            as_it_stands = (record.read_at, record.audience)
            if known is None or (known.read_at, known.audience) != as_it_stands or known.until < now:
                names = tuple([one async for one in self._read(record)])
                known = self._known[record.source] = _Remembered(*as_it_stands, now + FRESH, names)
            return known

    async def _read(self, record: SourceRecord) -> AsyncIterator[_Named]:
        files = [one for one in self._ledger.files(record.source).values() if one.outcome == "read"]
        for file in sorted(files, key=lambda one: (-one.mtime_ns, one.path))[:DOCUMENTS]:
            for passage in await self._access.passages(record.source, file.path, record.audience):
                for text in _names(passage):
                    yield _Named(text, passage.kind, frozenset(passage.audience))


def _names(passage: Passage) -> Iterator[str]:
    """What a passage is called: a picture by what it shows, text by its title and the headings within it."""
    if passage.picture is not None:
        said = (passage.picture.alt, passage.picture.caption)
    else:
        within = [section.heading_path[-1] for section in passage.sections if section.heading_path]
        said = (passage.title, *passage.heading_path[-1:], *within)
    for text in said:
        if named := " ".join(text.split()):
            yield named
