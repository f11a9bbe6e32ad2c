"""A team sets sources up: they are fetched, change, lose readers and parts, fail, and are synced by the clock."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bots.metrics import Metrics
from bots.source_metrics import SourceMetrics
from core.errors import QuestionError, SettingsError, SiteUnavailableError, UnavailableError
from core.knowledge.documents import DocumentFacts
from core.knowledge.ingest import Reader, ingest
from core.knowledge.ingest_lock import exclusively
from core.knowledge.ledger import Ledger
from core.knowledge.sources import change_audience
from core.messages import EVERYONE
from core.sources.configured import Configured, ConfiguredSources, SyncState
from core.sources.connector import Part, SourceSpec, Watch, option_lines
from core.sources.mirror import Mirror
from core.sources.schedule import Schedule, Unwatched, in_words, next_run, seconds_of
from core.sources.syncing import Syncing, SyncProgress, SyncReport
from tests.ingesting import OCR, Team

BOARD = "slack/T1/channel/CBOARD"
HOUR = 3600.0


class Rooms:
    """A source of several parts, as a test wants it: rooms with pages."""

    def __init__(self) -> None:
        self.parts_now: list[Part] = []
        self.pages: dict[str, dict[str, str]] = {}
        self.facts: dict[str, DocumentFacts] = {}
        self.away: list[Exception] = []
        self.broken: dict[str, Exception] = {}
        self.at_fetch = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def parts(self) -> AsyncIterator[Part]:
        """The rooms, and then the failure, if there is to be one."""
        for part in self.parts_now:
            yield part
        if self.away:
            raise self.away[0]

    async def fetch(self, part: Part, mirror: Mirror, watch: Watch) -> None:
        self.at_fetch.set()
        await self.go_on.wait()
        wanted = self.pages.get(part.key, {})
        for path in set(mirror.paths()) - set(wanted):
            mirror.remove(path)
        for path, text in wanted.items():
            if mirror.write(path, text.encode(), self.facts.get(path)):
                watch.fetched(path)
        if part.key in self.broken:
            raise self.broken[part.key]

    async def close(self) -> None:
        return


class Telling(Syncing):
    """Tells when a sync is over, and counts them."""

    synced: asyncio.Event
    count = 0

    async def sync(self, name: str, progress: SyncProgress) -> SyncReport:
        report = await super().sync(name, progress)
        self.count += 1
        self.synced.set()
        return report


class House:
    """A data folder with a source `team` that is made of rooms."""

    def __init__(self, team: Team, reader: Reader, rooms: Rooms) -> None:
        self.team, self.reader, self.rooms = team, reader, rooms
        self.sources = ConfiguredSources(team.data)
        self.sources.put(Configured(spec=SourceSpec(name="team", kind="rooms")))
        self.syncing = Telling(self.sources, self._reader, lambda _: rooms, patience=3)
        self.syncing.synced = asyncio.Event()

    async def _reader(self) -> Reader:
        return self.reader

    def put(self, key: str, name: str, pages: dict[str, str], audience: Sequence[str] = (EVERYONE,)) -> None:
        """A room, new or changed."""
        part = Part(key=key, name=name, audience=tuple(audience))
        self.rooms.parts_now = [one for one in self.rooms.parts_now if one.key != key] + [part]
        self.rooms.pages[key] = pages

    async def sync(self) -> None:
        report = await self.syncing.sync("team", Unwatched())
        assert not report.failed, report

    async def found(self) -> dict[str, str]:
        """The text of each document, by source and path."""
        return {f"{one.source}/{one.path}": one.text for one in await self.team.passages()}


@asynccontextmanager
async def opened(place: Path) -> AsyncGenerator[House]:
    team = Team(place)
    index, ledger = await team.index(), Ledger(team.data / "ledger.sqlite")
    try:
        yield House(team, Reader(index, ledger, team.pictures, OCR, None), Rooms())
    finally:
        ledger.close()
        await index.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    async with opened(tmp_path) as house:
        yield house


async def test_each_room_is_a_source_of_its_own_for_its_own_people(house: House) -> None:
    house.put("C1", "general", {"a.md": "The gateway listens on 8080."})
    house.put("C2", "board", {"b.md": "The budget is small."}, [BOARD])

    await house.sync()

    assert {one.source: one.audience for one in house.reader.ledger.sources()} == {
        "team/general": (EVERYONE,),
        "team/board": (BOARD,),
    }
    assert set(await house.found()) == {"team/general/a.md", "team/board/b.md"}


async def test_a_room_that_is_renamed_keeps_its_source_and_one_of_its_old_name_gets_another(house: House) -> None:
    house.put("C1", "general", {"a.md": "The gateway listens on 8080."})
    await house.sync()
    house.put("C1", "everything", {"a.md": "The gateway listens on 8080."})
    house.put("C2", "general", {"b.md": "Another room."})

    await house.sync()

    assert set(await house.found()) == {"team/general/a.md", "team/general (C2)/b.md"}


async def test_a_room_that_is_gone_is_forgotten_but_not_while_the_list_is_not_whole(house: House) -> None:
    house.put("C1", "general", {"a.md": "The gateway listens on 8080."})
    house.put("C2", "board", {"b.md": "The budget is small."})
    await house.sync()
    house.rooms.parts_now = house.rooms.parts_now[:1]
    house.rooms.away = [SiteUnavailableError("The rooms are away.", retry_after=120)]

    away = await house.syncing.sync("team", Unwatched())
    kept, state = set(await house.found()), house.sources.state("team")
    house.rooms.away = []
    back = await house.syncing.sync("team", Unwatched())

    assert "away" in away.error and len(kept) == 2
    assert state.failures == 1 and state.not_before - state.ended_at == pytest.approx(120)
    assert back.forgotten == ("team/board",)
    assert set(await house.found()) == {"team/general/a.md"}
    assert not house.sources.mirror("team", "C2").exists()


async def test_who_may_see_a_room_changes_before_anything_of_it_is_fetched(house: House) -> None:
    house.put("C1", "general", {"a.md": "The gateway listens on 8080."})
    await house.sync()
    house.put("C1", "general", {"a.md": "The gateway listens on 9090."}, [BOARD])
    house.rooms.at_fetch.clear()
    house.rooms.go_on.clear()

    syncing = asyncio.create_task(house.sync())
    async with asyncio.timeout(20):
        await house.rooms.at_fetch.wait()
    [before] = await house.team.passages()
    [record] = house.reader.ledger.sources()
    house.rooms.go_on.set()
    await syncing

    assert (before.audience, record.audience) == ((BOARD,), (BOARD,))
    assert "8080" in before.text
    [after] = await house.team.passages()
    assert after.audience == (BOARD,) and "9090" in after.text


async def test_whoever_is_taken_out_while_a_room_is_fetched_stays_out(house: House) -> None:
    house.put("C1", "general", {"a.md": "The gateway listens on 8080."})
    await house.sync()
    house.put("C1", "general", {"a.md": "The gateway listens on 9090."})
    house.rooms.at_fetch.clear()
    house.rooms.go_on.clear()

    syncing = asyncio.create_task(house.sync())
    async with asyncio.timeout(20):
        await house.rooms.at_fetch.wait()
    await change_audience("team/general", [BOARD], ledger=house.reader.ledger, index=house.reader.index)
    house.rooms.go_on.set()
    await syncing

    [passage] = await house.team.passages()
    assert passage.audience == (BOARD,) and "9090" in passage.text


async def test_a_fault_of_a_connector_is_told_as_a_failure_of_its_source(house: House) -> None:
    house.rooms.away = [ZeroDivisionError("by zero")]

    report = await house.syncing.sync("team", Unwatched())

    assert report.error == "ZeroDivisionError: by zero"
    assert house.sources.state("team").failures == 1


async def test_a_room_that_fails_stops_no_other_and_what_was_had_of_it_is_read(house: House) -> None:
    house.put("C1", "general", {"a.md": "The gateway listens on 8080."})
    house.put("C2", "random", {"b.md": "The kitchen opens at noon."})
    house.rooms.broken = {"C1": SettingsError("The room refuses us.", hint="Invite us.")}

    report = await house.syncing.sync("team", Unwatched())

    assert [part.error for part in report.parts] == ["The room refuses us.", ""]
    assert report.failed and len(await house.found()) == 2
    assert house.sources.state("team").error == "team/general: The room refuses us."


async def test_two_syncs_of_one_source_at_once_are_one_too_many(house: House) -> None:
    house.put("C1", "general", {"a.md": "The gateway listens on 8080."})
    house.rooms.go_on.clear()
    first = asyncio.create_task(house.sync())
    async with asyncio.timeout(20):
        await house.rooms.at_fetch.wait()

    with pytest.raises(UnavailableError, match="being synced already"):
        await house.syncing.sync("team", Unwatched())
    house.rooms.go_on.set()
    await first


async def test_a_sync_waits_while_somebody_reads_documents_in(house: House) -> None:
    house.put("C1", "general", {"a.md": "The gateway listens on 8080."})
    with exclusively(house.team.data):
        syncing = asyncio.create_task(house.sync())
        async with asyncio.timeout(20):
            await house.rooms.at_fetch.wait()
        assert not syncing.done()
    await syncing
    assert set(await house.found()) == {"team/general/a.md"}


async def test_a_page_whose_title_or_address_is_new_is_read_again_though_its_bytes_are_not(house: House) -> None:
    house.put("C1", "general", {"a.md": "The gateway listens on 8080."})
    house.rooms.facts = {"a.md": DocumentFacts(title="Gateway", url="https://example.org/a", modified=1_600_000_000)}
    await house.sync()
    house.rooms.facts = {"a.md": DocumentFacts(title="The gateway", url="https://example.org/b")}

    await house.sync()

    [passage] = await house.team.passages()
    assert (passage.title, passage.url) == ("The gateway", "https://example.org/b")
    report = await house.syncing.sync("team", Unwatched())
    assert [part.ingested.read for part in report.parts if part.ingested] == [0]


async def test_a_folder_that_was_read_by_hand_goes_on_under_its_name(house: House) -> None:
    house.team.write({"guide.md": "# Guide\n\nThe gateway listens on 8080.\n"})
    house.sources.put(Configured(spec=SourceSpec(name="docs", kind="folder")))
    index, ledger = house.reader.index, house.reader.ledger
    await ingest(house.team.folder, Reader(index, ledger, house.team.pictures, OCR, None), progress=Unwatched())
    house.rooms.parts_now = [Part(folder=str(house.team.folder))]

    report = await house.syncing.sync("docs", Unwatched())

    assert [(part.source, part.ingested and part.ingested.unchanged) for part in report.parts] == [("docs", 1)]


async def test_a_source_that_is_removed_is_forgotten_whole(house: House) -> None:
    house.put("C1", "general", {"a.md": "The gateway listens on 8080."})
    house.put("C2", "random", {"b.md": "The kitchen opens at noon."})
    await house.sync()

    gone = await house.syncing.forget("team")

    assert gone == 2 and await house.found() == {}
    assert house.sources.all() == [] and house.reader.ledger.sources() == []
    assert not list(house.sources.folder.glob("team*"))


async def test_the_clock_syncs_what_is_due_and_makes_up_for_what_was_missed_once(house: House) -> None:
    house.put("C1", "general", {"a.md": "The gateway listens on 8080."})
    house.sources.put(house.sources.get("team").model_copy(update={"every": HOUR}))
    house.sources.keep_state("team", SyncState(started_at=1.0, ended_at=2.0, succeeded_at=2.0))
    schedules = [Schedule(house.sources, house.syncing, beat=0.05) for _ in range(2)]
    for schedule in schedules:
        await schedule.start()
    try:
        async with asyncio.timeout(20):
            await house.syncing.synced.wait()
    finally:
        for schedule in schedules:
            await schedule.close()

    state = house.sources.state("team")
    assert (house.syncing.count, state.summary["read"]) == (1, 1)
    due = next_run(house.sources.get("team"), state)
    assert due is not None and state.started_at + HOUR <= due <= state.started_at + 1.1 * HOUR


def test_a_source_that_fails_is_left_alone_for_longer_each_time_and_as_long_as_it_asks() -> None:
    configured = Configured(spec=SourceSpec(name="a", kind="b"), every=24 * HOUR)
    waits: list[float] = []
    for failures in (1, 2, 3, 30):
        at = next_run(configured, SyncState(started_at=1000, ended_at=1000, failures=failures))
        assert at is not None
        waits.append(at - 1000)
    asked = next_run(configured, SyncState(started_at=1000, ended_at=1000, failures=1, not_before=9000))

    assert waits == [60, 120, 240, 6 * HOUR]
    assert asked == 9000
    assert next_run(configured, SyncState()) == 0
    assert next_run(configured.model_copy(update={"every": 0.0}), SyncState()) is None


def test_times_are_written_as_people_do() -> None:
    assert [seconds_of(one) for one in ("30m", "6h", "1d", "1h 30m")] == [1800, 21600, 86400, 5400]
    assert [in_words(one) for one in (1800, 21600, 90000, 0)] == ["30m", "6h", "1d1h", ""]
    for wrong in ("", "6", "10s", "often", "-1h"):
        with pytest.raises(QuestionError):
            seconds_of(wrong)


def test_names_that_could_be_mistaken_are_refused(tmp_path: Path) -> None:
    sources = ConfiguredSources(tmp_path)
    for name in ("", " a", "a/b", "saved: general", "a\nb", "x" * 101):
        with pytest.raises(QuestionError):
            sources.put(Configured(spec=SourceSpec(name=name, kind="folder")))
    for name in ("..", "a b", "文档", "A", "a"):
        sources.put(Configured(spec=SourceSpec(name=name, kind="folder")))
    assert {one.spec.name for one in sources.all()} == {"..", "a b", "文档", "A", "a"}
    with pytest.raises(QuestionError):
        option_lines(["colour"])


def test_a_mirror_lets_nothing_out_and_outlives_a_torn_line(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "mirror")
    for path in ("../out.md", "/out.md", "a/../../out.md", ".hidden", "a/.facts.jsonl", ""):
        with pytest.raises(ValueError, match="not a path within a mirror"):
            mirror.write(path, b"x")
    mirror.write("a.md", b"A", DocumentFacts(title="A\u2028B"))
    mirror.write("文" * 80 + ".md", b"B", DocumentFacts(title="Long"))
    with (mirror.folder / ".facts.jsonl").open("a") as file:
        file.write('{"path": "c.md", "ti')  # killed here

    again = Mirror(tmp_path / "mirror")
    again.write("d.md", b"D", DocumentFacts(title="D"))
    last = Mirror(tmp_path / "mirror")

    titles = {path: facts.title for path in last.paths() if (facts := last.facts(path)) is not None}
    assert titles == {"a.md": "A\u2028B", "文" * 80 + ".md": "Long", "d.md": "D"}


async def test_prometheus_is_told_how_the_sources_stand(house: House) -> None:
    house.put("C1", "general", {"a.md": "The gateway listens on 8080.", "b.md": "Noon."})
    await house.sync()
    house.rooms.away = [SiteUnavailableError("The rooms are away.")]
    await house.syncing.sync("team", Unwatched())
    metrics = Metrics()
    metrics.include(SourceMetrics(house.sources, house.reader.ledger))

    text = metrics.exposition().decode()

    assert 'lorelens_source_documents{source="team"} 2.0' in text
    assert 'lorelens_source_failures_total{source="team"} 1.0' in text
    assert 'lorelens_source_success_timestamp_seconds{source="team"} 1.' in text
