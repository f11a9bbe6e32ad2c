"""What an answer stood on, as a value that is kept beside it, so that it can be explained later.

It holds what the answer's evidence held and no more: who may read the answer's conversation may read its record, and
the record goes with any message that it stood on (`core.explaining.keeping`).
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from langchain_core.messages import BaseMessage, messages_from_dict, messages_to_dict
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import JsonValue

from core.errors import PictureError
from core.evidence import KEY, Evidence
from core.messages import EVERYONE, Message, Picture, Value
from core.reply import Reply
from core.turn import Turn

PICTURE = "sha256:"
"""What stands for the bytes of a picture in a kept prompt, before its hash."""


class DrawnOn(Value):
    """A source of the knowledge, and the principals whom a passage of it named when it was read."""

    source: str
    audience: tuple[str, ...]


class AnswerRecord(Value):
    """What one answer stood on.

    `question` is the message that was answered, `asked` the ids of all that were answered together, `history` those of
    the earlier messages that were read, and `earlier` what the answers among these were made from. `pictures` are what
    the question was about, in the order of `evidence.pictures`. `prompt` is what the model was given at its last call,
    beside `tools`, and `said` what it said to that; they are kept only where pictures were in it, since only those have
    an attention to be shown, and in it a picture is its hash.
    """

    question: Message
    asked: tuple[str, ...]
    history: tuple[str, ...] = ()
    audience: tuple[str, ...] = (EVERYONE,)
    evidence: Evidence
    earlier: tuple[DrawnOn, ...] = ()
    pictures: tuple[Picture, ...] = ()
    reply: Reply
    prompt: tuple[dict[str, JsonValue], ...] = ()
    tools: tuple[dict[str, JsonValue], ...] = ()
    said: str = ""
    answered_at: datetime

    @property
    def id(self) -> str:
        """The id of the question's message, by which the record is found."""
        return self.question.id

    def may_be_seen_by(self, audience: Collection[str]) -> bool:
        """Whether somebody who may see what these principals may see could have read the answer too."""
        return set(self.audience) <= set(audience)

    @property
    def stood_on(self) -> tuple[str, ...]:
        """The ids of all messages that the answer was made from."""
        return (*self.asked, *self.history)


KeepRecord = Callable[[AnswerRecord], Awaitable[None]]
"""Keeps what an answer stood on."""


def record_of(turn: Turn, reply: Reply) -> AnswerRecord:
    """The record of a turn that was answered."""
    prompt = _without_bytes(turn.prompt)
    return AnswerRecord(
        question=turn.message,
        asked=(turn.message.id,),
        history=tuple(message.id for message in turn.history),
        audience=turn.audience,
        evidence=turn.evidence,
        pictures=tuple(turn.pictures),
        reply=reply,
        prompt=prompt,
        tools=tuple(convert_to_openai_tool(tool) for tool in turn.tools) if prompt else (),
        said=turn.said if prompt else "",
        answered_at=datetime.now(UTC),
    )


async def prompt_of(record: AnswerRecord, find: Callable[[str], Awaitable[bytes | None]]) -> list[BaseMessage]:
    """The messages that the model was given, with the pictures' bytes in them again.

    Raises:
        PictureError: a picture is kept no more.
    """
    restored: list[dict[str, Any]] = []
    for message in record.prompt:
        data = cast(dict[str, Any], message["data"])
        content = data["content"]
        if isinstance(content, list):
            content = [await _with_bytes(block, find) for block in cast(list[Any], content)]
        restored.append({**message, "data": {**data, "content": content}})
    return messages_from_dict(restored)


def picture_hashes(record: AnswerRecord) -> list[str]:
    """The pictures that the model was given, in the order in which it saw them."""
    hashes: list[str] = []
    for message in record.prompt:
        content = cast(dict[str, Any], message["data"])["content"]
        for block in cast(list[Any], content) if isinstance(content, list) else []:
            if sha256 := _hash_in(block):
                hashes.append(sha256)
    return hashes


def _without_bytes(prompt: Sequence[BaseMessage]) -> tuple[dict[str, JsonValue], ...]:
    """Messages as JSON, pictures as their hashes; none where there is no picture."""
    plain: list[dict[str, Any]] = messages_to_dict(prompt)
    pictures = 0
    for message in plain:
        data = message["data"]
        data["additional_kwargs"] = {key: value for key, value in data["additional_kwargs"].items() if key != KEY}
        if isinstance(data["content"], list):
            blocks = cast(list[Any], data["content"])
            data["content"] = [_named(block) for block in blocks]
            pictures += sum(bool(_hash_in(block)) for block in data["content"])
    return tuple(plain) if pictures else ()


def _named(block: Any) -> Any:
    if not isinstance(block, Mapping) or "base64" not in block:
        return cast(Any, block)
    fields = dict(cast(Mapping[str, Any], block))
    return {**fields, "base64": PICTURE + hashlib.sha256(base64.b64decode(fields["base64"])).hexdigest()}


def _hash_in(block: Any) -> str:
    kept: Any = cast(Mapping[str, Any], block).get("base64", "") if isinstance(block, Mapping) else ""
    return kept.removeprefix(PICTURE) if isinstance(kept, str) and kept.startswith(PICTURE) else ""


async def _with_bytes(block: Any, find: Callable[[str], Awaitable[bytes | None]]) -> Any:
    sha256 = _hash_in(block)
    if not sha256:
        return block
    data = await find(sha256)
    if data is None:
        raise PictureError("A picture that the answer stood on is kept no more.", hint="Ask again, with the picture.")
    return {**cast(Mapping[str, Any], block), "base64": base64.b64encode(data).decode()}
