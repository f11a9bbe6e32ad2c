"""Documents that somebody forgot while their source still has them: they stay out, however often it is read."""

import time
from collections.abc import Set

from core.knowledge.ledger_file import LedgerFile


class KeptOut:
    """Those of all sources, kept in the ledger's file; raises `IndexUnavailableError` where it can't be used."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    def of(self, source: str) -> Set[str]:
        """The paths that are kept out of a source."""
        return {row[0] for row in self._file.all("SELECT path FROM kept_out WHERE source = ?", (source,))}

    def count(self) -> dict[str, int]:
        """How many there are of each source that has any."""
        return dict(self._file.all("SELECT source, count(*) FROM kept_out GROUP BY source"))

    def add(self, source: str, path: str) -> None:
        """Keep a document out from the next reading in on; what is known of it goes with that."""
        with self._file.transaction() as database:
            database.execute("INSERT OR REPLACE INTO kept_out VALUES (?, ?, ?)", (source, path, time.time()))

    def let_in(self, source: str, path: str) -> bool:
        """Let it in again; whether it was kept out."""
        with self._file.transaction() as database:
            gone = database.execute("DELETE FROM kept_out WHERE source = ? AND path = ?", (source, path))
            return gone.rowcount > 0
