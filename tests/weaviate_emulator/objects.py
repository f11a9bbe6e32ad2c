"""Objects on their way in: their properties' types are checked, their vectors' names, and their terms are cut."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import numpy as np

from tests.weaviate_emulator.database import Collection
from tests.weaviate_emulator.names import object_id
from tests.weaviate_emulator.refusals import RefusedError
from tests.weaviate_emulator.schema import Property
from tests.weaviate_emulator.shards import Stored, Vector


def put(collection: Collection, tenant: str, uuid: str, properties: Mapping[str, Any], vectors: Mapping[str, Vector]):
    """Keep an object whole, in place of what was under its UUID before."""
    uuid = object_id(uuid)
    checked = checked_properties(collection, properties)
    check_vectors(collection, vectors)
    collection.writing(tenant).put(uuid, checked, vectors, collection.terms(checked))


def merge(
    collection: Collection, tenant: str, stored: Stored, properties: Mapping[str, Any], vectors: Mapping[str, Vector]
):
    """Change what is named and keep the rest, as PATCH does. A property that is null goes."""
    merged = {**stored.properties, **properties}
    put(collection, tenant, stored.uuid, merged, {**stored.vectors, **vectors})


def checked_properties(collection: Collection, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties as they are stored. Unknown ones are refused, as with AUTOSCHEMA_ENABLED=false."""
    checked: dict[str, Any] = {}
    for name, value in properties.items():
        prop = collection.definition.property(name)
        if value is None:
            continue
        if prop.type.endswith("[]"):
            if not isinstance(value, list):
                raise _wrong(prop, collection, "an array", value)
            checked[name] = [_checked(prop, collection, item) for item in cast("list[Any]", value)]
        else:
            checked[name] = _checked(prop, collection, value)
    return checked


def check_vectors(collection: Collection, vectors: Mapping[str, Vector]) -> None:
    """Refuse vectors that the collection does not have."""
    for name, vector in vectors.items():
        if name not in collection.definition.vectors:
            if name:
                raise RefusedError(f"collection {collection.name} does not have configuration for vector {name}")
            raise RefusedError(f"collection {collection.name} configuration does not have single vector index")
        if not len(vector) or not np.isfinite(vector).all():
            raise RefusedError(f"vector {name!r} of class {collection.name} must have finite numbers")


def _checked(prop: Property, collection: Collection, value: Any) -> Any:
    match prop.element:
        case "text" | "blob":
            if not isinstance(value, str):
                raise _wrong(prop, collection, "a string", value)
        case "int":
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
                raise _wrong(prop, collection, "an integer", value)
            return int(value)
        case "number":
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise _wrong(prop, collection, "a float", value)
            return float(value)
        case "boolean":
            if not isinstance(value, bool):
                raise _wrong(prop, collection, "a bool", value)
        case "date":
            _check_date(prop, collection, value)
        case "uuid":
            try:
                return str(UUID(value))
            except (ValueError, AttributeError, TypeError):
                raise _wrong(prop, collection, "a uuid", value) from None
        case _:
            pass
    return value


def _check_date(prop: Property, collection: Collection, value: Any) -> None:
    try:
        if datetime.fromisoformat(value).tzinfo is None:
            raise ValueError(value)
    except (ValueError, TypeError):
        raise _wrong(prop, collection, "a string with an RFC3339 formatted date", value) from None


def _wrong(prop: Property, collection: Collection, wanted: str, value: Any) -> RefusedError:
    kind = type(value).__name__
    return RefusedError(
        f"invalid {prop.type} property '{prop.name}' on class '{collection.name}': not {wanted}, but {kind}"
    )
