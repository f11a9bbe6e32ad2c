"""One at a time: a lock on the data folder for whoever writes documents into it."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from core.errors import IndexUnavailableError, UnavailableError

NAME = "ingest.lock"


class BusyError(UnavailableError):
    """Somebody else writes documents into this data folder."""


@contextmanager
def exclusively(folder: Path) -> Generator[None]:
    """Be the only one who writes documents into this data folder.

    The lock is the kernel's: it ends with the process, however that ends, so what a killed run leaves is no lock.

    Raises:
        BusyError: somebody else is at it; says who.
        IndexUnavailableError: the folder can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        _take(handle, folder)
        yield
    finally:
        os.close(handle)


def _take(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(handle, 32, 0).decode(errors="replace").strip()
        raise BusyError(
            f"Documents are being read into {folder} already" + (f", by process {holder}." if holder else "."),
            hint="Wait until that is done, and try again.",
        ) from error
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> IndexUnavailableError:
    return IndexUnavailableError(
        f"The data folder {folder} can't be written: {error.strerror or error}.",
        hint="Check that this user may write it and that the disk is not full; LORELENS_DATA names another.",
    )


def held_by(folder: Path) -> str:
    """The id of the process that writes documents into this data folder now; empty if none does.

    To look is to hold the lock for a moment: look only where something says that somebody may be at it.
    """
    try:
        handle = os.open(folder / NAME, os.O_RDWR)
    except OSError:
        return ""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(handle, 32, 0).decode(errors="replace").strip()
    except OSError:
        return ""
    finally:
        os.close(handle)
    return ""
