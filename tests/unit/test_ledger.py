"""What the ledger remembers, and what it says of a file that it can't use."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.errors import IndexUnavailableError, SettingsError
from core.evidence import OcrLine
from core.knowledge.ledger import FileRecord, Ledger, SourceRecord
from core.knowledge.ledger_file import FILES_AND_PICTURES, NOTES
from core.knowledge.overview import Tally
from core.knowledge.picture_passages import PictureMention
from core.messages import Picture

PAGE = FileRecord(path="a.md", size=1, mtime_ns=2, sha256="s", rules="1", outcome="read", passages=3, read_at=5.0)
PICTURE = Picture(sha256="a" * 64, media_type="image/png", width=10, height=10)
LINES = (OcrLine(text="端口 8080", confidence=0.9, box=(0, 1, 2, 3)),)


def mention(path: str, name: str = "p.png") -> PictureMention:
    return PictureMention(path=path, name=name)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "data" / "ledger.sqlite")


def test_what_is_noted_is_there_for_the_next_process(ledger: Ledger, tmp_path: Path) -> None:
    record = SourceRecord(source="docs", root="/docs", audience=("everyone",), read_at=7.0, finished=False)
    ledger.note_source(record)
    ledger.note("docs", [PAGE])
    ledger.notes.keep_reading(PICTURE.sha256, "1", LINES)
    ledger.close()

    other = Ledger(tmp_path / "data" / "ledger.sqlite")

    assert other.sources() == [record]
    assert other.files("docs") == {"a.md": PAGE}
    assert other.files("elsewhere") == {}
    assert other.notes.reading(PICTURE.sha256, "1") == LINES
    assert other.notes.reading(PICTURE.sha256, "2") is None


def test_two_processes_see_each_other(ledger: Ledger, tmp_path: Path) -> None:
    other = Ledger(tmp_path / "data" / "ledger.sqlite")

    ledger.note("docs", [PAGE])
    other.note("docs", [PAGE.model_copy(update={"path": "b.md"})])

    assert set(ledger.files("docs")) == set(other.files("docs")) == {"a.md", "b.md"}


def test_picture_is_stale_until_it_was_written_and_again_when_a_page_changes(ledger: Ledger) -> None:
    ledger.finish("docs", [PAGE], {"a.md": [(PICTURE, mention("a.md"))]})
    (stale,) = ledger.stale_pictures("docs", "1")
    ledger.begin_pictures("docs", {PICTURE.sha256: "id"})
    begun = ledger.picture_counts("docs")
    ledger.finish_pictures("docs", [PICTURE.sha256], "1")
    written = ledger.picture_counts("docs")

    assert stale.mentions == (mention("a.md"),)
    assert (begun.written, begun.begun) == (0, 1)
    assert (written.written, written.begun) == (1, 1)
    assert ledger.stale_pictures("docs", "1") == []
    assert [one.passage_id for one in ledger.stale_pictures("docs", "2")] == ["id"]

    ledger.remove("docs", ["a.md"])
    (orphan,) = ledger.stale_pictures("docs", "1")
    assert orphan.mentions == ()


def test_documents_are_found_by_the_picture_they_show(ledger: Ledger) -> None:
    other = PAGE.model_copy(update={"path": "b.md"})
    ledger.finish("docs", [PAGE, other], {"a.md": [(PICTURE, mention("a.md"))], "b.md": []})

    assert ledger.documents_showing("docs", ["p.png", "q.png"]) == {"a.md"}
    assert ledger.documents_with("docs", [PICTURE.sha256]) == {"a.md"}


def test_what_ocr_read_is_forgotten_with_the_last_source_that_has_the_picture(ledger: Ledger) -> None:
    for source in ("docs", "wiki"):
        ledger.finish(source, [PAGE], {"a.md": [(PICTURE, mention("a.md"))]})
    ledger.notes.keep_reading(PICTURE.sha256, "1", LINES)

    assert not ledger.remove_picture("docs", PICTURE.sha256)
    assert ledger.notes.reading(PICTURE.sha256, "1") == LINES
    assert ledger.remove_picture("wiki", PICTURE.sha256)
    assert ledger.notes.reading(PICTURE.sha256, "1") is None


def test_newest_caption_counts_and_makes_the_picture_stale_wherever_it_is_shown(ledger: Ledger) -> None:
    for source in ("docs", "wiki"):
        ledger.finish(source, [PAGE], {"a.md": [(PICTURE, mention("a.md"))]})
        ledger.begin_pictures(source, {PICTURE.sha256: "id"})
        ledger.finish_pictures(source, [PICTURE.sha256], "1")
    assert [one.picture for one in ledger.uncaptioned("docs")] == [PICTURE]

    ledger.notes.keep_caption(PICTURE.sha256, "one", "A cat.")
    ledger.notes.keep_caption(PICTURE.sha256, "two", "A tabby cat.")

    assert ledger.notes.caption(PICTURE.sha256) == "A tabby cat."
    assert ledger.uncaptioned("docs") == ledger.uncaptioned("docs", "one") == []
    assert [one.picture for one in ledger.uncaptioned("docs", "three")] == [PICTURE]
    assert len(ledger.stale_pictures("docs", "1")) == len(ledger.stale_pictures("wiki", "1")) == 1


def test_picture_that_nothing_shows_any_more_needs_no_caption(ledger: Ledger) -> None:
    ledger.finish("docs", [PAGE], {"a.md": [(PICTURE, mention("a.md"))]})
    ledger.remove("docs", ["a.md"])
    assert ledger.uncaptioned("docs") == []


def test_notes_of_a_picture_are_kept_by_who_made_them_and_go_with_it(ledger: Ledger) -> None:
    ledger.finish("docs", [PAGE], {"a.md": [(PICTURE, mention("a.md"))]})
    vector = np.array([0.6, 0.8], dtype=np.float32)
    notes = ledger.notes
    notes.keep_looks(PICTURE.sha256, "1", "photo, red\n照片，红色")
    notes.keep_vector(PICTURE.sha256, "eyes", vector)
    notes.keep_caption(PICTURE.sha256, "one", "A cat.")

    kept = notes.vector(PICTURE.sha256, "eyes")
    assert kept is not None and kept.tolist() == vector.tolist()
    assert notes.vector(PICTURE.sha256, "other eyes") is None
    assert notes.looks(PICTURE.sha256, "1") == "photo, red\n照片，红色"
    assert notes.looks(PICTURE.sha256, "2") is None
    assert ledger.remove_picture("docs", PICTURE.sha256)
    assert notes.vector(PICTURE.sha256, "eyes") is None
    assert notes.caption(PICTURE.sha256) == ""


def test_ledger_from_before_there_were_captions_is_taken_on(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    with sqlite3.connect(file) as database:
        database.executescript(f"{FILES_AND_PICTURES} PRAGMA user_version = 1;")
        database.execute("INSERT INTO roots VALUES ('docs', '/docs', '[\"everyone\"]', 7.0, 1)")
    database.close()

    ledger = Ledger(file)

    assert [one.source for one in ledger.sources()] == ["docs"]
    ledger.notes.keep_caption(PICTURE.sha256, "one", "A cat.")
    assert Ledger(file).notes.caption(PICTURE.sha256) == "A cat."


@pytest.mark.parametrize("version", [1, 2])
def test_ledger_from_before_documents_had_addresses_is_taken_on(tmp_path: Path, version: int) -> None:
    file = tmp_path / "ledger.sqlite"
    with sqlite3.connect(file) as database:
        database.executescript(f"{FILES_AND_PICTURES}{NOTES if version > 1 else ''} PRAGMA user_version = {version};")
        database.execute("INSERT INTO roots VALUES ('docs', '/docs', '[\"everyone\"]', 7.0, 1)")
        database.execute("INSERT INTO files VALUES ('docs', 'a.md', 1, 2, 's', '1', 'read', '', 3, 5.0)")
    database.close()

    ledger, other = Ledger(file), Ledger(file)

    assert ledger.files("docs") == {"a.md": PAGE}
    (source,) = ledger.sources()
    ledger.note_source(source.model_copy(update={"url": "https://git/"}))
    assert [one.url for one in other.sources()] == ["https://git/"]


def test_step_that_fails_changes_nothing(ledger: Ledger) -> None:
    with pytest.raises(IndexUnavailableError):
        ledger.finish(
            "docs",
            [PAGE],
            {"a.md": [(PICTURE, mention("a.md")), (PICTURE.model_copy(update={"sha256": None}), mention("a.md"))]},
        )

    assert ledger.files("docs") == {}
    assert ledger.pictures("docs") == []


def test_file_that_is_no_ledger_and_ledger_of_another_version(tmp_path: Path) -> None:
    broken, newer = tmp_path / "broken.sqlite", tmp_path / "newer.sqlite"
    broken.write_bytes(b"not a database, but as long as the header of one would be, and then some more of it" * 20)
    with sqlite3.connect(newer) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()

    with pytest.raises(IndexUnavailableError, match="Delete it"):
        Ledger(broken)
    with pytest.raises(SettingsError, match="another version"):
        Ledger(newer)


def test_threads_of_one_process_write_one_after_the_other(ledger: Ledger) -> None:
    def forget_some(source: str) -> None:
        for at in range(3):
            ledger.kept_out.add(source, f"{at}.md")

    names = [f"source-{at}" for at in range(20)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(forget_some, names))
    assert ledger.kept_out.count() == dict.fromkeys(names, 3)
    assert ledger.kept_out.let_in("source-1", "0.md") and not ledger.kept_out.let_in("source-1", "0.md")


def test_counts_and_pages_are_those_of_the_files(ledger: Ledger) -> None:
    def page(path: str, **more: object) -> FileRecord:
        return PAGE.model_copy(update={"path": path, **more})

    ledger.note("a", [page("One.md"), page("two.md"), page("100%.md", outcome="failed", reason="broken", passages=0)])
    ledger.note("b", [page("one.md", outcome="pending")])
    assert ledger.overview.tallies() == {
        "a": Tally(source="a", documents=2, failed=1, passages=6, size=3),
        "b": Tally(source="b", pending=1, size=1),
    }
    assert [one.path for one in ledger.overview.documents("a", named="ONE")] == ["One.md"]
    assert [one.path for one in ledger.overview.documents("a", named="%")] == ["100%.md"]
    assert ledger.overview.count("a", standing="failed") == 1
    assert [one.path for one in ledger.overview.documents("a", offset=1, limit=1)] == ["One.md"]
    assert ledger.file("a", "two.md") == page("two.md") and ledger.file("a", "no.md") is None
