"""What a person puts into inputs and menus, as interactions and a view's state carry it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from tests.slack_emulator.looks import plain
from tests.slack_emulator.model import Button, File, Json, View
from tests.slack_emulator.payloads import file as file_json


class CannotDoError(AssertionError):
    """A client would not let a person do this: there is no such button, a required input is empty, ..."""


def find(buttons: Sequence[Button], wanted: str) -> Button:
    """The button of this action id, block id, value or label; else the first whose label holds it."""
    for button in buttons:
        if wanted in (button.action_id, button.label, button.value, button.block_id):
            return button
    for button in buttons:
        if wanted and wanted in button.label:
            return button
    raise CannotDoError(f"no {wanted!r} among {[(one.label, one.action_id) for one in buttons]}")


def elements(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    """Every block with an interactive element, and that element."""
    for block in blocks:
        inside = [block[key] for key in ("accessory", "element") if key in block]
        inside += block.get("elements", []) if block.get("type") in ("actions", "context_actions") else []
        yield from ((block, one) for one in inside if "action_id" in one)


def action(button: Button, value: Any, blocks: Sequence[Json], at: str) -> Json:
    """The entry of `actions` in a block_actions payload."""
    for block, element in elements(blocks):
        if (str(block.get("block_id")), element["action_id"]) == (button.block_id, button.action_id):
            break
    else:
        raise CannotDoError(f"no {button} here")
    body: Json = {"type": button.kind, "action_id": button.action_id, "block_id": button.block_id, "action_ts": at}
    if button.kind in ("button", "icon_button", "feedback_buttons"):
        text = {"text": element["text"]} if "text" in element else {}
        return body | text | ({"value": button.value} if button.value else {})
    return body | state(element, value)


def state(element: Json, value: Any, base: str = "") -> Json:
    """What an input holds, in the shape of view.state.values."""
    kind = str(element["type"])
    if kind in ("static_select", "external_select", "radio_buttons", "overflow"):
        return {"type": kind, "selected_option": None if value is None else _option(element, value)}
    if kind in ("checkboxes", "multi_static_select", "multi_external_select"):
        return {"type": kind, "selected_options": [_option(element, one) for one in cast(list[Any], value or [])]}
    if kind == "file_input":
        files: list[File] = list(value or [])
        return {"type": kind, "files": [file_json(one, base) for one in files]}
    if kind.endswith("_select"):
        thing = kind.removesuffix("_select").removeprefix("multi_")
        return {"type": kind, f"selected_{thing if kind.startswith('multi') else thing[:-1]}": value}
    if kind.endswith("picker"):
        return {"type": kind, {"datepicker": "selected_date", "timepicker": "selected_time"}.get(kind, "value"): value}
    return {"type": kind, "value": value or None}


def _option(element: Json, wanted: Any) -> Json:
    offered = [*element.get("options", [])]
    offered += [one for group in element.get("option_groups", []) for one in group["options"]]
    for one in offered:
        if wanted in (one["value"], one["text"]["text"]):
            return one
    if "external" in str(element["type"]):
        return {"text": {"type": "plain_text", "text": str(wanted)}, "value": str(wanted)}
    raise CannotDoError(f"no option {wanted!r} among {[one['value'] for one in offered]}")


def note(view: View, done: Json) -> None:
    """Keep what was chosen in a view."""
    if done["type"] not in ("button", "icon_button"):
        kept = {key: value for key, value in done.items() if key not in ("action_id", "block_id", "action_ts")}
        view.values.setdefault(done["block_id"], {})[done["action_id"]] = kept


def fill(view: View, values: Mapping[str, Any], base: str) -> None:
    """Fill a dialog in, by block id, action id or label; what is not named keeps its initial value."""
    left = dict(values)
    for block, element in elements(view.blocks):
        if block["type"] != "input":
            continue
        label = plain(str(block["label"]["text"]))
        names = (str(block["block_id"]), str(element["action_id"]), label)
        name = next((one for one in names if one in left), None)
        held: Json = view.values.setdefault(str(block["block_id"]), {})
        if name is not None:
            held[element["action_id"]] = state(element, left.pop(name), base)
        elif element["action_id"] not in held:
            held[element["action_id"]] = state(element, _initial(element), base)
        if not block.get("optional") and not any(v for k, v in held[element["action_id"]].items() if k != "type"):
            raise CannotDoError(f"{label!r} must be filled in")
        _bounded(element, held[element["action_id"]], label)
    if left:
        raise CannotDoError(f"no input for {sorted(left)}")


def _initial(element: Json) -> Any:
    if "initial_option" in element:
        return element["initial_option"]["value"]
    if "initial_options" in element:
        return [one["value"] for one in element["initial_options"]]
    return next((value for key, value in element.items() if key.startswith("initial_")), None)


def _bounded(element: Json, held: Json, label: str) -> None:
    text = held.get("value")
    if isinstance(text, str) and not element.get("min_length", 0) <= len(text) <= element.get("max_length", 3000):
        raise CannotDoError(f"{label!r} is too long or too short")
    if len(held.get("files", [])) > element.get("max_files", 10):
        raise CannotDoError(f"{label!r} takes at most {element['max_files']} files")
