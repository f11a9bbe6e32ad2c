"""JSON bodies, whose parts may be absent or null."""

from typing import Any

Json = dict[str, Any]


def inner(body: Json | None, key: str) -> Json:
    """Return an object within a body; an empty one where there is none."""
    return (body or {}).get(key) or {}


def listed(body: Json | None, key: str) -> list[Any]:
    """Return a list within a body; an empty one where there is none."""
    return (body or {}).get(key) or []
