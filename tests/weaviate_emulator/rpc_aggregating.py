"""gRPC for counts: objects, and the values of their properties, all together or by the values of one property."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import fmean, median, mode
from typing import Any

from weaviate.proto.v1 import aggregate_pb2

from tests.weaviate_emulator.database import Collection, Database
from tests.weaviate_emulator.filters import matching
from tests.weaviate_emulator.refusals import RefusedError
from tests.weaviate_emulator.rpc_searching import allowed
from tests.weaviate_emulator.shards import Stored

REPLIES: Any = aggregate_pb2
SEARCHES = ("hybrid", "near_vector", "near_object", "near_text", "near_image", "near_audio", "near_video")
GROUPS = 100
"""How many groups come back where nothing else is said."""
TOP = 5


def aggregate(database: Database, request: Any) -> Any:
    """Count in one tenant: see "Search: Aggregate data"."""
    for name in SEARCHES:
        if request.HasField(name):
            raise RefusedError(f"aggregating over {name} is not emulated")
    collection = database.resolve(request.collection)
    shard = collection.reading(request.tenant)
    objects = shard.ordered()
    if allowed(collection, shard, request) is not None:
        objects = matching(collection.definition, objects, request.filters)
    if not request.HasField("group_by"):
        single = REPLIES.AggregateReply.Single(
            objects_count=len(objects), aggregations=_aggregations(collection, request, objects)
        )
        return REPLIES.AggregateReply(took=0.001, single_result=single)
    return REPLIES.AggregateReply(took=0.001, grouped_results=_grouped(collection, request, objects))


def _grouped(collection: Collection, request: Any, objects: list[Stored]) -> Any:
    prop = collection.definition.property(request.group_by.property)
    field = {"text": "text", "int": "int", "boolean": "boolean", "number": "number"}.get(prop.element)
    if field is None:
        raise RefusedError(f"grouping by a property of type {prop.type} is not emulated")
    groups: dict[Any, list[Stored]] = defaultdict(list)
    for stored in objects:
        held: Any = stored.properties.get(prop.name)
        values: list[Any] = [] if held is None else held if prop.type.endswith("[]") else [held]
        for value in dict.fromkeys(values):
            groups[value].append(stored)
    biggest = sorted(groups.items(), key=lambda group: -len(group[1]))[: request.limit or GROUPS]
    reply = REPLIES.AggregateReply
    return reply.Grouped(
        groups=[
            reply.Group(
                objects_count=len(members),
                aggregations=_aggregations(collection, request, members),
                grouped_by=reply.Group.GroupedBy(path=[prop.name], **{field: value}),
            )
            for value, members in biggest
        ]
    )


def _aggregations(collection: Collection, request: Any, objects: list[Stored]) -> Any:
    found: list[Any] = []
    for asked in request.aggregations:
        prop = collection.definition.property(asked.property)
        values: list[Any] = []
        for stored in objects:
            held: Any = stored.properties.get(prop.name)
            values += [] if held is None else held if prop.type.endswith("[]") else [held]
        kind: str = asked.WhichOneof("aggregation")
        found.append(_aggregation(prop.name, kind, getattr(asked, kind), values, prop.type))
    return REPLIES.AggregateReply.Aggregations(aggregations=found)


def _aggregation(name: str, kind: str, asked: Any, values: Sequence[Any], of_type: str) -> Any:
    message = REPLIES.AggregateReply.Aggregations.Aggregation
    match kind:
        case "text":
            top = Counter(values).most_common(asked.top_occurences_limit or TOP)
            occurrences = message.Text.TopOccurrences
            items = [occurrences.TopOccurrence(value=value, occurs=count) for value, count in top]
            text = message.Text(count=len(values), type=of_type, top_occurences=occurrences(items=items))
            return message(property=name, text=text)
        case "int" | "number":
            said: dict[str, Any] = {"count": len(values), "type": of_type}
            if values:
                said |= {"mean": fmean(values), "median": median(values), "mode": mode(values)}
                said |= {"maximum": max(values), "minimum": min(values), "sum": sum(values)}
            return message(property=name, **{kind: getattr(message, "Integer" if kind == "int" else "Number")(**said)})
        case "boolean":
            true = sum(bool(value) for value in values)
            share = true / len(values) if values else 0.0
            said = {"count": len(values), "type": of_type, "total_true": true, "total_false": len(values) - true}
            boolean = message.Boolean(**said, percentage_true=share, percentage_false=1 - share)
            return message(property=name, boolean=boolean)
        case _:
            raise RefusedError(f"aggregating {kind} is not emulated")
