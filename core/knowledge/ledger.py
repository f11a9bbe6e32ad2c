"""What was read from which file: the memory that makes ingestion incremental and safe to interrupt.

SQLite in the data folder. A file is `pending` from before its passages are touched until they are all written, so that
a run that was killed in between is known to the next. A picture is `stale` from the moment its mentions change until
its passage was written anew. A source is unfinished from the begin of a run to its end.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Literal

from core.knowledge.kept_out import KeptOut
from core.knowledge.ledger_file import LedgerFile
from core.knowledge.overview import Overview
from core.knowledge.picture_notes import CAPTION, PictureNotes
from core.knowledge.picture_passages import PictureMention
from core.messages import Picture, Value

_COLUMNS = ("path", "size", "mtime_ns", "sha256", "rules", "outcome", "reason", "passages", "read_at", "url", "told")

Outcome = Literal["pending", "read", "failed"]


class FileRecord(Value):
    """What is known of a file: its state on disk when it was read, under which rules, and what came of it.

    `sha256` is of its content, empty where it could not be opened. `reason` says why it failed or, of a file that was
    read, which parts could not be. `read_at` is the time of the look at its state, in seconds since 1970. `url` is the
    address that the document says is its own. `told` names what was told of it beside what it says (`facts_of`): where
    that is new, it is read again.
    """

    path: str
    size: int
    mtime_ns: int
    sha256: str
    rules: str
    outcome: Outcome
    reason: str = ""
    passages: int = 0
    read_at: float
    url: str = ""
    told: str = ""


class SourceRecord(Value):
    """A source: where it is read from, for whom, and when it last was (seconds since 1970, 0 for never to the end).

    `url` is the address below which people see its files, empty where that is not known. `finished` is false during a
    run, and after one that was interrupted.
    """

    source: str
    root: str
    audience: tuple[str, ...]
    read_at: float
    finished: bool = True
    url: str = ""


class StalePicture(Value):
    """A picture whose passage has to be written anew, or deleted if no document mentions it any more."""

    picture: Picture
    passage_id: str
    mentions: tuple[PictureMention, ...]


class PictureCounts(Value):
    """Pictures of a source: those whose passage is surely in the index, and those whose passage may be."""

    written: int
    begun: int


class Ledger:
    """The record of what was read. Open it once a process; several processes may have it open."""

    def __init__(self, file: Path) -> None:
        self._file = LedgerFile(file)
        self.notes = PictureNotes(self._file)
        self.overview = Overview(self._file)
        self.kept_out = KeptOut(self._file)

    @property
    def folder(self) -> Path:
        """The data folder that it lies in."""
        return self._file.file.parent

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def sources(self) -> list[SourceRecord]:
        """All sources, by name."""
        rows = self._file.all("SELECT source, root, audience, read_at, finished, url FROM roots ORDER BY source")
        return [
            SourceRecord(
                source=source,
                root=root,
                audience=tuple(json.loads(audience)),
                read_at=read_at,
                finished=bool(finished),
                url=url,
            )
            for source, root, audience, read_at, finished, url in rows
        ]

    def source(self, name: str) -> SourceRecord | None:
        """One source, if there is such."""
        return next((record for record in self.sources() if record.source == name), None)

    def note_source(self, record: SourceRecord) -> None:
        """Note how a source stands."""
        audience = json.dumps(record.audience)
        values = (record.source, record.root, audience, record.read_at, int(record.finished), record.url)
        with self._file.transaction() as database:
            database.execute("INSERT OR REPLACE INTO roots VALUES (?, ?, ?, ?, ?, ?)", values)

    def readers(self, sources: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Who may see these sources, as far as there are such."""
        marks = ", ".join("?" * len(sources))
        rows = self._file.all(
            f"SELECT source, audience FROM roots WHERE source IN ({marks})",  # noqa: S608 - nothing but marks
            tuple(sources),
        )
        return {source: tuple(json.loads(audience)) for source, audience in rows}

    def change_readers(self, source: str, audience: Sequence[str]) -> None:
        """Note who may see a source, whatever else is going on with it."""
        with self._file.transaction() as database:
            database.execute("UPDATE roots SET audience = ? WHERE source = ?", (json.dumps(audience), source))

    def finish_source(self, source: str, read_at: float) -> None:
        """Note that a source was read to its end; who may see it is as it was noted meanwhile."""
        with self._file.transaction() as database:
            database.execute("UPDATE roots SET read_at = ?, finished = 1 WHERE source = ?", (read_at, source))

    def change_rules(self, source: str, ending: str, new: str) -> None:
        """Take what was read under rules that end so for read under those that end with `new`: nothing of it changed
        that would have to be read again."""
        with self._file.transaction() as database:
            known = database.execute("SELECT DISTINCT rules FROM files WHERE source = ?", (source,)).fetchall()
            for (rules,) in known:
                if not rules.endswith(ending):
                    continue
                renewed = rules.removesuffix(ending) + new
                database.execute("UPDATE files SET rules = ? WHERE source = ? AND rules = ?", (renewed, source, rules))
                # Those of pictures go on with what pictures are read by.
                database.execute(
                    "UPDATE pictures SET rules = ?1 || substr(rules, length(?2) + 1) "
                    "WHERE source = ?3 AND substr(rules, 1, length(?2) + 1) = ?2 || '/'",
                    (renewed, rules, source),
                )

    def files(self, source: str) -> dict[str, FileRecord]:
        """The files of a source by path."""
        rows = self._file.all(
            f"SELECT {', '.join(_COLUMNS)} FROM files WHERE source = ?",  # noqa: S608 - our own constant
            (source,),
        )
        return {row[0]: FileRecord.model_validate(dict(zip(_COLUMNS, row, strict=True))) for row in rows}

    def file(self, source: str, path: str) -> FileRecord | None:
        """One file of a source, if it is known."""
        rows = self._file.all(
            f"SELECT {', '.join(_COLUMNS)} FROM files WHERE source = ? AND path = ?",  # noqa: S608 - our own constant
            (source, path),
        )
        return FileRecord.model_validate(dict(zip(_COLUMNS, rows[0], strict=True))) if rows else None

    def document_counts(self) -> dict[str, int]:
        """How many documents were read of each source."""
        return dict(self._file.all("SELECT source, count(*) FROM files WHERE outcome = 'read' GROUP BY source"))

    def note(self, source: str, records: Iterable[FileRecord]) -> None:
        """Note what became of files."""
        with self._file.transaction() as database:
            _note(database, source, records)

    def begin(self, source: str, paths: Iterable[str]) -> None:
        """Note that what is known of these files is about to change: if that is interrupted, they are read again."""
        with self._file.transaction() as database:
            database.executemany(
                "UPDATE files SET outcome = 'pending' WHERE source = ? AND path = ?", [(source, path) for path in paths]
            )

    def distrust(self, source: str) -> None:
        """Note that nothing of a source is surely in the index, so that all of it is read again."""
        with self._file.transaction() as database:
            database.execute(
                "UPDATE files SET outcome = 'pending', rules = '', passages = 0 WHERE source = ?", (source,)
            )
            database.execute("UPDATE pictures SET stale = 1 WHERE source = ?", (source,))

    def finish(
        self,
        source: str,
        records: Sequence[FileRecord],
        mentions: dict[str, Sequence[tuple[Picture, PictureMention]]],
    ) -> None:
        """Note in one step that documents were written whole, and which pictures they mention (by document path)."""
        with self._file.transaction() as database:
            _note(database, source, records)
            for record in records:
                _forget_mentions(database, source, record.path)
                for ordinal, (picture, mention) in enumerate(mentions.get(record.path, ())):
                    database.execute(
                        "INSERT INTO pictures VALUES (?, ?, ?, '', '', 1) "
                        "ON CONFLICT (source, sha256) DO UPDATE SET stale = 1",
                        (source, picture.sha256, picture.model_dump_json()),
                    )
                    database.execute(
                        "INSERT INTO mentions VALUES (?, ?, ?, ?, ?)",
                        (source, record.path, ordinal, picture.sha256, mention.model_dump_json()),
                    )

    def remove(self, source: str, paths: Iterable[str]) -> None:
        """Forget files that are gone; their pictures become stale."""
        with self._file.transaction() as database:
            for path in paths:
                _forget_mentions(database, source, path)
                database.execute("DELETE FROM files WHERE source = ? AND path = ?", (source, path))

    def remove_source(self, source: str) -> None:
        """Forget all of a source."""
        with self._file.transaction() as database:
            for statement in (
                "DELETE FROM roots WHERE source = ?",
                "DELETE FROM files WHERE source = ?",
                "DELETE FROM mentions WHERE source = ?",
                "DELETE FROM pictures WHERE source = ?",
                "DELETE FROM kept_out WHERE source = ?",
            ):
                database.execute(statement, (source,))

    def documents_showing(self, source: str, names: Iterable[str]) -> set[str]:
        """Paths of documents that show a picture of one of these names."""
        found: set[str] = set()
        for name in names:
            rows = self._file.all(
                "SELECT path FROM mentions WHERE source = ? AND json_extract(mention, '$.name') = ?", (source, name)
            )
            found.update(row[0] for row in rows)
        return found

    def documents_with(self, source: str, sha256s: Iterable[str]) -> set[str]:
        """Paths of documents that show one of these pictures."""
        found: set[str] = set()
        for sha256 in sha256s:
            rows = self._file.all("SELECT path FROM mentions WHERE source = ? AND sha256 = ?", (source, sha256))
            found.update(row[0] for row in rows)
        return found

    def stale_pictures(self, source: str, rules: str) -> list[StalePicture]:
        """Pictures whose mentions, or the rules, changed, with all the mentions they have now, in a stable order."""
        rows = self._file.all(
            "SELECT sha256, picture, passage_id FROM pictures WHERE source = ? AND (stale = 1 OR rules != ?) "
            "ORDER BY sha256",
            (source, rules),
        )
        return [self._with_mentions(source, row) for row in rows]

    def begin_pictures(self, source: str, passage_ids: Mapping[str, str]) -> None:
        """Note which passages (by sha256 of the picture) are about to be written, so that they can be found again."""
        with self._file.transaction() as database:
            database.executemany(
                "UPDATE pictures SET stale = 1, passage_id = ? WHERE source = ? AND sha256 = ?",
                [(passage_id, source, sha256) for sha256, passage_id in passage_ids.items()],
            )

    def finish_pictures(self, source: str, sha256s: Iterable[str], rules: str) -> None:
        """Note that the passages of pictures were written under these rules."""
        with self._file.transaction() as database:
            database.executemany(
                "UPDATE pictures SET stale = 0, rules = ? WHERE source = ? AND sha256 = ?",
                [(rules, source, sha256) for sha256 in sha256s],
            )

    def remove_picture(self, source: str, sha256: str) -> bool:
        """Forget a picture of a source; answer whether no source has it any more, which forgets its notes too."""
        with self._file.transaction() as database:
            database.execute("DELETE FROM pictures WHERE source = ? AND sha256 = ?", (source, sha256))
            left = database.execute("SELECT 1 FROM pictures WHERE sha256 = ?", (sha256,)).fetchone()
            if left is None:
                database.execute("DELETE FROM readings WHERE sha256 = ?", (sha256,))
                database.execute("DELETE FROM notes WHERE sha256 = ?", (sha256,))
        return left is None

    def picture_counts(self, source: str) -> PictureCounts:
        """How many pictures of a source have a passage."""
        rows = self._file.all(
            "SELECT count(*) FILTER (WHERE stale = 0), count(*) FROM pictures WHERE source = ? AND passage_id != ''",
            (source,),
        )
        return PictureCounts(written=rows[0][0], begun=rows[0][1])

    def all_pictures(self) -> set[str]:
        """sha256 of the pictures of all sources."""
        return {row[0] for row in self._file.all("SELECT sha256 FROM pictures")}

    def pictures(self, source: str) -> list[str]:
        """sha256 of the pictures of a source."""
        return [row[0] for row in self._file.all("SELECT sha256 FROM pictures WHERE source = ?", (source,))]

    def uncaptioned(self, source: str, model: str = "") -> list[StalePicture]:
        """Pictures that a document shows and that no model (or not this one) has described, in a stable order."""
        rows = self._file.all(
            "SELECT sha256, picture, passage_id FROM pictures WHERE source = ?1 AND NOT EXISTS (SELECT 1 FROM notes "
            "WHERE notes.sha256 = pictures.sha256 AND kind = ?2 AND (?3 = '' OR maker = ?3)) ORDER BY sha256",
            (source, CAPTION, model),
        )
        found = [self._with_mentions(source, row) for row in rows]
        return [one for one in found if one.mentions]

    def distrust_images(self) -> None:
        """Note that no vector of a picture is surely in the index, so that the pictures of all sources get theirs."""
        with self._file.transaction() as database:
            database.execute("UPDATE pictures SET stale = 1")

    def _with_mentions(self, source: str, row: tuple[Any, ...]) -> StalePicture:
        sha256, picture, passage_id = row
        return StalePicture(
            picture=Picture.model_validate_json(picture),
            passage_id=passage_id,
            mentions=tuple(self._mentions(source, sha256)),
        )

    def _mentions(self, source: str, sha256: str) -> list[PictureMention]:
        rows = self._file.all(
            "SELECT mention FROM mentions WHERE source = ? AND sha256 = ? ORDER BY path, ordinal", (source, sha256)
        )
        return [PictureMention.model_validate_json(row[0]) for row in rows]


def _note(database: Connection, source: str, records: Iterable[FileRecord]) -> None:
    database.executemany(
        "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(source, *(getattr(one, column) for column in _COLUMNS)) for one in records],
    )


def _forget_mentions(database: Connection, source: str, path: str) -> None:
    database.execute(
        "UPDATE pictures SET stale = 1 WHERE source = ? AND sha256 IN "
        "(SELECT sha256 FROM mentions WHERE source = ? AND path = ?)",
        (source, source, path),
    )
    database.execute("DELETE FROM mentions WHERE source = ? AND path = ?", (source, path))
