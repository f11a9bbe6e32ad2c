"""What is said, edited and deleted in a followed channel reaches its source within seconds.

What was deleted is taken out of the mirror and the index at once. Whatever else changed is marked on disk
(`core.sources.channels.marks`), and a moment later the day that it stands on is fetched again and read in; a burst of
changes costs one fetching. One process of a data folder does that for all of them; one that is killed leaves its marks
to the next. A channel that Lorelens was just invited to is read as a whole, beside the changes of the others.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from core.errors import LorelensError, QuestionError, UnavailableError
from core.file_locks import alone
from core.knowledge.in_threads import to_the_end
from core.knowledge.ingest import Reader, ingest
from core.knowledge.sources import change_audience, forget_source, take_out
from core.sources.channels.connector import ChannelConnector
from core.sources.channels.days import paths_of_thread, paths_with
from core.sources.channels.documents import day_of
from core.sources.channels.marks import WHOLE, Marks, Spot
from core.sources.connector import Part
from core.sources.mirror import Mirror
from core.sources.syncing import Unwatched

__all__ = ["ChannelFollower", "Followed", "Spot"]

PAUSE = 1.0
"""Seconds for which more changes of a channel are waited for before they are read."""
BEAT = 2.0
"""Seconds after which is looked for what other processes have marked."""
LONGEST_WAIT = 300.0
"""Seconds until a channel is tried again that could not be read, at most; the first is `BEAT`."""


@dataclass(frozen=True)
class Followed:
    """A channel as a part of a configured source.

    `source` is what it is called in the ledger, empty where it was never fetched; `named` notes it and says what it is
    called from then on. `folder` is its mirror, `open` opens its connector, and `drop` takes it from the disk.
    """

    source: str
    folder: Path
    open: Callable[[], ChannelConnector]
    named: Callable[[Part], str]
    drop: Callable[[], None]


Find = Callable[[Spot], Awaitable[Sequence[Followed]]]
"""The sources that a channel is a part of, or is to be: none where nobody wants it read."""
ReaderSource = Callable[[], Awaitable[Reader]]

_log = logging.getLogger(__name__)


@dataclass
class _Trying:
    """When a channel is tried again, and how long was waited last."""

    due: float = 0.0
    wait: float = 0.0


@dataclass
class _Way:
    """One of the two ways of work: `whole` channels, or days of some."""

    whole: bool
    trying: dict[Spot, _Trying] = field(default_factory=dict[Spot, _Trying])
    task: asyncio.Task[None] | None = None


class ChannelFollower:
    """Follows the channels of one data folder. `start` it in a process that stays; any process may tell it of changes.

    `pause` and `beat` are for tests.
    """

    def __init__(
        self, data: Path, find: Find, reader: ReaderSource, *, pause: float = PAUSE, beat: float = BEAT
    ) -> None:
        self._marks = Marks(data)
        self._lock = data / "channels" / ".follower.lock"
        self._find = find
        self._reader = reader
        self._pause = pause
        self._beat = beat
        self._news = asyncio.Event()
        self._rested = asyncio.Condition()
        self._ways = (_Way(whole=False), _Way(whole=True))
        self._reading = asyncio.Lock()
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Deal with what is marked from now on, as soon as no other process does."""
        self._keeper = asyncio.create_task(self._keep(), name="lorelens-channels")

    async def is_followed(self, spot: Spot) -> bool:
        """Whether a channel is part of a configured source."""
        return bool(await self._find(spot))

    async def days_of(self, spot: Spot) -> frozenset[str]:
        """The days of a channel that its mirror holds, for whoever has the channel from elsewhere too."""
        folders = [followed.folder for followed in await self._find(spot)]
        return frozenset(
            one.name for folder in folders if folder.is_dir() for one in folder.glob("????-??-??") if any(one.iterdir())
        )

    async def changed(self, spot: Spot, day: str, thread: str = "") -> None:
        """Something was said or edited: in a thread (its root's key), or in the channel itself on a day.

        Raises:
            IndexUnavailableError: it can't be noted.
        """
        if await self.is_followed(spot):
            await asyncio.to_thread(self._marks.add, spot, day, thread)
            self._wake()

    async def deleted(self, spot: Spot, day: str, keys: Iterable[str], thread: str = "") -> None:
        """Messages were deleted: nothing that held them is found from now on, until it was read without them.

        `day` is that of the thread's root, or of the message where it stood in none. Raises as `changed` does.
        """
        for followed in await self._find(spot):
            await self._drop(followed, await asyncio.to_thread(paths_with, followed.folder, day, frozenset(keys)))
        await self.changed(spot, day, thread)

    async def thread_deleted(self, spot: Spot, day: str, thread: str) -> None:
        """A whole thread was deleted, its root's message perhaps not. Raises as `changed` does."""
        for followed in await self._find(spot):
            await self._drop(followed, await asyncio.to_thread(paths_of_thread, followed.folder, day, thread))
        await self.changed(spot, day, thread)

    async def readers_changed(self, spot: Spot) -> None:
        """Who may read a channel may be another now; it takes effect before anything else. Raises as `changed` does."""
        await self.changed(spot, day_of(datetime.now(UTC)))

    async def joined(self, spot: Spot) -> None:
        """Lorelens was invited: what was said before is read too. Raises as `changed` does."""
        if await self.is_followed(spot):
            await asyncio.to_thread(self._marks.add, spot, WHOLE)
            self._wake()

    async def lost(self, spot: Spot) -> None:
        """Lorelens may not read the channel any more: it answers from it no more. Raises as `changed` does."""
        reader = await self._reader()
        for followed in await self._find(spot):
            record = reader.ledger.source(followed.source)
            if record is not None:
                reader.ledger.distrust(record.source)
                await reader.index.delete(record.source)
        await self.readers_changed(spot)

    async def forget(self, spot: Spot) -> bool:
        """Forget all that was read of a channel; whether anything was. Raises as `core.knowledge.sources` says."""
        found = await self._find(spot)
        for followed in found:
            await self._forget(followed)
        await asyncio.to_thread(self._marks.clear, spot)
        return bool(found)

    async def settled(self) -> None:
        """Return when nothing is marked, for tests and for commands that wait."""
        async with self._rested:
            await self._rested.wait_for(self._is_at_rest)

    async def close(self) -> None:
        """Stop; what is marked is dealt with after the next start."""
        tasks = [one for one in (self._keeper, *(way.task for way in self._ways)) if one is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- the work ----------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Work, once this is the process that does."""
        async with alone(self._lock, self._beat):
            for way in self._ways:
                way.task = asyncio.create_task(self._work(way), name=f"lorelens-channels-{way.whole}")
            await asyncio.gather(*(way.task for way in self._ways if way.task is not None))

    async def _work(self, way: _Way) -> None:
        while True:
            self._news.clear()
            for spot in await asyncio.to_thread(self._marks.spots, whole=way.whole):
                await self._try(way, spot)
            async with self._rested:
                self._rested.notify_all()
            try:
                async with asyncio.timeout(self._beat):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _try(self, way: _Way, spot: Spot) -> None:
        trying = way.trying.setdefault(spot, _Trying())
        if trying.due > time.monotonic():
            return
        try:
            await asyncio.sleep(self._pause)
            await self._bring_up(spot, whole=way.whole)
            del way.trying[spot]
        except Exception as error:  # noqa: BLE001 - logged; one channel never stops the others
            pause = getattr(error, "retry_after", None) or 0.0
            trying.wait = min(max(trying.wait * 2, self._beat, pause), max(LONGEST_WAIT, pause))
            trying.due = time.monotonic() + trying.wait
            if isinstance(error, LorelensError):
                _log.info("Channel %s is read in %.0f s: %s", spot.channel, trying.wait, error.message)
            else:
                _log.exception("Channel %s can't be read", spot.channel)

    async def _bring_up(self, spot: Spot, *, whole: bool) -> None:
        """Deal with the marks of one channel."""
        taken = await asyncio.to_thread(self._marks.take, spot, whole=whole)
        for followed in await self._find(spot) if taken else ():
            connector = followed.open()
            try:
                part = await connector.part(spot.channel)
                if part is None:
                    await self._forget(followed)
                    continue
                source = await to_the_end(followed.named, part)
                await self._narrow(source, part)
                mirror = await asyncio.to_thread(Mirror, followed.folder)
                if whole:
                    await connector.fetch(part, mirror, _UNWATCHED)
                else:
                    days = {day: frozenset(filter(None, keys)) or frozenset({""}) for day, keys in taken.items()}
                    await connector.refresh(part, mirror, _UNWATCHED, days)
                await self._read_in(source, part, mirror)
            finally:
                await connector.close()
        await asyncio.to_thread(self._marks.done, spot, taken)

    async def _read_in(self, source: str, part: Part, mirror: Mirror) -> None:
        if not await asyncio.to_thread(mirror.folder.is_dir):
            return
        async with self._reading:
            await ingest(
                mirror.folder,
                await self._reader(),
                source=source,
                audience=part.audience,
                about=mirror.facts,
                progress=_UNWATCHED,
            )

    async def _narrow(self, source: str, part: Part) -> None:
        """Let who may see the channel now be who may see what was read of it, before anything else is done."""
        reader = await self._reader()
        record = reader.ledger.source(source)
        if record is not None and record.audience != part.audience:
            await change_audience(source, part.audience, ledger=reader.ledger, index=reader.index)

    async def _drop(self, followed: Followed, paths: set[str]) -> None:
        """Take documents out of mirror and index at once, whoever reads documents in."""
        if not paths:
            return
        reader = await self._reader()
        record = reader.ledger.source(followed.source)
        for path in sorted(paths):
            if record is not None:
                try:
                    await take_out(record.source, path, ledger=reader.ledger, index=reader.index)
                except UnavailableError as error:  # it goes with the reading in that follows, then
                    _log.warning("What was deleted in a channel is in the index for a moment: %s", error)
            (followed.folder / path).unlink(missing_ok=True)

    async def _forget(self, followed: Followed) -> None:
        """A channel that may not be read any more: nothing of it stays."""
        reader = await self._reader()
        record = reader.ledger.source(followed.source)
        if record is not None:
            async with self._reading:
                with suppress(QuestionError):  # somebody else has forgotten it
                    await forget_source(
                        record.source, ledger=reader.ledger, index=reader.index, pictures=reader.pictures
                    )
        await asyncio.to_thread(followed.drop)

    def _wake(self) -> None:
        self._news.set()

    def _is_at_rest(self) -> bool:
        return not any(self._marks.spots(whole=way.whole) for way in self._ways)


class _Unwatched(Unwatched):
    """Nobody watches what is fetched and read in behind; what can't be had is logged."""

    def problem(self, item: str, reason: str) -> None:
        """A document can't be had."""
        _log.info("A file of a channel can't be read: %s: %s", item, reason)


_UNWATCHED = _Unwatched()
