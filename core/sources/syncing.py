"""Syncing a source: its parts are listed, fetched into their mirrors and read in, each for its own readers.

Who may see a part changes before anything is fetched. Fetching, which may take hours, holds no lock but the source's
own; only reading in waits its turn. A part that fails leaves the others alone, and what was fetched of it is read in.
What a source has no more is forgotten when the whole list of its parts was had, and not before.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from core.errors import LorelensError, UnavailableError
from core.knowledge import ingest_report
from core.knowledge.in_threads import to_the_end
from core.knowledge.ingest import IngestReport, NotRead, Progress, Reader, ingest
from core.knowledge.ingest_lock import BusyError
from core.knowledge.sources import change_audience, forget_source
from core.messages import Value
from core.sources.configured import Configured, ConfiguredSources, KnownPart
from core.sources.connector import Connector, Part, SourceSpec, Watch
from core.sources.mirror import Mirror

AWAY_AFTER = 2
"""Parts in a row that can't be reached, after which the source counts as away."""
PATIENCE = 900.0
"""Seconds that a part waits for others who read documents in."""
_PAUSE, _LONGEST_PAUSE = 0.2, 10.0

T = TypeVar("T")

_log = logging.getLogger(__name__)

ReaderSource = Callable[[], Awaitable[Reader]]
OpenConnector = Callable[[SourceSpec], Connector]


class PartReport(Value):
    """What came of one part: how many documents were fetched, what could not be, what was read in; or why it failed."""

    name: str
    source: str
    fetched: int = 0
    problems: tuple[NotRead, ...] = ()
    ingested: IngestReport | None = None
    seconds: float = 0.0
    error: str = ""
    hint: str = ""
    retry_after: float = 0.0


class SyncReport(Value):
    """What came of a sync; `seconds` is how long it took, `retry_after` for how many it asked to be left alone."""

    name: str
    parts: tuple[PartReport, ...] = ()
    forgotten: tuple[str, ...] = ()
    error: str = ""
    hint: str = ""
    retry_after: float = 0.0
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether anything of it failed as a whole."""
        return bool(self.error) or any(part.error for part in self.parts)


class SyncProgress(Watch, Progress, Protocol):
    """Who watches a sync."""

    def part(self, name: str) -> None:
        """A part begins."""
        ...


class Unwatched(ingest_report.Unwatched):
    """The progress of a sync that nobody watches."""

    def part(self, name: str) -> None:
        """A part begins."""

    def fetched(self, item: str, *, total: int | None = None) -> None:
        """One more document is there."""

    def problem(self, item: str, reason: str) -> None:
        """A document can't be had."""


class Syncing:
    """Syncs the configured sources of one data folder."""

    def __init__(
        self,
        sources: ConfiguredSources,
        reader: ReaderSource,
        open_connector: OpenConnector,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self.sources = sources
        self._reader = reader
        self._open = open_connector
        self._patience = patience

    async def sync(self, name: str, progress: SyncProgress) -> SyncReport:
        """Bring one source up to date; what goes wrong with it stands in the report, and in its state.

        Raises:
            QuestionError: none is called so.
            UnavailableError: it is being synced already.
        """
        configured = self.sources.get(name)
        started = time.time()
        with self.sources.alone(name):
            state = self.sources.state(name).model_copy(update={"started_at": started})
            self.sources.keep_state(name, state)
            try:
                report = await self._sync(configured, progress)
            except LorelensError as error:
                _log.info('The source "%s" could not be synced: %s', name, error.message)
                report = SyncReport(name=name, error=error.message, hint=error.hint, retry_after=_wait(error))
            except Exception as error:  # noqa: BLE001 - logged; a fault of one connector never stops the other sources
                _log.exception('The source "%s" could not be synced', name)
                said = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
                report = SyncReport(name=name, error=said, hint="The log says more; this is a fault of the program.")
            report = report.model_copy(update={"seconds": time.time() - started})
            self._note(name, report)
        return report

    async def forget(self, name: str) -> int:
        """Forget all that was read of a source, and that it was set up; answer how many passages went.

        Raises:
            QuestionError: none is called so.
            UnavailableError: it is being synced, or somebody reads documents in.
        """
        self.sources.get(name)
        gone = 0
        with self.sources.alone(name):
            reader = await self._reader()
            for part in self.sources.parts(name):
                gone += await self._forget_part(reader, part)
                self.sources.drop_part(name, part.key)
            self.sources.remove(name)
        return gone

    async def _sync(self, configured: Configured, progress: SyncProgress) -> SyncReport:
        spec = configured.spec
        connector = self._open(spec)
        try:
            parts = [part async for part in connector.parts()]
            reader = await self._reader()
            forgotten = await self._forget_gone(spec.name, parts, reader)
            known = await self._known(spec.name, parts, reader)
            for part, its in known:
                await self._narrow(reader, its.source, part.audience)
            reports = await self._all(connector, spec, known, progress)
        finally:
            await connector.close()
        return SyncReport(name=spec.name, parts=tuple(reports), forgotten=forgotten)

    async def _known(self, name: str, parts: Sequence[Part], reader: Reader) -> list[tuple[Part, KnownPart]]:
        """The parts with their names in the ledger. A folder that was read in by hand goes on under its name."""
        records = await to_the_end(reader.ledger.sources)
        known: list[tuple[Part, KnownPart]] = []
        for part in parts:
            taken = {one.source for one in records if not part.folder or one.root != part.folder}
            known.append((part, await asyncio.to_thread(self.sources.note_part, name, part, taken)))
        return known

    async def _forget_gone(self, name: str, parts: Sequence[Part], reader: Reader) -> tuple[str, ...]:
        """Forget the parts that there were and are no more."""
        keys = {part.key for part in parts}
        gone = [part for part in self.sources.parts(name) if part.key not in keys]
        for part in gone:
            await self._forget_part(reader, part)
            await asyncio.to_thread(self.sources.drop_part, name, part.key)
        return tuple(part.source for part in gone)

    async def _all(
        self,
        connector: Connector,
        spec: SourceSpec,
        known: Sequence[tuple[Part, KnownPart]],
        progress: SyncProgress,
    ) -> list[PartReport]:
        """The parts one after another; where some in a row can't be reached, the source is away, and the rest waits."""
        reports: list[PartReport] = []
        away = 0
        for part, its in known:
            progress.part(its.source)
            report, error = await self._bring_up(connector, spec, part, its, progress)
            reports.append(report)
            away = away + 1 if isinstance(error, UnavailableError) else 0
            if away >= AWAY_AFTER:
                break
        return reports

    async def _forget_part(self, reader: Reader, part: KnownPart) -> int:
        async def forget() -> int:
            if reader.ledger.source(part.source) is None:
                return 0
            return await forget_source(part.source, ledger=reader.ledger, index=reader.index, pictures=reader.pictures)

        return await self._in_turn(forget)

    async def _narrow(self, reader: Reader, source: str, audience: tuple[str, ...]) -> None:
        """Let those who may see a part now be those who see what was read of it before."""
        record = reader.ledger.source(source)
        if record is None or set(record.audience) == set(audience):
            return
        try:
            await change_audience(source, audience, ledger=reader.ledger, index=reader.index)
        except BusyError:  # the ledger has it, which is what counts; the index follows with the reading in
            _log.info('Who may see "%s" is another; the index follows when it is free', source)

    async def _bring_up(
        self, connector: Connector, spec: SourceSpec, part: Part, known: KnownPart, progress: SyncProgress
    ) -> tuple[PartReport, LorelensError | None]:
        started = time.perf_counter()
        counted = _Counting(progress)
        error: LorelensError | None = None
        mirror: Mirror | None = None
        folder = Path(part.folder) if part.folder else self.sources.mirror(spec.name, part.key)
        report: IngestReport | None = None
        try:
            if not part.folder:
                mirror = await asyncio.to_thread(Mirror, folder)
                try:
                    await connector.fetch(part, mirror, counted)
                except LorelensError as failed:
                    error = failed
            if await asyncio.to_thread(folder.exists):
                report = await self._read_in(folder, part, spec, known, mirror, progress)
        except LorelensError as failed:
            error = error or failed
        if error is not None:
            _log.info('"%s" could not be brought up to date: %s', known.source, error.message)
        done = PartReport(
            name=part.name or spec.name,
            source=known.source,
            fetched=counted.count,
            problems=tuple(counted.problems),
            ingested=report,
            seconds=time.perf_counter() - started,
            error=error.message if error else "",
            hint=error.hint if error else "",
            retry_after=_wait(error),
        )
        return done, error

    async def _read_in(
        self, folder: Path, part: Part, spec: SourceSpec, known: KnownPart, mirror: Mirror | None, progress: Progress
    ) -> IngestReport:
        reader = await self._reader()

        async def read_in() -> IngestReport:
            return await ingest(
                folder,
                reader,
                source=known.source,
                audience=self._readers(reader, spec, part, known.source),
                url=part.url or spec.url,
                about=mirror.facts if mirror is not None else None,
                progress=progress,
            )

        return await self._in_turn(read_in)

    def _readers(self, reader: Reader, spec: SourceSpec, part: Part, source: str) -> tuple[str, ...] | None:
        """Who may see a part when it is read in. Whoever was taken out while it was fetched stays out: what the ledger
        says, which knows of it, is left as it is."""
        if reader.ledger.source(source) is not None:
            return None
        return self.sources.get(spec.name).spec.audience if part.audience == spec.audience else part.audience

    async def _in_turn(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do what nobody else may do at the same time, waiting a bounded time for those who do."""
        until, pause = time.monotonic() + self._patience, _PAUSE
        while True:
            try:
                return await work()
            except BusyError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _note(self, name: str, report: SyncReport) -> None:
        state, now = self.sources.state(name), time.time()
        error, hint = _why(report)
        wait = max(report.retry_after, *(part.retry_after for part in report.parts), 0.0)
        update: dict[str, object] = {
            "ended_at": now,
            "error": error,
            "hint": hint,
            "failures": state.failures + 1 if error else 0,
            "failed_ever": state.failed_ever + (1 if error else 0),
            "not_before": now + wait if error and wait else 0.0,
            "summary": _summary(report),
        }
        if not error:
            update["succeeded_at"] = now
        self.sources.keep_state(name, state.model_copy(update=update))


class _Counting:
    """Counts what is fetched, and remembers what can't be."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.count = 0
        self.problems: list[NotRead] = []

    def fetched(self, item: str, *, total: int | None = None) -> None:
        """One more document is there."""
        self.count += 1
        self._watch.fetched(item, total=total)

    def problem(self, item: str, reason: str) -> None:
        """A document can't be had."""
        self.problems.append(NotRead(path=item, reason=reason))
        self._watch.problem(item, reason)


def _wait(error: LorelensError | None) -> float:
    """For how many seconds a source asked to be left alone."""
    return getattr(error, "retry_after", None) or 0.0


def _why(report: SyncReport) -> tuple[str, str]:
    """Why a sync failed, and what to do; empty if it did not."""
    failed = [part for part in report.parts if part.error]
    if report.error or not failed:
        return report.error, report.hint
    first = failed[0]
    return first.error if len(report.parts) == 1 else f"{first.source}: {first.error}", first.hint


def _summary(report: SyncReport) -> dict[str, float]:
    read = [part.ingested for part in report.parts if part.ingested is not None]
    return {
        "fetched": sum(part.fetched for part in report.parts),
        "read": sum(one.read for one in read),
        "unchanged": sum(one.unchanged for one in read),
        "removed": sum(one.removed for one in read),
        "failed": sum(len(one.failed) for one in read) + sum(len(part.problems) for part in report.parts),
        "seconds": round(report.seconds, 3),
    }
