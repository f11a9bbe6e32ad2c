"""How fast histories are read: the first ones at once, then at a pace that leaves the rest to answers."""

import asyncio
from collections.abc import Awaitable, Callable

from core.errors import PlatformUnavailableError

AT_ONCE = 20
"""So many are read as fast as the platform takes it; after that one every so many seconds."""
_TRIES = 3
_LONGEST = 60.0


class HistoryPace:
    """The pace of one catching up; `seconds` lie between two reads."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._reads = 0

    async def read(self, reading: Callable[[], Awaitable[None]]) -> None:
        """Read one, and once more where the platform asks for patience; raises what `reading` raises in the end."""
        for attempt in range(1, _TRIES + 1):
            if self._reads > AT_ONCE:
                await asyncio.sleep(self._seconds)
            self._reads += 1
            try:
                return await reading()
            except PlatformUnavailableError as error:
                if attempt == _TRIES:
                    raise
                await asyncio.sleep(min(error.retry_after or self._seconds, _LONGEST))
        return None
