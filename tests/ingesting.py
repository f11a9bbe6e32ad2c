"""A data folder and a folder of documents to read into it, for tests of ingestion."""

from __future__ import annotations

import importlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.evidence import OcrLine
from core.knowledge.caption_ingest import CaptionerSource
from core.knowledge.documents import Passage
from core.knowledge.ingest import IngestReport, Reader, ingest
from core.knowledge.lance import LanceIndex
from core.knowledge.ledger import Ledger
from core.knowledge.picture_files import PictureFiles
from core.models.encoder import Encoder
from core.models.ocr import OcrReader
from core.models.picture_encoder import PictureEncoder


class OnceReader(OcrReader):
    """The real OCR, reading each picture once in a test run."""

    def __init__(self) -> None:
        super().__init__()
        self._read: dict[bytes, tuple[OcrLine, ...]] = {}

    def read(self, data: bytes) -> tuple[OcrLine, ...]:
        if data not in self._read:
            self._read[data] = super().read(data)
        return self._read[data]


OCR = OnceReader()


@dataclass(frozen=True, eq=False)
class Row:
    """A passage in the index, with its vector, which is the same to some digits whatever it was encoded beside of.

    Rows are equal whatever age they have: that is the time when their words were first read as they are, not of a file.
    """

    passage: Passage
    vector: list[float] | None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row):
            return False
        if self.passage.model_copy(update={"modified": other.passage.modified}) != other.passage:
            return False
        if self.vector is None or other.vector is None:
            return self.vector is other.vector
        return bool(np.allclose(self.vector, other.vector, atol=1e-5))


class Watch:
    """Remembers the progress of ingestion."""

    def __init__(self) -> None:
        self.totals: dict[str, int] = {}
        self.seen: list[tuple[str, str]] = []

    def begin(self, stage: str, total: int) -> None:
        self.totals[stage] = total

    def advance(self, stage: str, item: str) -> None:
        self.seen.append((stage, item))


class Team:
    """A team's documents in `folder`, and what Lorelens keeps of them in `data`."""

    def __init__(self, place: Path, encoder: Encoder | None = None) -> None:
        self.folder = place / "docs"
        self.data = place / "data"
        self.encoder = encoder
        self.picture_encoder: PictureEncoder | None = None
        self.captioner: CaptionerSource | None = None
        self.watch = Watch()
        self.folder.mkdir(exist_ok=True)

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files, by their path in the folder."""
        for path, content in files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)

    async def ingest(
        self,
        path: Path | None = None,
        *,
        source: str = "",
        audience: tuple[str, ...] | None = None,
        url: str | None = None,
        recaption: bool = False,
        watch: Watch | None = None,
    ) -> IngestReport:
        """Read the folder in, as a process of its own would."""
        index = await self.index()
        ledger = Ledger(self.data / "ledger.sqlite")
        reader = Reader(index, ledger, self.pictures, OCR, self.encoder, self.picture_encoder, self.captioner)
        self.watch = watch or Watch()
        try:
            return await ingest(
                path or self.folder,
                reader,
                source=source,
                audience=audience,
                url=url,
                recaption=recaption,
                progress=self.watch,
            )
        finally:
            ledger.close()
            await index.close()

    @property
    def pictures(self) -> PictureFiles:
        return PictureFiles(self.data / "pictures")

    async def index(self) -> LanceIndex:
        dimension = self.encoder.dimension if self.encoder else None
        return await LanceIndex.open(self.data / "index", dimension, self.encoder.name if self.encoder else "")

    async def rows(self) -> list[Row]:
        """All that is on disk, in the order of ids; a row that is there twice is there twice."""
        await (await self.index()).close()  # makes the table where there is none yet
        lancedb: Any = importlib.import_module("lancedb")
        table = lancedb.connect(str(self.data / "index")).open_table("passages")
        found = [
            Row(Passage.model_validate_json(row["passage"]), row.get("vector")) for row in table.to_arrow().to_pylist()
        ]
        return sorted(found, key=lambda one: (one.passage.id, one.passage.text))

    async def passages(self, path: str = "") -> list[Passage]:
        """The passages of one document, or all."""
        return [row.passage for row in await self.rows() if not path or row.passage.path == path]

    def kept_pictures(self) -> set[str]:
        """sha256 of the pictures on disk."""
        return {file.stem for file in (self.data / "pictures").glob("*/*")}


def png(words: str = "", *, size: tuple[int, int] = (240, 80), colour: str = "white") -> bytes:
    """A picture that says something."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).text((12, 24), words, fill="black", font=ImageFont.load_default(28))
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()
