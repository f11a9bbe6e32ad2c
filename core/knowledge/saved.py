"""What people save from chat as the team's knowledge: kept as files at once, read into the index behind it.

Each place is a source of its own ("saved: general"), since a source has one audience and a place has one too. Places
are read in one at a time, in the background; while somebody else reads documents in, they wait their turn. What is on
disk and not in the index, because a process ended in between, is taken up at the next start.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from core.audience import channel, person
from core.errors import LorelensError, QuestionError, UnavailableError
from core.knowledge.in_threads import to_the_end
from core.knowledge.ingest import Reader, ingest
from core.knowledge.ingest_report import Unwatched
from core.knowledge.ledger import Ledger, SourceRecord
from core.knowledge.saved_files import NoteHead, SavedFiles, SavedNote, SavedPlace
from core.knowledge.sources import forget_source, take_out
from core.messages import Place, Value

__all__ = ["PREFIX", "NoteHead", "Saved", "SavedNote", "SavedNotes"]

PREFIX = "saved: "
"""What the names of the sources of saved notes begin with."""
RETRY_AFTER = 0.5
LONGEST_WAIT = 30.0
"""Seconds until a place is tried again that could not be read in: the first, and the longest."""

ReaderSource = Callable[[], Awaitable[Reader]]
"""The parts that ingestion works with, opened when they are needed."""
PictureSource = Callable[[str], Awaitable[bytes | None]]
"""Bytes of a picture by its sha256, or None where it is gone."""

_log = logging.getLogger(__name__)


class Saved(Value):
    """What came of saving: the title it got, and whether it took the place of what was saved of the message before."""

    title: str
    replaced: bool


class SavedNotes:
    """The saved notes of one data folder. `close` it before what its reader is made of."""

    def __init__(self, data: Path, reader: ReaderSource, *, retry_after: float = RETRY_AFTER) -> None:
        self._files = SavedFiles(data)
        self._reader = reader
        self._retry_after = retry_after
        self._waiting: dict[Path, None] = {}
        self._indexing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what is on disk and not in the index."""
        reader = await self._reader()
        for folder in await asyncio.to_thread(self._files.folders):
            if await to_the_end(self._is_behind, folder, reader.ledger):
                self._take_up(folder)

    async def save(self, note: SavedNote, pictures: PictureSource) -> Saved:
        """Keep a note; durable when it returns, and found a moment later.

        Saving the same message again replaces it, and what is called the audience then holds for the whole place: where
        a public place became private, it does for what was saved there before.

        Raises:
            QuestionError: there is nothing in it; or it is of a private place, and the audience is not that place's.
            IndexUnavailableError: it can't be written.
        """
        _check(note)
        found: dict[str, bytes] = {}
        for sha256 in {picture.sha256 for message in note.messages for picture in message.pictures}:
            data = await pictures(sha256)
            if data is not None:
                found[sha256] = data
        replaced = await asyncio.to_thread(self._files.write, note, found)
        self._take_up(self._files.folder(note.place))
        return Saved(title=note.title, replaced=replaced)

    async def remove(self, place: Place, message_id: str) -> bool:
        """Remove what was saved of a message that was deleted, or is not to be kept any more; False if nothing was."""
        return await self._remove(self._files.folder(place), [message_id]) > 0

    async def of_message(self, place: Place, message_id: str) -> NoteHead | None:
        """The note that holds a message, if it was saved."""
        heads = await asyncio.to_thread(lambda: list(self._files.notes(self._files.folder(place))))
        return next((head for head in heads if message_id in head.messages), None)

    async def of_person(self, platform: str, workspace: str, person_id: str) -> list[NoteHead]:
        """The notes that a person saved, or of which they wrote a part, oldest first."""
        found: list[NoteHead] = []
        for folder in await asyncio.to_thread(self._files.folders, platform, workspace):
            found += await asyncio.to_thread(self._of_person, folder, person_id)
        return sorted(found, key=lambda one: one.saved_at)

    async def forget_person(self, platform: str, workspace: str, person_id: str) -> int:
        """Remove the notes that a person saved, or of which they wrote a part; answer how many there were."""
        count = 0
        for folder in await asyncio.to_thread(self._files.folders, platform, workspace):
            heads = await asyncio.to_thread(self._of_person, folder, person_id)
            if heads:
                await self._remove(folder, [head.messages[0] for head in heads])
                count += len(heads)
        return count

    async def forget_source(self, source: str) -> bool:
        """Remove what was saved in a place, by the name of its source; False if that is no place."""
        ledger = (await self._reader()).ledger
        for folder in await asyncio.to_thread(self._files.folders):
            record = _source_at(ledger, folder)
            if record is not None and record.source == source:
                await self._gone(folder, await asyncio.to_thread(self._files.clear, folder))
                return True
        return False

    async def forget_workspace(self, platform: str, workspace: str) -> int:
        """Remove what was saved in all places of a workspace that was left; answer how many notes there were."""
        count = 0
        for folder in await asyncio.to_thread(self._files.folders, platform, workspace):
            count += await self._gone(folder, await asyncio.to_thread(self._files.clear, folder))
        return count

    async def settled(self) -> None:
        """Wait until what was saved is in the index, and what was removed is not."""
        while self._indexing is not None and not self._indexing.done():
            await asyncio.shield(self._indexing)

    async def close(self) -> None:
        """Stop; what is not in the index yet is taken up at the next start."""
        if self._indexing is not None:
            self._indexing.cancel()
            await asyncio.gather(self._indexing, return_exceptions=True)

    def _of_person(self, folder: Path, person_id: str) -> list[NoteHead]:
        return [head for head in self._files.notes(folder) if person_id == head.saved_by or person_id in head.authors]

    async def _remove(self, folder: Path, message_ids: Sequence[str]) -> int:
        return await self._gone(folder, await asyncio.to_thread(self._files.remove, folder, message_ids))

    async def _gone(self, folder: Path, names: Sequence[str]) -> int:
        """Let the index follow when files went from the disk; answer how many notes they were."""
        if names:
            try:
                await self._drop(folder, names)
            except UnavailableError as error:  # it goes with the reading in below, then
                _log.warning("What was removed from %s is still in the index for a moment: %s", folder, error)
            self._take_up(folder)
        return sum(name.endswith(".md") for name in names)

    async def _drop(self, folder: Path, names: Sequence[str]) -> None:
        """Take files out of the index at once, whoever reads documents in; the ledger knows them for unread."""
        reader = await self._reader()
        record = _source_at(reader.ledger, folder)
        if record is None:
            return
        for name in names:
            await take_out(record.source, name, ledger=reader.ledger, index=reader.index)

    def _is_behind(self, folder: Path, ledger: Ledger) -> bool:
        """Whether the index does not hold what is on disk."""
        record, place = _source_at(ledger, folder), self._files.place(folder)
        known = ledger.files(record.source) if record is not None else {}
        there = {file.name: file.stat() for file in folder.glob("[!.]*")}
        if record is None or place is None or not there:
            return True
        return (
            not record.finished
            or record.audience != place.audience
            or {name: (one.st_size, one.st_mtime_ns) for name, one in there.items()}
            != {path: (one.size, one.mtime_ns) for path, one in known.items() if one.outcome != "pending"}
        )

    def _take_up(self, folder: Path) -> None:
        self._waiting[folder] = None
        if self._indexing is None or self._indexing.done():
            self._indexing = asyncio.create_task(self._index(), name="lorelens-saved")

    async def _index(self) -> None:
        """Read in what waits, a place at a time, until nothing does."""
        wait = self._retry_after
        while self._waiting:
            folder = next(iter(self._waiting))
            del self._waiting[folder]
            try:
                await self._read_in(folder)
                wait = self._retry_after
            except UnavailableError as error:  # somebody else reads documents in, or the disk is full
                _log.info("What was saved in %s is read in later: %s", folder, error.message)
                self._waiting.setdefault(folder)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)
            except Exception as error:  # noqa: BLE001 - logged; see below
                # One place never stops the others; this one is taken up with its next note, or at the next start.
                said = error.message if isinstance(error, LorelensError) else type(error).__name__
                _log.exception("What was saved in %s can't be read in: %s", folder, said)

    async def _read_in(self, folder: Path) -> None:
        reader = await self._reader()
        record, place = _source_at(reader.ledger, folder), self._files.place(folder)
        if place is None or self._files.is_empty(folder):
            if record is not None:
                await forget_source(record.source, ledger=reader.ledger, index=reader.index, pictures=reader.pictures)
            self._files.drop_if_empty(folder)
            return
        source = record.source if record is not None else _name(place, folder, reader.ledger)
        await ingest(folder, reader, source=source, audience=place.audience, progress=Unwatched())


def _check(note: SavedNote) -> None:
    if not any(message.text.strip() or message.pictures for message in note.messages):
        raise QuestionError("There is nothing in this message that could be saved.", hint="Save one with words.")
    if len({(one.place.platform, one.place.workspace, one.place.channel) for one in note.messages}) != 1:
        raise QuestionError("These messages stand in different places.", hint="Save them one by one.")
    place = note.place
    if place.visibility == "public":
        return
    allowed = {person(place.platform, place.workspace, note.saved_by.id)}
    if place.visibility == "private":
        allowed.add(channel(place.platform, place.workspace, place.channel))
    if not set(note.audience) <= allowed:
        raise QuestionError(
            "What is said in a private place is not saved for others.", hint="Save it for that place alone."
        )


def _source_at(ledger: Ledger, folder: Path) -> SourceRecord | None:
    root = os.path.realpath(folder)
    return next((record for record in ledger.sources() if record.root == root), None)


def _name(place: SavedPlace, folder: Path, ledger: Ledger) -> str:
    """The name of a place's source; places of the same name are told apart by where they are."""
    name = f"{PREFIX}{' '.join(place.name.split()) or folder.name}"
    taken = {record.source for record in ledger.sources()}
    return f"{name} ({'/'.join(folder.parts[-3:])})" if name in taken else name
