"""Hybrid search: keywords and vectors made one list; see "Search: Hybrid search" and "Concepts: Hybrid search"."""

from collections import defaultdict

from tests.weaviate_emulator.keywords import Ranked
from tests.weaviate_emulator.shards import Stored

RANKED, RELATIVE = 1, 2
RANK_CONSTANT = 60
SUBSEARCH = 100
"""How many hits either search brings at least."""


def fused(keywords: list[Ranked], neighbours: list[Ranked], alpha: float, fusion: int) -> list[Ranked]:
    """Both lists as one, best first. `alpha`: the share of the vectors, 0 to 1."""
    scores: dict[str, float] = defaultdict(float)
    explained: dict[str, list[str]] = defaultdict(list)
    objects: dict[str, Stored] = {}
    for name, weight, hits in (("keyword", 1 - alpha, keywords), ("vector", alpha, neighbours)):
        if weight == 0:
            continue
        parts = _by_rank(hits) if fusion == RANKED else _by_score(hits)
        for hit, part in zip(hits, parts, strict=True):
            uuid = hit.stored.uuid
            objects[uuid] = hit.stored
            scores[uuid] += weight * part
            explained[uuid].append(
                f"Hybrid (Result Set {name}) Document {uuid}: original score {hit.score:.6g}, "
                f"normalized score: {weight * part:.6g}"
            )
    ranked = [Ranked(objects[uuid], score, " - ".join(explained[uuid])) for uuid, score in scores.items()]
    return sorted(ranked, key=lambda hit: (-hit.score, hit.stored.uuid))


def _by_rank(hits: list[Ranked]) -> list[float]:
    return [1 / (RANK_CONSTANT + rank) for rank in range(len(hits))]


def _by_score(hits: list[Ranked]) -> list[float]:
    if not hits:
        return []
    best, worst = max(hit.score for hit in hits), min(hit.score for hit in hits)
    if best == worst:
        return [1.0] * len(hits)
    return [(hit.score - worst) / (best - worst) for hit in hits]
