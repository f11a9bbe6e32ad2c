"""Where a message leads whoever reads it: links that one could click, and pictures that Slack would fetch."""

import re
from collections.abc import Iterator
from typing import Any, cast

from tests.slack_emulator import Message

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://|\bmailto:(?!\u200b)|\bwww\.)[^\s|<>)\"'`]+", re.IGNORECASE)
_ANGLES = re.compile(r"<([a-z][a-z0-9+.-]*:[^|>\s]+)", re.IGNORECASE)
_DESTINATION = re.compile(r"\]\(<?([^)\s>]+)")


def clickable(message: Message) -> set[str]:
    """Addresses in all that a message ever showed; read pessimistically, but what is code is no link."""
    blocks = [message.blocks, *(version.blocks for version in message.versions)]
    texts = [message.text, *(version.text for version in message.versions)]
    return set(_in_json([*blocks, message.attachments])) | {one for text in texts for one in _ANGLES.findall(text)}


def _in_json(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _in_json(one)
    if not isinstance(value, dict):
        return
    block = cast(dict[str, Any], value)
    match block.get("type"):
        case "mrkdwn":
            text = _CODE.sub("", str(block.get("text")))
            yield from _ANGLES.findall(text) if block.get("verbatim") else _ADDRESS.findall(text)
        case "markdown":
            text = _CODE.sub("", str(block.get("text")))
            yield from [*_ADDRESS.findall(text), *_ANGLES.findall(text), *_DESTINATION.findall(text)]
        case _:
            yield from (str(block[key]) for key in ("url", "image_url", "thumb_url", "title_url") if block.get(key))
    for key, more in block.items():
        if key not in ("value", "slack_file"):
            yield from _in_json(more)
