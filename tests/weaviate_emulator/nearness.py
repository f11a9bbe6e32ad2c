"""Search by vectors, exact: see "Search: Vector similarity" and "Multiple target vectors"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.weaviate_emulator.refusals import RefusedError
from tests.weaviate_emulator.schema import Definition
from tests.weaviate_emulator.shards import Shard, Stored, Vector

SUM, MIN, AVERAGE, RELATIVE, MANUAL = range(1, 6)


@dataclass(frozen=True)
class Near:
    """What is searched for. `targets`: the vectors asked for, in pairs of name and query; "" is the unnamed one."""

    targets: tuple[tuple[str, Vector], ...]
    combination: int = MIN
    weights: Mapping[str, float] | None = None
    distance: float | None = None
    certainty: float | None = None


@dataclass(frozen=True)
class Neighbour:
    """An object and its distance, nearer ones being smaller."""

    stored: Stored
    distance: float


def nearest(definition: Definition, shard: Shard, near: Near, allowed: set[str] | None) -> list[Neighbour]:
    """The objects that have all the vectors asked for, nearest first."""
    if near.certainty is not None and any(definition.vectors[name] != "cosine" for name, _ in near.targets):
        raise RefusedError(
            "explorer: get class: vector search: can't compute certainty with a distance other than cosine"
        )
    combined: dict[str, list[float]] = {}
    for at, (name, query) in enumerate(near.targets):
        objects, rows = shard.matrix(name)
        dimension = shard.dimension(name)
        if dimension and len(query) != dimension:
            raise RefusedError(
                f"explorer: get class: vector search: object vector search at index {definition.name.lower()}: "
                "shard: vector search: knn search: distance between entrypoint and query node: "
                f"vector lengths don't match: {dimension} vs {len(query)}"
            )
        if not objects:
            return []
        weight = (near.weights or {}).get(name, 1.0)
        for stored, found in zip(objects, distances(definition.vectors[name], rows, query).tolist(), strict=True):
            so_far = combined.setdefault(stored.uuid, [])
            if len(so_far) == at:
                so_far.append(found * weight)
    limit = near.distance if near.certainty is None else 2 * (1 - near.certainty)
    hits = [
        Neighbour(shard.objects[uuid], join(parts, near.combination))
        for uuid, parts in combined.items()
        if len(parts) == len(near.targets) and (allowed is None or uuid in allowed)
    ]
    hits = [hit for hit in hits if limit is None or hit.distance <= limit]
    return sorted(hits, key=lambda hit: (hit.distance, hit.stored.doc_id))


def join(parts: list[float], combination: int) -> float:
    """One distance out of those to several targets."""
    if len(parts) == 1:
        return parts[0]
    match combination:
        case n if n in (SUM, MANUAL):
            return sum(parts)
        case n if n == AVERAGE:
            return sum(parts) / len(parts)
        case n if n == RELATIVE:
            raise RefusedError("joining targets by relative scores is not emulated")
        case _:
            return min(parts)


def distances(metric: str, rows: Vector, query: Vector) -> NDArray[np.float32]:
    """The distances from a query to all rows, (rows,): "Configuration: Distance metrics"."""
    match metric:
        case "cosine":
            lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(query)
            return 1 - np.divide(rows @ query, lengths, out=np.zeros(len(rows), np.float32), where=lengths > 0)
        case "dot":
            return -(rows @ query)
        case _:
            return ((rows - query) ** 2).sum(axis=1)
