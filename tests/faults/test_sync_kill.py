"""A sync is killed again and again; the next one finishes it as if nothing had been."""

import asyncio
import random
import shutil
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from tests.faults.test_ingest_kill import pages
from tests.ingesting import Team

pytestmark = pytest.mark.fault
ROOT = Path(__file__).parents[2]


def commit(team: Team, files: dict[str, str | bytes]) -> None:
    """Let the repository hold these files and no others."""
    for file in team.folder.glob("*/*"):
        if ".git" not in file.parts:
            file.unlink()
    team.write(files)

    def git(*arguments: str) -> None:
        said = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *said, *arguments], cwd=team.folder, check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch=main")
    git("add", "--all")
    git("commit", "--quiet", "--message=Change")


async def start(place: Path) -> Process:
    """A process that syncs it, at its begin."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.syncing_process", str(place), stdout=PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"begin\n"
    return process


async def synced(place: Path) -> str:
    """Sync it to the end; what was said."""
    process = await start(place)
    assert process.stdout is not None
    said = (await process.stdout.read()).decode()
    assert await process.wait() == 0, said
    return said


@pytest.mark.slow
async def test_a_sync_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    (tmp_path / "killed").mkdir()
    team = Team(tmp_path / "killed")
    for _ in range(5):
        commit(team, {path: data for path, data in pages(24, chance).items() if not path.endswith(".png")})
        process = await start(tmp_path / "killed")
        assert process.stdout is not None
        for _ in range(chance.randint(0, 36)):
            await process.stdout.readline()
        process.kill()
        await process.communicate()
        assert process.returncode in {-signal.SIGKILL, 0}
    said = await synced(tmp_path / "killed")
    again = await synced(tmp_path / "killed")

    (tmp_path / "other").mkdir()
    other = Team(tmp_path / "other")
    other.folder.rmdir()
    await asyncio.to_thread(shutil.copytree, team.folder, other.folder)
    await synced(tmp_path / "other")
    assert await team.rows() == await other.rows(), said
    assert '"read":0' in again and "fetched page" not in again
    assert {passage.path for passage in await team.passages()} == {
        file.relative_to(team.folder).as_posix() for file in team.folder.glob("part-*/*.md")
    }
