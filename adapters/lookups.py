"""What was looked up and is remembered for a while: each thing is asked for once, however many want it at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True)
class _Known(Generic[V]):
    value: V
    until: float


class Lookups(Generic[K, V]):
    """Answers by key, remembered for `seconds`, at most `most` of them. A failed lookup is never remembered.

    What is forgotten while it is being looked up is not remembered either: the answer may be from before.
    """

    def __init__(self, *, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._known: dict[K, _Known[V]] = {}
        self._asked: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        """The answer that is known, or the one that `ask` gives; it is asked to the end, even if the caller leaves."""
        known = self._known.get(key)
        if known is not None and known.until > time.monotonic():
            return known.value
        task = self._asked.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(key, ask))
            self._asked[key] = task
            task.add_done_callback(lambda done: self._answered(key, done))
        return await asyncio.shield(task)

    def known(self, key: K) -> V | None:
        """The answer, if it is known and fresh."""
        known = self._known.get(key)
        return known.value if known is not None and known.until > time.monotonic() else None

    def forget(self, key: K) -> None:
        """It may have changed."""
        self._known.pop(key, None)
        self._asked.pop(key, None)

    def forget_where(self, matches: Callable[[K], bool]) -> None:
        """All whose keys match may have changed."""
        for key in [key for key in {*self._known, *self._asked} if matches(key)]:
            self.forget(key)

    async def close(self) -> None:
        """Ask no further."""
        tasks = list(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        asked = time.monotonic()
        value = await ask()
        if self._asked.get(key) is asyncio.current_task():
            self._known.pop(key, None)
            self._known[key] = _Known(value, asked + self._seconds)
            while len(self._known) > self._most:
                self._known.pop(next(iter(self._known)))
        return value

    def _answered(self, key: K, task: asyncio.Task[V]) -> None:
        if self._asked.get(key) is task:
            del self._asked[key]
        if not task.cancelled():
            task.exception()  # whoever waited has it; looked at here in case that all of them left
