"""Work that goes on after a platform has its acknowledgement: none is lost sight of, and errors reach the person."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast

from core.errors import LorelensError

Tell = Callable[[Exception], Awaitable[object]]
"""Tells a person why what they wanted did not work."""

_log = logging.getLogger(__name__)


class Background:
    """The tasks of one process that nobody waits for."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> int:
        """How many are under way."""
        return len(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, object], what: str, *, tell: Tell | None = None) -> None:
        """Do it from now on; `what` names it in the log, and whoever asked for it is told of an error by `tell`."""
        task = asyncio.create_task(_done(work, what, tell), name=what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Return when nothing is under way."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def close(self, grace: float) -> None:
        """Let what was begun end, but for `grace` seconds at most."""
        try:
            async with asyncio.timeout(grace):
                await self.idle()
        except TimeoutError:
            unfinished = list(self._tasks)
            _log.warning("Given up at the end: %s", ", ".join(task.get_name() for task in unfinished))
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)


async def _done(work: Coroutine[Any, Any, object], what: str, tell: Tell | None) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not pass in silence
        log_failure(what, error)
        if tell is None:
            return
        try:
            await tell(error)
        except Exception as second:  # noqa: BLE001 - as above
            log_failure(f"telling of it ({what})", second)


def log_failure(what: str, error: Exception) -> None:
    """An error in the log: our own ones by what they say, others with where they came from but without their text,
    which may quote what people wrote."""
    error = _wrapped(error)
    if isinstance(error, LorelensError):
        _log.warning("%s did not work: %s", what, error)
        return
    frames: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    _log.error("%s did not work: %s at %s", what, type(error).__name__, " < ".join(reversed(frames[-6:])))


def _wrapped(error: Exception) -> Exception:
    """What a task group wrapped, if it is one error."""
    if not isinstance(error, ExceptionGroup):
        return error
    group = cast("ExceptionGroup[Exception]", error)
    return _wrapped(group.exceptions[0]) if len(group.exceptions) == 1 else group
