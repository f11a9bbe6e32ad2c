"""A gateway session and the connection that it has at the moment, with its compression."""

import json
import zlib
from asyncio import BaseTransport, Queue
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import zstandard
from aiohttp import web

from tests.discord_emulator.bodies import Json

KEPT = 5000
"""Events that a session keeps for a resume."""


class Compressor(Protocol):
    """One stream of messages."""

    def __call__(self, text: str) -> bytes | str: ...


def compressor(kind: str | None) -> Compressor:
    """Return what compresses the messages of one connection: `zlib-stream`, `zstd-stream` or nothing."""
    if kind == "zlib-stream":
        deflate = zlib.compressobj()
        return lambda text: deflate.compress(text.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)
    if kind == "zstd-stream":
        # zstandard's types name neither the object nor its flush modes.
        stream: Any = cast(Any, zstandard.ZstdCompressor()).compressobj()
        block: int = cast(Any, zstandard).COMPRESSOBJ_FLUSH_BLOCK
        return lambda text: stream.compress(text.encode()) + stream.flush(block)
    return lambda text: text


@dataclass(eq=False)
class Connection:
    """One web socket; what is put into `outbox` is sent in order, an int closes it with that code (0: without one)."""

    socket: web.WebSocketResponse
    compress: Compressor
    transport: "BaseTransport | None"
    outbox: "Queue[str | int]" = field(default_factory=lambda: Queue[str | int]())
    session: "Session | None" = None
    heard_at: float = 0.0
    received: "deque[float]" = field(default_factory=lambda: deque[float](maxlen=120))

    def send(self, op: int, data: Any = None, event: str | None = None, sequence: int | None = None) -> None:
        self.outbox.put_nowait(packet(op, data, event, sequence))


def packet(op: int, data: Any, event: str | None = None, sequence: int | None = None) -> str:
    """Return a gateway message."""
    return json.dumps({"op": op, "d": data, "s": sequence, "t": event}, separators=(",", ":"))


@dataclass(eq=False)
class Session:
    """What an identify began: its events are numbered and kept, whether a connection is there or not."""

    id: str
    intents: int
    shard: tuple[int, int]
    identify: Json
    sequence: int = 0
    kept: "deque[tuple[int, str]]" = field(default_factory=lambda: deque[tuple[int, str]](maxlen=KEPT))
    connection: Connection | None = None

    def covers(self, guild_id: int | None) -> bool:
        """Whether this shard is told of a guild; what has none goes to shard 0."""
        return self.shard[0] == ((guild_id >> 22) % self.shard[1] if guild_id else 0)

    def dispatch(self, event: str, data: Json, silent: bool = False) -> None:
        """Send an event, or only keep it for the resume."""
        self.sequence += 1
        text = packet(0, data, event, self.sequence)
        self.kept.append((self.sequence, text))
        if self.connection is not None and not silent:
            self.connection.outbox.put_nowait(text)

    def missed(self, since: int) -> list[str] | None:
        """Return what came after `since`; None where that is no longer known."""
        oldest = self.kept[0][0] if self.kept else self.sequence + 1
        if since > self.sequence or since + 1 < oldest:
            return None
        return [text for number, text in self.kept if number > since]
