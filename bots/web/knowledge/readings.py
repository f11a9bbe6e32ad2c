"""What this process reads in for the page: sources being synced in the background, and how far each has come.

Closing the tab loses nothing; whoever opens the page sees how it goes, and may stop it. What was read until then stays.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from bots.web.desk import WebDesk, desk_of
from core.errors import LorelensError, UnavailableError


@dataclass
class Reading:
    """One source being read in, or how that ended. It is who watches (`core.sources.syncing.SyncProgress`).

    `at` is the source of the ledger that is being read, `item` what was read last; `done` and `totals` count by stage
    ("fetched", "documents", "pictures", "captions"). `summary` is what came of it. Times are in seconds since 1970.
    """

    name: str
    started_at: float
    at: str = ""
    item: str = ""
    stage: str = ""
    done: dict[str, int] = field(default_factory=dict[str, int])
    totals: dict[str, int | None] = field(default_factory=dict[str, "int | None"])
    problems: int = 0
    ended_at: float = 0.0
    stopped: bool = False
    error: str = ""
    hint: str = ""
    summary: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def is_over(self) -> bool:
        """Whether nothing goes on any more."""
        return self.ended_at > 0

    def part(self, name: str) -> None:
        """A part begins."""
        self.at, self.item, self.stage = name, "", "fetched"
        self.totals = {}
        self.done = {}

    def fetched(self, item: str, *, total: int | None = None) -> None:
        """One more document is there."""
        self.totals["fetched"] = total
        self.advance("fetched", item)

    def problem(self, item: str, reason: str) -> None:
        """A document can't be had; the ledger or the report says why."""
        self.problems += 1

    def begin(self, stage: str, total: int) -> None:
        """A stage of reading in begins."""
        self.stage, self.item = stage, ""
        self.totals[stage], self.done[stage] = total, 0

    def advance(self, stage: str, item: str) -> None:
        """One of it is done."""
        self.stage, self.item = stage, item
        self.done[stage] = self.done.get(stage, 0) + 1


Work = Callable[[Reading], Coroutine[Any, Any, None]]
"""Reads a source in, tells of it, and leaves its summary and its error, if it has one, in the reading."""


class Readings:
    """The readings of one process by the names of their sources; the last of each is remembered."""

    def __init__(self, desk: WebDesk) -> None:
        self._desk = desk
        self._known: dict[str, Reading] = {}
        self._tasks: dict[str, asyncio.Future[None]] = {}
        self._next: dict[str, list[Work]] = {}
        self._stir = asyncio.Event()

    def of(self, name: str) -> Reading | None:
        """The reading that goes on, or the last one that did."""
        return self._known.get(name)

    async def stirred(self, seconds: float) -> None:
        """Return when a reading begins or ends, or after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._stir.wait()
        except TimeoutError:
            return

    def begin(self, name: str, work: Work) -> Reading:
        """Begin to read a source in.

        Raises:
            UnavailableError: it is being read in by this process.
        """
        known = self._known.get(name)
        if known is not None and not known.is_over:
            raise UnavailableError(f'"{name}" is being read in already.', hint="Wait until that is done, or stop it.")
        reading = Reading(name=name, started_at=time.time())
        self._known[name] = reading
        task = asyncio.ensure_future(work(reading))
        self._tasks[name] = task
        self._wake()
        self._desk.spawn(self._see_to(reading, task), f'Reading "{name}" in')
        return reading

    def begin_soon(self, name: str, work: Work) -> None:
        """Begin to read a source in, after what goes on and waits already: that may have looked, or look elsewhere."""
        known = self._known.get(name)
        if known is not None and not known.is_over:
            self._next.setdefault(name, []).append(work)
        else:
            self.begin(name, work)

    def stop(self, name: str) -> bool:
        """Stop it; what was read so far stays. Answers whether anything went on here."""
        task = self._tasks.get(name)
        if task is None:
            return False
        self._known[name].stopped = True
        self._next.pop(name, None)
        task.cancel()
        return True

    async def ended(self, name: str) -> None:
        """Return when nothing goes on."""
        task = self._tasks.get(name)
        if task is not None:
            await asyncio.wait({task})

    def forget(self, name: str) -> None:
        """Remember nothing of a source that is no more."""
        self._known.pop(name, None)

    def _wake(self) -> None:
        stir, self._stir = self._stir, asyncio.Event()
        stir.set()

    async def _see_to(self, reading: Reading, task: asyncio.Future[None]) -> None:
        try:
            await asyncio.wait({task})
        finally:  # at the end of the process it is stopped, and goes on with the next sync
            task.cancel()
            await asyncio.wait({task})
            self._tasks.pop(reading.name, None)
            reading.ended_at = time.time()
            self._wake()
        if waiting := self._next.get(reading.name):
            self.begin(reading.name, waiting.pop(0))
        error = None if task.cancelled() else task.exception()
        if isinstance(error, LorelensError):
            reading.error, reading.hint = error.message, error.hint
        elif error is not None:
            reading.error, reading.hint = "This is a fault of the program.", "The log says more."
            raise error


async def readings_of(request: Request) -> Readings:
    """The readings of the app that a request came to."""
    found: Readings | None = getattr(request.app.state, "readings", None)
    if found is None:
        found = request.app.state.readings = Readings(await desk_of(request))
    return found


Reads = Annotated[Readings, Depends(readings_of)]
"""A route's parameter."""
