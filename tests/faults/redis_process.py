"""A redis-server of the tests' own on a loopback port, that can be killed and started again; and a bad line to it."""

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from pathlib import Path
from typing import Literal

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from core.redis_server import choose_binary


class RedisProcess:
    """Writes every acknowledged command to its disk, as the embedded one does."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._process: asyncio.subprocess.Process | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        """Start, with all that it had acknowledged; return when it answers."""
        self._place.mkdir(exist_ok=True)
        options = {
            "dir": self._place,
            "bind": "127.0.0.1",
            "port": self.port,
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "logfile": self._place / "redis.log",
        }
        arguments = [str(item) for name, value in options.items() for item in (f"--{name}", value)]
        self._process = await asyncio.create_subprocess_exec(choose_binary().path, *arguments)
        async with Redis(port=self.port) as client, asyncio.timeout(20):
            while True:
                with suppress(RedisConnectionError):  # not yet there, or still loading
                    if await client.ping():  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues]
                        return
                await asyncio.sleep(0.01)

    async def kill(self) -> None:
        """End it as a power cut would, as far as a process can tell."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


Line = Literal["up", "slow", "cut", "dead"]
"""`cut`: connections are closed, new ones refused. `dead`: nothing comes through, and nobody is told."""


class BadLine:
    """Stands between clients and the server at a port; what it holds back while dead comes through afterwards."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server: asyncio.Server | None = None
        self._writers: set[StreamWriter] = set()
        self._state: Line = "up"
        self._alive = asyncio.Event()
        self._alive.set()
        self.port = 0

    @property
    def url(self) -> str:
        """The server, seen through this line."""
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def be(self, state: Line) -> None:
        """Be so from now on."""
        self._state = state
        if state == "dead":
            self._alive.clear()
        else:
            self._alive.set()
        if state == "cut":
            self._hang_up()

    async def close(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
            self._hang_up()
            self._alive.set()
            await self._server.wait_closed()

    def _hang_up(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self._state == "cut":
                return
            with suppress(OSError):
                back, forth = await asyncio.open_connection("127.0.0.1", self._to)
                self._writers.add(forth)
                try:
                    async with asyncio.TaskGroup() as both:
                        both.create_task(self._carry(reader, forth))
                        both.create_task(self._carry(back, writer))
                finally:
                    self._writers.discard(forth)
                    forth.transport.abort()
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _carry(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._alive.wait()
                if self._state == "slow":
                    await asyncio.sleep(0.05)
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
