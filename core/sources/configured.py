"""The sources that somebody set up: each a folder in the data folder with what it is, how it stands, and its mirrors.

Files are written whole or not at all, so that any process may read them at any time and none is broken by a kill.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from core.errors import IndexUnavailableError, QuestionError, UnavailableError
from core.file_locks import locked
from core.messages import Value
from core.sources.connector import Part, SourceSpec

V = TypeVar("V", bound=Value)

_SPEC, _STATE, _PART, _LOCK = "source.json", "state.json", "part.json", ".lock"
LONGEST_NAME = 100


class Configured(Value):
    """A source as it was set up; `every` is after how many seconds it is synced again, 0 for only when asked to."""

    spec: SourceSpec
    every: float = 0.0
    added_at: float = 0.0


class KnownPart(Value):
    """A part that was seen: its key and name as its connector gave them, and what the ledger calls what is read of it,
    which stays when the part is renamed."""

    key: str
    name: str
    source: str


class SyncState(Value):
    """How a configured source stands: times in seconds since 1970, 0 for never.

    `failures` counts the syncs that failed since the last that did not, `failed_ever` all of them; `error` says why the
    last one did, `not_before` when the source wants to be asked again at the earliest. `summary` counts what came.
    """

    started_at: float = 0.0
    ended_at: float = 0.0
    succeeded_at: float = 0.0
    failures: int = 0
    failed_ever: int = 0
    error: str = ""
    hint: str = ""
    not_before: float = 0.0
    summary: Mapping[str, float] = {}


class BeingSyncedError(UnavailableError):
    """Somebody else syncs the source."""


class ConfiguredSources:
    """The configured sources of one data folder. Several processes may use them."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "sources"

    def all(self) -> list[Configured]:
        """All of them, by name."""
        files = sorted(self.folder.glob(f"*/{_SPEC}")) if self.folder.is_dir() else []
        found = [one for file in files if (one := _read(file, Configured)) is not None]
        return sorted(found, key=lambda one: one.spec.name)

    def get(self, name: str) -> Configured:
        """One of them.

        Raises:
            QuestionError: there is none of that name.
        """
        found = _read(self._place(name) / _SPEC, Configured)
        if found is None:
            names = ", ".join(one.spec.name for one in self.all())
            raise QuestionError(f'No source "{name}" is set up.', hint=f"Set up are: {names or 'none yet'}.")
        return found

    def put(self, configured: Configured) -> None:
        """Keep one, new or changed.

        Raises:
            QuestionError: a source can't be called so.
            IndexUnavailableError: it can't be written.
        """
        name = configured.spec.name
        if name != name.strip() or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise QuestionError(f'A source can\'t be called "{name}".', hint="Take up to 100 characters on one line.")
        if "/" in name or name.startswith("saved: "):
            raise QuestionError(f'A source can\'t be called "{name}".', hint='Leave out "/" and "saved: ".')
        _write(self._place(configured.spec.name) / _SPEC, configured)

    def remove(self, name: str) -> None:
        """Forget one with its mirrors; what was read of it into the index is the caller's to forget first."""
        place = self._place(name)
        (place / _SPEC).unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)

    def state(self, name: str) -> SyncState:
        """How one stands."""
        return _read(self._place(name) / _STATE, SyncState) or SyncState()

    def keep_state(self, name: str, state: SyncState) -> None:
        """Keep how one stands. Raises `IndexUnavailableError`."""
        _write(self._place(name) / _STATE, state)

    def parts(self, name: str) -> list[KnownPart]:
        """The parts that were seen of a source, and not forgotten since."""
        found = (_read(file, KnownPart) for file in sorted(self._place(name).glob(f"parts/*/{_PART}")))
        return [one for one in found if one is not None]

    def note_part(self, name: str, part: Part, taken: Collection[str] = ()) -> KnownPart:
        """Note that a part is there; answer it with the name that the ledger has, or is to have, for it.

        `taken` are names of other sources in the ledger. Raises `IndexUnavailableError`.
        """
        file = self._part(name, part.key) / _PART
        known = _read(file, KnownPart)
        if known is not None and known.name == part.name:
            return known
        source = known.source if known is not None else ""
        if not source:
            source = f"{name}/{' '.join(part.name.split()) or part.key}" if part.key else name
            if source in {*taken, *(one.source for one in self.parts(name))}:
                source = f"{source} ({part.key or 'source'})"
        known = KnownPart(key=part.key, name=part.name, source=source)
        _write(file, known)
        return known

    def drop_part(self, name: str, key: str) -> None:
        """Take a part with its mirror from the disk."""
        place = self._part(name, key)
        (place / _PART).unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)

    def mirror(self, name: str, key: str) -> Path:
        """Where the mirror of a part lies."""
        return self._part(name, key) / "mirror"

    def owner_of(self, source: str) -> str:
        """The configured source of which something was read under this name of the ledger; empty if it is of none."""
        owners = (one.spec.name for one in self.all())
        return next((name for name in owners if any(part.source == source for part in self.parts(name))), "")

    @contextmanager
    def alone(self, name: str) -> Generator[None]:
        """Be the only one who syncs this source. The lock ends with the process, however that ends.

        Raises:
            BeingSyncedError: it is being synced already.
        """
        with locked(self._lock(name)) as mine:
            if not mine:
                raise BeingSyncedError(
                    f'The source "{name}" is being synced already{_by(self.holder(name))}.',
                    hint="`lorelens sources` shows how it stands.",
                )
            with suppress(OSError):  # it is for people; the lock holds without it
                self._lock(name).write_text(str(os.getpid()))
            yield

    def holder(self, name: str) -> str:
        """The id of the process that syncs it, or did so last; empty if none is known."""
        try:
            return self._lock(name).read_text(errors="replace").strip()[:20]
        except OSError:
            return ""

    def is_syncing(self, name: str) -> bool:
        """Whether somebody syncs it right now."""
        lock = self._lock(name)
        if not lock.exists():
            return False
        with locked(lock) as mine:
            return not mine

    @contextmanager
    def scheduling(self) -> Generator[bool]:
        """Whether this process is the one that keeps the schedule, for as long as the block runs."""
        with locked(self.folder / ".schedule.lock") as mine:
            yield mine

    def _part(self, name: str, key: str) -> Path:
        return self._place(name) / "parts" / (_slug(key) if key else "all")

    def _lock(self, name: str) -> Path:
        return self._place(name) / _LOCK

    def _place(self, name: str) -> Path:
        return self.folder / _slug(name)


def _by(process: str) -> str:
    return f" by process {process}" if process else ""


def _slug(name: str) -> str:
    """A folder's name that tells people which it is, and no two share."""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:40]
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{readable}-{digest}" if readable else digest


def _read(file: Path, kind: type[V]) -> V | None:
    try:
        return kind.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise IndexUnavailableError(
            f"{file} can't be read: {' '.join(str(error).split())[:200]}.",
            hint="Mend or delete it; a deleted one is set up again with `lorelens sources add`.",
        ) from error


def _write(file: Path, value: Value) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        whole = file.with_name(f".{file.name}.{os.getpid()}")
        with whole.open("w", encoding="utf-8") as opened:
            opened.write(value.model_dump_json(indent=1))
            opened.flush()
            os.fsync(opened.fileno())
        whole.replace(file)
    except OSError as error:
        raise _unwritable(file, error) from error


def _unwritable(file: Path, error: OSError) -> IndexUnavailableError:
    return IndexUnavailableError(
        f"{file} can't be written: {error.strerror or error}.",
        hint="Check that this user may write it and that the disk is not full.",
    )
