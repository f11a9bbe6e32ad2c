"""What every connector of a source holds to. A test module subclasses `ConnectorContract` and gives a `world`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from core.knowledge.documents import Passage
from core.knowledge.ingest import Reader
from core.knowledge.ledger import Ledger
from core.messages import EVERYONE
from core.sources.configured import Configured, ConfiguredSources
from core.sources.connector import Connector, Part, SourceSpec
from core.sources.mirror import Mirror
from core.sources.schedule import Unwatched
from core.sources.syncing import Syncing, SyncReport
from tests.ingesting import OCR, Team

T = TypeVar("T")
NAME = "source"


class World(Protocol):
    """A source that a test can change: documents of one part, by a name that a file can have ("guide.md")."""

    fetches: bool
    """Whether anything is fetched; a folder is read where it lies."""

    def open(self) -> Connector:
        """A new connector for it."""
        ...

    async def write(self, name: str, words: str) -> None:
        """Make or change a document so that it says these words."""
        ...

    async def remove(self, name: str) -> None:
        """Remove one."""
        ...

    async def go_away(self) -> None:
        """Be out of reach."""
        ...

    async def come_back(self) -> None:
        """Be there again, as before."""
        ...


class Cut(BaseException):
    """Stands for the end of the process."""


class House:
    """A data folder into which a source is synced, each time as by a process of its own."""

    def __init__(self, place: Path, open_connector: Callable[[], Connector], audience: tuple[str, ...]) -> None:
        self.team = Team(place)
        self.sources = ConfiguredSources(self.team.data)
        self._open = open_connector
        spec = SourceSpec(name=NAME, kind="of the test", audience=audience)
        self.sources.put(Configured(spec=spec))

    async def with_syncing(self, work: Callable[[Syncing], Awaitable[T]]) -> T:
        index, ledger = await self.team.index(), Ledger(self.team.data / "ledger.sqlite")
        reader = Reader(index, ledger, self.team.pictures, OCR, None)

        async def the_reader() -> Reader:
            return reader

        try:
            return await work(Syncing(self.sources, the_reader, lambda _: self._open(), patience=5))
        finally:
            ledger.close()
            await index.close()

    async def sync(self, watch: Unwatched | None = None) -> SyncReport:
        return await self.with_syncing(lambda syncing: syncing.sync(NAME, watch or Unwatched()))

    async def passages(self) -> list[Passage]:
        return await self.team.passages()

    async def words(self) -> str:
        return "\n".join(sorted(passage.text for passage in await self.passages()))


class _CutAfter(Unwatched):
    """Ends the process once so many documents are there."""

    def __init__(self, count: int) -> None:
        self._left = count

    def fetched(self, item: str, *, total: int | None = None) -> None:
        self._left -= 1
        if self._left == 0:
            raise Cut


class ConnectorContract:
    """Needs a fixture `world`, and `house` made by `House(tmp_path, world.open, audience)`."""

    AUDIENCE: tuple[str, ...] = (EVERYONE,)

    @pytest.fixture
    def house(self, tmp_path: Path, world: World) -> House:
        return House(tmp_path, world.open, self.AUDIENCE)

    async def test_what_it_says_is_found_after_a_sync(self, world: World, house: House) -> None:
        await world.write("guide.md", "The gateway listens on port 8080.")
        await world.write("lunch.md", "The kitchen opens at noon.")

        report = await house.sync()

        assert not report.failed, report
        assert "port 8080" in await house.words()
        assert "at noon" in await house.words()
        assert sum(part.fetched for part in report.parts) == (2 if world.fetches else 0)
        assert house.sources.state(NAME).succeeded_at

    async def test_a_second_sync_of_the_same_fetches_and_reads_nothing(self, world: World, house: House) -> None:
        await world.write("guide.md", "The gateway listens on port 8080.")
        await house.sync()
        before = await house.passages()

        report = await house.sync()

        assert [part.fetched for part in report.parts] == [0]
        assert [part.ingested.read for part in report.parts if part.ingested] == [0]
        assert await house.passages() == before

    async def test_what_changes_is_read_again_and_what_goes_is_forgotten(self, world: World, house: House) -> None:
        await world.write("guide.md", "The gateway listens on port 8080.")
        await world.write("lunch.md", "The kitchen opens at noon.")
        await world.write("old.md", "This is old news.")
        await house.sync()

        await world.write("guide.md", "The gateway listens on port 9090 from now on.")
        await world.remove("old.md")
        report = await house.sync()

        words = await house.words()
        assert "port 9090" in words and "port 8080" not in words and "old news" not in words and "at noon" in words
        assert [part.fetched for part in report.parts] == [1 if world.fetches else 0]
        assert [part.ingested.removed for part in report.parts if part.ingested] == [1]

    async def test_what_was_interrupted_goes_on_and_nothing_is_there_twice(self, world: World, house: House) -> None:
        for at in range(6):
            await world.write(f"page-{at}.md", f"Page {at} tells of the number {at * 111}.")
        if world.fetches:
            with pytest.raises(Cut):
                await house.sync(_CutAfter(3))

        report = await house.sync()

        assert not report.failed, report
        told = [passage.text for passage in await house.passages()]
        for at in range(6):
            assert sum(f"number {at * 111}." in one for one in told) == 1

    async def test_what_was_read_stays_while_the_source_is_away(self, world: World, house: House) -> None:
        await world.write("guide.md", "The gateway listens on port 8080.")
        await house.sync()

        await world.go_away()
        away = await house.sync()
        kept, state = await house.words(), house.sources.state(NAME)
        await world.come_back()
        back = await house.sync()

        assert away.failed and state.error and state.failures == 1
        assert "port 8080" in kept
        assert not back.failed and house.sources.state(NAME).failures == 0
        assert [part.ingested.read for part in back.parts if part.ingested] == [0]

    async def test_it_is_for_those_whom_its_parts_name(self, world: World, house: House) -> None:
        await world.write("guide.md", "The gateway listens on port 8080.")

        await house.sync()

        parts = await self._parts(world)
        assert {passage.audience for passage in await house.passages()} == {part.audience for part in parts}

    async def test_a_fetch_that_is_called_off_can_be_done_again(self, world: World, tmp_path: Path) -> None:
        """As when the process is stopped: whatever it was at, the mirror is good."""
        await world.write("guide.md", "The gateway listens on port 8080.")
        connector = world.open()
        parts = [part async for part in connector.parts()]
        mirror = Mirror(tmp_path / "mirror")
        fetching = asyncio.create_task(connector.fetch(parts[0], mirror, Unwatched()))
        await asyncio.sleep(0)
        fetching.cancel()
        await asyncio.gather(fetching, return_exceptions=True)
        await connector.close()

        if world.fetches:
            again = world.open()
            parts = [part async for part in again.parts()]
            mirror = Mirror(tmp_path / "mirror")
            await again.fetch(parts[0], mirror, Unwatched())
            await again.close()
            assert any(b"port 8080" in (mirror.read(path) or b"") for path in mirror.paths())

    async def _parts(self, world: World) -> list[Part]:
        connector = world.open()
        try:
            return [part async for part in connector.parts()]
        finally:
            await connector.close()


__all__ = ["NAME", "ConnectorContract", "Cut", "House", "World"]
