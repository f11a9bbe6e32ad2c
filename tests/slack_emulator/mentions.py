"""Whom a message calls: every ping that Slack would fire, read pessimistically (markdown and attachments too)."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tests.slack_emulator.parts import Json

_BROADCAST = re.compile(r"<!(channel|here|everyone|group)(?:\|[^>]*)?>")
_GROUP = re.compile(r"<!subteam\^([A-Z0-9]+)(?:\|[^>]*)?>")
_USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_BARE = re.compile(r"(?<![\w@])@(channel|here|everyone)\b")
_NAME = re.compile(r"(?<![\w@<])@([a-z0-9._-]+)\b")


def pings(
    text: str, blocks: Sequence[Json], attachments: Sequence[Json], parse: str = "", link_names: bool = False
) -> Iterator[tuple[str, str]]:
    """Kind and target of every ping: ("channel", ""), ("user", "U1"), ("usergroup", "S1"), ..."""
    bare = parse == "full" or link_names
    yield from _in_text(text, bare)
    for block in blocks:
        yield from _in_json(block, bare)
    for attachment in attachments:
        yield from _in_json(attachment, bare)


def _in_text(text: str, bare: bool) -> Iterator[tuple[str, str]]:
    for match in _BROADCAST.finditer(text):
        yield match[1], ""
    for match in _GROUP.finditer(text):
        yield "usergroup", match[1]
    for match in _USER.finditer(text):
        yield "user", match[1]
    if bare:
        for match in _BARE.finditer(text):
            yield match[1], ""
        for match in _NAME.finditer(text):
            if match[1] not in ("channel", "here", "everyone"):
                yield "user", f"@{match[1]}"


def _in_json(value: Any, bare: bool) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for one in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _in_json(one, bare)
    elif isinstance(value, dict):
        yield from _in_object(value, bare)  # pyright: ignore[reportUnknownArgumentType]


def _in_object(value: Json, bare: bool) -> Iterator[tuple[str, str]]:
    kind = value.get("type")
    if kind == "broadcast":
        yield str(value.get("range", "channel")), ""
    elif kind == "user" and "user_id" in value:
        yield "user", str(value["user_id"])
    elif kind == "usergroup" and "usergroup_id" in value:
        yield "usergroup", str(value["usergroup_id"])
    elif kind in ("mrkdwn", "markdown") and isinstance(value.get("text"), str):
        yield from _in_text(value["text"], bare)
    elif kind is None and isinstance(value.get("text"), str):  # an attachment
        for key in ("text", "pretext", "fallback", "title"):
            yield from _in_text(str(value.get(key, "")), bare)
    for key, more in value.items():
        if key not in ("value", "private_metadata", "metadata"):
            yield from _in_json(more, bare)
