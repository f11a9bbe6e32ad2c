"""The worker: takes turns from the mailbox of a platform, several side by side, and stops without losing any."""

import asyncio
import logging
from contextlib import suppress

from bots.turn_handling import TurnHandler, Watcher, WorkLimits
from core.answering import Answerer
from core.conversation_keys import SHARDS
from core.errors import LorelensError, StoreUnavailableError
from core.mailbox import Mailbox, Turn
from core.posting import Outlet

_log = logging.getLogger(__name__)


class Worker:
    """Works on one platform's mailbox. `run` returns after `stop`, when every turn has ended."""

    def __init__(
        self,
        mailbox: Mailbox,
        outlet: Outlet,
        answer: Answerer,
        *,
        limits: WorkLimits | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        self._mailbox = mailbox
        self._limits = limits or WorkLimits()
        self._free = asyncio.Semaphore(self._limits.turns)
        self._stopping = asyncio.Event()
        self._out_of_grace = asyncio.Event()
        self._turns: set[asyncio.Task[None]] = set()
        self._handler = TurnHandler(
            mailbox, outlet, answer, self._limits, watcher or Watcher(), out_of_grace=self._out_of_grace
        )
        self.reaches_redis = False
        """Whether the last look for work came through."""

    @property
    def busy(self) -> int:
        """How many turns are being answered."""
        return len(self._turns)

    def stop(self) -> None:
        """Take nothing new; finish within the grace period what was begun, and hand the rest back."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped."""
        looking = [asyncio.create_task(self._look_after(shard)) for shard in range(SHARDS)]
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait({stopped, *looking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (stopped, *looking):
                task.cancel()
            await asyncio.gather(stopped, *looking, return_exceptions=True)
            await self._drain()
        for task in done - {stopped}:
            task.result()  # the end of a look-out is an error of ours, not to be lived with in silence

    async def _drain(self) -> None:
        if self._turns:
            await asyncio.wait(self._turns, timeout=self._limits.grace)
        self._out_of_grace.set()
        if self._turns:
            await asyncio.wait(self._turns)

    async def _look_after(self, shard: int) -> None:
        while True:
            await self._free.acquire()
            taken: Turn | str | None = None
            try:
                taken = await self._take(shard)
                self.reaches_redis = True
            except StoreUnavailableError as error:
                self.reaches_redis = False
                _log.warning("No work can be taken: %s", error)
            finally:
                if not isinstance(taken, Turn):
                    self._free.release()
            if taken is None:
                await asyncio.sleep(self._limits.pause)
            elif isinstance(taken, str):
                with suppress(StoreUnavailableError):
                    await self._mailbox.wait(shard, taken, self._limits.pause)

    async def _take(self, shard: int) -> Turn | str:
        taking = asyncio.create_task(self._mailbox.take(shard))
        try:
            taken = await asyncio.shield(taking)
        except asyncio.CancelledError:
            # What may have been taken already would wait until its lease runs out.
            with suppress(LorelensError):
                if isinstance(turn := await taking, Turn):
                    await self._mailbox.hand_back(turn)
            raise
        if isinstance(taken, Turn):
            task = asyncio.create_task(self._handler.handle(taken))
            self._turns.add(task)
            task.add_done_callback(self._ended)
        return taken

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._turns.discard(task)
        self._free.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("A turn ended by an error of Lorelens itself", exc_info=error)
