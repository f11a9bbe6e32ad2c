"""What a person sees of blocks: plain text, buttons, pictures."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

from tests.slack_emulator.parts import Button, Json, Picture

_LINK = re.compile(r"<((?:https?|mailto)[^|>]*)(?:\|([^>]*))?>")


def shown(text: str, blocks: Sequence[Json], attachments: Sequence[Json], *, title: bool = False) -> str:
    """The plain text of a message: its blocks, or its text where it has none; then its attachments."""
    lines = [text] if title and text else []
    if blocks:
        lines += [line for block in blocks if (line := _block(block))]
    elif not title:
        lines.append(plain(text))
    for one in attachments:
        lines += [plain(str(one[key])) for key in ("pretext", "title", "text") if one.get(key)]
        lines += [line for block in one.get("blocks", []) if (line := _block(block))]
    return "\n".join(lines)


def plain(mrkdwn: str) -> str:
    """Mrkdwn with links shown as their labels and entities decoded."""
    text = _LINK.sub(lambda match: match[2] or match[1], mrkdwn)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        return ""
    one = cast(Json, value)
    return plain(str(one.get("text", ""))) if one.get("type") == "mrkdwn" else str(one.get("text", ""))


def _block(block: Json) -> str:
    kind = block.get("type")
    if kind in ("section", "header", "markdown"):
        parts = [_text(block.get("text"))] + [_text(one) for one in block.get("fields", [])]
        if "accessory" in block:
            parts.append(_element(block["accessory"]))
        return "\n".join(part for part in parts if part)
    if kind == "image":
        return "\n".join(part for part in (_text(block.get("title")), f"[image: {block.get('alt_text', '')}]") if part)
    if kind in ("actions", "context", "context_actions"):
        return " ".join(part for one in block.get("elements", []) if (part := _element(one)))
    if kind == "rich_text":
        return "\n".join(_rich(one) for one in block.get("elements", []))
    return _other_block(block)


def _other_block(block: Json) -> str:
    kind = block.get("type")
    if kind == "input":
        parts = (_text(block.get("label")), _element(block["element"]), _text(block.get("hint")))
        return "\n".join(part for part in parts if part)
    if kind == "table":
        return "\n".join(" | ".join(_cell(cell) for cell in row) for row in block.get("rows", []))
    if kind == "task_card":
        details = [_block(block[key]) for key in ("details", "output") if block.get(key)]
        return "\n".join([f"[{block.get('status')}] {_text(block.get('title'))}", *details])
    if kind == "plan":
        return "\n".join([_text(block.get("title")), *(_block(one) for one in block.get("tasks", []))])
    if kind == "divider":
        return "---"
    return _text(block.get("text")) or _text(block.get("title"))


def _cell(cell: Json) -> str:
    return _block(cell) if cell.get("type") == "rich_text" else str(cell.get("text", cell.get("value", "")))


def _element(element: Json) -> str:
    kind = element.get("type")
    if kind in ("mrkdwn", "plain_text"):
        return _text(element)
    if kind == "image":
        return f"[image: {element.get('alt_text', '')}]"
    if kind == "feedback_buttons":
        return " ".join(f"[{_text(element[key]['text'])}]" for key in ("positive_button", "negative_button"))
    if kind in ("button", "icon_button"):
        return f"[{_text(element.get('text'))}]"
    if "options" in element:
        return " ".join(f"({_text(one.get('text'))})" for one in element["options"])
    return _text(element.get("placeholder"))


def _rich(element: Json) -> str:
    kind, parts = element.get("type"), element.get("elements", [])
    if kind == "rich_text_list":
        return "\n".join(f"- {_rich(one)}" for one in parts)
    if kind in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
        return "".join(_rich(one) for one in parts)
    by_kind = {
        "user": f"<@{element.get('user_id')}>",
        "channel": f"<#{element.get('channel_id')}>",
        "usergroup": f"<!subteam^{element.get('usergroup_id')}>",
        "broadcast": f"<!{element.get('range')}>",
        "emoji": f":{element.get('name')}:",
        "link": str(element.get("text") or element.get("url")),
    }
    return by_kind.get(str(kind), str(element.get("text", "")))


def buttons(blocks: Sequence[Json]) -> list[Button]:
    """What one may click or choose, in reading order; feedback buttons are two with one action id."""
    return [button for block in blocks for element in _elements(block) for button in _buttons(element, block)]


def _elements(block: Json) -> Iterator[Json]:
    yield from block.get("elements", []) if block.get("type") != "rich_text" else []
    for key in ("accessory", "element"):
        if key in block:
            yield block[key]


def _buttons(element: Json, block: Json) -> Iterator[Button]:
    kind, action, block_id = str(element.get("type")), str(element.get("action_id", "")), str(block.get("block_id", ""))
    if kind == "feedback_buttons":
        for key in ("positive_button", "negative_button"):
            one = element[key]
            yield Button(_text(one["text"]), action, block_id, str(one["value"]), "", kind)
    elif "action_id" in element:
        label = _text(element.get("text")) or _text(element.get("placeholder")) or _text(block.get("label"))
        value, url = str(element.get("value", "")), str(element.get("url", ""))
        yield Button(label, action, block_id, value, url, kind, str(element.get("style", "")))


def pictures(blocks: Sequence[Json]) -> list[Picture]:
    """The images of blocks, in reading order."""
    return [_picture(one) for one in _images(blocks)]


def _images(blocks: Sequence[Json]) -> Iterator[Json]:
    for block in blocks:
        if block.get("type") == "image":
            yield block
        else:
            yield from (one for one in _elements(block) if one.get("type") == "image")


def _picture(image: Json) -> Picture:
    source = image.get("slack_file", {})
    return Picture(
        str(image.get("alt_text", "")),
        url=str(image.get("image_url", source.get("url", ""))),
        file=str(source.get("id", "")),
        title=_text(image.get("title")),
    )
