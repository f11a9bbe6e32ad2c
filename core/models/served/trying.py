"""Finding out what a served model can do by trying it: a drawn picture, a tool, a tool that answers with a picture.

Two pictures of one colour each are shown, with the same question. A server without vision refuses them; a model that is
given them but does not see, or a server that drops them silently, can't name both colours rightly.
"""

import asyncio
import base64
import io
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ContentBlock,
    HumanMessage,
    ToolMessage,
)
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.runnables import Runnable
from langgraph.constants import TAG_NOSTREAM

from core.models.served.capabilities import Ability
from core.models.served.faults import fault_of, status_of, words_of
from core.models.served.redaction import redact, secrets_of

UNHEARD: Any = {"callbacks": [], "tags": [TAG_NOSTREAM]}
"""A configuration under which what the model says is not taken for the answer of the agent around it."""

QUESTION = "What color is it?"
ANSWER_CHARACTERS = 400
"""So much of an answer is read; a model that goes on is not waited for."""
SIDE = 128
_COLOURS: tuple[tuple[tuple[int, int, int], tuple[str, ...]], ...] = (
    ((220, 20, 20), ("red", "红")),
    ((20, 60, 220), ("blue", "蓝")),
)
_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "note_number",
        "description": "Write a number down.",
        "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]},
    },
}
_PASSING_STATUS = frozenset({401, 403, 408, 429, 502, 503, 504})
"""Refusals that say nothing about what was asked."""


class NotAnsweredError(Exception):
    """The model could not be asked: it is away, busy or silent."""


class Trial:
    """Tries one model. Each question may take `patience` seconds."""

    def __init__(self, model: BaseChatModel, *, patience: float) -> None:
        self._model = model
        self._patience = patience
        self._secrets = secrets_of(model)

    async def pictures(self) -> Ability:
        """Whether it sees pictures.

        Raises:
            NotAnsweredError: it could not be asked.
        """
        for colour, names in _COLOURS:
            message = HumanMessage(content_blocks=[{"type": "text", "text": QUESTION}, _picture(colour)])
            refusal, answer = await self._try([message])
            if refusal is not None:
                return Ability(able=False, source="tried", why=f"it refuses them: {refusal}")
            if not _names(answer.text, names):
                return Ability(able=False, source="tried", why="it takes them, but can't say what colour they are")
        return Ability(able=True, source="tried")

    async def tools(self) -> Ability:
        """Whether it calls the tools that it is offered.

        Raises:
            NotAnsweredError: it could not be asked.
        """
        message = HumanMessage(content="Write down the number 7 with the tool note_number.")
        refusal, answer = await self._try([message], tools=[_TOOL])
        if refusal is not None:
            return Ability(able=False, source="tried", why=f"it refuses them: {refusal}")
        called = any(call["name"] == "note_number" for call in answer.tool_calls)
        return Ability(able=called, source="tried", why="" if called else "offered one, it answers in words")

    async def tool_pictures(self) -> Ability:
        """Whether it sees a picture in the result of a tool.

        Raises:
            NotAnsweredError: it could not be asked.
        """
        colour, names = _COLOURS[0]
        call = {"name": "note_number", "args": {"number": 7}, "id": "call_1"}
        blocks: list[ContentBlock] = [{"type": "text", "text": "The picture of this number."}, _picture(colour)]
        messages = [
            HumanMessage(content=f"Write down the number 7, then look at its picture. {QUESTION}"),
            AIMessage(content="", tool_calls=[{**call, "type": "tool_call"}]),
            ToolMessage(content_blocks=blocks, tool_call_id="call_1"),
        ]
        refusal, answer = await self._try(messages, tools=[_TOOL])
        return Ability(able=refusal is None and _names(answer.text, names), source="tried", why=refusal or "")

    async def _try(self, messages: Sequence[BaseMessage], tools: Sequence[Any] = ()) -> tuple[str | None, AIMessage]:
        """What it answers; or why it refuses, where it does answer the same question without picture and tool."""
        try:
            return None, await self._ask(messages, tools)
        except Exception as error:
            status = status_of(error)
            if status is None or status in _PASSING_STATUS:
                raise NotAnsweredError(fault_of(error)) from error
            said = redact(" ".join(words_of(error).split())[:120], self._secrets)
        try:
            await self._ask([HumanMessage(content=QUESTION)], ())
        except Exception as error:
            raise NotAnsweredError(fault_of(error)) from error
        return said, AIMessage(content="")

    async def _ask(self, messages: Sequence[BaseMessage], tools: Sequence[Any]) -> AIMessage:
        model: Runnable[Any, AIMessage] = self._model.bind_tools(tools) if tools else self._model
        whole: AIMessageChunk | None = None
        async with asyncio.timeout(self._patience), aclosing(_stream(model, messages)) as stream:
            async for chunk in stream:
                whole = chunk if whole is None else add_ai_message_chunks(whole, chunk)
                if len(whole.text) > ANSWER_CHARACTERS:
                    break
        return whole or AIMessage(content="")


async def _stream(model: Runnable[Any, AIMessage], messages: Sequence[BaseMessage]) -> AsyncGenerator[AIMessageChunk]:
    async for chunk in model.astream(list(messages), config=UNHEARD):
        if isinstance(chunk, AIMessageChunk):
            yield chunk


def _names(answer: str, names: tuple[str, ...]) -> bool:
    """Whether an answer names this colour and none of the others."""
    said = answer.lower()
    others = [name for _, known in _COLOURS if known != names for name in known]
    return any(name in said for name in names) and not any(name in said for name in others)


def _picture(colour: tuple[int, int, int]) -> ContentBlock:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (SIDE, SIDE), colour).save(buffer, "PNG")
    return {"type": "image", "base64": base64.b64encode(buffer.getvalue()).decode(), "mime_type": "image/png"}
