"""Being told when something on the board changes: one reader a process, however many look."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

from adapters.web.board import Board, Shown
from core.errors import StoreUnavailableError

BLOCK = 5_000
"""Milliseconds that Redis is asked to wait for a change; below the time in which it must answer."""
AGAIN = 2.0
"""Seconds after which is looked again without having been told: a change may have been lost while Redis was away."""

_log = logging.getLogger(__name__)


class Watching:
    """Who looks at which conversation. `running` reads the changes; without it is looked every `AGAIN` seconds."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._changed: dict[str, set[asyncio.Event]] = {}
        self._is_stopping = False

    def stop(self) -> None:
        """Let whoever follows something stop, since this process does; they connect again, to another."""
        self._is_stopping = True
        for watchers in self._changed.values():
            for event in watchers:
                event.set()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Read what changes while the block runs."""
        reading = asyncio.create_task(self._read(), name="Reading what changes on the board")
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def follow(self, conversation: str, question: str) -> AsyncGenerator[Shown | None]:
        """What stands in answer to a question: now, and each time that it changes, until it is over.

        None stands for nothing: it is waited for, or was removed; it comes again every `AGAIN` seconds, for whoever
        asks then which of the two. Changes that come faster than they are taken are passed over.

        Raises `StoreUnavailableError` when Redis is away, or this process stops.
        """
        changed = asyncio.Event()
        watchers = self._changed.setdefault(conversation, set())
        watchers.add(changed)
        try:
            before: Shown | None = None
            is_first = True
            while True:
                changed.clear()
                if self._is_stopping:
                    raise StoreUnavailableError("The page is being stopped.", hint="Connect again.")
                shown = await self._board.standing(conversation, question)
                if is_first or shown is None or shown != before:
                    is_first, before = False, shown
                    yield shown
                if shown is not None and shown.is_over:
                    return
                try:
                    async with asyncio.timeout(AGAIN):
                        await changed.wait()
                except TimeoutError:
                    continue
        finally:
            watchers.discard(changed)
            if not watchers and self._changed.get(conversation) is watchers:
                del self._changed[conversation]

    async def _read(self) -> None:
        last = "$"
        while True:
            try:
                last = await self._read_once(last)
            except StoreUnavailableError as error:
                _log.info("What changes on the board is not heard now: %s", error)
                await asyncio.sleep(AGAIN)

    async def _read_once(self, last: str) -> str:
        key = self._board.keys.shown_changes
        answer = await self._board.redis.execute("XREAD", "COUNT", 1000, "BLOCK", BLOCK, "STREAMS", key, last)
        for at, fields in _entries(answer):
            last = at
            for event in self._changed.get(fields[b"conversation"].decode(), ()):
                event.set()
        return last


def _entries(answer: object) -> list[tuple[str, dict[bytes, bytes]]]:
    """The entries of the one stream that was read; redis-py answers with a list of streams, or with a mapping."""
    if not answer:
        return []
    if isinstance(answer, dict):
        streams = list(cast("dict[bytes, list[list[tuple[bytes, dict[bytes, bytes]]]]]", answer).values())
        entries = [entry for chunk in streams for entry in chunk[0]]
    else:
        entries = cast("list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]", answer)[0][1]
    return [(at.decode(), fields) for at, fields in entries]
