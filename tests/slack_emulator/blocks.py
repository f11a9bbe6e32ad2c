"""Block Kit's blocks checked as Slack does it (https://docs.slack.dev/reference/block-kit/blocks)."""

import json
from collections.abc import Callable, Sequence
from typing import Any, cast

from tests.slack_emulator.elements import IN_ACTIONS, IN_CONTEXT_ACTIONS, IN_INPUT, IN_SECTION, element
from tests.slack_emulator.objects import Problems, picture, text
from tests.slack_emulator.parts import Json
from tests.slack_emulator.rich_text import rich_text

MOST_IN_MESSAGE = 50
MOST_IN_VIEW = 100
MARKDOWN_IN_ALL = 12_000
TEXT_IN_ALL = 13_200
"""Characters of text in all blocks of a message, beyond which Slack answers msg_blocks_too_long."""


def check(blocks: Any, find_file: Callable[[str], bool], surface: str = "message", at: str = "/blocks") -> list[str]:
    """What is wrong with blocks, in Slack's words; nothing if they are fine. `surface`: see Problems."""
    problems = Problems(find_file, surface)
    most = MOST_IN_VIEW if surface in ("modal", "home") else MOST_IN_MESSAGE
    markdown = 0
    tables = 0
    for index, value in enumerate(problems.some(blocks, at, most, least=0)):
        one = problems.thing(value, f"{at}/{index}")
        _block(problems, one, f"{at}/{index}", index)
        markdown += len(str(one.get("text", ""))) if one.get("type") == "markdown" else 0
        tables += one.get("type") == "table"
    if markdown > MARKDOWN_IN_ALL:
        problems.add(at, f"markdown blocks must be less than {MARKDOWN_IN_ALL + 1} characters in all")
    if tables > 1:
        problems.add(at, "only_one_table_allowed")
    return problems.found


def characters(blocks: Sequence[Json]) -> int:
    """How many characters of text all blocks hold together."""
    return sum(_characters(block) for block in blocks)


def _characters(value: Any) -> int:
    if isinstance(value, list):
        items = cast(list[Any], value)
        return sum(map(_characters, items))
    if isinstance(value, dict):
        pairs = cast(Json, value)
        own = len(pairs["text"]) if isinstance(pairs.get("text"), str) else 0
        return own + sum(_characters(more) for more in pairs.values() if isinstance(more, (dict, list)))
    return 0


def _block(problems: Problems, one: Json, at: str, index: int) -> None:
    kind = str(one.get("type"))
    if kind not in _CHECKS:
        problems.add(f"{at}/type", f"unsupported type: {kind}")
        return
    surfaces = _ONLY.get(kind)
    if surfaces and problems.surface not in surfaces:
        problems.add(f"{at}/type", f"unsupported type: {kind}")
    problems.optional_string(one, "block_id", at, 255, shortest=1)
    block_id = str(one.get("block_id", f"#{index}"))
    if block_id in problems.block_ids:
        problems.add(f"{at}/block_id", f"`block_id` must be unique: {block_id}")
    problems.block_ids.add(block_id)
    _CHECKS[kind](problems, one, at, block_id)


def _section(problems: Problems, one: Json, at: str, block_id: str) -> None:
    problems.keys(one, at, "block_id text fields accessory expand")
    if "text" not in one and "fields" not in one:
        problems.add(at, "must provide text or fields")
    if "text" in one:
        text(problems, one["text"], f"{at}/text", 3000, mrkdwn=True)
    if "fields" in one:
        for index, value in enumerate(problems.some(one["fields"], f"{at}/fields", 10)):
            text(problems, value, f"{at}/fields/{index}", 2000, mrkdwn=True)
    if "accessory" in one:
        element(problems, one["accessory"], f"{at}/accessory", IN_SECTION, block_id)


def _divider(problems: Problems, one: Json, at: str, block_id: str) -> None:
    problems.keys(one, at, "block_id")


def _image(problems: Problems, one: Json, at: str, block_id: str) -> None:
    problems.keys(one, at, "block_id image_url slack_file title", "alt_text")
    picture(problems, one, at)
    if "title" in one:
        text(problems, one["title"], f"{at}/title", 2000)


def _actions(problems: Problems, one: Json, at: str, block_id: str) -> None:
    problems.keys(one, at, "block_id", "elements")
    for index, value in enumerate(problems.some(one.get("elements"), f"{at}/elements", 25)):
        element(problems, value, f"{at}/elements/{index}", IN_ACTIONS, block_id)


def _context(problems: Problems, one: Json, at: str, block_id: str) -> None:
    problems.keys(one, at, "block_id", "elements")
    for index, value in enumerate(problems.some(one.get("elements"), f"{at}/elements", 10)):
        if isinstance(value, dict) and value.get("type") == "image":  # pyright: ignore[reportUnknownMemberType]
            element(problems, value, f"{at}/elements/{index}", frozenset(("image",)), block_id)
        else:
            text(problems, value, f"{at}/elements/{index}", 3000, mrkdwn=True)


def _context_actions(problems: Problems, one: Json, at: str, block_id: str) -> None:
    problems.keys(one, at, "block_id", "elements")
    for index, value in enumerate(problems.some(one.get("elements"), f"{at}/elements", 5)):
        element(problems, value, f"{at}/elements/{index}", IN_CONTEXT_ACTIONS, block_id)


def _header(problems: Problems, one: Json, at: str, block_id: str) -> None:
    problems.keys(one, at, "block_id level", "text")
    text(problems, one.get("text"), f"{at}/text", 150)


def _input(problems: Problems, one: Json, at: str, block_id: str) -> None:
    problems.keys(one, at, "block_id hint optional dispatch_action", "label element")
    text(problems, one.get("label"), f"{at}/label", 2000)
    if "hint" in one:
        text(problems, one["hint"], f"{at}/hint", 2000)
    problems.boolean(one, "optional", at)
    element(problems, one.get("element"), f"{at}/element", IN_INPUT, block_id)


def _rich_text(problems: Problems, one: Json, at: str, block_id: str) -> None:
    problems.keys(one, at, "block_id", "elements")
    rich_text(problems, one, at)


def _markdown(problems: Problems, one: Json, at: str, block_id: str) -> None:
    problems.keys(one, at, "block_id", "text")
    problems.string(one.get("text"), f"{at}/text", MARKDOWN_IN_ALL)


def _table(problems: Problems, one: Json, at: str, block_id: str) -> None:
    problems.keys(one, at, "block_id column_settings", "rows")
    if len(json.dumps(one.get("rows"), ensure_ascii=False)) > 60_000:
        problems.add(at, "table is too large")
    width = 0
    for number, row in enumerate(problems.some(one.get("rows"), f"{at}/rows", 100)):
        cells = problems.some(row, f"{at}/rows/{number}", 20)
        width = width or len(cells)
        if len(cells) != width:
            problems.add(f"{at}/rows/{number}", "all rows must have the same number of cells")
        for index, cell in enumerate(cells):
            _cell(problems, cell, f"{at}/rows/{number}/{index}")
    for index, setting in enumerate(problems.some(one.get("column_settings", []), f"{at}/column_settings", 20, 0)):
        if setting is not None:
            problems.keys(problems.thing(setting, at), f"{at}/column_settings/{index}", "align is_wrapped")
            problems.one_of(setting.get("align", "left"), f"{at}/column_settings/{index}", ("left", "center", "right"))


def _cell(problems: Problems, value: Any, at: str) -> None:
    cell = problems.thing(value, at)
    kind = cell.get("type")
    problems.one_of(kind, f"{at}/type", ("raw_text", "raw_number", "rich_text"))
    if kind == "raw_text":
        problems.keys(cell, at, "", "text")
        problems.string(cell.get("text"), f"{at}/text", 3000)
    elif kind == "rich_text":
        rich_text(problems, cell, at)


def _file(problems: Problems, one: Json, at: str, block_id: str) -> None:
    problems.add(f"{at}/type", "unsupported type: file (apps cannot send it)")


def _task_card(problems: Problems, one: Json, at: str, block_id: str) -> None:
    problems.keys(one, at, "block_id details output sources", "task_id title status")
    problems.one_of(one.get("status"), f"{at}/status", ("pending", "in_progress", "complete", "error"))
    problems.string(one.get("title"), f"{at}/title", 256)


def _plan(problems: Problems, one: Json, at: str, block_id: str) -> None:
    problems.keys(one, at, "block_id tasks", "title")
    for index, task in enumerate(problems.some(one.get("tasks", []), f"{at}/tasks", 50, 0)):
        _task_card(problems, problems.thing(task, at), f"{at}/tasks/{index}", block_id)


_CHECKS: dict[str, Callable[[Problems, Json, str, str], None]] = {
    "section": _section,
    "divider": _divider,
    "image": _image,
    "actions": _actions,
    "context": _context,
    "context_actions": _context_actions,
    "header": _header,
    "input": _input,
    "rich_text": _rich_text,
    "markdown": _markdown,
    "table": _table,
    "file": _file,
    "task_card": _task_card,
    "plan": _plan,
}
_MESSAGES = ("message", "ephemeral")
_ONLY = {
    "context_actions": _MESSAGES,
    "markdown": _MESSAGES,
    "table": _MESSAGES,
    "task_card": _MESSAGES,
    "plan": _MESSAGES,
}
