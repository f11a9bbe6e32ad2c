"""Objects on their way out: properties by their types, vectors by name, and what is said about a hit."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from weaviate.proto.v1 import base_pb2, properties_pb2, search_get_pb2

from tests.weaviate_emulator.database import Collection
from tests.weaviate_emulator.refusals import RefusedError
from tests.weaviate_emulator.schema import Property
from tests.weaviate_emulator.shards import Stored

PROPS: Any = properties_pb2
REPLIES: Any = search_get_pb2
BASE: Any = base_pb2
LISTS = {"text": "Text", "uuid": "Uuid", "date": "Date", "boolean": "Bool"}


@dataclass(frozen=True)
class Hit:
    """One object found. What a kind of search does not know is None."""

    stored: Stored
    score: float | None = None
    distance: float | None = None
    certainty: float | None = None
    explained: str = ""


def result(collection: Collection, request: Any, hit: Hit) -> Any:
    """One SearchResult: the properties and metadata that were asked for."""
    properties = PROPS.Properties(
        fields={prop.name: value(prop, hit.stored.properties.get(prop.name)) for prop in wanted(collection, request)}
    )
    return REPLIES.SearchResult(
        properties=REPLIES.PropertiesResult(non_ref_props=properties, target_collection=collection.name),
        metadata=metadata(collection, request.metadata, hit),
    )


def wanted(collection: Collection, request: Any) -> list[Property]:
    """The properties that were asked for; all but blobs where none were named."""
    asked = request.properties
    if asked.ref_properties:
        raise RefusedError("references are not emulated")
    if not request.HasField("properties") or asked.return_all_nonref_properties:
        return [prop for prop in collection.definition.properties.values() if prop.type != "blob"]
    return [collection.definition.property(name) for name in asked.non_ref_properties]


def metadata(collection: Collection, asked: Any, hit: Hit) -> Any:
    """What is said about a hit beside its properties."""
    stored = hit.stored
    said: dict[str, Any] = {}
    if asked.uuid:
        said |= {"id": stored.uuid, "id_as_bytes": UUID(stored.uuid).bytes}
    if asked.creation_time_unix:
        said |= {"creation_time_unix": stored.created, "creation_time_unix_present": True}
    if asked.last_update_time_unix:
        said |= {"last_update_time_unix": stored.updated, "last_update_time_unix_present": True}
    for name in ("score", "distance", "certainty"):
        found: float | None = getattr(hit, name)
        if getattr(asked, name) and found is not None:
            said |= {name: found, f"{name}_present": True}
    if asked.explain_score and hit.explained:
        said |= {"explain_score": hit.explained, "explain_score_present": True}
    if asked.is_consistent:
        said |= {"is_consistent": True, "is_consistent_present": True}
    if asked.vector and "" in stored.vectors:
        said["vector_bytes"] = stored.vectors[""].tobytes()
    return REPLIES.MetadataResult(**said, vectors=_vectors(collection, asked, stored))


def _vectors(collection: Collection, asked: Any, stored: Stored) -> list[Any]:
    names = list(asked.vectors)
    for name in names:
        if name not in collection.definition.vectors:
            raise RefusedError(f"vector {name} not found in class {collection.name}")
    if asked.vector and not names:
        names = [name for name in collection.definition.vectors if name]
    return [
        BASE.Vectors(name=name, vector_bytes=stored.vectors[name].tobytes(), type=BASE.Vectors.VECTOR_TYPE_SINGLE_FP32)
        for name in names
        if name in stored.vectors
    ]


def value(prop: Property, held: Any) -> Any:
    """A property's value by its type; null where the object has none."""
    if held is None:
        return PROPS.Value(null_value=0)
    if prop.type.endswith("[]"):
        return PROPS.Value(list_value=_list(prop.element, held))
    match prop.type:
        case "int":
            return PROPS.Value(int_value=held)
        case "number":
            return PROPS.Value(number_value=held)
        case "boolean":
            return PROPS.Value(bool_value=held)
        case "date":
            return PROPS.Value(date_value=held)
        case "uuid":
            return PROPS.Value(uuid_value=held)
        case "blob":
            return PROPS.Value(blob_value=held)
        case _:
            return PROPS.Value(text_value=held)


def _list(element: str, held: list[Any]) -> Any:
    if element == "int":
        return PROPS.ListValue(int_values=PROPS.IntValues(values=np.asarray(held, np.int64).tobytes()))
    if element == "number":
        return PROPS.ListValue(number_values=PROPS.NumberValues(values=np.asarray(held, np.float64).tobytes()))
    kind = LISTS[element]
    return PROPS.ListValue(**{f"{kind.lower()}_values": getattr(PROPS, f"{kind}Values")(values=held)})
