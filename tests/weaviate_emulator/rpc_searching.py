"""gRPC for searches: by keywords, vectors, both, or none; filtered, sorted, cut to a page."""

from collections.abc import Callable
from typing import Any

import numpy as np
from weaviate.proto.v1 import search_get_pb2

from tests.weaviate_emulator import keywords
from tests.weaviate_emulator.database import Collection, Database
from tests.weaviate_emulator.filters import TIMESTAMPS, matching
from tests.weaviate_emulator.fusing import RANKED, RELATIVE, SUBSEARCH, fused
from tests.weaviate_emulator.keywords import Keywords, Ranked
from tests.weaviate_emulator.names import object_id
from tests.weaviate_emulator.nearness import MIN, Near, nearest
from tests.weaviate_emulator.refusals import RefusedError
from tests.weaviate_emulator.rpc_values import Hit, result
from tests.weaviate_emulator.rpc_writing import MAXIMUM_RESULTS
from tests.weaviate_emulator.shards import Shard, Stored, Vector

REPLIES: Any = search_get_pb2
DEFAULT_LIMIT = 10
"""QUERY_DEFAULTS_LIMIT."""
NOT_EMULATED = (
    "near_text",
    "near_image",
    "near_audio",
    "near_video",
    "near_depth",
    "near_thermal",
    "near_imu",
    "group_by",
    "generative",
    "rerank",
    "boost",
)


def search(database: Database, request: Any) -> Any:
    """One search in one tenant."""
    for name in NOT_EMULATED:
        if request.HasField(name):
            raise RefusedError(f"{name} is not emulated (real servers need a module for most of these)")
    collection = database.resolve(request.collection)
    shard = collection.reading(request.tenant)
    limit, offset = request.limit or DEFAULT_LIMIT, int(request.offset)
    kind = _kind(request)
    _check_page(request, kind, limit, offset)
    hits = _hits(collection, shard, request, kind, limit + offset)
    page = hits[offset : offset + limit]
    return REPLIES.SearchReply(took=0.001, results=[result(collection, request, hit) for hit in page])


def allowed(collection: Collection, shard: Shard, request: Any) -> set[str] | None:
    """The UUIDs that the filters let pass; None where there are no filters."""
    if not request.HasField("filters"):
        return None
    return {stored.uuid for stored in matching(collection.definition, shard.objects.values(), request.filters)}


def _kind(request: Any) -> str:
    kinds = [name for name in ("hybrid_search", "bm25_search", "near_vector", "near_object") if request.HasField(name)]
    if len(kinds) > 1:
        raise RefusedError(f"found both {' and '.join(kinds)} which are conflicting, choose one instead")
    return kinds[0] if kinds else "list"


def _check_page(request: Any, kind: str, limit: int, offset: int) -> None:
    wrapped = "explorer: list class" if kind == "list" else "explorer: get class"
    if request.after:
        # "Search: Basics: Cursor API": nothing else goes with it.
        refused = "cursor api: invalid 'after' parameter: {} cannot be set with after and limit parameters"
        if kind != "list":
            raise RefusedError(refused.format("other params"))
        others = (("offset", offset), ("where", request.HasField("filters")), ("sort", request.sort_by))
        if given := [name for name, is_given in others if is_given]:
            raise RefusedError(refused.format(",".join(given)))
        object_id(request.after)
        return
    if limit + offset > MAXIMUM_RESULTS:
        raise RefusedError(f"{wrapped}: invalid pagination params: query maximum results exceeded")


def _hits(collection: Collection, shard: Shard, request: Any, kind: str, depth: int) -> list[Hit]:
    passing = allowed(collection, shard, request)
    match kind:
        case "bm25_search":
            asked = request.bm25_search
            return [_scored(each) for each in _by_keywords(collection, shard, asked, passing)]
        case "near_vector" | "near_object":
            near = near_of(collection, shard, request, kind)
            found = nearest(collection.definition, shard, near, passing, depth)
            cosine = all(collection.definition.vectors[name] == "cosine" for name, _ in near.targets)
            if request.metadata.certainty and not cosine:
                raise RefusedError(
                    f"additional: certainty on class {collection.name}: can't compute and return certainty when "
                    "vector index is configured with a distance other than cosine"
                )
            return [Hit(each.stored, None, each.distance, 1 - each.distance / 2 if cosine else None) for each in found]
        case "hybrid_search":
            return [_scored(each) for each in _hybrid(collection, shard, request.hybrid_search, passing, depth)]
        case _:
            return [Hit(stored) for stored in _listed(collection, shard, request)]


def _scored(hit: Ranked) -> Hit:
    return Hit(hit.stored, hit.score, explained=hit.explained)


def _listed(collection: Collection, shard: Shard, request: Any) -> list[Stored]:
    found = shard.ordered()
    if request.after:
        after = object_id(request.after)
        return [stored for stored in found if stored.uuid > after]
    if request.HasField("filters"):
        found = sorted(matching(collection.definition, found, request.filters), key=lambda stored: stored.doc_id)
    for by in reversed(request.sort_by):
        found.sort(key=_sort_key(collection, list(by.path)), reverse=not by.ascending)
    return found


def _sort_key(collection: Collection, path: list[str]) -> Callable[[Stored], Any]:
    if len(path) != 1:
        raise RefusedError(
            "invalid 'sort' parameter: sorting by reference not supported, path must have exactly one argument"
        )
    name = path[0]
    if name in ("_id", "id"):
        return lambda stored: stored.uuid
    if name in TIMESTAMPS:
        return lambda stored: getattr(stored, TIMESTAMPS[name])
    prop = collection.definition.property(name)
    # What an object does not have comes before all it might have: "Search: Basics: Sort" (nulls first, ascending).
    return lambda stored: (0, "") if stored.properties.get(prop.name) is None else (1, stored.properties[prop.name])


def _by_keywords(collection: Collection, shard: Shard, asked: Any, passing: set[str] | None) -> list[Ranked]:
    options = asked.search_operator if hasattr(asked, "search_operator") else asked.bm25_search_operator
    if options.operator not in (0, 1, keywords.OPERATOR_AND):
        raise RefusedError("this operator of keyword search is not emulated")
    wanted = Keywords(asked.query, tuple(asked.properties), options.operator, options.minimum_or_tokens_match)
    return keywords.ranked(collection.definition, shard, wanted, passing)


def _hybrid(collection: Collection, shard: Shard, asked: Any, passing: set[str] | None, depth: int) -> list[Ranked]:
    alpha: float = asked.alpha_param if asked.use_alpha_param else asked.alpha
    if asked.use_alpha_param and not asked.HasField("alpha_param"):
        alpha = 0.75
    if not 0 <= alpha <= 1:
        raise RefusedError(f"alpha should be between 0.0 and 1.0, got {alpha}")
    depth = max(depth, SUBSEARCH)
    words = _by_keywords(collection, shard, asked, passing)[:depth] if alpha < 1 else []
    neighbours: list[Ranked] = []
    if alpha > 0:
        inner = asked.near_vector if asked.HasField("near_vector") else asked
        near = Near(
            _targets(collection, inner, asked),
            asked.targets.combination or MIN,
            _weights(asked),
            asked.vector_distance if asked.HasField("vector_distance") else None,
        )
        found = nearest(collection.definition, shard, near, passing, depth)
        neighbours = [Ranked(each.stored, 1 - each.distance) for each in found]
    fusion: int = asked.fusion_type or RELATIVE
    if fusion not in (RANKED, RELATIVE):
        raise RefusedError(f"unknown fusion type {fusion}")
    return fused(words, neighbours, alpha, fusion)


def near_of(collection: Collection, shard: Shard, request: Any, kind: str) -> Near:
    """What a near_vector or near_object search looks for."""
    asked = getattr(request, kind)
    distance = asked.distance if asked.HasField("distance") else None
    certainty = asked.certainty if asked.HasField("certainty") else None
    if distance is not None and certainty is not None:
        raise RefusedError("near_vector: cannot provide both distance and certainty")
    if kind == "near_object":
        stored = shard.objects.get(object_id(asked.id))
        if stored is None:
            raise RefusedError(
                f"explorer: get class: vectorize params: nearObject params: vector not found: {asked.id}"
            )
        names = list(asked.targets.target_vectors) or _only(collection)
        targets = tuple((name, stored.vectors[name]) for name in names if name in stored.vectors)
        if len(targets) != len(names):
            raise RefusedError(
                f"explorer: get class: vectorize params: nearObject params: vector not found: {asked.id}"
            )
    else:
        targets = _targets(collection, asked, asked)
    return Near(targets, asked.targets.combination or MIN, _weights(asked), distance, certainty)


def _weights(asked: Any) -> dict[str, float]:
    return {each.target: each.weight for each in asked.targets.weights_for_targets}


def _targets(collection: Collection, asked: Any, outer: Any) -> tuple[tuple[str, Vector], ...]:
    names = list(outer.targets.target_vectors) or list(outer.target_vectors) or _only(collection)
    for name in names:
        if name not in collection.definition.vectors:
            available = " ".join(
                f"{each}:{distance}" for each, distance in collection.definition.vectors.items() if each
            )
            raise RefusedError(
                f"extract target vectors: class {collection.name} does not have named vector {name} configured. "
                f"Available named vectors map[{available}]"
            )
    for_targets = getattr(asked, "vector_for_targets", ())
    if for_targets:
        return tuple((each.name, _unpacked(each)) for each in for_targets)
    vector = _unpacked(asked)
    return tuple((name, vector) for name in names)


def _unpacked(asked: Any) -> Vector:
    packed: list[Any] = list(asked.vectors)
    if any(each.type == 2 for each in packed) or len(packed) > 1:
        raise RefusedError("multi vectors are not emulated")
    raw: bytes = packed[0].vector_bytes if packed else asked.vector_bytes
    if not raw:
        raise RefusedError("explorer: get class: vectorize params: vector is empty: no vectorizer is configured")
    return np.frombuffer(raw, np.float32)


def _only(collection: Collection) -> list[str]:
    names = list(collection.definition.vectors)
    if len(names) > 1:
        raise RefusedError(
            f"extract target vectors: class {collection.name} has multiple vectors, but no target vectors were provided"
        )
    return names
