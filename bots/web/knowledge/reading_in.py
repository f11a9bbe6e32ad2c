"""The work behind *Sync now*: a configured source by its connector, a folder read in by hand from its place."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from bots.web.knowledge.faults import FaultError
from bots.web.knowledge.readings import Reading, Work
from core.application import Application
from core.errors import UnavailableError
from core.knowledge.ingest import IngestReport, ingest
from core.knowledge.ingest_lock import BusyError
from core.knowledge.saved import PREFIX
from core.sources.configured import BeingSyncedError

PATIENCE = 900.0
"""Seconds for which it is waited until others have read their documents in."""
_PAUSE = 0.5

T = TypeVar("T")

STOPPED, GO_ON = "It was stopped on the page.", "What was read until then is kept; sync it again to go on."


def work_for(application: Application, name: str) -> Work:
    """How a source is brought up to date; `name` is of a configured one, or of one that was read in by hand.

    Others who read documents in, or sync the same source, are waited for.

    Raises:
        FaultError: there is none of that name, or it is kept up to date otherwise.
    """
    if any(one.spec.name == name for one in application.configured_sources.all()):
        return lambda reading: _sync(application, reading)
    record = application.ledger.source(name)
    if record is None:
        raise FaultError("no_source", name=name)
    if name.startswith(PREFIX) or application.configured_sources.owner_of(name):
        raise FaultError("by_itself", name=name)
    root = Path(record.root)

    async def read_in(reading: Reading) -> None:
        reading.part(name)
        reader = await application.reader()
        report = await in_turn(reading, lambda: ingest(root, reader, source=name, progress=reading))
        reading.summary = summary_of(report)

    return read_in


async def in_turn(reading: Reading, work: Callable[[], Awaitable[T]]) -> T:
    """Do what nobody else may do at the same time, waiting a bounded time for those who do. Raises as `work` does."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return await work()
        except UnavailableError as error:
            is_busy = isinstance(error, (BusyError, BeingSyncedError))
            if not is_busy or time.monotonic() > until:
                raise
        reading.stage = "waiting"
        await asyncio.sleep(_PAUSE)


def summary_of(report: IngestReport) -> dict[str, float]:
    """What came of a reading in, counted as `SyncState.summary` does."""
    return {
        "fetched": 0,
        "read": report.read,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "failed": len(report.failed),
        "seconds": round(report.seconds, 3),
    }


async def _sync(application: Application, reading: Reading) -> None:
    sources = application.configured_sources
    try:
        report = await in_turn(reading, lambda: application.syncing.sync(reading.name, reading))
    except asyncio.CancelledError:
        if reading.stopped:
            _note_stop(application, reading.name)
        raise
    state = await asyncio.to_thread(sources.state, reading.name)
    reading.summary = state.summary
    if report.failed:
        reading.error, reading.hint = state.error, state.hint


def _note_stop(application: Application, name: str) -> None:
    """Let the schedule know that somebody stopped it: what a kill interrupts, it would begin again in a minute."""
    sources = application.configured_sources
    try:
        with sources.alone(name):
            noted = {"ended_at": time.time(), "error": STOPPED, "hint": GO_ON}
            sources.keep_state(name, sources.state(name).model_copy(update=noted))
    except UnavailableError:  # somebody else has begun to sync it, and notes how that ends
        return
