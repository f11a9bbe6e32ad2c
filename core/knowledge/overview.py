"""What the ledger tells whoever looks after the knowledge: counts of each source, and its documents by the page.

Asked often, of sources with many thousand documents; so SQLite counts and pages, and no record is read that is not
shown. Who may see it is the asker's to find out (`core.knowledge.access`).
"""

from typing import Literal

from core.knowledge.ledger_file import LedgerFile
from core.knowledge.picture_passages import PictureMention
from core.messages import Picture, Value

Standing = Literal["", "read", "partly", "failed", "pending"]
"""Documents as they stand: all, read, read but for some parts, not readable, and waiting to be read."""

_STANDS = {
    "": "1",
    "read": "outcome = 'read'",
    "partly": "outcome = 'read' AND reason != ''",
    "failed": "outcome = 'failed'",
    "pending": "outcome = 'pending'",
}


class Tally(Value):
    """What is known of one source, counted; `size` are the bytes of its documents as they were found."""

    source: str
    documents: int = 0
    partly: int = 0
    failed: int = 0
    pending: int = 0
    passages: int = 0
    pictures: int = 0
    size: int = 0


class DocumentLine(Value):
    """A document in a list: how it stands, and since when (seconds since 1970)."""

    path: str
    outcome: Literal["pending", "read", "failed"]
    reason: str
    passages: int
    pictures: int
    size: int
    read_at: float


class Overview:
    """The view over one ledger file; raises `IndexUnavailableError` where it can't be read. Blocking, but soon done."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    def tallies(self) -> dict[str, Tally]:
        """The counts of all sources of which there is anything, by name."""
        pictures: dict[str, int] = dict(self._file.all("SELECT source, count(*) FROM pictures GROUP BY source"))
        rows = self._file.all(
            "SELECT source, count(*) FILTER (WHERE outcome = 'read'), "
            "count(*) FILTER (WHERE outcome = 'read' AND reason != ''), "
            "count(*) FILTER (WHERE outcome = 'failed'), count(*) FILTER (WHERE outcome = 'pending'), "
            "coalesce(sum(passages) FILTER (WHERE outcome != 'pending'), 0), sum(size) FROM files GROUP BY source"
        )
        names = ("documents", "partly", "failed", "pending", "passages", "size")
        return {
            source: Tally(source=source, pictures=pictures.get(source, 0), **dict(zip(names, counts, strict=True)))
            for source, *counts in rows
        }

    def count(self, source: str, *, named: str = "", standing: Standing = "") -> int:
        """How many documents of a source have this in their path, and stand so."""
        return int(self._file.all(*_chosen("count(*)", source, named, standing))[0][0])

    def documents(
        self, source: str, *, named: str = "", standing: Standing = "", offset: int = 0, limit: int = 50
    ) -> list[DocumentLine]:
        """Those documents, by path."""
        pictures = "(SELECT count(DISTINCT sha256) FROM mentions WHERE source = files.source AND path = files.path)"
        columns = ("path", "outcome", "reason", "passages", "pictures", "size", "read_at")
        what = ", ".join(pictures if name == "pictures" else name for name in columns)
        statement, values = _chosen(what, source, named, standing)
        rows = self._file.all(f"{statement} ORDER BY path LIMIT ? OFFSET ?", (*values, limit, offset))
        return [DocumentLine.model_validate(dict(zip(columns, row, strict=True))) for row in rows]

    def pictures_in(self, source: str, path: str) -> list[tuple[Picture, PictureMention]]:
        """The pictures that a document shows, in its order, each once."""
        rows = self._file.all(
            "SELECT picture, mention FROM mentions JOIN pictures USING (source, sha256) "
            "WHERE source = ? AND path = ? GROUP BY sha256 ORDER BY min(ordinal)",
            (source, path),
        )
        return [
            (Picture.model_validate_json(picture), PictureMention.model_validate_json(mention))
            for picture, mention in rows
        ]


def _chosen(what: str, source: str, named: str, standing: Standing) -> tuple[str, tuple[str, ...]]:
    statement = f"SELECT {what} FROM files WHERE source = ? AND {_STANDS[standing]}"  # noqa: S608 - our own constants
    if not named:
        return statement, (source,)
    return f"{statement} AND instr(lower(path), lower(?)) > 0", (source, named)
