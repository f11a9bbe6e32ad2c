"""Models that are asked in turn: the next one where the one before does not answer.

A model that is away is left alone for a while, so that not every question waits for it. Once a person has seen words
of an answer, no other model goes on with it.
"""

import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.runnables import Runnable
from pydantic import Field

from core.errors import LorelensError, ModelFaultError, ModelUnavailableError, UnavailableError
from core.models.served.faults import LASTING
from core.models.served.notes import ANSWERED_BY, carrying, note
from core.models.served.streamed import StreamedChatModel
from core.models.served.trying import UNHEARD

if TYPE_CHECKING:
    from core.models.chat import ChatModel, Opening

REST_SECONDS = 30.0
"""For so long a model that is away is passed over."""
_log = logging.getLogger(__name__)


class Member:
    """One of the models, opened when it is first asked."""

    def __init__(self, name: str, opening: Callable[[], Awaitable["ChatModel"]]) -> None:
        self.name = name
        self._opening = opening
        self._chat: ChatModel | None = None
        self._away_until = 0.0

    @property
    def resting(self) -> bool:
        """Whether it was away a moment ago."""
        return time.monotonic() < self._away_until

    async def chat(self) -> "ChatModel":
        """The model itself."""
        if self._chat is None:
            self._chat = await self._opening()
        return self._chat

    def failed(self, error: LorelensError) -> None:
        """Leave it alone for a while, unless it was the question that it could not answer."""
        lasting = error.fault in LASTING if isinstance(error, ModelFaultError) else isinstance(error, UnavailableError)
        if lasting:
            self._away_until = time.monotonic() + REST_SECONDS

    async def close(self) -> None:
        """Let go of what it holds."""
        if self._chat is not None:
            await self._chat.close()


class FallbackChatModel(StreamedChatModel):
    """Asks its `members` (of class Member), the first that answers."""

    members: Any = Field(exclude=True, repr=False)

    @property
    def _llm_type(self) -> str:
        return "fallback"

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        members = cast(Sequence[Member], self.members)
        # Those that were away a moment ago are asked last, not never.
        first_error: LorelensError | None = None
        for member in sorted(members, key=lambda one: one.resting):
            started = False
            try:
                async for piece in _ask(await member.chat(), messages, stop, kwargs):
                    started = True
                    yield ChatGenerationChunk(message=piece)
            except LorelensError as error:
                if started or (isinstance(error, ModelFaultError) and error.fault == "filtered"):
                    raise
                member.failed(error)
                _log.warning("The model %s did not answer: %s", member.name, error.message)
                first_error = first_error or error
            else:
                if member is not members[0]:
                    yield ChatGenerationChunk(message=_told(members[0].name, member.name))
                return
        raise first_error or ModelFaultError("There is no model to ask.")


async def open_in_turn(names: Sequence[str], opening: "Opening") -> "ChatModel":
    """Several models as one, which does what the first that can be opened does."""
    members = [Member(names[0], partial(opening.open, names[0]))]
    for name in names[1:]:
        shown, its = _fallback(name, names[0], opening)
        members.append(Member(shown, partial(its.open, shown)))
    first = await _first_that_opens(members)

    async def close() -> None:
        for member in members:
            await member.close()

    return replace(first, model=FallbackChatModel(members=members), name=members[0].name, close=close)


def _fallback(name: str, first: str, opening: "Opening") -> tuple[str, "Opening"]:
    """A fallback's name, and what it is opened with.

    What the operator says of the first model holds for that alone. Its server and its key are those of a fallback too
    where that is of the same provider and names no other server; no key goes to a server that it was not given for.
    """
    shown, at, rest = name.partition("@http")
    served = replace(opening.served, sees_pictures=None, calls_tools=None)
    if at:
        served = replace(served, base_url=f"http{rest}", api_key="")
    elif shown.partition(":")[0] != first.partition(":")[0]:
        served = replace(served, base_url="", api_key="")
    return shown, replace(opening, served=served, notice=False)


async def _first_that_opens(members: Sequence[Member]) -> "ChatModel":
    for member in members[:-1]:
        try:
            return await member.chat()
        except ModelUnavailableError as error:
            member.failed(error)
    return await members[-1].chat()


async def _ask(
    chat: "ChatModel", messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]
) -> AsyncGenerator[AIMessageChunk]:
    options = dict(options)
    tools: Any = options.pop("tools", None)
    choice: Any = options.pop("tool_choice", None)
    model: Runnable[Any, AIMessage] = chat.model
    if tools and chat.calls_tools:
        model = chat.model.bind_tools(tools, tool_choice=choice) if choice is not None else chat.model.bind_tools(tools)
    if stop is not None:
        options["stop"] = stop
    async for piece in model.astream(messages, config=UNHEARD, **options):
        if isinstance(piece, AIMessageChunk):
            yield piece


def _told(first: str, by: str) -> AIMessageChunk:
    from core.models.chat import EXTRACTIVE

    piece = carrying([note("quoting" if by == EXTRACTIVE else "fallback", first, by)])
    piece.response_metadata[ANSWERED_BY] = by
    return piece
