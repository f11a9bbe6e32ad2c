"""How far a platform was listened to, and gaps in it that are closed from its history.

A mark in Redis says until when. Where it lies back at the start, or a connection was away, the gap is noted beside it
and goes only when it was caught up to its end, so that a process that is killed over it leaves it to the next. What was
taken in already the mailbox knows, so reading too much does no harm.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from bots.background import log_failure
from core.conversations import Conversations
from core.errors import StoreUnavailableError

BEAT = 5.0
"""Seconds between two marks."""
AWAY = 30.0
"""A mark that lies back so many seconds while this process runs: Redis was away, or the machine slept. Shorter gaps
close by themselves: Slack sends again for five minutes what was not acknowledged, and Discord's events wait here."""
SOCKET_AWAY = 3.0
"""Likewise for a connection; reconnecting takes less."""
MARGIN = 60.0
"""Seconds that are read before a gap: clocks differ, and what arrived last may not have been kept."""
LONGEST = 12 * 3600.0
"""What was asked longer ago than a night is answered no more: whoever asked has found another way, or asks again."""
PAUSE = 1.0
"""Seconds before a gap that could not be closed is read again, doubling up to `LONGEST_PAUSE`: Redis or the platform
were away for a moment, as a rule, and whoever asked waits."""
LONGEST_PAUSE = 60.0

_log = logging.getLogger(__name__)

Alive = Callable[[], float | None]
"""When a sign of life came last (`time.time()`); None while there is none."""
Read = Callable[[float], Awaitable[object]]
"""Takes in what was said since a time."""


class CatchUp:
    """Keeps the mark of one process for a platform, and lets `read` close gaps."""

    def __init__(
        self, store: Conversations, platform: str, read: Read, *, beat: float = BEAT, margin: float = MARGIN
    ) -> None:
        self._redis = store.redis
        self._key = store.keys.heard(platform)
        self._name = platform.capitalize()
        self._read = read
        self._beat = beat
        self._margin = margin
        self._wake = asyncio.Event()
        self._is_first = True
        self._pause = PAUSE
        self._closing: asyncio.Task[None] | None = None
        self._meanwhile: float | None = None
        self._unnoted: float | None = None
        self.is_up_to_date = asyncio.Event()
        """Set while nothing is left to catch up."""

    @asynccontextmanager
    async def running(self, alive: Alive) -> AsyncGenerator[None]:
        """Catch up while the block runs."""
        task = asyncio.create_task(self.run(alive))
        task.add_done_callback(self._ended)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def run(self, alive: Alive) -> None:
        """Mark how far was listened, and close gaps; without end."""
        try:
            await self._run(alive)
        finally:
            if self._closing is not None:
                self._closing.cancel()
                await asyncio.gather(self._closing, return_exceptions=True)

    async def reconnected(self, since: float) -> None:
        """A connection was away since then."""
        away = time.time() - since
        _log.info("Connected to %s again; the last sign of life was %.1f s ago", self._name, away)
        if away > SOCKET_AWAY:
            self.missed(since)

    def missed(self, since: float) -> None:
        """What was said since then is to be read; where the store is away, when it is there again."""
        self._unnoted = since if self._unnoted is None else min(since, self._unnoted)
        self.is_up_to_date.clear()
        self._wake.set()

    async def _run(self, alive: Alive) -> None:
        while True:
            self._wake.clear()
            try:
                await self._look(alive())
            except StoreUnavailableError as error:
                _log.info("How far %s was heard is not noted: %s", self._name, error)
            try:
                async with asyncio.timeout(self._beat):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _look(self, alive: float | None) -> None:
        """Note a gap if there is one, move the mark, and catch up."""
        if alive is None:
            return
        while (since := self._unnoted) is not None:
            await self._note_gap(since)
            if self._unnoted == since:
                self._unnoted = None
        at, gap = await self._ask("HMGET", self._key, "at", "gap")
        if at and alive - float(at) > (0.0 if self._is_first else AWAY):
            await self._note_gap(float(at))
            gap = gap or at
        await self._ask("HSET", self._key, "at", f"{alive:.3f}")
        self._is_first = False
        if gap and (self._closing is None or self._closing.done()):
            self.is_up_to_date.clear()
            self._closing = asyncio.create_task(self._close(float(gap)))
        elif not gap and self._unnoted is None:
            self.is_up_to_date.set()

    async def _note_gap(self, since: float) -> None:
        """An older gap that is not closed yet holds this one too, unless it is being read already."""
        self.is_up_to_date.clear()
        self._meanwhile = since if self._meanwhile is None else min(since, self._meanwhile)
        await self._ask("HSETNX", self._key, "gap", f"{since:.3f}")

    async def _close(self, gap: float) -> None:
        self._meanwhile = None
        try:
            await self._read(max(gap - self._margin, time.time() - LONGEST))
            if self._meanwhile is None:
                await self._ask("HDEL", self._key, "gap")
            else:
                await self._ask("HSET", self._key, "gap", f"{self._meanwhile:.3f}")
            self._pause = PAUSE
        except Exception as error:  # noqa: BLE001 - it runs beside everything else, and is tried again
            log_failure(f"Catching up with {self._name}", error)
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self._wake.set()

    async def _ask(self, *command: str) -> Any:
        return await self._redis.execute(*command)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            log_failure(f"Keeping up with {self._name}", error)
