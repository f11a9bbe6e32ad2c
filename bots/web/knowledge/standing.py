"""The sources as an operator sees them: facts and counts of all, names of what is in them only where they may see it.

An operator looks after the knowledge and sees no more of it than a member does: of a source that is for others they see
how it stands, of a private channel not even what it is called.
"""

import hashlib
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

from bots.web.knowledge.reading_in import STOPPED
from bots.web.knowledge.readings import Reading, Readings
from bots.web.knowledge.uploads import is_uploads
from core.application import Application
from core.knowledge.access import may_see
from core.knowledge.in_threads import to_the_end
from core.knowledge.ingest_lock import held_by
from core.knowledge.ledger import SourceRecord
from core.knowledge.overview import Tally
from core.knowledge.saved import PREFIX
from core.messages import Value
from core.sources.configured import Configured, ConfiguredSources, SyncState
from core.sources.schedule import next_run

Stands = Literal["new", "reading", "elsewhere", "failed", "stopped", "partly", "fresh"]


class PartLine(Value):
    """A part that may be seen: a channel of a workspace, or the whole of a source that has no others."""

    source: str
    tally: Tally
    audience: tuple[str, ...]
    read_at: float


class Progress(Value):
    """How far a reading has come: `part` and `item` are empty where the one who looks may not see what is read."""

    stage: str
    part: str = ""
    item: str = ""
    done: Mapping[str, int] = {}
    total: int | None = None
    problems: int = 0
    started_at: float = 0.0


class SourceCard(Value):
    """One source. `key` names it in a page, `parts` are those that may be seen, `hidden` counts the others.

    `is_open` says whether the one who looks may see what is in it. Times are in seconds since 1970, 0 for never.
    """

    key: str
    name: str
    kind: str
    configured: bool
    audience: tuple[str, ...]
    is_open: bool
    location: str = ""
    parts: tuple[PartLine, ...] = ()
    hidden: int = 0
    tally: Tally
    read_at: float = 0.0
    ended_at: float = 0.0
    every: float = 0.0
    next_at: float | None = None
    stands: Stands
    holder: str = ""
    error: str = ""
    hint: str = ""
    failures: int = 0
    summary: Mapping[str, float] = {}
    progress: Progress | None = None

    @property
    def is_reading(self) -> bool:
        """Whether it is being read in, here or elsewhere."""
        return self.stands in ("reading", "elsewhere")


class SavedPlaces(Value):
    """What people saved in chat, over all places: each is a source of its own, of which many may be private."""

    places: int = 0
    hidden: int = 0
    tally: Tally = Tally(source="")
    parts: tuple[PartLine, ...] = ()


class Standing(Value):
    """All of it, with what it is together."""

    cards: tuple[SourceCard, ...]
    saved: SavedPlaces
    total: Tally

    def card(self, name: str) -> SourceCard | None:
        """One of them."""
        return next((one for one in self.cards if one.name == name), None)


def key_of(name: str) -> str:
    """A name of a source as an id in a page."""
    return hashlib.sha256(name.encode(errors="replace")).hexdigest()[:16]


async def standing_of(application: Application, readings: Readings, audience: Collection[str]) -> Standing:
    """The sources as somebody with this audience sees them. Raises `IndexUnavailableError`."""
    found = await to_the_end(_look, application)
    return _Seeing(found, readings, audience, application.data).all()


class _Found(Value):
    """What there is on disk: sources that are set up with how they stand, and what the ledger has of each."""

    configured: tuple[Configured, ...]
    states: Mapping[str, SyncState]
    syncing: Mapping[str, str]
    parts: Mapping[str, tuple[str, ...]]
    records: Mapping[str, SourceRecord]
    tallies: Mapping[str, Tally]
    ingesting: str


def _look(application: Application) -> _Found:
    sources, ledger = application.configured_sources, application.ledger
    configured = tuple(sources.all())
    states = {one.spec.name: sources.state(one.spec.name) for one in configured}
    records = {one.source: one for one in ledger.sources()}
    return _Found(
        configured=configured,
        states=states,
        syncing={name: _holder(sources, name) for name, state in states.items() if _goes_on(sources, name, state)},
        parts={name: tuple(part.source for part in sources.parts(name)) for name in states},
        records=records,
        tallies=ledger.overview.tallies(),
        ingesting="" if all(one.finished for one in records.values()) else held_by(ledger.folder),
    )


def _goes_on(sources: ConfiguredSources, name: str, state: SyncState) -> bool:
    """Whether somebody syncs it; the lock is looked at only where a sync has not ended: to look is to hold it."""
    return state.started_at > state.ended_at and sources.is_syncing(name)


def _holder(sources: ConfiguredSources, name: str) -> str:
    process = sources.holder(name)
    return "" if process == str(os.getpid()) else process


class _Seeing:
    def __init__(self, found: _Found, readings: Readings, audience: Collection[str], data: Path) -> None:
        self._found = found
        self._data = data
        self._readings = readings
        self._audience = audience

    def all(self) -> Standing:
        found = self._found
        owned = {part for parts in found.parts.values() for part in parts}
        alone = [name for name in found.records if name not in owned]
        cards = [self._configured(one) for one in found.configured]
        cards += [self._by_hand(found.records[name]) for name in alone if not name.startswith(PREFIX)]
        saved = self._saved([name for name in alone if name.startswith(PREFIX)])
        total = _sum("", [*(one.tally for one in cards), saved.tally])
        return Standing(cards=tuple(sorted(cards, key=lambda one: one.name.casefold())), saved=saved, total=total)

    def _configured(self, configured: Configured) -> SourceCard:
        found, spec = self._found, configured.spec
        state = found.states[spec.name]
        known = [found.records[part] for part in found.parts[spec.name] if part in found.records]
        is_open = may_see(self._audience, spec.audience) if not known else any(map(self._sees, known))
        reading = self._readings.of(spec.name)
        goes_on = reading is not None and not reading.is_over
        stands: Stands = "reading" if goes_on else "elsewhere" if spec.name in found.syncing else _stands(state)
        error = "" if stands in ("reading", "elsewhere", "fresh") else state.error
        return SourceCard(
            key=key_of(spec.name),
            name=spec.name,
            kind="uploads" if is_uploads(spec, self._data) else spec.kind,
            configured=True,
            audience=known[0].audience if len(known) == 1 and known[0].source == spec.name else spec.audience,
            is_open=is_open,
            location=spec.location if is_open else "",
            parts=self._parts(known),
            hidden=sum(not self._sees(one) for one in known),
            tally=_sum(spec.name, [self._tally(one.source) for one in known]),
            read_at=state.succeeded_at or max((one.read_at for one in known), default=0.0),
            ended_at=state.ended_at,
            every=configured.every,
            next_at=next_run(configured, state),
            stands=stands,
            holder=found.syncing.get(spec.name, "") if stands == "elsewhere" else "",
            error=self._without_names(error, spec.name),
            hint=state.hint if error else "",
            failures=state.failures,
            summary=state.summary,
            progress=self._progress(reading, spec.name, spec.audience) if goes_on else self._elsewhere(state, known),
        )

    def _by_hand(self, record: SourceRecord) -> SourceCard:
        is_open = self._sees(record)
        reading = self._readings.of(record.source)
        goes_on = reading is not None and not reading.is_over
        elsewhere = not goes_on and not record.finished and bool(self._found.ingesting)
        error = reading.error if reading is not None and not goes_on else ""
        ended: Stands = "failed" if error else "fresh" if record.finished else "partly"
        return SourceCard(
            key=key_of(record.source),
            name=record.source,
            kind="folder",
            configured=False,
            audience=record.audience,
            is_open=is_open,
            location=record.root if is_open else "",
            parts=self._parts([record]),
            hidden=0 if is_open else 1,
            tally=self._tally(record.source),
            read_at=record.read_at,
            ended_at=reading.ended_at if reading is not None else record.read_at,
            stands="reading" if goes_on else "elsewhere" if elsewhere else ended,
            holder=self._found.ingesting if elsewhere else "",
            error=error,
            hint=reading.hint if reading is not None and error else "",
            summary=reading.summary if reading is not None else {},
            progress=self._progress(reading, record.source, record.audience) if goes_on else None,
        )

    def _saved(self, names: Sequence[str]) -> SavedPlaces:
        records = [self._found.records[name] for name in names]
        parts = self._parts(records)
        tally = _sum("", [self._tally(name) for name in names])
        return SavedPlaces(places=len(names), hidden=len(names) - len(parts), tally=tally, parts=parts)

    def _parts(self, records: Sequence[SourceRecord]) -> tuple[PartLine, ...]:
        return tuple(
            PartLine(source=one.source, tally=self._tally(one.source), audience=one.audience, read_at=one.read_at)
            for one in records
            if self._sees(one)
        )

    def _progress(self, reading: Reading | None, name: str, audience: Collection[str]) -> Progress | None:
        if reading is None:
            return None
        record = self._found.records.get(reading.at)
        # What nobody has read yet is for whom the source was set up; a channel knows better, and has a name of its own.
        seen = self._sees(record) if record else reading.at == name and may_see(self._audience, audience)
        return Progress(
            stage=reading.stage,
            part=reading.at if seen and reading.at != name else "",
            item=reading.item if seen else "",
            done=reading.done,
            total=reading.totals.get(reading.stage),
            problems=reading.problems,
            started_at=reading.started_at,
        )

    def _elsewhere(self, state: SyncState, known: Sequence[SourceRecord]) -> Progress | None:
        """What the ledger tells of a sync in another process: how many documents wait, and how many are read."""
        if state.started_at <= state.ended_at:
            return None
        tally = _sum("", [self._tally(one.source) for one in known])
        done = {"documents": tally.documents}
        total = tally.documents + tally.pending if tally.pending else None
        return Progress(stage="documents", done=done, total=total, started_at=state.started_at)

    def _sees(self, record: SourceRecord) -> bool:
        return may_see(self._audience, record.audience)

    def _tally(self, source: str) -> Tally:
        return self._found.tallies.get(source, Tally(source=source))

    def _without_names(self, error: str, name: str) -> str:
        """An error of a part, without what the part is called, where that is not for the one who looks; of what was
        never read it is not known for whom it is."""
        for part in sorted(self._found.parts[name], key=len, reverse=True):
            record = self._found.records.get(part)
            if part != name and (record is None or not self._sees(record)):
                error = error.replace(part, "…")
        return error


def _stands(state: SyncState) -> Stands:
    if not state.started_at:
        return "new"
    if state.started_at > state.ended_at:
        return "partly"
    if state.error == STOPPED:
        return "stopped"
    return "failed" if state.error else "fresh"


def _sum(name: str, tallies: Sequence[Tally]) -> Tally:
    fields = ("documents", "partly", "failed", "pending", "passages", "pictures", "size")
    return Tally(source=name, **{one: sum(getattr(tally, one) for tally in tallies) for one in fields})
