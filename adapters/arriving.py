"""The parts of a reply, read ahead: while the platform is being told of some, the next ones arrive."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

from core.reply import Failure, Finished, ReplyPart, ShownPicture, Text


class Arriving:
    """The parts so far, and whether they are all."""

    def __init__(self) -> None:
        self.parts: tuple[ReplyPart, ...] = ()
        self._ended = False
        self._error: Exception | None = None
        self._news = asyncio.Event()

    @property
    def is_whole(self) -> bool:
        """Whether all parts are there."""
        return self._ended or (bool(self.parts) and isinstance(self.parts[-1], Finished))

    @property
    def says_something(self) -> bool:
        """Whether there is more than what the assistant is doing."""
        return any(isinstance(part, Text | ShownPicture | Failure) for part in self.parts)

    async def until(self, enough: Callable[["Arriving"], bool], within: float | None = None) -> bool:
        """Wait until there is enough, or all; False if neither is so within so many seconds.

        Raises what making the parts raised.
        """
        try:
            async with asyncio.timeout(within):
                while not (self.is_whole or enough(self)):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        if self._error is not None:
            raise self._error
        return True

    async def read(self, parts: AsyncIterator[ReplyPart]) -> None:
        """Take in the parts as they come. What goes wrong is kept for whoever waits for them."""
        try:
            async for part in parts:
                self.parts = (*self.parts, part)
                self._news.set()
        except Exception as error:  # noqa: BLE001 - raised in `until`, where somebody sees it
            self._error = error
        finally:
            self._ended = True
            self._news.set()


@asynccontextmanager
async def reading_ahead(parts: AsyncIterator[ReplyPart]) -> AsyncGenerator[Arriving]:
    """Read the parts in a task of its own, which ends with the block."""
    arriving = Arriving()
    reading = asyncio.create_task(arriving.read(parts))
    try:
        yield arriving
        if arriving.is_whole:
            await reading  # after its last part a generator has an end of its own
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def says_something(arriving: Arriving) -> bool:
    """Enough is what a person can read."""
    return arriving.says_something


def has_more(seen: int, arriving: Arriving) -> bool:
    """Enough is one part more than those that were seen."""
    return len(arriving.parts) > seen


def never(_arriving: Arriving) -> bool:
    """Nothing but all is enough."""
    return False
