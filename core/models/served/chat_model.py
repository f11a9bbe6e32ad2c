"""A served model as Lorelens asks it: fitted to what it can do, patient with it, and clear where it fails.

It wraps the LangChain model of any provider, and is one itself, so that the agent knows no difference.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.runnables import Runnable
from pydantic import Field, PrivateAttr

from core.errors import ModelFaultError
from core.models.served.adapting import Adapted, adapt
from core.models.served.capabilities import Capabilities
from core.models.served.discovery import Discovery
from core.models.served.notes import carrying, note
from core.models.served.persistence import Persistence
from core.models.served.streamed import StreamedChatModel
from core.models.served.trying import UNHEARD

_TOO_MANY_PICTURES = re.compile(r"at most (\d+) image", re.IGNORECASE)
"""How vLLM says that a prompt may hold fewer pictures (`--limit-mm-per-prompt`)."""


class ServedChatModel(StreamedChatModel):
    """Asks `inner`; `discovery` says what it can do, `persistence` how long and how often it is asked."""

    inner: Any = Field(exclude=True, repr=False)
    discovery: Any = Field(exclude=True, repr=False)
    persistence: Any = Field(exclude=True, repr=False)
    _most_pictures: int | None = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return "served"

    async def capabilities(self) -> Capabilities:
        """What the model can do; it is asked where that is not known yet."""
        return await cast(Discovery, self.discovery).capabilities()

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        can = await self.capabilities()
        try:
            async for piece in self._pieces(can, messages, stop, kwargs):
                yield ChatGenerationChunk(message=piece)
        except ModelFaultError as error:
            # Raised before the first piece, so nothing is said twice.
            limit = _TOO_MANY_PICTURES.search(error.message)
            if error.fault != "refused" or limit is None or self._most_pictures is not None:
                raise
            self._most_pictures = int(limit[1])
            async for piece in self._pieces(can, messages, stop, kwargs):
                yield ChatGenerationChunk(message=piece)

    async def _pieces(
        self, can: Capabilities, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]
    ) -> AsyncGenerator[AIMessageChunk]:
        adapted = adapt(
            messages,
            sees=can.pictures.able,
            calls_tools=can.tools.able,
            tool_pictures=can.tool_pictures.able,
            pictures=self._most_pictures,
        )
        persistence = cast(Persistence, self.persistence)
        finish = ""
        async for piece in persistence.ask(self._asking(adapted.messages, stop, options, offer=can.tools.able)):
            finish = str(piece.response_metadata.get("finish_reason") or finish)
            yield piece
        if notes := _notes(persistence.model, can, adapted, finish):
            yield carrying(notes)

    def _asking(
        self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any], *, offer: bool
    ) -> Callable[[], AsyncGenerator[AIMessageChunk]]:
        """What asks the model once, from the beginning."""
        options = dict(options)
        tools: Any = options.pop("tools", None)
        choice: Any = options.pop("tool_choice", None)
        inner = cast(BaseChatModel, self.inner)
        model: Runnable[Any, AIMessage] = inner
        if tools and offer:
            model = inner.bind_tools(tools, tool_choice=choice) if choice is not None else inner.bind_tools(tools)
        if stop is not None:
            options["stop"] = stop

        async def stream() -> AsyncGenerator[AIMessageChunk]:
            async for piece in model.astream(messages, config=UNHEARD, **options):
                # A provider that does not stream answers in one piece, which is a whole message.
                yield piece if isinstance(piece, AIMessageChunk) else _as_piece(piece)

        return stream


def _as_piece(message: AIMessage) -> AIMessageChunk:
    return AIMessageChunk(**message.model_dump(exclude={"type"}), chunk_position="last")


def _notes(model: str, can: Capabilities, adapted: Adapted, finish: str) -> list[dict[str, str]]:
    notes: list[dict[str, str]] = []
    if adapted.unseen:
        notes.append(note("fewer" if can.pictures.able else "unseen", model))
    if finish == "length":
        notes.append(note("cut", model))
    return notes
