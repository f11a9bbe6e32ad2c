"""A modal, filled in: what the client sends for it, and what it would not let through."""

from collections.abc import Mapping
from typing import Any

from tests.discord_emulator.bodies import Json, listed
from tests.discord_emulator.component_form import CHECKBOX, FILE_UPLOAD, LABEL, ROW, SELECTS, TEXT_INPUT
from tests.discord_emulator.drafting import numbered
from tests.discord_emulator.errors import CannotDoError
from tests.discord_emulator.resolving import Resolved


def submission(modal: Json, values: Mapping[str, Any], resolved: Resolved) -> list[Json]:
    """Return the components that a submitted modal has; `values` are by label or custom_id."""
    left = dict(values)
    sent: list[Json] = []
    for one in numbered(modal["components"]):
        if one["type"] == ROW:
            inner = [_field(each, each.get("label"), left, resolved) for each in one["components"]]
            sent.append({"type": ROW, "id": one["id"], "components": inner})
        elif one["type"] == LABEL:
            inner = _field(one["component"], one["label"], left, resolved)
            sent.append({"type": LABEL, "id": one["id"], "component": inner})
        else:
            sent.append({"type": one["type"], "id": one["id"]})
    if left:
        raise CannotDoError(f"the modal has no field {list(left)}")
    return sent


def _field(one: Json, label: str | None, left: dict[str, Any], resolved: Resolved) -> Json:
    key = next((name for name in (label, one["custom_id"]) if name in left), None)
    value = left.pop(key) if key is not None else None
    sent: Json = {"type": one["type"], "id": one["id"], "custom_id": one["custom_id"]}
    if one["type"] == TEXT_INPUT:
        text: str = value if value is not None else one.get("value") or ""
        least, most = one.get("min_length") or 0, one.get("max_length") or 4000
        if (one.get("required", True) and not text) or (text and not least <= len(text) <= most):
            raise CannotDoError(f"{label or one['custom_id']} has {least} to {most} characters")
        return sent | {"value": text}
    if one["type"] in SELECTS:
        chosen = value if isinstance(value, list | tuple) else [value] if value is not None else _chosen_already(one)  # pyright: ignore[reportUnknownVariableType]
        return sent | {"values": resolved.values(one, chosen)}  # pyright: ignore[reportUnknownArgumentType]
    if one["type"] == FILE_UPLOAD:
        return sent | {"values": [resolved.wire(each) for each in value or ()]}
    if one["type"] == CHECKBOX:
        return sent | {"value": bool(value)}
    return sent | {"value": value}


def _chosen_already(select: Json) -> list[Any]:
    """Return what a select has as its default: it is sent where nobody chose otherwise."""
    options: list[Json] = listed(select, "options")
    defaults: list[Json] = listed(select, "default_values")
    return [each["value"] for each in options if each.get("default")] + [each["id"] for each in defaults]
