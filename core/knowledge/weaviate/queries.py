"""One question to Weaviate: by words, by meaning and by looks at once, in each tenant, put together by us.

The server's own hybrid search says one score a hit. What ranks hits again wants BM25 and the cosines apart, and the
language decides how far the encoder is trusted, so each ranking is asked for itself and fused as in the embedded index.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from weaviate.classes.query import Filter, MetadataQuery

from core.knowledge.fusion import fuse
from core.knowledge.index import Hit, SearchQuery
from core.knowledge.passage_terms import query_terms
from core.knowledge.weaviate.collection import VECTORS, Objects
from core.knowledge.weaviate.errors import patiently
from core.knowledge.weaviate.rows import IMAGE, TEXT, cosine, passage_of, token
from core.knowledge.weaviate.schema import read_property

CANDIDATES = 60
WORDS_CHARACTERS = 2000


def seen_by(audience: Sequence[str]) -> Any:
    """The filter that lets through what one of these principals may see."""
    return Filter.by_property("audience").contains_any([token(principal) for principal in audience])


class Ask:
    """A question on its way: `dense` and `image` say whether vectors of these names can be compared."""

    def __init__(
        self, objects: Objects, tenants: Sequence[str], query: SearchQuery, *, dense: bool, image: bool
    ) -> None:
        self._objects = objects
        self._tenants = tenants
        self._query = query
        self._dense = query.vector if dense and query.dense_weight > 0 else None
        self._image = query.image.values if query.image is not None and image else None
        self._depth = max(query.limit, CANDIDATES)
        self._where = _where(query)

    async def hits(self) -> list[Hit]:
        """The best passages, best first."""
        lexical, dense, image = await asyncio.gather(
            self._lexical(), self._nearest(TEXT, self._dense), self._nearest(IMAGE, self._image)
        )
        found = {str(one.uuid): one for _, one in (*image, *dense, *lexical)}
        passages = {uuid: passage_of(one) for uuid, one in found.items()}
        order = [[str(one.uuid) for _, one in ranking] for ranking in (lexical, dense, image)]
        weight = self._query.image_weight if image else 0.0
        scores = fuse(order[0], order[1], self._query.dense_weight, order[2], weight)
        bm25 = {str(one.uuid): score for score, one in reversed(lexical)}
        best = sorted(scores, key=lambda uuid: (-scores[uuid], passages[uuid].id))[: self._query.limit]
        return [
            Hit(
                passage=passages[uuid],
                score=scores[uuid],
                lexical=bm25.get(uuid),
                dense=cosine(found[uuid], TEXT, self._query.vector),
                image=cosine(found[uuid], IMAGE, self._image),
            )
            for uuid in best
        ]

    async def _lexical(self) -> list[tuple[float, Any]]:
        tokenizer = self._objects.options.tokenizer
        text = " ".join(query_terms(self._query.text)) if tokenizer == "terms" else self._query.text[:WORDS_CHARACTERS]
        if not text.strip() or self._query.dense_weight >= 1:
            return []

        async def of(tenant: str) -> list[tuple[float, Any]]:
            asked = self._objects.of(tenant).query
            found = await patiently(
                lambda: asked.bm25(
                    query=text,
                    query_properties=[read_property(tokenizer)],
                    filters=self._where,
                    limit=self._depth,
                    include_vector=VECTORS,
                    return_metadata=MetadataQuery(score=True),
                )
            )
            return [(float(one.metadata.score or 0.0), one) for one in found.objects]

        return await self._best(of)

    async def _nearest(self, name: str, vector: Sequence[float] | None) -> list[tuple[float, Any]]:
        if vector is None or not any(vector):
            return []

        async def of(tenant: str) -> list[tuple[float, Any]]:
            asked = self._objects.of(tenant).query
            found = await patiently(
                lambda: asked.near_vector(
                    near_vector=list(vector),
                    target_vector=name,
                    filters=self._where,
                    limit=self._depth,
                    include_vector=VECTORS,
                    return_metadata=MetadataQuery(distance=True),
                )
            )
            return [(-float(one.metadata.distance or 0.0), one) for one in found.objects]

        return await self._best(of)

    async def _best(self, of: Any) -> list[tuple[float, Any]]:
        """The best of all tenants, each passage once."""
        ranked = [pair for pairs in await asyncio.gather(*map(of, self._tenants)) for pair in pairs]
        ranked.sort(key=lambda pair: (-pair[0], str(pair[1].uuid)))
        once = {one.uuid: (score, one) for score, one in reversed(ranked)}
        return sorted(once.values(), key=lambda pair: (-pair[0], str(pair[1].uuid)))[: self._depth]


def _where(query: SearchQuery) -> Any:
    where: Any = seen_by(query.audience)
    if query.sources is not None:
        where = where & Filter.by_property("source").contains_any([token(source) for source in query.sources])
    if query.kinds is not None:
        where = where & Filter.by_property("kind").contains_any(list(query.kinds))
    return where
