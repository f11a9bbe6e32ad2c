"""How much is taken in at a time: under more than that, some is taken in time rather than everything too late.

Slack waits three seconds for an acknowledgement and sends again what had none, at once and after one and five minutes
(https://docs.slack.dev/apis/events-api#retries). So what could not be kept in time is sent away early, while it costs
little, and leaves the time to what came before it.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

AT_ONCE = 48
"""So many are handled side by side: fewer than Redis has connections for (`core.redis_client`)."""
PATIENCE = 1.5
"""Seconds that something waits for its turn: as much again is left to handle it."""
_TELL_EVERY = 10.0

_log = logging.getLogger(__name__)


class Gate:
    """Lets in what arrives, in its order."""

    def __init__(self, *, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._patience = patience
        self._sent_away = 0
        self._told = 0.0

    @asynccontextmanager
    async def entered(self) -> AsyncGenerator[bool]:
        """Whether it may be handled; False: Slack is to send it again."""
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            self._tell()
            yield False
            return
        try:
            yield True
        finally:
            self._free.release()

    def _tell(self) -> None:
        self._sent_away += 1
        if time.monotonic() - self._told > _TELL_EVERY:
            _log.warning("More comes from Slack than can be taken in: %d are left to be sent again", self._sent_away)
            self._told, self._sent_away = time.monotonic(), 0
