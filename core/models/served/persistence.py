"""Asking a served model until it answers or clearly does not: silence is bounded, passing faults are tried again.

Nothing is asked again once the person has seen a word of the answer, since the next try would say it differently. What
nobody sees (a call of a tool, empty pieces) is held back until it is whole, and so may break off and be tried again.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessageChunk

from core.errors import ModelFaultError
from core.models.served.faults import PASSING, fault_error, fault_of, retry_after_of, words_of
from core.models.served.redaction import redact

TRIES = 3
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 20.0
"""A server that asks for more is not waited for: the person is told, or the next model asked."""

Stream = Callable[[], AsyncGenerator[AIMessageChunk]]


@dataclass(frozen=True)
class Persistence:
    """How a model is asked: `silence` is how many seconds may pass before the first and between two pieces.

    `says_end` is whether the protocol marks the end of an answer, so that one without the mark broke off.
    """

    model: str
    silence: float
    secrets: frozenset[str] = frozenset()
    says_end: bool = False

    async def ask(self, stream: Stream) -> AsyncGenerator[AIMessageChunk]:
        """The pieces of one answer.

        Raises:
            ModelFaultError: there is no answer, or it broke off.
        """
        attempt = 0
        while True:
            attempt += 1
            answer = _Answer()
            try:
                async with aclosing(self._heard(stream)) as pieces:
                    async for piece in pieces:
                        for ready in answer.take(piece):
                            yield ready
                self._check_whole(answer)
            except Exception as error:
                fault = self._fault(error, answer)
                if fault.fault not in PASSING or answer.seen or attempt >= TRIES:
                    raise fault from error
                pause = _pause(attempt, fault)
                if pause > LONGEST_PAUSE:
                    raise fault from error
                await asyncio.sleep(pause)
            else:
                for ready in answer.held:
                    yield ready
                return

    async def _heard(self, stream: Stream) -> AsyncGenerator[AIMessageChunk]:
        """The pieces, none of which may be waited for longer than `silence`."""
        async with aclosing(stream()) as pieces:
            while True:
                async with asyncio.timeout(self.silence):
                    piece = await _next(pieces)
                if piece is None:
                    return
                yield piece

    def _check_whole(self, answer: "_Answer") -> None:
        if answer.stopped_by == "content_filter" and not answer.seen:
            raise fault_error("filtered", self.model)
        if answer.pieces == 0:
            raise fault_error("garbled", self.model)
        if self.says_end and not answer.stopped_by:
            raise fault_error("broken_off", self.model)
        if not answer.says_something:
            raise fault_error("empty", self.model)

    def _fault(self, error: Exception, answer: "_Answer") -> ModelFaultError:
        if isinstance(error, ModelFaultError):
            return error
        fault = fault_of(error)
        detail = redact(words_of(error), self.secrets)
        if answer.seen:
            fault = "broken_off"
        elif fault == "silent" and isinstance(error, TimeoutError):
            detail = f"{self.silence:.0f} s"
        return fault_error(fault, self.model, detail, retry_after=retry_after_of(error))


class _Answer:
    """One answer while it comes in."""

    def __init__(self) -> None:
        self.held: list[AIMessageChunk] = []
        self.seen = False
        self.says_something = False
        self.pieces = 0
        self.stopped_by = ""

    def take(self, piece: AIMessageChunk) -> list[AIMessageChunk]:
        """What may be passed on now: nothing before the first word that a person would see."""
        self.pieces += 1
        metadata: dict[str, Any] = piece.response_metadata
        self.stopped_by = str(metadata.get("finish_reason") or metadata.get("stop_reason") or self.stopped_by)
        self.says_something |= bool(piece.text.strip() or piece.tool_call_chunks or piece.tool_calls)
        if not self.seen and not piece.text.strip():
            self.held.append(piece)
            return []
        self.seen = True
        ready = [*self.held, piece]
        self.held = []
        return ready


def _pause(attempt: int, fault: ModelFaultError) -> float:
    """Twice as long each time, and not all at the same moment; or as long as the server asks for."""
    if fault.retry_after is not None:
        return fault.retry_after
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1)) * random.uniform(0.75, 1.0)  # noqa: S311


async def _next(pieces: AsyncIterator[AIMessageChunk]) -> AIMessageChunk | None:
    try:
        return await anext(pieces)
    except StopAsyncIteration:
        return None
