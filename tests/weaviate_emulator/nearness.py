"""Search by vectors, exact: see "Search: Vector similarity" and "Multiple target vectors"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice, takewhile

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


def nearest(definition: Definition, shard: Shard, near: Near, allowed: set[str] | None, most: int) -> list[Neighbour]:
    """The `most` objects that have all the vectors asked for, nearest first."""
    if near.certainty is not None and any(definition.vectors[name] != "cosine" for name, _ in near.targets):
        message = "can't compute certainty with a distance other than cosine"
        raise RefusedError(f"explorer: get class: vector search: {message}")
    parts = [_to_target(definition, shard, name, query) for name, query in near.targets]
    weights = [(near.weights or {}).get(name, 1.0) for name, _ in near.targets]
    objects = [stored for stored in parts[0] if all(stored in part for part in parts[1:])]
    joined = np.asarray(
        [
            join([part[stored] * weight for part, weight in zip(parts, weights, strict=True)], near.combination)
            for stored in objects
        ]
    )
    limit = near.distance if near.certainty is None else 2 * (1 - near.certainty)
    order: list[int] = np.argsort(joined, kind="stable").tolist()
    ordered = (Neighbour(objects[at], float(joined[at])) for at in order)
    within = takewhile(lambda hit: limit is None or hit.distance <= limit, ordered)
    return list(islice((hit for hit in within if allowed is None or hit.stored.uuid in allowed), most))


def _to_target(definition: Definition, shard: Shard, name: str, query: Vector) -> dict[Stored, float]:
    """The distances to one target, in the order in which the objects were written."""
    objects, rows = shard.matrix(name)
    dimension = shard.dimension(name)
    if dimension and len(query) != dimension:
        raise RefusedError(
            f"explorer: get class: vector search: object vector search at index {definition.name.lower()}: "
            "shard: vector search: knn search: distance between entrypoint and query node: "
            f"vector lengths don't match: {dimension} vs {len(query)}"
        )
    if not objects:
        return {}
    found = distances(definition.vectors[name], rows, query).tolist()
    return dict(zip(objects, found, strict=True))


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
