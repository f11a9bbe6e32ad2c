"""Reading what a platform sends without trusting it to have every field: what is missing or odd is empty."""

from collections.abc import Mapping
from typing import Any, cast

Payload = Mapping[str, Any]
"""An object of JSON."""


def mapping(value: Any) -> Payload:
    """The value if it is an object."""
    return cast(Payload, value) if isinstance(value, Mapping) else {}


def mappings(value: Any) -> list[Payload]:
    """Those of a list's items that are objects."""
    return [cast(Payload, item) for item in listing(value) if isinstance(item, Mapping)]


def first(value: Any) -> Payload:
    """The first object of a list."""
    return next(iter(mappings(value)), cast(Payload, {}))


def listing(value: Any) -> list[Any]:
    """The value if it is a list."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def string(value: Any) -> str:
    """The value if it is text. Halves of characters, which JSON can spell and nothing can keep, become "\ufffd"."""
    if not isinstance(value, str):
        return ""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value
