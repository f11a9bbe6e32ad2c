"""The kernel's locks on files: among all processes of a machine, gone with the process that held them, however it ends.

Only files that mean nothing else are locked, so that it does no harm that they stay.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from core.errors import IndexUnavailableError


@contextmanager
def locked(file: Path) -> Generator[bool]:
    """Hold the lock on a file, if nobody else does; whether it is ours.

    Raises:
        IndexUnavailableError: the file can't be made.
    """
    handle = _opened(file)
    try:
        yield _take(handle)
    finally:
        os.close(handle)


@asynccontextmanager
async def alone(file: Path, pause: float) -> AsyncGenerator[None]:
    """Hold the lock on a file, looking every `pause` seconds whether it is free. Raises as `locked` does."""
    handle = await asyncio.to_thread(_opened, file)
    try:
        while not _take(handle):  # noqa: ASYNC110 - other processes set no event of ours
            await asyncio.sleep(pause)
        yield
    finally:
        os.close(handle)


def _opened(file: Path) -> int:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise IndexUnavailableError(
            f"{file} can't be written: {error.strerror or error}.",
            hint="Check that this user may write it and that the disk is not full.",
        ) from error


def _take(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
