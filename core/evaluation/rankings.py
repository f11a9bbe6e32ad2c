"""How well a ranking finds what is wanted: recall, the reciprocal rank, and the discounted gain.

Definitions as in Manning, Raghavan and Schütze, "Introduction to Information Retrieval", chapter 8, with relevance that
is yes or no. All lie between 0 and 1, and a ranking that begins with all that is wanted has 1.
"""

import math
import re
from collections.abc import Callable, Sequence

from core.knowledge.index import Hit

NDCG_DEPTH = 10
_EMBEDDED = re.compile(r"#picture-\d+\Z")
_SPACE = re.compile(r"\s+")

Ranks = Sequence[int | None]
"""For each thing that is wanted the rank at which it is first found, from 1; None where it is not."""


def recall(ranks: Ranks, depth: int) -> float:
    """The share of what is wanted that is found so early; of more than `depth` things, of as many as can be."""
    found = sum(rank is not None and rank <= depth for rank in ranks)
    return min(1.0, found / min(depth, len(ranks)))


def reciprocal_rank(ranks: Ranks) -> float:
    """One by the rank of the first thing that is wanted; 0 where none is found."""
    return 1 / min((rank for rank in ranks if rank is not None), default=math.inf)


def ndcg(ranks: Ranks, depth: int = NDCG_DEPTH) -> float:
    """The discounted gain of the first `depth`, by that of the best order (Järvelin and Kekäläinen, 2002).

    What is found at the same rank (two sentences of one passage) gains once, and the best order has it once.
    """
    found = {rank for rank in ranks if rank is not None}
    most = min(depth, len(found) + sum(rank is None for rank in ranks))
    best = sum(1 / math.log2(rank + 1) for rank in range(1, most + 1))
    return min(1.0, sum(1 / math.log2(rank + 1) for rank in found if rank <= depth) / best)


def document_ranks(wanted: Sequence[str], hits: Sequence[Hit]) -> Ranks:
    """Ranks of documents, each counted once however many of its passages are found.

    A copy that is not shown has the rank of the document that is shown in its place.
    """
    places: dict[tuple[str, str], int] = {}
    rank = 0
    for hit in hits:
        source = hit.passage.source
        shown = (source, document_of(hit.passage.path))
        if shown not in places:
            rank += 1
            places[shown] = rank
        for copy in hit.also_in:
            places.setdefault((source, document_of(copy)), places[shown])
    return [
        min((place for (source, path), place in places.items() if is_document(name, source, path)), default=None)
        for name in wanted
    ]


def is_document(name: str, source: str, path: str) -> bool:
    """Whether a document is the one of this name: its path, with its source or without."""
    return name in (path, f"{source}/{path}")


def document_of(path: str) -> str:
    """The document that a passage's path belongs to: a picture in a document is a part of it."""
    return _EMBEDDED.sub("", path)


def quote_ranks(wanted: Sequence[str], hits: Sequence[Hit]) -> Ranks:
    """Ranks of the first passages that hold sentences word for word, white space aside."""
    texts = [_bare(hit.passage.text) for hit in hits]
    return _first(wanted, lambda quote: [_bare(quote) in text for text in texts])


def picture_ranks(wanted: Sequence[str], hits: Sequence[Hit]) -> Ranks:
    """Ranks of pictures by name."""
    return _first(wanted, lambda name: [is_picture(name, hit.passage.source, hit.passage.path) for hit in hits])


def is_picture(name: str, source: str, path: str) -> bool:
    """Whether a picture is the one of this name: its path, with its source or without, or the path's last part."""
    return name in (path, f"{source}/{path}", path.rpartition("/")[2])


def _first(wanted: Sequence[str], fits: Callable[[str], list[bool]]) -> Ranks:
    return [next((rank for rank, right in enumerate(fits(one), start=1) if right), None) for one in wanted]


def _bare(text: str) -> str:
    return _SPACE.sub("", text)
