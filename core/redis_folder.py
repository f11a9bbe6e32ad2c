"""The folder an embedded Redis lives in: who uses it, whether its server runs, and how that server is ended.

Three locks (flock) tell everything, because the kernel lets go of them even when their holder is killed:

    door.lock     held while somebody starts, joins or ends the server: one at a time
    users.lock    shared by every user for as long as it lives
    server.lock   held by the redis-server process itself, through a descriptor it inherits

Run as a program, this file is the server's watcher: it waits until no user is left, killed ones included, and ends the
server. It needs little of the standard library and nothing else, so that the watcher stays small.
"""

import fcntl
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

SOCKET_PATH_LIMIT = 100
"""Bytes; the kernel takes 107 on Linux and 103 on macOS, in the path of a Unix socket."""

_PAUSE = 0.005
_PRIVATE_FOLDER = "lorelens-redis-"


class ServerRecord(NamedTuple):
    """What is written down of the server last started here; `run` is another for every start."""

    run: str
    socket: str
    name: str
    version: tuple[int, int, int]


class RedisFolder:
    """One folder of an embedded Redis. The methods block: call them from a thread.

    With `makes_locks` false, a folder that is just being removed gets no new files; its absence is a FileNotFoundError.
    """

    def __init__(self, path: Path, *, makes_locks: bool = True) -> None:
        self._flags = os.O_RDWR | (os.O_CREAT if makes_locks else 0)
        self.path = path
        self.log = path / "redis.log"

    def create(self) -> None:
        """Make the folder, for its owner alone."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.chmod(0o700)

    # --- locks -------------------------------------------------------------------------------------------------

    @contextmanager
    def door(self, timeout: float = 60.0) -> Generator[None]:
        """Be the only one who starts, joins or ends the server; TimeoutError if somebody else is for `timeout` s."""
        lock = self._open("door.lock")
        try:
            deadline = time.monotonic() + timeout
            while not _try_lock(lock, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{self.path / 'door.lock'} was held for {timeout:.0f} s")
                time.sleep(_PAUSE)
            yield
        finally:
            os.close(lock)

    def become_user(self) -> int:
        """Count as a user until the descriptor that this returns is closed, or the process ends in any way."""
        lock = self._open("users.lock")
        fcntl.flock(lock, fcntl.LOCK_SH)
        return lock

    def server_lock(self) -> int:
        """The lock that a server is started with: it inherits the descriptor, and nobody else may keep it.

        To be called behind the door, when none is running.
        """
        lock = self._open("server.lock")
        fcntl.flock(lock, fcntl.LOCK_EX)  # behind the door only somebody's glance at it can be in the way
        return lock

    def is_running(self) -> bool:
        """Whether a redis-server holds this folder, answering or not."""
        lock = self._open("server.lock")
        try:
            return not _try_lock(lock, fcntl.LOCK_SH)
        finally:
            os.close(lock)

    def _open(self, name: str) -> int:
        return os.open(self.path / name, self._flags, 0o600)

    # --- what is known of the server -----------------------------------------------------------------------------

    def record(self) -> ServerRecord | None:
        """What was written down of the server last started here; None if there was none, or it can't be read."""
        try:
            found: Any = json.loads((self.path / "server.json").read_text("utf-8"))
            major, minor, patch = map(int, found["version"])
            return ServerRecord(str(found["run"]), str(found["socket"]), str(found["name"]), (major, minor, patch))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write_record(self, record: ServerRecord) -> None:
        """Write down what is about to be started: whole or not at all."""
        draft = self.path / "server.json.new"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(record._asdict()), "utf-8")
        draft.replace(self.path / "server.json")

    def pid(self) -> int | None:
        """The process id that the server wrote down."""
        try:
            return int((self.path / "redis.pid").read_text("ascii"))
        except (OSError, ValueError):
            return None

    def place_for_socket(self) -> Path:
        """Where a new server listens: here, or in a short private folder where this path is too long for a socket."""
        here = self.path / "redis.sock"
        if len(os.fsencode(here)) <= SOCKET_PATH_LIMIT:
            return here
        import tempfile  # rarely needed, and the watcher, which loads this file too, should stay small

        roots = (tempfile.gettempdir(), "/tmp")  # noqa: S108 - mkdtemp makes a folder that only its owner may enter
        root = next(root for root in roots if len(os.fsencode(root)) < SOCKET_PATH_LIMIT - 40)
        return Path(tempfile.mkdtemp(prefix=_PRIVATE_FOLDER, dir=root)) / "redis.sock"

    def ask(self, command: bytes, timeout: float = 1.0) -> bytes:
        """One plain command to the running server, and the first line of its answer; OSError if there is none."""
        record = self.record()
        if record is None:
            raise FileNotFoundError(f"{self.path / 'server.json'} does not say where the server listens")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(record.socket)
            connection.sendall(command + b"\r\n")
            return connection.recv(1024).split(b"\r\n")[0]

    # --- the end ---------------------------------------------------------------------------------------------------

    def end_if_unused(self, timeout: float = 30.0) -> bool:
        """End the server if nobody uses it, and wait for it; whether it is gone. To be called behind the door."""
        users = self._open("users.lock")
        try:
            if not _try_lock(users, fcntl.LOCK_EX):
                return False
            return self._end(timeout)
        finally:
            os.close(users)

    def _end(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        asked = 0.0
        while self.is_running():
            now = time.monotonic()
            if now > deadline:
                return False
            if now - asked > 1.0:  # a server that writes its first append-only file refuses; ask again
                asked = now
                self._ask_to_end()
            time.sleep(_PAUSE)
        self.clear()
        return True

    def _ask_to_end(self) -> None:
        try:
            self.ask(b"SHUTDOWN NOSAVE")  # no snapshot; the append-only file is completed all the same
        except OSError:
            # Its socket is gone or silent. The server lock is held, so the process id is still the server's.
            pid = self.pid()
            if pid is not None:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGTERM)

    def clear(self) -> None:
        """Remove what a server that runs no more has left: its socket, the private folder of it, its process id."""
        record = self.record()
        (self.path / "redis.pid").unlink(missing_ok=True)
        if record is None:
            return
        listened = Path(record.socket)
        if listened.parent == self.path:
            listened.unlink(missing_ok=True)
        elif listened.parent.name.startswith(_PRIVATE_FOLDER):
            listened.unlink(missing_ok=True)
            with suppress(OSError):  # gone already, or not empty and so not ours
                listened.parent.rmdir()


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def watch(folder: RedisFolder, run: str, pid: int) -> None:
    """Wait until the server of this `run` and process has no user, and end it."""
    users = os.open(folder.path / "users.lock", os.O_RDWR)
    server = os.open(folder.path / "server.lock", os.O_RDWR)
    try:
        _end_after_last_user(folder, run, users)
    except OSError:
        # The folder was removed under the server: it keeps nothing any more, and answers nobody.
        if not _try_lock(server, fcntl.LOCK_SH):
            os.kill(pid, signal.SIGTERM)


def _end_after_last_user(folder: RedisFolder, run: str, users: int) -> None:
    while True:
        fcntl.flock(users, fcntl.LOCK_EX)  # granted when the last user is gone, however it went
        fcntl.flock(users, fcntl.LOCK_UN)
        with folder.door():
            record = folder.record()
            if record is None:
                raise FileNotFoundError(folder.path / "server.json")
            if record.run != run or folder.end_if_unused() or not folder.is_running():
                return


if __name__ == "__main__":
    watch(RedisFolder(Path(sys.argv[1]), makes_locks=False), sys.argv[2], int(sys.argv[3]))
