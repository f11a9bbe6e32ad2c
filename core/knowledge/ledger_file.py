"""The file that the ledger is kept in: SQLite, brought up to date when it is opened, with clear errors."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from core.errors import IndexUnavailableError, SettingsError

FILES_AND_PICTURES = """
CREATE TABLE IF NOT EXISTS roots (
    source TEXT PRIMARY KEY, root TEXT NOT NULL, audience TEXT NOT NULL, read_at REAL NOT NULL,
    finished INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
    source TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL,
    rules TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, passages INTEGER NOT NULL,
    read_at REAL NOT NULL, PRIMARY KEY (source, path)
);
CREATE TABLE IF NOT EXISTS pictures (
    source TEXT NOT NULL, sha256 TEXT NOT NULL, picture TEXT NOT NULL, passage_id TEXT NOT NULL,
    rules TEXT NOT NULL, stale INTEGER NOT NULL, PRIMARY KEY (source, sha256)
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
NOTES = """
CREATE TABLE IF NOT EXISTS notes (
    sha256 TEXT NOT NULL, kind TEXT NOT NULL, maker TEXT NOT NULL, note BLOB NOT NULL, made_at REAL NOT NULL,
    PRIMARY KEY (sha256, kind, maker)
);
"""
"""What version 2 has more than version 1."""
ADDRESSES = """
ALTER TABLE roots ADD COLUMN url TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN url TEXT NOT NULL DEFAULT '';
"""
"""What version 3 has more than version 2."""
TOLD = "ALTER TABLE files ADD COLUMN told TEXT NOT NULL DEFAULT ''"
"""What version 4 has more than version 3."""
KEPT_OUT = """
CREATE TABLE IF NOT EXISTS kept_out (
    source TEXT NOT NULL, path TEXT NOT NULL, since REAL NOT NULL, PRIMARY KEY (source, path)
);
"""
"""What version 5 has more than version 4."""
_STEPS = (FILES_AND_PICTURES, NOTES, ADDRESSES, TOLD, KEPT_OUT)
VERSION = len(_STEPS)


class LedgerFile:
    """An open file. Several processes, and several threads of one, may have it open."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._writing = RLock()
        with _clear_errors(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute("PRAGMA secure_delete = ON")
            made_by = self._version()
            if made_by < VERSION:
                self._bring_up_to_date()
        if made_by > VERSION:
            self._database.close()
            raise SettingsError(
                f"The record of what was read, {file}, was made by another version of Lorelens.",
                hint="Delete it and read the documents in again with `lorelens ingest`.",
            )

    def _version(self) -> int:
        return int(self._database.execute("PRAGMA user_version").fetchone()[0])

    def _bring_up_to_date(self) -> None:
        """Make what a file of an older version, or a new one, does not have; others may be at it as well."""
        with self.transaction() as database:
            for step in _STEPS[self._version() :]:
                for statement in step.split(";"):
                    database.execute(statement)
            database.execute(f"PRAGMA user_version = {VERSION}")

    def close(self) -> None:
        """Let go of it."""
        self._database.close()

    def all(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a question."""
        with _clear_errors(self.file):
            return self._database.execute(statement, values).fetchall()

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        """What is written within is written as a whole, and on disk at the end, or not at all.

        One at a time: all threads share the connection, which can hold one transaction.
        """
        with self._writing, _clear_errors(self.file):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
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
        broken = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        raise IndexUnavailableError(
            f"The record of what was read, {file}, can't be used: {error}.",
            hint="Delete it and read the documents in again with `lorelens ingest`."
            if broken
            else "Check that the data folder can be written and that the disk is not full; then run it again.",
        ) from error
