"""Syncing by the clock: in processes that stay, one of those of a data folder keeps the schedule for all.

A run that was missed is made up for once. After failures a source is left alone for longer and longer, and as long as
it asks to be. Some sources are synced side by side, a source never twice at once.
"""

import asyncio
import logging
import random
import re
import time
from collections.abc import Sequence

from core.errors import LorelensError, QuestionError
from core.sources.configured import Configured, ConfiguredSources, SyncState
from core.sources.syncing import Syncing, Unwatched

SHORTEST = 60.0
"""Seconds; nothing is synced more often."""
FIRST_PAUSE = 60.0
"""Seconds after a first failure; twice as many after each further one, up to `every` or `LONGEST_PAUSE`."""
LONGEST_PAUSE = 6 * 3600.0
SPREAD = 0.1
"""The share of `every` by which runs are spread, so that what was set up together is not always synced together."""
BEAT = 5.0
"""Seconds after which is looked for what is due, and for whether this process is to keep the schedule."""
AT_ONCE = 3

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}

_log = logging.getLogger(__name__)


def seconds_of(every: str) -> float:
    """The seconds of "30m", "6h", "1d" or "1h30m".

    Raises:
        QuestionError: it says no time, or one that is too short.
    """
    text = every.strip().lower().replace(" ", "")
    if not re.fullmatch(r"(\d+(\.\d+)?[smhdw])+", text):
        raise QuestionError(f'"{every}" says no time.', hint="Write 30m, 6h, 1d or the like.")
    seconds = sum(float(number) * _UNITS[unit] for number, _, unit in re.findall(r"(\d+(\.\d+)?)([smhdw])", text))
    if seconds < SHORTEST:
        raise QuestionError("A source is synced once a minute at most.", hint="Write 1m or longer.")
    return seconds


def in_words(seconds: float) -> str:
    """Such a time as people write it; empty for 0."""
    words = ""
    for unit in ("w", "d", "h", "m", "s"):
        count, seconds = divmod(seconds, _UNITS[unit])
        words += f"{count:.0f}{unit}" if count else ""
    return words


def next_run(configured: Configured, state: SyncState) -> float | None:
    """When a source is to be synced again, in seconds since 1970; None if only when asked to."""
    every = configured.every
    if every <= 0:
        return None
    if not state.started_at:
        return 0.0
    # A run that was killed has begun and not ended: it goes on as soon as it may.
    if state.ended_at < state.started_at:
        return max(state.started_at + min(FIRST_PAUSE, every), state.not_before)
    if state.failures:
        pause = min(FIRST_PAUSE * 2 ** min(state.failures - 1, 20), every, LONGEST_PAUSE)
        return max(state.ended_at + pause, state.not_before)
    chance = random.Random(f"{configured.spec.name}/{state.started_at}")  # noqa: S311 - the same each time it is asked
    return state.started_at + every * (1 + SPREAD * chance.random())


class Schedule:
    """Keeps the schedule of one data folder; `start` it in a process that stays. `beat` is for tests."""

    def __init__(self, sources: ConfiguredSources, syncing: Syncing, *, beat: float = BEAT) -> None:
        self._sources = sources
        self._syncing = syncing
        self._beat = beat
        self._running: dict[str, asyncio.Task[None]] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()

    async def start(self) -> None:
        """Sync what is due from now on, as soon as no other process does."""
        self._keeper = asyncio.create_task(self._keep(), name="lorelens-schedule")

    async def close(self) -> None:
        """Stop; what is interrupted goes on at the next start."""
        tasks = [task for task in (self._keeper, *self._running.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            try:
                with self._sources.scheduling() as mine:
                    while mine:
                        await self._look()
                        await self._rest()
            except LorelensError as error:
                _log.warning("The schedule of sources can't be kept now: %s", error)
            await asyncio.sleep(self._beat)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._beat):
                await self._ended.wait()
        except TimeoutError:
            return
        self._ended.clear()

    async def _look(self) -> None:
        """Begin with what is due, what has waited longest first."""
        for name in await asyncio.to_thread(self._due):
            if len(self._running) >= AT_ONCE:
                return
            task = asyncio.create_task(self._sync(name), name=f"lorelens-sync-{name}")
            self._running[name] = task
            task.add_done_callback(lambda _, name=name: self._over(name))

    def _over(self, name: str) -> None:
        self._running.pop(name, None)
        self._ended.set()

    def _due(self) -> Sequence[str]:
        now = time.time()
        due: list[tuple[float, str]] = []
        for configured in self._sources.all():
            name = configured.spec.name
            at = next_run(configured, self._sources.state(name))
            if at is not None and at <= now and name not in self._running and not self._sources.is_syncing(name):
                due.append((at, name))
        return [name for _, name in sorted(due)]

    async def _sync(self, name: str) -> None:
        _log.info('Source "%s": being brought up to date', name)
        try:
            report = await self._syncing.sync(name, Unwatched())
        except LorelensError as error:  # somebody else is at it, or it was removed meanwhile
            _log.info('Source "%s": %s', name, error)
        except Exception:  # noqa: BLE001 - logged; one source never stops the others
            _log.exception('Source "%s" could not be brought up to date', name)
        else:
            state = await asyncio.to_thread(self._sources.state, name)
            counts = ", ".join(f"{key} {value:g}" for key, value in state.summary.items())
            if report.failed:
                _log.warning(
                    'Source "%s" failed, %d times in a row: %s (%s)', name, state.failures, state.error, counts
                )
            else:
                _log.info('Source "%s": %s', name, counts)
