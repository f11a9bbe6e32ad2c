"""Rich text checked (https://docs.slack.dev/reference/block-kit/blocks/rich-text-block)."""

from typing import Any

from tests.slack_emulator.objects import Problems
from tests.slack_emulator.parts import Json

_HOLDERS = {
    "rich_text_section": "border",
    "rich_text_quote": "border",
    "rich_text_preformatted": "border language",
    "rich_text_list": "border indent offset style",
}
_PARTS = {
    "text": "text",
    "link": "url",
    "emoji": "name",
    "user": "user_id",
    "usergroup": "usergroup_id",
    "channel": "channel_id",
    "broadcast": "range",
    "date": "timestamp format",
    "color": "value",
    "team": "team_id",
}
_STYLES = "bold italic strike code underline highlight client_highlight unlink"


def rich_text(problems: Problems, block: Json, at: str) -> None:
    """The elements of a rich_text block."""
    for index, value in enumerate(problems.some(block.get("elements"), f"{at}/elements", 1000)):
        _holder(problems, value, f"{at}/elements/{index}")


def _holder(problems: Problems, value: Any, at: str) -> None:
    one = problems.thing(value, at)
    kind = str(one.get("type"))
    if kind not in _HOLDERS:
        problems.add(f"{at}/type", f"unsupported type: {kind}")
        return
    problems.keys(one, at, _HOLDERS[kind], "elements")
    if kind == "rich_text_list":
        problems.one_of(one.get("style"), f"{at}/style", ("bullet", "ordered"))
    for index, part in enumerate(problems.some(one.get("elements"), f"{at}/elements", 1000, least=0)):
        if kind == "rich_text_list":
            _holder(problems, part, f"{at}/elements/{index}")
        else:
            _part(problems, part, f"{at}/elements/{index}")


def _part(problems: Problems, value: Any, at: str) -> None:
    one = problems.thing(value, at)
    kind = str(one.get("type"))
    if kind not in _PARTS:
        problems.add(f"{at}/type", f"unsupported type: {kind}")
        return
    problems.keys(one, at, "style text unsafe fallback url skin_tone unicode", _PARTS[kind])
    if kind == "text":
        problems.string(one.get("text"), f"{at}/text", 40_000)
    if "style" in one:
        problems.keys(problems.thing(one["style"], at), f"{at}/style", _STYLES)
