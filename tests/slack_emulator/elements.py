"""What may stand in blocks: buttons, menus, inputs (https://docs.slack.dev/reference/block-kit/block-elements)."""

from collections.abc import Callable
from typing import Any

from tests.slack_emulator.objects import Problems, confirm, option, options, picture, text
from tests.slack_emulator.parts import Json

_INPUT = "placeholder focus_on_load confirm action_id"


def _button(problems: Problems, one: Json, at: str) -> None:
    problems.keys(one, at, "action_id url value style confirm accessibility_label agent_prompt", "text")
    text(problems, one.get("text"), f"{at}/text", 75)
    problems.optional_string(one, "value", at, 2000)
    problems.optional_string(one, "url", at, 3000, shortest=1)
    problems.optional_string(one, "accessibility_label", at, 75)
    if "style" in one:
        problems.one_of(one["style"], f"{at}/style", ("primary", "danger"))


def _feedback(problems: Problems, one: Json, at: str) -> None:
    problems.keys(one, at, "action_id", "positive_button negative_button")
    for key in ("positive_button", "negative_button"):
        button = problems.thing(one.get(key), f"{at}/{key}")
        problems.keys(button, f"{at}/{key}", "accessibility_label", "text value")
        text(problems, button.get("text"), f"{at}/{key}/text", 75)
        problems.string(button.get("value"), f"{at}/{key}/value", 2000)
        problems.optional_string(button, "accessibility_label", f"{at}/{key}", 75)


def _icon_button(problems: Problems, one: Json, at: str) -> None:
    problems.keys(one, at, "action_id value confirm accessibility_label visible_to_user_ids", "icon text")
    problems.one_of(one.get("icon"), f"{at}/icon", ("trash",))
    text(problems, one.get("text"), f"{at}/text", 75)
    problems.optional_string(one, "value", at, 2000)


def _static_select(problems: Problems, one: Json, at: str) -> None:
    initial = "initial_options max_selected_items" if str(one.get("type")).startswith("multi") else "initial_option"
    problems.keys(one, at, f"options option_groups {initial} {_INPUT}")
    options(problems, one, at, 100)


def _choices(problems: Problems, one: Json, at: str) -> None:
    initial = "initial_options" if one.get("type") == "checkboxes" else "initial_option"
    problems.keys(one, at, f"{initial} focus_on_load confirm action_id", "options")
    options(problems, one, at, 10)


def _overflow(problems: Problems, one: Json, at: str) -> None:
    problems.keys(one, at, "confirm action_id", "options")
    for index, item in enumerate(problems.some(one.get("options"), f"{at}/options", 5)):
        option(problems, item, f"{at}/options/{index}")


def _external_select(problems: Problems, one: Json, at: str) -> None:
    problems.keys(one, at, f"min_query_length initial_option initial_options max_selected_items {_INPUT}")


def _other_select(problems: Problems, one: Json, at: str) -> None:
    kind = str(one.get("type")).removeprefix("multi_").removesuffix("_select")
    initial = f"initial_{kind} initial_{kind[:-1]} default_to_current_conversation response_url_enabled filter"
    problems.keys(one, at, f"{initial} max_selected_items {_INPUT}")


def _plain_text_input(problems: Problems, one: Json, at: str) -> None:
    problems.keys(one, at, f"initial_value multiline min_length max_length dispatch_action_config {_INPUT}")
    for key in ("min_length", "max_length"):
        if key in one and not (isinstance(one[key], int) and 0 <= one[key] <= 3000):
            problems.add(f"{at}/{key}", "must be between 0 and 3000")


def _other_input(problems: Problems, one: Json, at: str) -> None:
    initial = (
        "initial_value initial_date initial_time initial_date_time timezone is_decimal_allowed min_value max_value"
    )
    problems.keys(one, at, f"{initial} dispatch_action_config {_INPUT}")


def _file_input(problems: Problems, one: Json, at: str) -> None:
    problems.keys(one, at, "filetypes max_files action_id")
    if not 1 <= one.get("max_files", 10) <= 10:
        problems.add(f"{at}/max_files", "must be between 1 and 10")


def _image(problems: Problems, one: Json, at: str) -> None:
    problems.keys(one, at, "image_url slack_file", "alt_text")
    picture(problems, one, at)


_CHECKS: dict[str, Callable[[Problems, Json, str], None]] = {
    "button": _button,
    "feedback_buttons": _feedback,
    "icon_button": _icon_button,
    "static_select": _static_select,
    "multi_static_select": _static_select,
    "external_select": _external_select,
    "multi_external_select": _external_select,
    "radio_buttons": _choices,
    "checkboxes": _choices,
    "overflow": _overflow,
    "plain_text_input": _plain_text_input,
    "file_input": _file_input,
    "image": _image,
}
_SELECTS = dict.fromkeys(
    [f"{many}{kind}_select" for many in ("", "multi_") for kind in ("users", "conversations", "channels")],
    _other_select,
)
_INPUTS = dict.fromkeys(
    (
        "datepicker",
        "timepicker",
        "datetimepicker",
        "rich_text_input",
        "email_text_input",
        "url_text_input",
        "number_input",
    ),
    _other_input,
)

_CHECKS.update(_SELECTS | _INPUTS)

_MENUS = frozenset(kind for kind in _CHECKS if kind.endswith("_select"))
_PICKERS = frozenset(("datepicker", "timepicker", "datetimepicker", "radio_buttons", "checkboxes"))
IN_ACTIONS = _MENUS | _PICKERS | {"button", "overflow"}
IN_SECTION = IN_ACTIONS | {"image"}
IN_CONTEXT_ACTIONS = frozenset(("feedback_buttons", "icon_button"))
IN_INPUT = (_MENUS | _PICKERS) | {
    "plain_text_input",
    "rich_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "file_input",
}


def element(problems: Problems, value: Any, at: str, allowed: frozenset[str], block_id: str) -> None:
    """One element, which must be of an allowed kind."""
    one = problems.thing(value, at)
    kind = str(one.get("type"))
    if kind not in allowed:
        problems.add(f"{at}/type", f"unsupported type: {kind}")
        return
    _CHECKS[kind](problems, one, at)
    problems.optional_string(one, "action_id", at, 255, shortest=1)
    if "placeholder" in one:
        text(problems, one["placeholder"], f"{at}/placeholder", 150)
    if "confirm" in one:
        confirm(problems, one["confirm"], f"{at}/confirm")
    _unique_action(problems, one, at, block_id)


def _unique_action(problems: Problems, one: Json, at: str, block_id: str) -> None:
    if "action_id" not in one:
        return
    pair = (block_id, str(one["action_id"]))
    if pair in problems.action_ids:
        problems.add(f"{at}/action_id", f"`action_id`: {one['action_id']} already exists in the block")
    problems.action_ids.add(pair)
