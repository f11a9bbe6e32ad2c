"""Events on their way into the mailbox: one after the other in each channel, and again while something is away.

Discord sends an event once and waits for no acknowledgement, so until it is kept it is held here. What comes when too
many wait is let go, and read from the history later.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable

from bots.background import log_failure
from core.errors import PlatformUnavailableError, UnavailableError

MOST = 2000
"""Events that wait at once, about 4 KB each."""
PAUSE = 0.2
"""Seconds before something is tried again, doubling up to `LONGEST_PAUSE`."""
LONGEST_PAUSE = 5.0
PATIENCE = 600.0
"""Seconds for which is tried again where Discord itself is away; the store is waited for without end."""

Work = Callable[[], Awaitable[object]]
Missed = Callable[[float], object]
"""Is told that what came since a time (`time.time()`) is to be read from the history."""

_log = logging.getLogger(__name__)


class Waiting:
    """The events that one process has yet to take in."""

    def __init__(self, *, most: int = MOST) -> None:
        self.missed: Missed | None = None
        """Is told when events were let go and can be read now."""
        self.most = most
        self._queues: dict[str, deque[tuple[float, str, Work]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._let_go_since: float | None = None

    @property
    def busy(self) -> int:
        """How many wait or are being taken in."""
        return self._waiting

    @property
    def since(self) -> float | None:
        """When the oldest of what is not taken in yet came (`time.time()`), let go or not; None where nothing waits."""
        came = [queue[0][0] for queue in self._queues.values() if queue]
        return min(came if self._let_go_since is None else [*came, self._let_go_since], default=None)

    def put(self, channel: str, what: str, work: Work) -> None:
        """Do it after what is waiting in its channel; `what` names it in the log."""
        if self._waiting >= self.most:
            if self._let_go_since is None:
                self._let_go_since = time.time()
                _log.warning("More than %d events of Discord wait; what comes now is read later", self.most)
            return
        self._waiting += 1
        queue = self._queues.get(channel)
        if queue is not None:
            queue.append((time.time(), what, work))
            return
        self._queues[channel] = deque([(time.time(), what, work)])
        task = asyncio.create_task(self._work_off(channel))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Return when nothing waits."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def close(self, grace: float) -> None:
        """Let what waits be taken in, but for `grace` seconds at most; the rest is read from the history later."""
        try:
            async with asyncio.timeout(grace):
                await self.idle()
        except TimeoutError:
            _log.warning("%d events of Discord were not taken in; they are read when it is started again", self.busy)
            unfinished = list(self._tasks)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    async def _work_off(self, channel: str) -> None:
        queue = self._queues[channel]
        try:
            while queue:
                _, what, work = queue[0]
                await self._do(what, work)
                queue.popleft()
                self._waiting -= 1
                self._tell_missed()
        finally:
            self._waiting -= len(queue)
            del self._queues[channel]

    async def _do(self, what: str, work: Work) -> None:
        pause, began = PAUSE, time.monotonic()
        while True:
            try:
                await work()
                return
            except UnavailableError as error:
                if isinstance(error, PlatformUnavailableError) and time.monotonic() - began > PATIENCE:
                    log_failure(what, error)
                    return
                _log.info("%s is tried again: %s", what, error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            except Exception as error:  # noqa: BLE001 - what comes after it must not wait for ever
                log_failure(what, error)
                return

    def _tell_missed(self) -> None:
        """Less waits: what was let go can be read now."""
        if self.missed is None or self._let_go_since is None or self._waiting > self.most // 2:
            return
        since, self._let_go_since = self._let_go_since, None
        self.missed(since)
