"""Filters as predicates, with what the server refuses: see "Search: Filters" and "Concepts: Filtering"."""

import operator
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from tests.weaviate_emulator.refusals import RefusedError
from tests.weaviate_emulator.schema import Definition, Property
from tests.weaviate_emulator.shards import Stored
from tests.weaviate_emulator.tokenizing import tokens

Predicate = Callable[[Stored], bool]

EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, AND, OR = range(1, 9)
LIKE, IS_NULL, CONTAINS_ANY, CONTAINS_ALL, CONTAINS_NONE, NOT = range(10, 16)
COMPARISONS: dict[int, Callable[[Any, Any], bool]] = {
    GREATER: operator.gt,
    GREATER_EQUAL: operator.ge,
    LESS: operator.lt,
    LESS_EQUAL: operator.le,
}
CONTAINS = (CONTAINS_ANY, CONTAINS_ALL, CONTAINS_NONE)
TIMESTAMPS = {"_creationTimeUnix": "created", "_lastUpdateTimeUnix": "updated"}
VALUES = {"text": str, "int": int, "number": float, "boolean": bool, "date": str, "uuid": str}


def matching(definition: Definition, objects: Iterable[Stored], filters: Any) -> list[Stored]:
    """The objects that pass, in the order they come in."""
    passes = predicate(definition, filters)
    return [stored for stored in objects if passes(stored)]


def predicate(definition: Definition, filters: Any) -> Predicate:
    """What a Filters message says, checked against the collection's definition."""
    kind: int = filters.operator
    if kind in (AND, OR, NOT):
        parts = [predicate(definition, each) for each in filters.filters]
        if not parts or (kind == NOT and len(parts) != 1):
            raise RefusedError(f"invalid where filter: operator {kind} has {len(parts)} operands")
        if kind == NOT:
            return lambda stored: not parts[0](stored)
        every = all if kind == AND else any
        return lambda stored: every(part(stored) for part in parts)
    if filters.WhichOneof("test_value") is None:
        raise RefusedError("invalid where filter: got an empty value")
    name: str = filters.target.property
    if not name:
        raise RefusedError("invalid where filter: references are not emulated")
    value = _value(filters)
    if name in ("_id", "id"):
        return _by_id(kind, value)
    if name in TIMESTAMPS:
        return _by_time(definition, TIMESTAMPS[name], kind, value)
    if name.startswith("len("):
        raise RefusedError("invalid where filter: the length of properties is not emulated")
    return _by_property(definition, definition.property(name), kind, value)


def _value(filters: Any) -> Any:
    field: str = filters.WhichOneof("test_value")
    value = getattr(filters, field)
    if field == "value_geo":
        raise RefusedError("invalid where filter: geo coordinates are not emulated")
    return list(value.values) if field.endswith("_array") else value


def _by_id(kind: int, value: Any) -> Predicate:
    values = cast("list[Any]", value) if isinstance(value, list) else [value]
    try:
        wanted = {str(UUID(each)) for each in values}
    except (ValueError, AttributeError):
        raise RefusedError(f"invalid where filter: invalid UUID: {value}") from None
    match kind:
        case n if n in (EQUAL, CONTAINS_ANY):
            return lambda stored: stored.uuid in wanted
        case n if n in (NOT_EQUAL, CONTAINS_NONE):
            return lambda stored: stored.uuid not in wanted
        case _:
            raise RefusedError(f"invalid where filter: operator {kind} does not work with ids")


def _by_time(definition: Definition, attribute: str, kind: int, value: Any) -> Predicate:
    if not definition.json["invertedIndexConfig"]["indexTimestamps"]:
        raise RefusedError(
            "timestamps must be indexed to be filterable! Add `indexTimestamps: true` to the invertedIndexConfig "
            f"in {definition.name}"
        )
    try:
        wanted = int(value) if str(value).isdecimal() else int(datetime.fromisoformat(value).timestamp() * 1000)
    except ValueError:
        raise RefusedError(f"invalid where filter: {value!r} is no time") from None
    compare = COMPARISONS.get(kind) or {EQUAL: operator.eq, NOT_EQUAL: operator.ne}.get(kind)
    if compare is None:
        raise RefusedError(f"invalid where filter: operator {kind} does not work with times")
    return lambda stored: compare(getattr(stored, attribute), wanted)


def _by_property(definition: Definition, prop: Property, kind: int, value: Any) -> Predicate:
    if kind == IS_NULL:
        return _is_null(definition, prop, value)
    if not prop.filterable:
        raise RefusedError(
            f"Filtering by property '{prop.name}' requires inverted index. Is `indexFilterable` option of property "
            f"'{prop.name}' enabled? Set it to `true` or leave empty"
        )
    if prop.element not in VALUES:
        raise RefusedError(f"invalid where filter: properties of type {prop.type} can't be filtered by value")
    if kind in CONTAINS:
        if not isinstance(value, list):
            raise RefusedError("invalid where filter: a list of values is needed for Contains operators")
        parts = [_one(definition, prop, EQUAL, item) for item in cast("list[Any]", value)]
        if kind == CONTAINS_ANY:
            return lambda stored: any(part(stored) for part in parts)
        if kind == CONTAINS_ALL:
            return lambda stored: all(part(stored) for part in parts)
        return lambda stored: not any(part(stored) for part in parts)
    if isinstance(value, list):
        raise RefusedError(f"invalid where filter: operator {kind} does not work with a list of values")
    if kind == NOT_EQUAL:
        equal = _one(definition, prop, EQUAL, value)
        return lambda stored: not equal(stored)
    return _one(definition, prop, kind, value)


def _is_null(definition: Definition, prop: Property, value: Any) -> Predicate:
    if not definition.json["invertedIndexConfig"]["indexNullState"]:
        raise RefusedError(
            "Nullstate must be indexed to be filterable! Add `indexNullState: true` to the invertedIndexConfig"
        )
    if not isinstance(value, bool):
        raise RefusedError("invalid where filter: data type filter for IsNull must be valueBoolean")
    # An empty list counts as null: "Filters: By null state".
    return lambda stored: (stored.properties.get(prop.name) in (None, [])) is value


def _one(definition: Definition, prop: Property, kind: int, value: Any) -> Predicate:
    value = _typed(prop, value)
    if prop.element == "text":
        return _text(definition, prop, kind, value)
    if prop.element == "date":
        value = datetime.fromisoformat(value)
    compare = operator.eq if kind == EQUAL else COMPARISONS.get(kind)
    if compare is None:
        raise RefusedError(f"invalid where filter: operator {kind} does not work with properties of type {prop.type}")

    def passes(stored: Stored) -> bool:
        return any(compare(_comparable(prop, item), value) for item in _items(stored, prop))

    return passes


def _text(definition: Definition, prop: Property, kind: int, value: str) -> Predicate:
    if kind == LIKE:
        # A pattern is matched against single terms: "Filters: Similarity-based Like".
        pattern = value.strip() if prop.tokenization in ("field", "whitespace") else value.strip().lower()
        shape = re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
        return lambda stored: any(shape.fullmatch(term) for term in _terms(stored, prop))
    wanted = tokens(value, prop.tokenization)
    if prop.tokenization == "word":
        wanted = [term for term in wanted if term not in definition.stopwords]
    if not wanted:
        raise RefusedError(
            "invalid search term, only stopwords provided. "
            "Stopwords can be configured in class.invertedIndexConfig.stopwords"
        )
    if kind == EQUAL:
        needed = set(wanted)
        return lambda stored: needed <= _terms(stored, prop)
    if kind not in COMPARISONS:
        raise RefusedError(f"invalid where filter: operator {kind} does not work with properties of type {prop.type}")
    compare = COMPARISONS[kind]
    return lambda stored: any(compare(term, wanted[0]) for term in _terms(stored, prop))


def _terms(stored: Stored, prop: Property) -> set[str]:
    return {term for text in _items(stored, prop) for term in tokens(text, prop.tokenization)}


def _items(stored: Stored, prop: Property) -> list[Any]:
    value = stored.properties.get(prop.name)
    if value is None:
        return []
    return value if prop.type.endswith("[]") else [value]


def _comparable(prop: Property, value: Any) -> Any:
    return datetime.fromisoformat(value) if prop.element == "date" else value


def _typed(prop: Property, value: Any) -> Any:
    wanted = VALUES[prop.element]
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not wanted:
        raise RefusedError(
            f'invalid where filter: data type filter cannot use "value{type(value).__name__.capitalize()}" on type '
            f'"{prop.type}", use "value{prop.element.capitalize()}" instead'
        )
    if prop.element == "date":
        try:
            if datetime.fromisoformat(str(value)).tzinfo is None:
                raise ValueError(value)
        except ValueError:
            raise RefusedError(f"invalid where filter: {value!r} is not in RFC3339") from None
    return value
