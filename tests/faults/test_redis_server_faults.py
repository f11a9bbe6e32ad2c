"""The embedded Redis when processes are killed, start at once, or run out of disk."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from core.conversations import Conversations
from core.errors import StoreUnavailableError
from core.redis_client import connect
from core.redis_folder import RedisFolder
from core.redis_server import EmbeddedRedis
from tests.faults.store_user import PLACE, numbered

pytestmark = pytest.mark.fault

User = subprocess.Popen[str]


@pytest.fixture
def user() -> Iterator[Callable[..., User]]:
    """Starts a process that uses the store of a data folder."""
    with ExitStack() as started:

        def start(data: Path, what: str) -> User:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.store_user", str(data), what],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            started.enter_context(process)
            started.callback(process.kill)
            return process

        yield start


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose server is gone when the test is over."""
    data = tmp_path / "data"
    yield data
    wait_until_ended(data)


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def wait_until_ended(data: Path) -> None:
    folder = RedisFolder(data / "redis")
    wait_until(lambda: not folder.path.exists() or not folder.is_running())


def said_by(process: User) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def leave(process: User) -> None:
    process.communicate("", timeout=30)
    assert process.returncode == 0


def kill(process: User) -> None:
    process.kill()
    process.wait(timeout=30)


def watchers(data: Path) -> list[int]:
    """The process ids of those that watch a data folder's servers by now."""
    mine = f"{data / 'redis'}\0".encode()
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            opened = {str(one.readlink()) for one in (process / "fd").iterdir()}
        except OSError:  # it ended meanwhile
            continue
        if mine in command and str(data / "redis" / "server.lock") in opened and b"redis_folder.py" in command:
            found.append(int(process.name))
    return found


on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found in /proc")


async def test_after_a_kill_of_the_server_its_user_goes_on_with_all_that_was_acknowledged(data: Path) -> None:
    async with await connect("", data) as redis:
        store = Conversations(redis)
        assert redis.embedded is not None
        for number in range(20):
            if number % 5 == 4:
                os.kill(redis.embedded.pid or 0, signal.SIGKILL)
            assert await store.remember(numbered(number))
        assert [message.id for message in await store.history(PLACE.conversation, 1000)] == [str(n) for n in range(20)]


async def test_after_a_kill_of_everybody_all_that_was_acknowledged_is_there(
    data: Path, user: Callable[..., User]
) -> None:
    for round_ in range(3):
        writer = user(data / str(round_), "write")
        acknowledged = [said_by(writer) for _ in range(100 + 7 * round_)]
        folder = RedisFolder(data / str(round_) / "redis")
        server = folder.pid()
        assert server is not None
        first, second = (server, writer.pid) if round_ % 2 else (writer.pid, server)
        os.kill(first, signal.SIGKILL)
        os.kill(second, signal.SIGKILL)
        assert writer.stdout is not None
        acknowledged += writer.stdout.read().split()
        async with await connect("", data / str(round_)) as redis:
            kept = {message.id for message in await Conversations(redis).history(PLACE.conversation, 10**6)}
        assert set(acknowledged) <= kept
        assert len(kept) <= len(acknowledged) + 1  # one may be kept that we were not told of


def test_processes_that_start_at_the_same_moment_share_one_server(data: Path, user: Callable[..., User]) -> None:
    users = [user(data, "join") for _ in range(5)]
    servers = {said_by(process) for process in users}
    assert len(servers) == 1
    for process in users[:-1]:
        leave(process)
    assert RedisFolder(data / "redis").is_running()
    leave(users[-1])
    assert not RedisFolder(data / "redis").is_running()


def test_the_server_ends_when_its_last_user_was_killed(data: Path, user: Callable[..., User]) -> None:
    first, second = user(data, "join"), user(data, "join")
    assert said_by(first) == said_by(second)
    kill(first)
    assert RedisFolder(data / "redis").is_running()
    kill(second)
    wait_until_ended(data)


@on_linux
async def test_a_server_that_nobody_watches_is_joined_and_ended(data: Path, user: Callable[..., User]) -> None:
    first = user(data, "join")
    server = said_by(first)
    wait_until(lambda: len(watchers(data)) == 1)
    os.kill(watchers(data)[0], signal.SIGKILL)
    kill(first)
    second = user(data, "join")
    assert said_by(second) == server
    leave(second)
    assert not RedisFolder(data / "redis").is_running()


@on_linux
def test_a_watcher_ends_with_its_server(data: Path, user: Callable[..., User]) -> None:
    for _ in range(3):
        process = user(data, "join")
        said_by(process)
        leave(process)
    wait_until(lambda: not watchers(data))


def test_an_interrupt_in_the_terminal_leaves_the_server_to_others(data: Path, user: Callable[..., User]) -> None:
    first, second = user(data, "join"), user(data, "join")
    server = said_by(first)
    said_by(second)
    os.killpg(first.pid, signal.SIGINT)
    first.wait(timeout=30)
    third = user(data, "join")
    assert said_by(third) == server
    leave(second)
    leave(third)


async def test_a_server_that_hangs_is_said_with_its_process_id(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.redis_server._ANSWER_TIMEOUT", 0.2)
    embedded = await EmbeddedRedis.start(data)
    assert embedded.pid is not None
    os.kill(embedded.pid, signal.SIGSTOP)
    try:
        with pytest.raises(StoreUnavailableError, match=f"does not answer .process {embedded.pid}"):
            await EmbeddedRedis.start(data)
    finally:
        os.kill(embedded.pid, signal.SIGCONT)
        await embedded.stop()


@on_linux
def test_a_server_whose_folder_was_removed_ends(data: Path, user: Callable[..., User]) -> None:
    process = user(data, "join")
    server = int(said_by(process))
    wait_until(lambda: len(watchers(data)) == 1)
    shutil.rmtree(data / "redis")
    kill(process)

    def is_gone() -> bool:
        try:
            return "\nState:\tZ" in Path(f"/proc/{server}/status").read_text()
        except FileNotFoundError:
            return True

    wait_until(is_gone)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("no small disk can be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


async def test_a_full_disk_is_said_and_nothing_acknowledged_is_lost(small_disk: Path) -> None:
    acknowledged: list[str] = []
    async with await connect("", small_disk) as redis:
        store = Conversations(redis)
        with pytest.raises(StoreUnavailableError) as told:
            for number in range(10_000):
                message = numbered(number).model_copy(update={"text": "x" * 20_000})
                assert await store.remember(message)
                acknowledged.append(message.id)
        assert "full" in told.value.hint
    assert len(acknowledged) > 50
    async with await connect("", small_disk) as redis:
        kept = await Conversations(redis).history(PLACE.conversation, 10**9)
        assert [message.id for message in kept] == acknowledged
