"""Search over the knowledge: candidates from the index, fused by language, ranked again by how well they fit.

A reranker, where one is named, reads the best of them; then copies are folded, and newer passages preferred where the
question asks for it. Each step is a file of its own.
"""

import asyncio
from collections.abc import Sequence
from typing import Literal

from core.knowledge.access import Readable
from core.knowledge.folding import fold
from core.knowledge.index import Hit, SearchQuery
from core.knowledge.joining import join
from core.knowledge.late_interaction import JUDGED, LateInteraction
from core.knowledge.picture_search import SearchedPicture, find_pictures
from core.knowledge.ranking import rerank
from core.knowledge.recency import prefer_recent
from core.knowledge.rerankers import CrossEncoderReranker
from core.language import detect_language
from core.messages import EVERYONE
from core.models.encoder import Encoder
from core.models.picture_encoder import PictureEncoder

CANDIDATES = 60
QUERY_CHARACTERS = 2000
"""How much of a long question is searched by."""
DENSE_WEIGHT = 0.5

Kinds = tuple[Literal["text", "picture"], ...]


class KnowledgeSearch:
    """Finds passages for a question."""

    def __init__(
        self,
        index: Readable,
        encoder: Encoder | None,
        picture_encoder: PictureEncoder | None = None,
        reranker: CrossEncoderReranker | None = None,
        late_interaction: LateInteraction | None = None,
    ) -> None:
        """`reranker` and `late_interaction` rank the best passages, and the best pictures, again."""
        self._index = index
        self._reranker = reranker
        self._late_interaction = late_interaction
        self._encoder = encoder
        self._picture_encoder = picture_encoder

    @property
    def sees_pictures(self) -> bool:
        """Whether pictures are compared by their looks, not by words alone."""
        return self._picture_encoder is not None

    async def search(
        self,
        question: str,
        *,
        limit: int = 10,
        audience: tuple[str, ...] = (EVERYONE,),
        sources: Sequence[str] | None = None,
        kinds: Kinds = ("text", "picture"),
    ) -> list[Hit]:
        """The passages that fit a question best, best first; pictures alone are ranked by the fields of their words."""
        question = question[:QUERY_CHARACTERS].strip()
        if not question:
            return []
        if kinds == ("picture",):
            return await self._find_pictures(question, limit, audience, sources)
        vector = await self._encode(question)
        query = SearchQuery(
            text=question,
            vector=vector,
            dense_weight=DENSE_WEIGHT if vector is not None else 0.0,
            limit=CANDIDATES,
            audience=audience,
            sources=tuple(sources) if sources is not None else None,
            kinds=kinds,
        )
        candidates = await self._index.search(query)
        return (await asyncio.to_thread(self._rank, question, candidates, encoded=vector is not None))[:limit]

    async def like(
        self,
        picture: SearchedPicture,
        question: str = "",
        *,
        limit: int = 10,
        audience: tuple[str, ...] = (EVERYONE,),
        sources: Sequence[str] | None = None,
    ) -> list[Hit]:
        """The pictures that are most like another one, best first; `question` says more of what is looked for."""
        return await find_pictures(
            question,
            self._index,
            self._encoder,
            picture_encoder=self._picture_encoder,
            like=picture,
            limit=limit,
            audience=audience,
            sources=sources,
        )

    async def _find_pictures(
        self, question: str, limit: int, audience: tuple[str, ...], sources: Sequence[str] | None
    ) -> list[Hit]:
        late = self._late_interaction
        found = await find_pictures(
            question,
            self._index,
            self._encoder,
            picture_encoder=self._picture_encoder,
            limit=limit if late is None else max(limit, JUDGED),
            audience=audience,
            sources=sources,
        )
        return found if late is None else (await asyncio.to_thread(late.rerank, question, found))[:limit]

    async def joined(self, hits: Sequence[Hit]) -> list[Hit]:
        """Hits of one search for somebody who reads them all: what follows on one another is one passage."""
        return await join(hits, self._index)

    def _rank(self, question: str, candidates: Sequence[Hit], *, encoded: bool) -> list[Hit]:
        """Ranked by what fits, copies folded, and newer ones preferred where the question asks for it."""
        ranked = rerank(question, candidates, encoded=encoded)
        if self._reranker is not None:
            ranked = self._reranker.rerank(question, ranked)
        return prefer_recent(question, fold(ranked))

    async def _encode(self, question: str) -> tuple[float, ...] | None:
        encoder = self._encoder
        if encoder is None:
            return None
        if encoder.languages is not None and detect_language(question) not in encoder.languages:
            return None
        return tuple((await asyncio.to_thread(encoder.encode, [question]))[0].tolist())
