"""The answers that are generated side by side: who joins, one step for all, who leaves, what to do when it fails.

A step that fails for lack of memory is done again with fewer; one that fails otherwise is done again with each answer
by itself, so that only the one whose fault it is fails.
"""

import logging
from collections.abc import Sequence
from typing import Any, cast

import torch

from core.errors import LorelensError, ModelUnavailableError
from core.models.local.forward import Forward, Running
from core.models.local.request import Request

_log = logging.getLogger(__name__)

PROMPT_TOKENS = 4096
"""Tokens of prompts, padding included, that are read at once: those whose answers run wait for that long."""


class Batch:
    """Answers that are generated side by side, up to `limit` of them."""

    def __init__(self, forward: Forward, limit: int, ends: frozenset[int], *, groups_pictures: bool = True) -> None:
        """`groups_pictures` says whether prompts with pictures can be read side by side."""
        self._forward = forward
        self._groups_pictures = groups_pictures
        self._ends = ends
        self._running: Running | None = None
        self.limit = limit
        self.requests: list[Request] = []
        self._tokens: list[int] = []

    def admit(self, waiting: list[Request]) -> None:
        """Let those join who wait, first come first served, as far as there is room and the model's cache allows it."""
        if not waiting or (self.requests and not self._joinable(waiting[0])):
            return
        group = self._group(waiting)
        if not group:
            return
        del waiting[: len(group)]
        try:
            filled = self._forward.prompts([request.inputs() for request in group])
            if self._running is None:
                self._running = self._forward.running(filled)
            else:
                self._running.join(filled)
        except Exception as error:  # noqa: BLE001 - models raise errors of every kind; each ends as somebody's
            self._could_not_read(group, error, waiting)
            return
        first = len(self.requests)
        self.requests += group
        self._tokens += [0] * len(group)
        self._take(filled.logits, range(first, len(self.requests)))

    def step(self, waiting: list[Request]) -> None:
        """One token further for all; whoever can't go on goes back among the waiting."""
        if self._running is None:
            return
        try:
            logits = self._running.step(torch.tensor(self._tokens, device=self._forward.device))
        except Exception as error:  # noqa: BLE001
            self._could_not_step(error, waiting)
            return
        self._take(logits, range(len(self.requests)))

    def drop_cancelled(self) -> None:
        """Let those go whom nobody waits for any more."""
        for row in reversed(range(len(self.requests))):
            if self.requests[row].cancelled:
                self._drop(row)

    def clear(self) -> list[Request]:
        """Let all go; answers whom."""
        requests = self.requests
        self.requests, self._tokens, self._running = [], [], None
        return requests

    def _joinable(self, next_one: Request) -> bool:
        alone = next_one.alone or any(request.alone for request in self.requests)
        return not alone and self._running is not None and self._running.joinable

    def _group(self, waiting: Sequence[Request]) -> list[Request]:
        """The first of those waiting that are read together."""
        if waiting[0].alone:
            return [] if self.requests else [waiting[0]]
        group: list[Request] = []
        longest = 0
        for request in waiting[: max(0, self.limit - len(self.requests))]:
            longest = max(longest, request.prompt.tokens + len(request.ids))
            if request.alone or (group and longest * (len(group) + 1) > PROMPT_TOKENS):
                break
            group.append(request)
            if not self._groups_pictures and any(one.prompt.pictures for one in group):
                return [group[0]]
        return group

    def _take(self, logits: torch.Tensor, rows: range) -> None:
        """The next token of each row, by logits in the order of the rows."""
        plain = cast(list[int], logits.argmax(-1).tolist())  # pyright: ignore[reportUnknownMemberType]
        ended: list[int] = []
        for at, row in enumerate(rows):
            request = self.requests[row]
            try:
                token = plain[at] if request.sampler.is_plain else request.sampler.choose(logits[at], request.tokens)
                self._tokens[row] = token
                if not request.take(token, self._ends):
                    ended.append(row)
            except Exception as error:  # noqa: BLE001 - what fails for one answer must not end the others
                request.fail(explained(error))
                ended.append(row)
        for row in reversed(ended):
            self._drop(row)

    def _drop(self, row: int) -> None:
        last_request, last_token = self.requests.pop(), self._tokens.pop()
        if row < len(self.requests):
            self.requests[row], self._tokens[row] = last_request, last_token
        if self._running is not None and self.requests:
            self._running.drop(row)
        else:  # an idle model keeps no memory for answers
            self._running = None

    def _could_not_read(self, group: list[Request], error: Exception, waiting: list[Request]) -> None:
        if is_out_of_memory(error):
            _free()
            if len(group) > 1 or self.requests:  # fewer at once, or later, when there is room
                self.limit = max(1, len(self.requests) + len(group) // 2 if len(group) > 1 else len(self.requests))
                waiting[:0] = group
                return
            error = too_large(error)
        elif len(group) > 1:
            for request in group:
                request.alone = True
            waiting[:0] = group
            return
        for request in group:
            request.fail(explained(error))

    def _could_not_step(self, error: Exception, waiting: list[Request]) -> None:
        """All go back, with what they have; whoever is alone and fails has failed."""
        requests = self.clear()
        out_of_memory = is_out_of_memory(error)
        if out_of_memory:
            _free()
        if len(requests) == 1:
            requests[0].fail(too_large(error) if out_of_memory else explained(error))
            return
        if out_of_memory:
            self.limit = max(1, len(requests) // 2)
        else:
            for request in requests:
                request.alone = True
        waiting[:0] = requests


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory lacks; on the processor torch has no type for it."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and ("not enough memory" in str(error) or "can't allocate memory" in str(error))
    )


def too_large(error: Exception) -> ModelUnavailableError:
    """What the person is told when even one answer by itself does not fit."""
    told = ModelUnavailableError(
        "There is not enough memory to answer this, even with nothing beside it.",
        hint="Send fewer or smaller pictures, or a shorter question; whoever runs Lorelens can set a smaller "
        "LORELENS_LOCAL_CONTEXT or LORELENS_LOCAL_PRECISION.",
    )
    return _caused(told, error)


def explained(error: Exception) -> Exception:
    """What the person is told of an error of the model."""
    if isinstance(error, LorelensError):
        return error
    _log.warning("the model failed", exc_info=error)
    told = ModelUnavailableError(
        f"The model failed: {type(error).__name__}: {' '.join(str(error).split())[:300]}.",
        hint="Try again with another question or picture; if it stays so, choose another model.",
    )
    return _caused(told, error)


def _caused(told: ModelUnavailableError, error: Exception) -> ModelUnavailableError:
    # Without its traceback: that would keep all that the failed step had computed in memory.
    told.__cause__ = error.with_traceback(None)
    return told


def _free() -> None:
    """Give back what torch keeps for later."""
    cuda: Any = torch.cuda
    if cuda.is_available():
        cuda.empty_cache()
