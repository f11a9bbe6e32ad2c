"""What was made out about each picture, by its hash: what OCR read, how it looks, its caption, its vector.

Each takes from a tenth of a second to many seconds, so it is kept and made once, however often the pages that show the
picture change. Nothing in it comes from a page: pictures of different audiences may be the same picture.
"""

import json
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.evidence import OcrLine
from core.knowledge.ledger_file import LedgerFile

CAPTION, LOOKS, VECTOR = "caption", "looks", "vector"


class PictureNotes:
    """The notes of all pictures, kept in the ledger's file."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    def reading(self, sha256: str, version: str) -> tuple[OcrLine, ...] | None:
        """What OCR of this version read in a picture, if it did."""
        rows = self._file.all("SELECT lines FROM readings WHERE sha256 = ? AND version = ?", (sha256, version))
        return tuple(OcrLine.model_validate(line) for line in json.loads(rows[0][0])) if rows else None

    def keep_reading(self, sha256: str, version: str, lines: Sequence[OcrLine]) -> None:
        """Keep what OCR read."""
        encoded = json.dumps([line.model_dump() for line in lines], ensure_ascii=False)
        with self._file.transaction() as database:
            database.execute("INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", (sha256, version, encoded))

    def looks(self, sha256: str, version: str) -> str | None:
        """The words for how a picture looks, as this version of `core.reading.appearance` put them."""
        found = self._note(sha256, LOOKS, version)
        return str(found) if found is not None else None

    def keep_looks(self, sha256: str, version: str, words: str) -> None:
        """Keep how a picture looks."""
        self._keep(sha256, LOOKS, version, words)

    def caption(self, sha256: str) -> str:
        """The newest caption of a picture; empty if none was written, or if there was nothing to say."""
        rows = self._file.all(
            "SELECT note FROM notes WHERE sha256 = ? AND kind = ? ORDER BY made_at DESC LIMIT 1", (sha256, CAPTION)
        )
        return str(rows[0][0]) if rows else ""

    def keep_caption(self, sha256: str, model: str, caption: str) -> None:
        """Keep the caption that a model wrote; in the same step the picture's passages become stale."""
        with self._file.transaction() as database:
            values = (sha256, CAPTION, model, caption, time.time())
            database.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?, ?)", values)
            database.execute("UPDATE pictures SET stale = 1 WHERE sha256 = ?", (sha256,))

    def vector(self, sha256: str, encoder: str) -> NDArray[np.float32] | None:
        """What an encoder of this name made of a picture; shape (dimension,)."""
        found = self._note(sha256, VECTOR, encoder)
        return np.frombuffer(found, dtype="<f4") if isinstance(found, bytes) else None

    def keep_vector(self, sha256: str, encoder: str, vector: NDArray[np.float32]) -> None:
        """Keep the vector of a picture."""
        self._keep(sha256, VECTOR, encoder, np.ascontiguousarray(vector, dtype="<f4").tobytes())

    def _note(self, sha256: str, kind: str, maker: str) -> object:
        rows = self._file.all(
            "SELECT note FROM notes WHERE sha256 = ? AND kind = ? AND maker = ?", (sha256, kind, maker)
        )
        return rows[0][0] if rows else None

    def _keep(self, sha256: str, kind: str, maker: str, note: str | bytes) -> None:
        with self._file.transaction() as database:
            values = (sha256, kind, maker, note, time.time())
            database.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?, ?)", values)
