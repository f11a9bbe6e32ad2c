"""How the OpenAI chat protocol puts a reply on the wire: as server-sent events, one word at a time, or in one piece."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Say:
    """A reply in words; `tokens` is what the server says it cost, if it says so, `finish` why it stopped.

    Streamed, it takes `pace` seconds a word.
    """

    text: str
    tokens: int | None = None
    finish: str = "stop"
    pace: float = 0.0


@dataclass(frozen=True)
class Call:
    """A reply that calls a tool."""

    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Refuse:
    """A reply with an HTTP error."""

    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Break:
    """Words, and then the connection is gone."""

    text: str = ""


@dataclass(frozen=True)
class Hang:
    """Words, and then nothing more while the connection stays."""

    text: str = ""


@dataclass(frozen=True)
class Garble:
    """A reply of status 200 that is not of the protocol."""

    body: bytes
    kind: str = "text/event-stream"


Scripted = Say | Call | Refuse | Break | Hang | Garble


def events(reply: Say | Call) -> Iterator[bytes]:
    """A whole reply as server-sent events."""
    if isinstance(reply, Say):
        yield from words(reply.text)
    else:
        yield _event({"delta": {"role": "assistant", "content": None, "tool_calls": [{"index": 0, **_call(reply)}]}})
    yield _event({"delta": {}, "finish_reason": _finish(reply)})
    if isinstance(reply, Say) and reply.tokens is not None:
        usage = {"prompt_tokens": reply.tokens - 1, "completion_tokens": 1, "total_tokens": reply.tokens}
        yield _event({"delta": {}}, usage)
    yield b"data: [DONE]\n\n"


def words(text: str) -> Iterator[bytes]:
    """The events of a text, without its end."""
    for at, word in enumerate(text.split(" ")):
        yield _event({"delta": {"role": "assistant", "content": word if at == 0 else f" {word}"}})


def whole(reply: Say | Call) -> dict[str, Any]:
    """A reply in one piece."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text if isinstance(reply, Say) else None}
    if isinstance(reply, Call):
        message["tool_calls"] = [_call(reply)]
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply)}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


def _event(choice: dict[str, Any], usage: dict[str, int] | None = None) -> bytes:
    chunk: dict[str, Any] = {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": None, **choice}],
    }
    if usage is not None:
        chunk["usage"] = usage
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _finish(reply: Say | Call) -> str:
    return reply.finish if isinstance(reply, Say) else "tool_calls"


def _call(reply: Call) -> dict[str, Any]:
    return {
        "id": "call_1",
        "type": "function",
        "function": {"name": reply.tool, "arguments": json.dumps(reply.arguments)},
    }
