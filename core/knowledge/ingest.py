"""Ingestion: files in, an index that is right, whatever happens on the way.

What is unchanged costs a look. What changed is replaced, what vanished is removed, what can't be read is reported and
the rest goes on. Order of writes: a file is noted as pending; its new passages are written and those it has no more are
deleted; then it is noted as read together with the pictures that it shows. Pictures are written after the documents,
and again as they get their captions. A run that is killed anywhere in between is finished by the next, and passages
have the same ids each time, so nothing is there twice and nothing is lost.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from core.errors import SettingsError
from core.knowledge.addresses import address_below, checked_base
from core.knowledge.caption_ingest import CaptionerSource, CaptionIngest
from core.knowledge.changes import About, Changes, add_dependents, compare, is_settled, read_again
from core.knowledge.discover import Findings, FoundFile, Scope, discover, scope_of
from core.knowledge.document_intake import DocumentIntake, ReadFile
from core.knowledge.documents import Passage
from core.knowledge.encoding import encode_passages
from core.knowledge.in_threads import to_the_end
from core.knowledge.index import KnowledgeIndex
from core.knowledge.ingest_lock import exclusively
from core.knowledge.ingest_report import IngestReport, NotRead, Progress
from core.knowledge.ledger import FileRecord, Ledger, SourceRecord
from core.knowledge.picture_files import PictureFiles
from core.knowledge.picture_ingest import PictureIngest
from core.messages import EVERYONE
from core.models.encoder import Encoder
from core.models.ocr import OcrReader
from core.models.picture_encoder import PictureEncoder

__all__ = ["IngestReport", "NotRead", "Progress", "Reader", "ingest"]

RULES = "3"
"""Changes when the same file would be understood differently, so that unchanged files are read again."""
BATCH_PASSAGES = 256
AHEAD = 8
"""Files that are read ahead while passages are encoded."""


@dataclass(frozen=True)
class Reader:
    """The parts that ingestion works with."""

    index: KnowledgeIndex
    ledger: Ledger
    pictures: PictureFiles
    ocr: OcrReader
    encoder: Encoder | None
    picture_encoder: PictureEncoder | None = None
    captioner: CaptionerSource | None = None


@dataclass
class _Run:
    """One run over one source."""

    reader: Reader
    source: str
    audience: tuple[str, ...]
    scope: Scope
    progress: Progress
    base: str = ""
    about: About | None = None
    known: dict[str, FileRecord] = field(default_factory=dict[str, FileRecord])
    failed: list[NotRead] = field(default_factory=list[NotRead])
    warnings: list[NotRead] = field(default_factory=list[NotRead])
    read: int = 0
    passages: int = 0

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
    audience: tuple[str, ...] | None = None,
    url: str | None = None,
    about: About | None = None,
    recaption: bool = False,
    progress: Progress,
) -> IngestReport:
    """Read a folder (or a single file) into the index.

    Args:
        path: the folder; paths in citations are relative to it. What lies within a folder that was read before is
            brought up to date as part of that.
        reader: where to, and with what.
        source: a name for it; the folder's own if empty. Reading the same source again brings it up to date.
        audience: who may see it; None: who might before, and everyone if it is new.
        url: the address below which people see the folder's files; None: as it was before. Documents that say their
            own address keep it.
        about: what is known of its files beside what they say; called from a thread of its own.
        recaption: whether pictures that another model has described are described again.
        progress: who watches.

    Raises:
        DocumentError: there is nothing at `path`.
        QuestionError: `url` is no address of the web.
        SettingsError: the name is taken by another folder.
        UnavailableError: somebody else reads documents into this data folder, or it can't be written. What was written
            so far stays, and the next run goes on from there.
    """
    started = time.perf_counter()
    with exclusively(reader.ledger.folder):
        await reader.index.resume()
        run, record, moved = await to_the_end(_begin, path, reader, source, audience, url, progress)
        run.about = about
        await _mend(run)
        if moved:
            await _readdress(run)
        findings, changes = await to_the_end(_look, run)
        await _remove(run, changes.vanished)
        progress.begin("documents", len(changes.read))
        await _read_documents(run, changes.read)
        pictures_started = time.perf_counter()
        pictures = await _read_pictures(run)
        picture_seconds = time.perf_counter() - pictures_started
        captions_started = time.perf_counter()
        captions = await _write_captions(run, pictures, anew=recaption)
        caption_seconds = time.perf_counter() - captions_started
        if run.read or changes.vanished or pictures.written or captions or not record.finished:
            await reader.index.optimize()
        if not record.finished:
            # A run that was interrupted may have kept pictures that no document shows in the end.
            await asyncio.to_thread(reader.pictures.keep_only, reader.ledger.all_pictures())
        reader.ledger.finish_source(run.source, time.time())
    return IngestReport(
        source=run.source,
        read=run.read,
        unchanged=changes.unchanged,
        removed=len(changes.vanished),
        skipped=dict(findings.skipped),
        failed=(*findings.failed, *changes.failed, *run.failed),
        warnings=tuple(run.warnings),
        passages=run.passages,
        pictures=pictures.written,
        captions=captions,
        seconds=time.perf_counter() - started,
        picture_seconds=picture_seconds,
        caption_seconds=caption_seconds,
    )


def _begin(
    path: Path, reader: Reader, source: str, audience: tuple[str, ...] | None, url: str | None, progress: Progress
) -> tuple[_Run, SourceRecord, bool]:
    """The run, with what is known of its source; the source as it stood; and whether its files may have new addresses.

    They may after a run that was interrupted, too: it may have been given them.
    """
    records = {one.source: one for one in reader.ledger.sources() if not source or one.source == source}
    scope = scope_of(path, [Path(one.root) for one in records.values()])
    if not source:
        named = [one.source for one in records.values() if Path(one.root) == scope.root]
        source = named[0] if named else scope.root.name or "documents"
    record = records.get(source)
    if record is not None and Path(record.root) != scope.root and Path(record.root).exists():
        raise SettingsError(
            f'The source "{source}" is read from {record.root} already.',
            hint="Give this folder a name with --source.",
        )
    readers = audience or (record.audience if record else (EVERYONE,))
    was = record or SourceRecord(source=source, root="", audience=readers, read_at=0.0)
    base = was.url if url is None else checked_base(url)
    now = was.model_copy(update={"root": str(scope.root), "audience": readers, "url": base})
    reader.ledger.note_source(now.model_copy(update={"finished": False}))
    run = _Run(reader, source, readers, scope, progress, base, known=reader.ledger.files(source))
    return run, now, base != was.url or not was.finished


async def _mend(run: _Run) -> None:
    """Read everything again if the index does not hold what the ledger says it does: one of them was put away."""
    reader = run.reader
    held = await reader.index.count(run.source)
    expected = sum(one.passages for one in run.known.values() if one.outcome != "pending")
    pending = any(one.outcome == "pending" for one in run.known.values())
    counts = reader.ledger.picture_counts(run.source)
    whole = held.texts >= expected if pending else held.texts == expected
    if whole and counts.written <= held.pictures <= counts.begun:
        return
    reader.ledger.distrust(run.source)
    await reader.index.delete(run.source)
    run.known = reader.ledger.files(run.source)


async def _readdress(run: _Run) -> None:
    """Give what is in the index its new addresses without reading it again; pictures get theirs with their passages."""
    urls = {one.path: one.url or address_below(run.base, one.path) for one in run.known.values()}
    await run.reader.index.readdress(run.source, urls)


def _look(run: _Run) -> tuple[Findings, Changes]:
    """What is there and what is to be done; noted in the ledger before any of it is."""
    ledger, known = run.reader.ledger, run.known
    now = time.time()
    findings = discover(run.scope, lambda found: is_settled(known.get(found.path), found, run.rules))
    findings.leave_out(ledger.kept_out.of(run.source))
    changes = compare(findings, known, run.scope, run.rules, now, run.about)
    add_dependents(changes, ledger, run.source, known, run.scope.root)
    lost = [sha256 for sha256 in ledger.pictures(run.source) if not run.reader.pictures.path(sha256).exists()]
    read_again(changes, ledger.documents_with(run.source, lost), known, run.scope.root)
    ledger.note(run.source, changes.touched)
    ledger.begin(run.source, [*(found.path for found in changes.read), *changes.vanished])
    return findings, changes


async def _remove(run: _Run, vanished: Sequence[str]) -> None:
    for path in vanished:
        await run.reader.index.delete(run.source, path)
    if vanished:
        run.reader.ledger.remove(run.source, vanished)


async def _read_documents(run: _Run, files: Sequence[FoundFile]) -> None:
    batch: list[ReadFile] = []
    size = 0
    async with aclosing(_loaded(run, files)) as loaded:
        async for one in loaded:
            if isinstance(one, FileRecord):
                _note_failure(run, one)
                continue
            batch.append(one)
            size += len(one.passages)
            if size >= BATCH_PASSAGES:
                await _write(run, batch)
                batch, size = [], 0
    if batch:
        await _write(run, batch)


async def _loaded(run: _Run, files: Sequence[FoundFile]) -> AsyncGenerator[ReadFile | FileRecord]:
    """Files as they are read, a few of them ahead in a thread of their own."""
    reader = run.reader
    intake = DocumentIntake(
        run.scope.root, run.source, run.audience, run.rules, reader.encoder, reader.pictures, run.base, run.about
    )
    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(1, "lorelens-read")
    ahead: deque[asyncio.Future[ReadFile | FileRecord]] = deque()
    try:
        for file in files:
            ahead.append(loop.run_in_executor(thread, intake.read, file))
            if len(ahead) > AHEAD:
                yield await ahead.popleft()
        while ahead:
            yield await ahead.popleft()
    finally:
        for future in ahead:
            future.cancel()
        await asyncio.gather(*ahead, return_exceptions=True)
        await loop.run_in_executor(None, partial(thread.shutdown, cancel_futures=True))


def _note_failure(run: _Run, record: FileRecord) -> None:
    """Note why a file can't be read; what was understood of it before stays until it can be again."""
    known = run.known.get(record.path)
    kept = {"passages": known.passages, "url": known.url} if known else {}
    run.reader.ledger.note(run.source, [record.model_copy(update=kept)])
    run.failed.append(NotRead(path=record.path, reason=record.reason))
    run.progress.advance("documents", record.path)


async def _write(run: _Run, batch: Sequence[ReadFile]) -> None:
    reader = run.reader
    reader.ledger.note(run.source, [one.record for one in batch])
    new: list[Passage] = []
    gone: list[str] = []
    for one in batch:
        written, deleted = await _difference(run, one)
        new += written
        gone += deleted
    await reader.index.upsert(new, await encode_passages(reader.encoder, new))
    await reader.index.delete_passages(gone)
    reader.ledger.finish(
        run.source,
        [one.record.model_copy(update={"outcome": "read"}) for one in batch],
        {one.record.path: one.mentions for one in batch},
    )
    for one in batch:
        run.read += 1
        run.passages += len(one.passages)
        run.warnings += (NotRead(path=one.record.path, reason=warning) for warning in one.warnings)
        run.progress.advance("documents", one.record.path)


async def _difference(run: _Run, one: ReadFile) -> tuple[list[Passage], list[str]]:
    """Passages to write, and ids of those to delete: of a page with one new line, few are new to the encoder."""
    known = run.known.get(one.record.path)
    if known is None:
        return one.passages, []
    held = await run.reader.index.passages(run.source, one.record.path)
    old = {passage.id: passage for passage in held if passage.kind == "text"}
    same_rules = known.rules == run.rules
    new = [passage for passage in one.passages if not same_rules or not _is_same(old.get(passage.id), passage)]
    return new, sorted(old.keys() - {passage.id for passage in one.passages})


def _is_same(old: Passage | None, new: Passage) -> bool:
    """Whether nothing but the age of its file is new: a passage is as old as its own words."""
    return old is not None and old.model_copy(update={"modified": new.modified}) == new


async def _read_pictures(run: _Run) -> PictureIngest:
    """Bring the pictures up to date."""
    reader = run.reader
    pictures = PictureIngest(
        source=run.source,
        audience=run.audience,
        rules=run.rules,
        index=reader.index,
        ledger=reader.ledger,
        pictures=reader.pictures,
        ocr=reader.ocr,
        encoder=reader.encoder,
        picture_encoder=reader.picture_encoder,
        progress=run.progress,
        base=run.base,
        warnings=run.warnings,
    )
    await pictures.run()
    return pictures


async def _write_captions(run: _Run, pictures: PictureIngest, *, anew: bool) -> int:
    """Caption the pictures that have none; answer how many were captioned."""
    reader = run.reader
    if reader.captioner is None:
        return 0
    captions = CaptionIngest(
        source=run.source,
        ledger=reader.ledger,
        pictures=reader.pictures,
        captioner=reader.captioner,
        progress=run.progress,
        anew=anew,
        warnings=run.warnings,
    )
    async with aclosing(captions.run()) as captioned:
        async for hashes in captioned:
            await pictures.renew(hashes)
    return captions.written
