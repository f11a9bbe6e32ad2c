"""How much is asked outside: calls of a turn, of a minute, seconds of a call, and a pause for what keeps failing."""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.errors import LorelensError, UnavailableError
from core.turn import Turn

_log = logging.getLogger(__name__)

CALLS = 4
"""Lookups outside that one answer may stand on."""
A_MINUTE = 60
"""Lookups of one source in a minute, by one process."""
SECONDS = 20.0
FAILURES = 3
"""So many failures in a row, and a source is left alone for `PAUSE` seconds."""
PAUSE = 60.0

Found = TypeVar("Found")


class OutsideError(UnavailableError):
    """An outside source can't be asked: away, over its bounds, or left alone for a while."""

    code = "outside"


class Bounds:
    """The bounds of all outside sources of one process, by name; `counts` is how lookups ended."""

    def __init__(self, *, seconds: float = SECONDS, now: Callable[[], float] = time.monotonic) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self._seconds = seconds
        self._now = now
        self._recent: dict[str, deque[float]] = {}
        self._failed: dict[str, int] = {}
        self._closed_until: dict[str, float] = {}

    async def ask(self, name: str, turn: Turn, work: Callable[[], Awaitable[Found]]) -> Found:
        """Do one lookup within the bounds.

        Raises:
            OutsideError: it is over them, or took too long.
            LorelensError: what the lookup raised.
        """
        self._let_in(name, turn)
        try:
            async with asyncio.timeout(self._seconds):
                found = await work()
        except TimeoutError as error:
            self._note_failure(name)
            raise OutsideError(f"It did not answer within {self._seconds:.0f} seconds.") from error
        except LorelensError as error:
            if error.exit_code != 2:  # what the question itself caused says nothing of the source
                self._note_failure(name)
            _log.warning("Asking %s outside failed: %s", name, error)
            raise
        self._failed[name] = 0
        self.counts[name, "answered"] += 1
        return found

    def _let_in(self, name: str, turn: Turn) -> None:
        now = self._now()
        recent = self._recent.setdefault(name, deque())
        while recent and recent[0] < now - 60:
            recent.popleft()
        if turn.outside_calls >= CALLS:
            raise OutsideError(f"This answer has asked outside {CALLS} times already; answer with what is at hand.")
        if now < self._closed_until.get(name, 0.0):
            self.counts[name, "left alone"] += 1
            raise OutsideError("It failed several times and is left alone for a minute.")
        if len(recent) >= A_MINUTE:
            self.counts[name, "held back"] += 1
            raise OutsideError("It was asked very often in the last minute.")
        turn.outside_calls += 1
        recent.append(now)

    def _note_failure(self, name: str) -> None:
        self.counts[name, "failed"] += 1
        self._failed[name] = self._failed.get(name, 0) + 1
        if self._failed[name] >= FAILURES:
            self._closed_until[name] = self._now() + PAUSE
            self._failed[name] = 0
