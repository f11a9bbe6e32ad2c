"""The sources that somebody set up: each a folder in the data folder with what it is, how it stands, and its mirrors.

Files are written whole or not at all, so that any process may read them at any time and none is broken by a kill.
"""

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from core.errors import IndexUnavailableError, QuestionError, UnavailableError
from core.messages import Value
from core.sources.connector import SourceSpec

V = TypeVar("V", bound=Value)

_SPEC, _STATE, _LOCK = "source.json", "state.json", ".lock"


class Configured(Value):
    """A source as it was set up; `every` is after how many seconds it is synced again, 0 for only when asked to."""

    spec: SourceSpec
    every: float = 0.0
    added_at: float = 0.0


class KnownPart(Value):
    """A part that was seen: its key and name as its connector gave them, and the ledger's name of what is read of it."""

    key: str
    name: str
    source: str


class SyncState(Value):
    """How a configured source stands: times in seconds since 1970, 0 for never.

    `failures` counts the syncs that failed since the last that did not; `error` says why the last one did, `not_before`
    when the source wants to be asked again at the earliest.
    """

    started_at: float = 0.0
    ended_at: float = 0.0
    succeeded_at: float = 0.0
    failures: int = 0
    error: str = ""
    not_before: float = 0.0
    parts: tuple[KnownPart, ...] = ()


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
        """Keep one, new or changed. Raises `IndexUnavailableError` if it can't be written."""
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
        """Keep how one stands. Raises as `put` does."""
        _write(self._place(name) / _STATE, state)

    def mirror_folder(self, name: str, key: str) -> Path:
        """Where the mirror of a part lies."""
        return self._place(name) / "parts" / (_slug(key) if key else "all")

    def owner_of(self, source: str) -> str:
        """The configured source of which something was read under this name of the ledger; empty if it is of none."""
        owners = (one.spec.name for one in self.all())
        return next((name for name in owners if any(part.source == source for part in self.state(name).parts)), "")

    @contextmanager
    def alone(self, name: str) -> Generator[None]:
        """Be the only one who syncs this source. The lock ends with the process, however that ends.

        Raises:
            UnavailableError: it is being synced already.
        """
        with locked(self._place(name) / _LOCK) as mine:
            if not mine:
                raise UnavailableError(
                    f'The source "{name}" is being synced already.', hint="`lorelens sources` shows how it stands."
                )
            yield

    def is_syncing(self, name: str) -> bool:
        """Whether somebody syncs it right now."""
        lock = self._place(name) / _LOCK
        if not lock.exists():
            return False
        with locked(lock) as mine:
            return not mine

    def _place(self, name: str) -> Path:
        return self.folder / _slug(name)


@contextmanager
def locked(file: Path) -> Generator[bool]:
    """Hold the kernel's lock on a file; whether it is ours. Raises `IndexUnavailableError` if it can't be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise _unwritable(file, error) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


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
        whole.write_text(value.model_dump_json(indent=1), encoding="utf-8")
        whole.replace(file)
    except OSError as error:
        raise _unwritable(file, error) from error


def _unwritable(file: Path, error: OSError) -> IndexUnavailableError:
    return IndexUnavailableError(
        f"{file} can't be written: {error.strerror or error}.",
        hint="Check that this user may write it and that the disk is not full.",
    )
