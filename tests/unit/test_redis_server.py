"""The embedded Redis: started, joined, left, and what is said when it can't be had."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from core import redis_server
from core.errors import LorelensError, MissingPartError, SettingsError, StoreUnavailableError
from core.redis_client import connect
from core.redis_folder import SOCKET_PATH_LIMIT, RedisFolder, ServerRecord
from core.redis_server import EmbeddedRedis, choose_binary


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[EmbeddedRedis]:
    embedded = await EmbeddedRedis.start(tmp_path)
    yield embedded
    await embedded.stop()


@pytest.fixture
def only_carried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No redis-server on PATH: the carried one (6.2) is taken."""
    monkeypatch.setenv("PATH", "")


def _put_on_path(monkeypatch: pytest.MonkeyPatch, folder: Path, says: str) -> Path:
    program = folder / "redis-server"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return program


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    async with await connect("", tmp_path) as redis:
        await redis.execute("SET", "greeting", "你好")
    async with await connect("", tmp_path) as redis:
        assert await redis.execute("GET", "greeting") == "你好".encode()


async def test_a_second_user_joins_and_the_last_one_ends_the_server(tmp_path: Path) -> None:
    first = await EmbeddedRedis.start(tmp_path)
    second = await EmbeddedRedis.start(tmp_path)
    assert first.pid == second.pid
    await first.stop()
    await first.stop()
    async with await connect(second.url, tmp_path) as redis:
        assert await redis.execute("PING")
    await second.stop()
    assert not RedisFolder(tmp_path / "redis").is_running()


async def test_nobody_else_can_reach_it(embedded: EmbeddedRedis, tmp_path: Path) -> None:
    async with await connect(embedded.url, tmp_path) as redis:
        assert await redis.execute("CONFIG", "GET", "port") == {b"port": b"0"}
    for path in embedded.path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE(embedded.path.stat().st_mode) == 0o700


async def test_every_write_is_synced_before_it_is_acknowledged(embedded: EmbeddedRedis, tmp_path: Path) -> None:
    async with await connect(embedded.url, tmp_path) as redis:
        assert await redis.execute("CONFIG", "GET", "appendonly") == {b"appendonly": b"yes"}
        assert await redis.execute("CONFIG", "GET", "appendfsync") == {b"appendfsync": b"always"}


async def test_a_long_data_folder_gets_a_short_private_socket(tmp_path: Path) -> None:
    data = tmp_path / ("long " * 20) / "数据" / ("folder" * 20)
    async with await connect("", data) as redis, await connect("", data) as again:
        assert redis.embedded is not None
        socket = Path(redis.embedded.socket)
        await redis.execute("SET", "key", "value")
        assert await again.execute("GET", "key") == b"value"
        assert len(os.fsencode(socket)) <= SOCKET_PATH_LIMIT
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    assert not socket.parent.exists()


async def test_leftovers_of_a_killed_server_are_no_obstacle(tmp_path: Path) -> None:
    folder = RedisFolder(tmp_path / "redis")
    folder.create()
    (folder.path / "redis.sock").touch()
    (folder.path / "redis.pid").write_text("1")
    folder.write_record(ServerRecord("gone", str(folder.path / "redis.sock"), "Redis", (6, 2, 0)))
    async with await connect("", tmp_path) as redis:
        assert await redis.execute("PING")


async def test_an_unreadable_record_is_no_obstacle(tmp_path: Path) -> None:
    async with await connect("", tmp_path) as redis:
        await redis.execute("SET", "key", "value")
    (tmp_path / "redis" / "server.json").write_bytes(b"\xff{")
    async with await connect("", tmp_path) as redis:
        assert await redis.execute("GET", "key") == b"value"


@pytest.mark.usefixtures("only_carried")
async def test_a_cut_tail_is_repaired(tmp_path: Path) -> None:
    async with await connect("", tmp_path) as redis:
        await redis.execute("SET", "whole", "yes")
        await redis.execute("SET", "cut", "yes")
    written = tmp_path / "redis" / "appendonly.aof"
    written.write_bytes(written.read_bytes()[:-3])
    async with await connect("", tmp_path) as redis:
        assert await redis.execute("MGET", "whole", "cut") == [b"yes", None]


@pytest.mark.usefixtures("only_carried")
async def test_broken_data_is_left_alone_and_said(tmp_path: Path) -> None:
    async with await connect("", tmp_path) as redis:
        await redis.execute("SET", "key", "value")
    written = tmp_path / "redis" / "appendonly.aof"
    broken = b"nonsense\r\n" + written.read_bytes()
    written.write_bytes(broken)
    with pytest.raises(StoreUnavailableError, match="Bad file format") as told:
        await connect("", tmp_path)
    assert "keep a copy" in told.value.hint
    assert written.read_bytes() == broken


@pytest.mark.usefixtures("only_carried")
async def test_files_of_redis_7_are_not_opened_by_6(tmp_path: Path) -> None:
    (tmp_path / "redis" / "appendonlydir").mkdir(parents=True)
    with pytest.raises(StoreUnavailableError, match="written by Redis 7 or newer"):
        await EmbeddedRedis.start(tmp_path)


async def test_a_newer_server_takes_the_files_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = choose_binary()
    with monkeypatch.context() as carried:
        carried.setenv("PATH", "")
        if newest.version[:2] == choose_binary().version[:2]:
            pytest.skip("no redis-server newer than the carried one is on PATH")
        async with await connect("", tmp_path) as redis:
            await redis.execute("SET", "key", "value")
    async with await connect("", tmp_path) as redis:
        assert await redis.execute("GET", "key") == b"value"
    with monkeypatch.context() as carried:
        carried.setenv("PATH", "")
        with pytest.raises(StoreUnavailableError, match="can't read them"):
            await EmbeddedRedis.start(tmp_path)


async def test_a_server_older_than_the_one_that_wrote_is_refused(tmp_path: Path) -> None:
    folder = RedisFolder(tmp_path / "redis")
    folder.create()
    folder.write_record(ServerRecord("gone", "", choose_binary().name, (99, 1, 0)))
    with pytest.raises(StoreUnavailableError, match=r"written by \w+ 99\.1\.0"):
        await EmbeddedRedis.start(tmp_path)


async def test_a_data_folder_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailableError, match="can't be kept") as told:
        await EmbeddedRedis.start(tmp_path / "file")
    assert "LORELENS_DATA" in told.value.hint


@pytest.fixture
def locked_folder(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    yield tmp_path
    tmp_path.chmod(0o700)


async def test_a_data_folder_that_is_not_ours_is_said(locked_folder: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="Permission denied"):
        await EmbeddedRedis.start(locked_folder)


async def test_no_redis_server_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_server, "_candidates", lambda: [tmp_path / "nothing"])
    with pytest.raises(MissingPartError, match="no redis-server") as told:
        await EmbeddedRedis.start(tmp_path)
    assert "LORELENS_REDIS_URL" in told.value.hint


async def test_a_server_that_ends_at_once_is_said_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put_on_path(monkeypatch, tmp_path, "Redis server v=99.0.0 sha=0")
    with pytest.raises(StoreUnavailableError, match=r"Redis 99\.0\.0 ended as soon as it was started"):
        await EmbeddedRedis.start(tmp_path / "data")


def test_the_newest_server_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = _put_on_path(monkeypatch, tmp_path, "Valkey server v=99.10.2 sha=0:0 malloc=libc")
    assert choose_binary().path == newest
    assert str(choose_binary()) == "Valkey 99.10.2"
    _put_on_path(monkeypatch, tmp_path, "Redis server v=2.8.0 sha=0:0")
    assert choose_binary().version > (2, 8, 0)


def test_a_server_that_does_not_tell_its_version_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    silent = _put_on_path(monkeypatch, tmp_path, "hello")
    assert choose_binary().path != silent
    assert str(silent) in caplog.text


async def test_a_start_that_is_cancelled_leaves_no_server(tmp_path: Path) -> None:
    starting = asyncio.ensure_future(EmbeddedRedis.start(tmp_path))
    await asyncio.sleep(0)  # it has begun: a thread is on its way
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not RedisFolder(tmp_path / "redis").is_running()


async def test_a_closed_store_starts_no_server_again(tmp_path: Path) -> None:
    redis = await connect("", tmp_path)
    await redis.close()
    with pytest.raises(StoreUnavailableError, match="closed"):
        await redis.execute("PING")
    assert not RedisFolder(tmp_path / "redis").is_running()


@pytest.mark.parametrize(
    "url",
    [
        "redis://user:s3cret@localhost:1/0",
        "rediss://user:s3cret@localhost:1",
        "unix://user:s3cret@/nowhere/redis.sock",
        "unix:///nowhere/redis.sock?password=s3cret",
        "redis://user:s3cret/@localhost",
        "redis://user:s3cret@localhost:port",
        "redis://user:s3cret@[localhost",
        "http://user:s3cret@localhost",
        "s3cret",
    ],
)
async def test_an_address_where_nothing_answers_is_said_without_the_password(url: str, tmp_path: Path) -> None:
    with pytest.raises((StoreUnavailableError, SettingsError)) as told:
        await connect(url, tmp_path)
    shown: BaseException | None = told.value
    while shown is not None:
        assert "s3cret" not in str(shown)
        shown = None if shown.__suppress_context__ else shown.__context__
    assert isinstance(told.value, LorelensError)
    assert told.value.hint


async def test_a_wrong_password_is_said_without_it(embedded: EmbeddedRedis, tmp_path: Path) -> None:
    async with await connect(embedded.url, tmp_path) as redis:
        await redis.execute("ACL", "SETUSER", "team", "on", ">right", "~*", "+@all")
        socket = embedded.url.removeprefix("unix://")
        async with await connect(f"unix://team:right@{socket}", tmp_path) as team:
            assert await team.execute("ACL", "WHOAMI") in ("team", b"team")
        with pytest.raises(StoreUnavailableError, match="does not accept") as told:
            await connect(f"unix://team:s3cret@{socket}", tmp_path)
    assert "s3cret" not in str(told.value)
