"""Ingestion: files in, an index that is right, whatever happens on the way.

What is unchanged costs a look. What changed is replaced, what vanished is removed, what can't be read is reported and
the rest goes on. Order of writes: a file is noted as pending, its old passages are deleted, its new ones written, and
then it is noted as read together with the pictures that it mentions; pictures are written after the documents. A run
that is killed anywhere in between is finished by the next, and passages have the same ids each time, so nothing is
there twice.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from pydantic import Field

from core.errors import DocumentError, PictureError, SettingsError
from core.knowledge.chunking import cut
from core.knowledge.discover import FoundFile, discover
from core.knowledge.documents import Document, Passage
from core.knowledge.index import KnowledgeIndex, Vectors
from core.knowledge.ledger import FileRecord, Ledger, SourceRecord, StalePicture
from core.knowledge.loaders import load
from core.knowledge.passages import PLACE_TOKENS, embedding_text, passages_of
from core.knowledge.picture_files import PictureFiles
from core.knowledge.picture_passages import PictureMention, picture_passage
from core.language import detect_language
from core.messages import EVERYONE, Picture, Value
from core.models.encoder import Encoder
from core.models.ocr import VERSION as OCR_VERSION
from core.models.ocr import OcrReader
from core.pictures import normalize

RULES = "1"
"""Changes when the same file would be understood differently, so that unchanged files are read again."""
BATCH_PASSAGES = 256
BATCH_PICTURES = 32
SMALLEST_SIDE = 32
"""Pictures with a shorter side, in pixels, are icons and badges; nobody asks for them."""
CHARACTERS_PER_TOKEN = 4
WITHOUT_ENCODER_TOKENS = 240


class Progress(Protocol):
    """Who watches: called from the event loop, often."""

    def begin(self, stage: str, total: int) -> None:
        """A stage begins: "documents" or "pictures", with how many."""
        ...

    def advance(self, stage: str, item: str) -> None:
        """One of them is done."""
        ...


class NotRead(Value):
    """A file, or a picture within one, that could not be read, and why."""

    path: str
    reason: str


class IngestReport(Value):
    """What came of a run. Times are in seconds; `picture_seconds` is the share of reading pictures."""

    source: str
    read: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: dict[str, int] = Field(default_factory=dict)
    failed: tuple[NotRead, ...] = ()
    warnings: tuple[NotRead, ...] = ()
    passages: int = 0
    pictures: int = 0
    seconds: float = 0.0
    picture_seconds: float = 0.0


@dataclass(frozen=True)
class Reader:
    """The parts that ingestion works with."""

    index: KnowledgeIndex
    ledger: Ledger
    pictures: PictureFiles
    ocr: OcrReader
    encoder: Encoder | None


@dataclass
class _Read:
    """A file as it was read: its passages and the pictures it shows."""

    record: FileRecord
    passages: list[Passage]
    mentions: list[tuple[Picture, PictureMention]]
    warnings: list[NotRead]


@dataclass
class _Run:
    """One run over one source."""

    reader: Reader
    source: str
    audience: tuple[str, ...]
    root: Path
    progress: Progress
    known: dict[str, FileRecord]
    failed: list[NotRead] = field(default_factory=list[NotRead])
    warnings: list[NotRead] = field(default_factory=list[NotRead])
    read: int = 0
    passages: int = 0
    pictures: int = 0
    removed: int = 0

    @property
    def rules(self) -> str:
        """What has to be equal for an unchanged file to be left alone."""
        encoder = self.reader.encoder
        return f"{RULES}/{encoder.name if encoder else 'none'}/{','.join(self.audience)}"


async def ingest(
    path: Path,
    reader: Reader,
    *,
    source: str = "",
    audience: tuple[str, ...] = (EVERYONE,),
    progress: Progress,
) -> IngestReport:
    """Read a folder (or a single file) into the index.

    Args:
        path: the folder; paths in citations are relative to it.
        reader: where to, and with what.
        source: a name for it; the folder's own if empty. Reading the same source again brings it up to date.
        audience: who may see it.
        progress: who watches.

    Raises:
        DocumentError: there is nothing at `path`.
        SettingsError: the name is taken by another folder.
        UnavailableError: somebody else reads documents into this data folder, or it can't be written.
    """
    started = time.perf_counter()
    root, findings = await asyncio.to_thread(discover, path)
    source = source or root.name or "documents"
    with reader.ledger.exclusively():
        _check_name(reader.ledger, source, root)
        run = _Run(reader, source, audience, root, progress, reader.ledger.files(source))
        changed, unchanged = await asyncio.to_thread(_changes, run, findings.files)
        if findings.whole:
            await _remove_vanished(run, {one.path for one in findings.files})
        progress.begin("documents", len(changed))
        await _read_documents(run, changed)
        pictures_started = time.perf_counter()
        await _write_pictures(run)
        picture_seconds = time.perf_counter() - pictures_started
        if run.read or run.removed or run.pictures:
            await reader.index.optimize()
        reader.ledger.source_read(SourceRecord(source=source, root=str(root), audience=audience, read_at=time.time()))
    return IngestReport(
        source=source,
        read=run.read,
        unchanged=unchanged,
        removed=run.removed,
        skipped=dict(findings.skipped),
        failed=tuple(run.failed),
        warnings=tuple(run.warnings),
        passages=run.passages,
        pictures=run.pictures,
        seconds=time.perf_counter() - started,
        picture_seconds=picture_seconds,
    )


def _check_name(ledger: Ledger, source: str, root: Path) -> None:
    for record in ledger.sources():
        if record.source == source and Path(record.root) != root and Path(record.root).exists():
            raise SettingsError(
                f'The source "{source}" is read from {record.root} already.',
                hint="Give this folder a name with --source.",
            )


def _changes(run: _Run, files: Sequence[FoundFile]) -> tuple[list[tuple[FoundFile, str]], int]:
    """Files to read with the sha256 of their content, and how many need not be."""
    changed: list[tuple[FoundFile, str]] = []
    touched: list[FileRecord] = []
    for file in files:
        known = run.known.get(file.path)
        current = known is not None and known.outcome == "read" and known.rules == run.rules
        if known is not None and current and (known.size, known.mtime_ns) == (file.size, file.mtime_ns):
            continue
        sha256 = _sha256(file.file)
        if known is not None and current and known.sha256 == sha256:
            touched.append(known.model_copy(update={"size": file.size, "mtime_ns": file.mtime_ns}))
            continue
        changed.append((file, sha256))
    if touched:
        run.reader.ledger.note(run.source, touched)
    return changed, len(files) - len(changed)


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""  # loading it will say why it can't be read


async def _remove_vanished(run: _Run, present: set[str]) -> None:
    gone = [path for path in run.known if path not in present]
    for path in gone:
        await run.reader.index.delete(run.source, path)
    if gone:
        run.reader.ledger.remove(run.source, gone)
    run.removed = len(gone)


async def _read_documents(run: _Run, changed: Sequence[tuple[FoundFile, str]]) -> None:
    batch: list[_Read] = []
    async for one in _loaded(run, changed):
        batch.append(one)
        if sum(len(read.passages) for read in batch) >= BATCH_PASSAGES:
            await _write_documents(run, batch)
            batch = []
    if batch:
        await _write_documents(run, batch)


async def _loaded(run: _Run, changed: Sequence[tuple[FoundFile, str]]) -> AsyncIterator[_Read]:
    """Files as they are read, the next one in a thread while the last is worked with."""
    waiting: asyncio.Task[_Read | NotRead] | None = None
    try:
        for file, sha256 in [*changed, (None, "")]:
            following = asyncio.create_task(asyncio.to_thread(_load, run, file, sha256)) if file else None
            if waiting is not None:
                result = await waiting
                if isinstance(result, _Read):
                    yield result
                else:
                    _note_failure(run, result)
            waiting = following
    finally:
        if waiting is not None:
            await asyncio.wait([waiting])


def _note_failure(run: _Run, failure: NotRead) -> None:
    run.failed.append(failure)
    run.progress.advance("documents", failure.path)
    known = run.known.get(failure.path)
    # What was understood of it before stays until it can be read again.
    record = (known or _record(run, failure.path, 0, 0, "")).model_copy(
        update={"outcome": "failed", "reason": failure.reason, "read_at": time.time()}
    )
    run.reader.ledger.note(run.source, [record])


def _load(run: _Run, file: FoundFile, sha256: str) -> _Read | NotRead:
    encoder = run.reader.encoder
    try:
        document = load(file.file, run.root)
    except DocumentError as error:
        return NotRead(path=file.path, reason=error.message)
    chunks = cut(
        document,
        count_tokens=encoder.count_tokens if encoder else _count_tokens,
        budget=encoder.token_limit - PLACE_TOKENS if encoder else WITHOUT_ENCODER_TOKENS,
        languages=encoder.languages if encoder else frozenset(),
    )
    passages = passages_of(document, chunks, source=run.source, path=file.path, audience=run.audience)
    warnings = [NotRead(path=file.path, reason=warning) for warning in document.warnings]
    mentions = _mentions(run, document, file.path, warnings)
    record = _record(run, file.path, file.size, file.mtime_ns, sha256)
    return _Read(record.model_copy(update={"passages": len(passages)}), passages, mentions, warnings)


def _count_tokens(texts: Sequence[str]) -> list[int]:
    return [len(text) // CHARACTERS_PER_TOKEN for text in texts]


def _record(run: _Run, path: str, size: int, mtime_ns: int, sha256: str) -> FileRecord:
    return FileRecord(
        path=path,
        size=size,
        mtime_ns=mtime_ns,
        sha256=sha256,
        rules=run.rules,
        outcome="pending",
        read_at=time.time(),
    )


def _mentions(
    run: _Run, document: Document, path: str, warnings: list[NotRead]
) -> list[tuple[Picture, PictureMention]]:
    """The pictures of a document, taken in and kept."""
    mentions: list[tuple[Picture, PictureMention]] = []
    for shown in document.pictures:
        try:
            picture = normalize(shown.data, name=shown.name)
        except PictureError as error:
            warnings.append(NotRead(path=path, reason=error.message))
            continue
        if min(picture.picture.width, picture.picture.height) < SMALLEST_SIDE:
            continue
        run.reader.pictures.put(picture)
        mention = PictureMention(
            path=path,
            title=document.title,
            name=shown.name,
            alt=shown.alt,
            heading_path=shown.heading_path,
            context=shown.context,
            page=shown.page,
            language=detect_language(f"{' '.join(shown.heading_path)} {shown.context} {shown.alt}"),
        )
        mentions.append((picture.picture, mention))
    return mentions


async def _write_documents(run: _Run, batch: Sequence[_Read]) -> None:
    reader = run.reader
    reader.ledger.note(run.source, [one.record for one in batch])
    passages = [passage for one in batch for passage in one.passages]
    vectors = await _encode(reader.encoder, passages)
    for one in batch:
        if one.record.path in run.known:
            await reader.index.delete(run.source, one.record.path)
    await reader.index.upsert(passages, vectors)
    reader.ledger.finish(
        run.source,
        [one.record.model_copy(update={"outcome": "read"}) for one in batch],
        {one.record.path: one.mentions for one in batch},
    )
    for one in batch:
        run.read += 1
        run.passages += len(one.passages)
        run.warnings += one.warnings
        run.progress.advance("documents", one.record.path)


async def _encode(encoder: Encoder | None, passages: Sequence[Passage]) -> Vectors | None:
    if encoder is None or not passages:
        return None
    texts = [embedding_text(passage, encoder.languages) for passage in passages]
    vectors = np.zeros((len(texts), encoder.dimension), dtype=np.float32)
    readable = [at for at, text in enumerate(texts) if text.strip()]
    if readable:
        vectors[readable] = await asyncio.to_thread(encoder.encode, [texts[at] for at in readable])
    return vectors


async def _write_pictures(run: _Run) -> None:
    stale = run.reader.ledger.stale_pictures(run.source)
    run.progress.begin("pictures", len(stale))
    for first in range(0, len(stale), BATCH_PICTURES):
        batch = stale[first : first + BATCH_PICTURES]
        await _remove_pictures(run, [one for one in batch if not one.mentions])
        shown = [one for one in batch if one.mentions]
        passages = [await _picture(run, one) for one in shown]
        vectors = await _encode(run.reader.encoder, passages)
        old = [one.passage_id for one in shown if one.passage_id]
        await run.reader.index.delete_passages(old)
        await run.reader.index.upsert(passages, vectors)
        for one, passage in zip(shown, passages, strict=True):
            run.reader.ledger.picture_written(run.source, one.picture.sha256, passage.id)
        run.pictures += len(shown)


async def _remove_pictures(run: _Run, gone: Sequence[StalePicture]) -> None:
    await run.reader.index.delete_passages([one.passage_id for one in gone if one.passage_id])
    for one in gone:
        if run.reader.ledger.picture_removed(run.source, one.picture.sha256):
            run.reader.pictures.delete(one.picture.sha256)
        run.progress.advance("pictures", one.picture.name)


async def _picture(run: _Run, stale: StalePicture) -> Passage:
    lines = run.reader.ledger.reading(stale.picture.sha256, OCR_VERSION)
    if lines is None:
        data = run.reader.pictures.get(stale.picture.sha256)
        lines = await asyncio.to_thread(run.reader.ocr.read, data) if data is not None else ()
        run.reader.ledger.keep_reading(stale.picture.sha256, OCR_VERSION, lines)
    # The document that shows it says more of it than the file lying in the folder does.
    mentions = sorted(stale.mentions, key=lambda one: (one.path == one.name, one.path))
    names = sorted({one.name for one in mentions})
    path = next((name for name in names if "#" not in name), names[0])
    run.progress.advance("pictures", path)
    return picture_passage(mentions, lines, stale.picture, source=run.source, path=path, audience=run.audience)
