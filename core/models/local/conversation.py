"""From LangChain messages to the turns of a chat template: roles, texts, pictures and tool calls, in order."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage

from core.errors import PictureError

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, eq=False)
class SentPicture:
    """A picture of a message, still encoded. Compared by identity: the same picture sent twice stands in two places."""

    data: bytes


Part = str | SentPicture


@dataclass(frozen=True)
class ChatTurn:
    """One message for a chat template. `tool` is the name of the tool whose result a `tool` turn holds."""

    role: Role
    parts: tuple[Part, ...]
    calls: tuple[dict[str, Any], ...] = ()
    call_id: str = ""
    tool: str = ""

    @property
    def text(self) -> str:
        """Its texts, without its pictures."""
        return "\n".join(part for part in self.parts if isinstance(part, str))

    @property
    def pictures(self) -> tuple[SentPicture, ...]:
        """Its pictures."""
        return tuple(part for part in self.parts if isinstance(part, SentPicture))

    def with_parts(self, parts: Sequence[Part]) -> "ChatTurn":
        """The same turn with other content."""
        return replace(self, parts=tuple(parts))


def read_messages(messages: Sequence[BaseMessage]) -> list[ChatTurn]:
    """The turns of a conversation.

    Raises:
        PictureError: a picture is not carried by the message itself, or its base64 is broken.
    """
    return [_turn(message) for message in messages]


def _turn(message: BaseMessage) -> ChatTurn:
    parts = _parts(message)
    if isinstance(message, SystemMessage):
        return ChatTurn("system", parts)
    if isinstance(message, ToolMessage):
        return ChatTurn("tool", parts, call_id=message.tool_call_id, tool=message.name or "")
    if isinstance(message, AIMessage):
        calls = tuple(
            {"id": call["id"] or "", "type": "function", "function": {"name": call["name"], "arguments": call["args"]}}
            for call in message.tool_calls
        )
        return ChatTurn("assistant", parts, calls=calls)
    return ChatTurn("user", parts)


def _parts(message: BaseMessage) -> tuple[Part, ...]:
    if isinstance(message.content, str):  # pyright: ignore[reportUnknownMemberType]
        return (message.content,) if message.content else ()
    parts: list[Part] = []
    for block in cast(list[str | dict[str, Any]], message.content):  # pyright: ignore[reportUnknownMemberType]
        if isinstance(block, str):
            parts.append(block)
        elif block.get("type") == "text":
            parts.append(str(block.get("text", "")))
        elif block.get("type") in {"image", "image_url", "input_image"}:
            parts.append(_picture(block))
        elif block.get("type") == "json":
            parts.append(json.dumps(block.get("json"), ensure_ascii=False))
    return tuple(part for part in parts if part != "")


def _picture(block: dict[str, Any]) -> SentPicture:
    """A picture block: a standard one (`base64`), or as LangChain 0.3, Anthropic or OpenAI write it."""
    said = block.get("image_url", block.get("url", ""))
    url = str(cast(dict[str, Any], said).get("url", "") if isinstance(said, dict) else said)
    source = cast(dict[str, Any], block["source"]) if isinstance(block.get("source"), dict) else {}
    encoded = block.get("base64") or block.get("data") or source.get("data")
    if not encoded and url.startswith("data:"):
        encoded = url.partition(",")[2]
    if not isinstance(encoded, str) or not encoded:
        raise PictureError(
            "A picture is only linked to, not sent; a local model fetches nothing by itself.",
            hint="Send the picture itself.",
        )
    try:
        return SentPicture(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError) as error:
        raise PictureError("A picture arrived broken: it is not valid base64.", hint="Send it again.") from error
