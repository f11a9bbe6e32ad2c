"""What was read from which file: the memory that makes ingestion incremental and safe to interrupt.

SQLite in the data folder. A file is `pending` from before its passages are written until they all are, so that a run
that was killed in between is known to the next. A picture is `stale` from the moment its mentions change until its
passage was written anew.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from core.errors import IndexUnavailableError, UnavailableError
from core.evidence import OcrLine
from core.knowledge.picture_passages import PictureMention
from core.messages import Picture, Value

SCHEMA = """
CREATE TABLE IF NOT EXISTS roots (
    source TEXT PRIMARY KEY, root TEXT NOT NULL, audience TEXT NOT NULL, read_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
    source TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL,
    rules TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, passages INTEGER NOT NULL,
    read_at REAL NOT NULL, PRIMARY KEY (source, path)
);
CREATE TABLE IF NOT EXISTS pictures (
    source TEXT NOT NULL, sha256 TEXT NOT NULL, picture TEXT NOT NULL, passage_id TEXT NOT NULL, stale INTEGER NOT NULL,
    PRIMARY KEY (source, sha256)
);
CREATE TABLE IF NOT EXISTS mentions (
    source TEXT NOT NULL, path TEXT NOT NULL, ordinal INTEGER NOT NULL, sha256 TEXT NOT NULL, mention TEXT NOT NULL,
    PRIMARY KEY (source, path, ordinal)
);
CREATE INDEX IF NOT EXISTS mentions_of_picture ON mentions (source, sha256);
CREATE TABLE IF NOT EXISTS readings (
    sha256 TEXT NOT NULL, version TEXT NOT NULL, lines TEXT NOT NULL, PRIMARY KEY (sha256, version)
);
"""

_COLUMNS = ("path", "size", "mtime_ns", "sha256", "rules", "outcome", "reason", "passages", "read_at")

Outcome = Literal["pending", "read", "failed"]


class FileRecord(Value):
    """What is known of a file: its state on disk when it was read, under which rules, and what came of it."""

    path: str
    size: int
    mtime_ns: int
    sha256: str
    rules: str
    outcome: Outcome
    reason: str = ""
    passages: int = 0
    read_at: float


class SourceRecord(Value):
    """A source: where it is read from, for whom, and when it last was (seconds since 1970)."""

    source: str
    root: str
    audience: tuple[str, ...]
    read_at: float


class StalePicture(Value):
    """A picture whose passage has to be written anew, or deleted if no document mentions it any more."""

    picture: Picture
    passage_id: str
    mentions: tuple[PictureMention, ...]


class Ledger:
    """The record of what was read. Open it once a process; several processes may have it open."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with _clear_errors(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    @contextmanager
    def exclusively(self) -> Generator[None]:
        """Be the only one who reads documents into this data folder; ends with the process, however it ends.

        Raises:
            UnavailableError: somebody else is at it.
        """
        lock = self._file.with_name("ingest.lock")
        with lock.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.seek(0)
                holder = file.read().strip() or "?"
                raise UnavailableError(
                    f"Documents are being read into {self._file.parent} already (process {holder}).",
                    hint="Wait until that is done, and try again.",
                ) from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def sources(self) -> list[SourceRecord]:
        """All sources, by name."""
        rows = self._all("SELECT source, root, audience, read_at FROM roots ORDER BY source")
        return [
            SourceRecord(source=source, root=root, audience=tuple(json.loads(audience)), read_at=read_at)
            for source, root, audience, read_at in rows
        ]

    def source_read(self, record: SourceRecord) -> None:
        """Note that a source was read."""
        values = (record.source, record.root, json.dumps(record.audience), record.read_at)
        with self._transaction():
            self._database.execute("INSERT OR REPLACE INTO roots VALUES (?, ?, ?, ?)", values)

    def files(self, source: str) -> dict[str, FileRecord]:
        """The files of a source by path."""
        rows = self._all(
            f"SELECT {', '.join(_COLUMNS)} FROM files WHERE source = ?",  # noqa: S608 - our own constant
            (source,),
        )
        return {row[0]: FileRecord.model_validate(dict(zip(_COLUMNS, row, strict=True))) for row in rows}

    def note(self, source: str, records: Iterable[FileRecord]) -> None:
        """Note what became of files."""
        with self._transaction():
            self._note(source, records)

    def finish(
        self,
        source: str,
        records: Sequence[FileRecord],
        mentions: dict[str, Sequence[tuple[Picture, PictureMention]]],
    ) -> None:
        """Note in one step that documents were written whole, and which pictures they mention (by document path)."""
        with self._transaction():
            self._note(source, records)
            for record in records:
                self._forget_mentions(source, record.path)
                for ordinal, (picture, mention) in enumerate(mentions.get(record.path, ())):
                    self._database.execute(
                        "INSERT INTO pictures VALUES (?, ?, ?, '', 1) "
                        "ON CONFLICT (source, sha256) DO UPDATE SET stale = 1",
                        (source, picture.sha256, picture.model_dump_json()),
                    )
                    self._database.execute(
                        "INSERT INTO mentions VALUES (?, ?, ?, ?, ?)",
                        (source, record.path, ordinal, picture.sha256, mention.model_dump_json()),
                    )

    def remove(self, source: str, paths: Iterable[str]) -> None:
        """Forget files that are gone; their pictures become stale."""
        with self._transaction():
            for path in paths:
                self._forget_mentions(source, path)
                self._database.execute("DELETE FROM files WHERE source = ? AND path = ?", (source, path))

    def remove_source(self, source: str) -> None:
        """Forget all of a source."""
        with self._transaction():
            for statement in (
                "DELETE FROM roots WHERE source = ?",
                "DELETE FROM files WHERE source = ?",
                "DELETE FROM mentions WHERE source = ?",
                "DELETE FROM pictures WHERE source = ?",
            ):
                self._database.execute(statement, (source,))

    def stale_pictures(self, source: str) -> list[StalePicture]:
        """Pictures whose mentions changed, with all the mentions they have now, in a stable order."""
        rows = self._all(
            "SELECT sha256, picture, passage_id FROM pictures WHERE source = ? AND stale = 1 ORDER BY sha256", (source,)
        )
        return [
            StalePicture(
                picture=Picture.model_validate_json(picture),
                passage_id=passage_id,
                mentions=tuple(self._mentions(source, sha256)),
            )
            for sha256, picture, passage_id in rows
        ]

    def picture_written(self, source: str, sha256: str, passage_id: str) -> None:
        """Note that a picture's passage was written."""
        with self._transaction():
            self._database.execute(
                "UPDATE pictures SET stale = 0, passage_id = ? WHERE source = ? AND sha256 = ?",
                (passage_id, source, sha256),
            )

    def picture_removed(self, source: str, sha256: str) -> bool:
        """Note that a picture's passage was deleted; answer whether no source has the picture any more."""
        with self._transaction():
            self._database.execute("DELETE FROM pictures WHERE source = ? AND sha256 = ?", (source, sha256))
        return not self._all("SELECT 1 FROM pictures WHERE sha256 = ?", (sha256,))

    def pictures(self, source: str) -> list[str]:
        """sha256 of the pictures of a source."""
        return [row[0] for row in self._all("SELECT sha256 FROM pictures WHERE source = ?", (source,))]

    def reading(self, sha256: str, version: str) -> tuple[OcrLine, ...] | None:
        """What OCR of this version read in a picture, if it did."""
        rows = self._all("SELECT lines FROM readings WHERE sha256 = ? AND version = ?", (sha256, version))
        return tuple(OcrLine.model_validate(line) for line in json.loads(rows[0][0])) if rows else None

    def keep_reading(self, sha256: str, version: str, lines: Sequence[OcrLine]) -> None:
        """Keep what OCR read."""
        encoded = json.dumps([line.model_dump() for line in lines], ensure_ascii=False)
        with self._transaction():
            self._database.execute("INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", (sha256, version, encoded))

    def _mentions(self, source: str, sha256: str) -> list[PictureMention]:
        rows = self._all(
            "SELECT mention FROM mentions WHERE source = ? AND sha256 = ? ORDER BY path, ordinal", (source, sha256)
        )
        return [PictureMention.model_validate_json(row[0]) for row in rows]

    def _note(self, source: str, records: Iterable[FileRecord]) -> None:
        self._database.executemany(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(source, *(getattr(one, column) for column in _COLUMNS)) for one in records],
        )

    def _forget_mentions(self, source: str, path: str) -> None:
        self._database.execute(
            "UPDATE pictures SET stale = 1 WHERE source = ? AND sha256 IN "
            "(SELECT sha256 FROM mentions WHERE source = ? AND path = ?)",
            (source, source, path),
        )
        self._database.execute("DELETE FROM mentions WHERE source = ? AND path = ?", (source, path))

    def _all(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with _clear_errors(self._file):
            return self._database.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Generator[None]:
        with _clear_errors(self._file):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


@contextmanager
def _clear_errors(file: Path) -> Generator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise IndexUnavailableError(
            f"The record of what was read, {file}, can't be used: {error}.",
            hint="Check that the data folder can be written and that the disk is not full, and run the command again.",
        ) from error
