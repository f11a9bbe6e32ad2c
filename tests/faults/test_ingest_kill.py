"""Ingestion is killed, interrupted and starved; the next run finishes it as if nothing had been."""

import asyncio
import contextlib
import inspect
import random
import re
import shutil
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import IndexUnavailableError
from core.knowledge.ingest import Reader, ingest
from core.knowledge.ledger import Ledger
from core.knowledge.picture_notes import PictureNotes
from core.knowledge.sources import forget_source, source_states
from core.models.minilm import MiniLM
from tests.ingesting import OCR, Team, Watch, png

pytestmark = pytest.mark.fault
ROOT = Path(__file__).parents[2]
WRITES = re.compile(
    "upsert|delete.*|optimize|note.*|begin.*|finish.*|remove.*|distrust|keep_.*|put"  # of index, ledger and pictures
)


class Killed(BaseException):
    """Stands for the end of the process between two writes."""


class Fuse:
    """Burns through right before one of the writes; right after is right before the next, or the end."""

    def __init__(self, moment: int) -> None:
        self._left = moment

    def tick(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise Killed

    def guard(self, part: Any) -> Any:
        """The same part, its writes on the fuse."""
        return _Guarded(part, self)


class _Guarded:
    def __init__(self, part: Any, fuse: Fuse) -> None:
        self._part = part
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._part, name)
        if isinstance(attribute, PictureNotes):
            return self._fuse.guard(attribute)
        if not WRITES.fullmatch(name):
            return attribute
        if inspect.iscoroutinefunction(attribute):

            async def later(*args: Any) -> Any:
                self._fuse.tick()
                return await attribute(*args)

            return later

        def now(*args: Any) -> Any:
            self._fuse.tick()
            return attribute(*args)

        return now


BEFORE: dict[str, str | bytes] = {
    "a.md": "# A\n\nThe first page.\n\n" + "It goes on for long. " * 120,
    "b.md": "# B\n\nThe second page.\n\n![shared](images/shared.png)\n",
    "c.md": "# C\n\nThe third page.\n\n![shared](images/shared.png) ![gone](images/gone.png)\n",
    "old.md": "# Old\n\nThis page goes.\n",
    "images/shared.png": png("Shared"),
    "images/gone.png": png("Gone"),
}
AFTER: dict[str, str | bytes] = {
    "a.md": "# A\n\nThe first page is short now.\n",
    "c.md": "# C\n\nThe third page.\n\n![shared](images/shared.png)\n",
    "new.md": "# New\n\nThis page comes.\n\n![new](images/new.png)\n",
    "images/shared.png": png("Changed"),
    "images/new.png": png("New"),
}
GONE = ("old.md", "images/gone.png")


@pytest.fixture(autouse=True)
def many_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every document in a batch of its own, so that there is a moment between any two."""
    monkeypatch.setattr("core.knowledge.ingest.BATCH_PASSAGES", 1)


@pytest.fixture
async def team(tmp_path: Path) -> Team:
    """A team whose folder was read in, and changed since; see `again`."""
    (tmp_path / "team").mkdir()
    (tmp_path / "other").mkdir()
    team = Team(tmp_path / "team")
    team.write(BEFORE)
    await team.ingest()
    team.data.rename(tmp_path / "saved")
    return team


def again(team: Team) -> None:
    """Everything as it was before the first cut."""
    shutil.rmtree(team.data, ignore_errors=True)
    shutil.copytree(team.data.parent.parent / "saved", team.data)
    shutil.rmtree(team.folder)
    team.write(BEFORE)
    for path in GONE:
        (team.folder / path).unlink()
    team.write(AFTER)


async def undisturbed(team: Team) -> Team:
    """What reading the folder as it is now gives, into a new data folder."""
    other = Team(team.folder.parent.parent / "other", team.encoder)
    other.folder = team.folder
    shutil.rmtree(other.data, ignore_errors=True)
    await other.ingest()
    return other


async def assert_as_undisturbed(team: Team) -> None:
    other = await undisturbed(team)
    assert await team.rows() == await other.rows()
    assert team.kept_pictures() == other.kept_pictures()


async def cut_off(team: Team, moment: int) -> bool:
    """Read the folder in until the moment; whether it was reached."""
    fuse = Fuse(moment)
    index, ledger = await team.index(), Ledger(team.data / "ledger.sqlite")
    reader = Reader(fuse.guard(index), fuse.guard(ledger), fuse.guard(team.pictures), OCR, team.encoder)
    try:
        await ingest(team.folder, reader, progress=Watch())
    except Killed:
        return True
    finally:
        ledger.close()
        await index.close()
    return False


async def test_cut_off_between_any_two_writes(team: Team) -> None:
    again(team)
    other = await undisturbed(team)
    wanted, pictures = await other.rows(), other.kept_pictures()

    moment, reached = 0, True
    while reached:
        moment += 1
        again(team)
        reached = await cut_off(team, moment)
        await team.ingest()
        assert await team.rows() == wanted, f"cut off at moment {moment}"
        assert team.kept_pictures() == pictures, f"cut off at moment {moment}"
    assert (await team.ingest()).read == 0
    assert moment > 20


async def test_folder_goes_back_to_what_it_was_after_a_cut(team: Team) -> None:
    """What was half done must not be taken for done when the files look again as they did before."""
    team.write(BEFORE)
    other = await undisturbed(team)
    wanted, pictures = await other.rows(), other.kept_pictures()

    for moment in range(2, 32, 3):
        again(team)
        await cut_off(team, moment)
        shutil.rmtree(team.folder)
        team.write(BEFORE)
        await team.ingest()
        assert await team.rows() == wanted, f"cut off at moment {moment}"
        assert team.kept_pictures() == pictures, f"cut off at moment {moment}"


async def test_forgetting_that_was_cut_off_is_finished_or_undone(team: Team) -> None:
    again(team)
    other = await undisturbed(team)
    wanted = await other.rows()

    for moment in range(1, 12):
        again(team)
        fuse = Fuse(moment)
        index, ledger = await team.index(), Ledger(team.data / "ledger.sqlite")
        with contextlib.suppress(Killed):
            await forget_source(
                "docs", ledger=fuse.guard(ledger), index=fuse.guard(index), pictures=fuse.guard(team.pictures)
            )
        remembered = bool(source_states(ledger))
        ledger.close()
        await index.close()
        if remembered:
            await team.ingest()
        assert await team.rows() == (wanted if remembered else []), f"cut off at moment {moment}"


def pages(count: int, chance: random.Random) -> dict[str, str | bytes]:
    words = ("team", "release", "gateway", "deploy", "rollback", "owner", "review", "发布", "回滚", "网关", "端口")
    return {
        f"part-{at % 5}/page-{at}.md": f"# Page {at}\n\n"
        + "\n\n".join(" ".join(chance.choices(words, k=chance.randint(5, 60))) for _ in range(chance.randint(1, 6)))
        + (f"\n\n![picture {at}](../images/{at % 3}.png)\n" if at % 4 == 0 else "\n")
        for at in range(count)
    } | {f"images/{at}.png": png(f"Port {8080 + at}") for at in range(3)}


async def start(place: Path, encoder: str = "none") -> Process:
    """A process that reads the folder in, at its begin."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.ingesting_process", str(place), encoder, stdout=PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"begin\n"
    return process


async def test_process_is_killed_again_and_again(tmp_path: Path) -> None:
    chance = random.Random(2)
    place = tmp_path / "killed"
    place.mkdir()
    (tmp_path / "other").mkdir()
    team = Team(place)
    for _ in range(4):
        team.write(pages(40, chance))
        process = await start(place)
        assert process.stdout is not None
        for _ in range(chance.randint(0, 30)):
            await process.stdout.readline()
        process.kill()
        await process.communicate()
        assert process.returncode == -signal.SIGKILL
    final = await start(place)
    assert final.stdout is not None
    said = await final.stdout.read()

    assert await final.wait() == 0, said
    await assert_as_undisturbed(team)


async def test_interrupt_stops_soon_and_the_next_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "stopped").mkdir()
    (tmp_path / "other").mkdir()
    team = Team(tmp_path / "stopped", MiniLM())
    team.write(pages(20, random.Random(3)))
    process = await start(tmp_path / "stopped", "minilm")

    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.wait(), timeout=30)
    await team.ingest()

    await assert_as_undisturbed(team)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("no small disk can be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def grow(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=300m", str(disk)], check=True)


async def test_full_disk_is_said_and_loses_nothing(small_disk: Path, tmp_path: Path) -> None:
    (tmp_path / "team").mkdir()
    (tmp_path / "other").mkdir()
    team = Team(tmp_path / "team")
    team.data = small_disk / "data"
    team.write({"first.md": "# First\n\nWhat was read before the disk was full.\n"})
    await team.ingest()
    first = await team.rows()

    chance = random.Random(4)
    team.write({f"{at}.md": " ".join(chance.choices("abcdefghijklmnop", k=20_000)) for at in range(60)})
    with pytest.raises(IndexUnavailableError) as told:
        await team.ingest()
    kept = await team.passages("first.md")
    grow(small_disk)
    report = await team.ingest()

    assert "disk" in told.value.hint
    assert kept == [row.passage for row in first]
    assert report.failed == ()
    await assert_as_undisturbed(team)
