"""A team's folder is read in, changes, and is read in again."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.errors import DocumentError, QuestionError, SettingsError, UnavailableError
from core.knowledge.index import Vectors
from core.knowledge.ingest_lock import exclusively
from core.knowledge.ledger import Ledger
from core.knowledge.sources import forget_source, source_states
from core.models.minilm import MiniLM
from tests.ingesting import Team, png

ROOT = Path(__file__).parents[2]
GUIDE = "# Deploying\n\nRun the deploy script from the main branch.\n\n## Rolling back\n\nRun it with --undo.\n"
LUNCH = "# Lunch\n\nThe kitchen opens at noon.\n"


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


async def texts(team: Team, path: str = "") -> str:
    return "\n".join(sorted(passage.text for passage in await team.passages(path)))


async def test_folder_is_read_in_once(team: Team) -> None:
    team.write({"guide.md": GUIDE, "team/lunch.md": LUNCH})

    first = await team.ingest()
    before = await team.rows()
    second = await team.ingest()

    assert (first.source, first.read, first.unchanged, first.failed) == ("docs", 2, 0, ())
    assert first.passages == len(before)
    assert (second.read, second.unchanged, second.removed, second.passages) == (0, 2, 0, 0)
    assert await team.rows() == before
    assert {passage.path for passage in await team.passages()} == {"guide.md", "team/lunch.md"}


async def test_english_and_chinese_pages_get_the_vectors_that_the_encoder_can_make(tmp_path: Path) -> None:
    team = Team(tmp_path, MiniLM())
    team.write({"en.md": LUNCH, "zh.md": "# 午餐\n\n厨房中午开门，大家可以在那里吃饭。\n"})

    await team.ingest()

    vectors = {row.passage.path: row.vector for row in await team.rows()}
    assert vectors["en.md"] is not None
    assert sum(value * value for value in vectors["en.md"]) == pytest.approx(1, abs=0.01)
    assert vectors["zh.md"] is None


async def test_changed_page_is_replaced_and_only_that(team: Team) -> None:
    team.write({"guide.md": GUIDE, "lunch.md": LUNCH})
    await team.ingest()
    lunch = await team.passages("lunch.md")

    team.write({"guide.md": "# Deploying\n\nPress the green button.\n"})
    report = await team.ingest()

    assert (report.read, report.unchanged) == (1, 1)
    assert await texts(team, "guide.md") == "Deploying\n\nPress the green button."
    assert await team.passages("lunch.md") == lunch


async def test_of_a_long_page_only_what_is_new_is_encoded(tmp_path: Path) -> None:
    encoder = _Counting()
    team = Team(tmp_path, encoder)
    paragraphs = [f"Paragraph {at} tells of a {at} times larger thing. " * 12 for at in range(6)]
    team.write({"long.md": "\n\n".join(paragraphs)})
    await team.ingest()
    whole = encoder.encoded

    team.write({"long.md": "\n\n".join([*paragraphs, "The last word is cucumber."])})
    await team.ingest()
    changed = await team.rows()

    assert 0 < encoder.encoded - whole <= 2 < whole
    team.data = tmp_path / "fresh"
    await team.ingest()
    assert changed == await team.rows()


async def test_a_passage_is_as_old_as_its_own_words(team: Team) -> None:
    paragraphs = [f"Paragraph {at} tells of a {at} times larger thing. " * 12 for at in range(6)]
    team.write({"log.md": "\n\n".join(paragraphs)})
    os.utime(team.folder / "log.md", (1_600_000_000, 1_600_000_000))
    await team.ingest()

    team.write({"log.md": "\n\n".join([*paragraphs, "The last word is cucumber."])})
    os.utime(team.folder / "log.md", (1_700_000_000, 1_700_000_000))
    await team.ingest()

    ages = {passage.modified: passage.text for passage in await team.passages("log.md")}
    assert set(ages) == {1_600_000_000, 1_700_000_000}
    assert "cucumber" in ages[1_700_000_000]


async def test_touched_file_is_not_read_again(team: Team) -> None:
    team.write({"guide.md": GUIDE})
    await team.ingest()

    os.utime(team.folder / "guide.md", (1, 1))

    assert (await team.ingest()).unchanged == 1
    assert (await team.ingest()).unchanged == 1


async def test_change_of_the_same_size_right_after_reading_is_seen(team: Team) -> None:
    file = team.folder / "code.md"
    team.write({"code.md": "The code is 1234."})
    await team.ingest()
    age = file.stat().st_mtime_ns

    team.write({"code.md": "The code is 5678."})
    os.utime(file, ns=(age, age))  # as on a file system that keeps coarse times
    await team.ingest()

    assert "5678" in await texts(team)


async def test_renamed_and_deleted_pages(team: Team) -> None:
    team.write({"guide.md": GUIDE, "lunch.md": LUNCH, "old.md": "Old news."})
    await team.ingest()

    (team.folder / "guide.md").rename(team.folder / "deploying.md")
    (team.folder / "old.md").unlink()
    report = await team.ingest()

    assert (report.read, report.unchanged, report.removed) == (1, 1, 2)
    assert {passage.path for passage in await team.passages()} == {"deploying.md", "lunch.md"}
    assert "Old news" not in await texts(team)


async def test_broken_file_does_not_stop_the_others(team: Team) -> None:
    team.write({"a.md": GUIDE, "b.docx": b"PK\x03\x04 not really", "c.png": png("x")[:200], "d.md": LUNCH})

    first = await team.ingest()
    second = await team.ingest()

    assert (first.read, first.unchanged) == (2, 0)
    assert [one.path for one in first.failed] == ["b.docx", "c.png"]
    assert all(one.reason for one in first.failed)
    assert (second.read, second.unchanged, second.failed) == (0, 2, first.failed)


async def test_file_that_breaks_keeps_what_was_read_of_it_until_it_is_mended(team: Team) -> None:
    team.write({"data.csv": "name,port\ngateway,8080\n"})
    await team.ingest()

    team.write({"data.csv": b""})
    broken = await team.ingest()
    kept = await texts(team)
    team.write({"data.csv": "name,port\ngateway,9090\n"})
    mended = await team.ingest()

    assert [one.path for one in broken.failed] == ["data.csv"]
    assert "8080" in kept
    assert (mended.read, mended.failed) == (1, ())
    assert "9090" in await texts(team)
    assert "8080" not in await texts(team)


async def test_what_is_not_content_is_counted_and_left_alone(team: Team, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("Outside.")
    team.write(
        {
            "guide.md": GUIDE,
            ".env": "KEY=1",
            ".git/config.md": "x",
            "node_modules/pkg/readme.md": "x",
            "tool.bin": b"\x00\x01\x02",
            "notes.txt": b"\x00\x01\x02",
        }
    )
    (team.folder / "out.md").symlink_to(tmp_path / "secret.md")
    (team.folder / "dangling.md").symlink_to(team.folder / "nowhere.md")
    (team.folder / "loop.md").symlink_to(team.folder / "loop.md")
    (team.folder / "again.md").symlink_to(team.folder / "guide.md")
    (team.folder / "up").symlink_to(tmp_path)

    report = await team.ingest()

    assert (report.read, report.failed) == (1, ())
    assert report.skipped == {
        "hidden": 3,
        "not a supported kind (.bin)": 1,
        "not what its name says (.txt)": 1,
        "a link out of the folder": 1,
        "a broken link": 2,
        "a link to a file of the folder": 1,
        "a link to a folder": 1,
    }
    assert {passage.path for passage in await team.passages()} == {"guide.md"}


async def test_mounted_configuration_is_read_through_its_links(team: Team) -> None:
    team.write({"..2026_11/guide.md": GUIDE})
    (team.folder / "..data").symlink_to("..2026_11")
    (team.folder / "guide.md").symlink_to("..data/guide.md")

    assert (await team.ingest()).read == 1


async def test_folder_that_can_not_be_opened_is_reported_and_forgets_nothing(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.write({"guide.md": GUIDE, "board/plan.md": LUNCH})
    await team.ingest()
    scandir = os.scandir

    def refuse(path: str) -> object:  # what a folder of mode 000 does, for root too
        if Path(path).name == "board":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = await team.ingest()

    assert [(one.path, one.reason) for one in report.failed] == [("board", "It can't be opened: Permission denied.")]
    assert (report.unchanged, report.removed) == (1, 0)
    assert await team.passages("board/plan.md")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_unreadable_file_is_reported_and_read_once_it_may_be(team: Team) -> None:
    team.write({"guide.md": GUIDE, "private.md": LUNCH})
    (team.folder / "private.md").chmod(0)

    report = await team.ingest()
    (team.folder / "private.md").chmod(0o644)

    assert [one.path for one in report.failed] == ["private.md"]
    assert (await team.ingest()).read == 1


async def test_odd_folders(team: Team) -> None:
    assert (await team.ingest()).read == 0
    team.write({"notes.md/inner.md": LUNCH, "空 格/部署 'quoted' 指南.md": "# 部署\n\n先备份。"})
    team.write({os.fsdecode(b"caf\xe9.md"): "x"})

    report = await team.ingest()

    assert report.read == 2
    assert [one.reason for one in report.failed] == ["Its name is not UTF-8."]
    assert {passage.path for passage in await team.passages()} == {"notes.md/inner.md", "空 格/部署 'quoted' 指南.md"}
    assert (await team.ingest()).unchanged == 2


async def test_line_of_a_million_characters(team: Team) -> None:
    team.write({"log.txt": "start " + "x" * 1_000_000 + " end", "b.md": "字" * 100_000})

    report = await team.ingest()

    assert (report.read, report.failed) == (2, ())
    assert max(len(passage.text) for passage in await team.passages()) < 2000
    assert sum(len(passage.text) for passage in await team.passages("log.txt")) >= 1_000_000


async def test_part_of_a_known_folder_belongs_to_its_source(team: Team) -> None:
    team.write({"api/guide.md": GUIDE, "lunch.md": LUNCH})
    await team.ingest()
    (team.folder / "lunch.md").unlink()
    team.write({"api/guide.md": "# Deploying\n\nPress it.\n", "api/new.md": "New."})

    report = await team.ingest(team.folder / "api")
    one = await team.ingest(team.folder / "api" / "new.md")

    assert (report.source, report.read, report.removed) == ("docs", 2, 0)
    assert (one.source, one.unchanged) == ("docs", 1)
    assert {passage.path for passage in await team.passages()} == {"api/guide.md", "api/new.md", "lunch.md"}


async def test_single_file(team: Team) -> None:
    team.write({"guide.md": GUIDE, "lunch.md": LUNCH})

    report = await team.ingest(team.folder / "guide.md")

    assert (report.source, report.read) == ("docs", 1)
    assert {passage.path for passage in await team.passages()} == {"guide.md"}


async def test_name_stands_for_one_folder(team: Team, tmp_path: Path) -> None:
    team.write({"guide.md": GUIDE})
    await team.ingest(source="team")
    other = tmp_path / "other"
    other.mkdir()

    with pytest.raises(SettingsError, match="is read from"):
        await team.ingest(other, source="team")
    with pytest.raises(DocumentError, match="no file or folder"):
        await team.ingest(tmp_path / "nowhere")


async def test_index_that_was_put_away_is_filled_again(team: Team) -> None:
    team.write({"guide.md": GUIDE, "p.png": png("P")})
    await team.ingest()
    before = await team.rows()

    (team.data / "index").rename(team.data / "index-away")
    report = await team.ingest()

    assert report.read == 2
    assert await team.rows() == before
    assert (await team.ingest()).unchanged == 2


async def test_record_and_pictures_that_were_put_away_are_made_again(team: Team) -> None:
    team.write({"guide.md": GUIDE, "p.png": png("P")})
    await team.ingest()
    before, kept = await team.rows(), team.kept_pictures()

    (team.data / "pictures").rename(team.data / "pictures-away")
    await team.ingest()
    assert team.kept_pictures() == kept

    for file in team.data.glob("ledger.sqlite*"):
        file.unlink()
    team.write({"guide.md": "# Deploying\n"})
    await team.ingest()
    team.write({"guide.md": GUIDE})
    await team.ingest()
    assert await team.rows() == before


async def test_second_ingestion_at_the_same_time_is_told_who_is_at_it(team: Team) -> None:
    team.write({"guide.md": GUIDE})
    hold = (
        "import sys; from pathlib import Path; from core.knowledge.ingest_lock import exclusively\n"
        "with exclusively(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", hold, str(team.data), stdin=PIPE, stdout=PIPE, cwd=ROOT
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"

    with pytest.raises(UnavailableError, match=f"process {holder.pid}"):
        await team.ingest()
    holder.kill()
    await holder.communicate()

    assert (await team.ingest()).read == 1


async def test_source_is_shown_and_forgotten(team: Team) -> None:
    team.write({"guide.md": GUIDE, "p.png": png("Private words"), "bad.docx": b"PK\x03\x04"})
    await team.ingest()
    index, ledger = await team.index(), Ledger(team.data / "ledger.sqlite")

    (state,) = source_states(ledger)
    with pytest.raises(QuestionError, match="There are: docs"):
        await forget_source("nobody", ledger=ledger, index=index, pictures=team.pictures)
    gone = await forget_source("docs", ledger=ledger, index=index, pictures=team.pictures)

    assert (state.documents, state.pictures, [one.path for one in state.failed]) == (2, 1, ["bad.docx"])
    assert gone == state.passages + state.pictures
    assert source_states(ledger) == []
    ledger.close()
    await index.close()
    assert await team.rows() == []
    assert team.kept_pictures() == set()
    assert b"Private words" not in (team.data / "ledger.sqlite").read_bytes()


async def test_private_source_stays_private_when_it_is_read_again(team: Team) -> None:
    team.write({"guide.md": GUIDE})
    await team.ingest(audience=("group:board",))

    team.write({"new.md": LUNCH})
    await team.ingest()

    assert {passage.audience for passage in await team.passages()} == {("group:board",)}


class _Counting(MiniLM):
    """The real encoder, counting what it is given."""

    encoded = 0

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded += len(texts)
        return super().encode(texts)


def test_lock_of_a_data_folder_is_free_again_after_use(tmp_path: Path) -> None:
    with exclusively(tmp_path), pytest.raises(UnavailableError), exclusively(tmp_path):
        pass
    with exclusively(tmp_path):
        pass
