"""Socket Mode: web sockets, envelopes, acknowledgements (docs.slack.dev/apis/events-api/using-socket-mode)."""

import asyncio
import itertools
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.slack_emulator.parts import Json
from tests.slack_emulator.world import World

MOST = 10
"""Connections of an app at once."""
_LINGER = 0.2
"""Seconds for which a connection that was told to go is still there."""
_HELD_FOR = 3600


@dataclass(eq=False)
class SocketRecord:
    """One connection of the app."""

    number: int
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    opened_at: float = field(default_factory=time.monotonic)
    closed_at: float = 0.0
    told: str = ""
    """The reason of the disconnect frame that it got."""
    silent: bool = False
    envelopes: int = 0
    pings: int = 0
    acknowledgements: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])
    """Envelope id and seconds that it took."""
    pending: set[asyncio.Future[Any]] = field(default_factory=set[asyncio.Future[Any]])

    @property
    def open(self) -> bool:
        """Whether it stands."""
        return not self.closed_at


class Sockets:
    """The connections that the app holds."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.records: list[SocketRecord] = []
        self.most = MOST
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._turn = itertools.count()
        self._ending: set[asyncio.Future[bool]] = set()

    @property
    def standing(self) -> list[SocketRecord]:
        """The open connections that get envelopes."""
        return [one for one in self.records if one.open and one.told in ("", "warning")]

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """A connection, as long as it stands."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._world.tokens.tickets:
            return web.Response(status=401, text="invalid ticket")
        self._world.tokens.tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        one = SocketRecord(len(self.records) + 1, socket, request.transport)
        self.records.append(one)
        try:
            if len(self.standing) > self.most:
                await self._tell(one, "too_many_websockets")
                return socket
            await socket.send_json(self._hello(one))
            self._world.records.changed()
            await self._listen(one)
        finally:
            one.closed_at = time.monotonic()
            for waiting in one.pending:
                if not waiting.done():
                    waiting.set_exception(ConnectionResetError("the connection is gone"))
            self._world.records.changed()
        return socket

    def _hello(self, one: SocketRecord) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.standing),
            "debug_info": {
                "host": f"applink-{one.number}",
                "build_number": 1,
                "approximate_connection_time": _HELD_FOR,
            },
            "connection_info": {"app_id": self._world.app.app_id},
        }

    async def _listen(self, one: SocketRecord) -> None:
        async for message in one.socket:
            if message.type == WSMsgType.PING:
                one.pings += 1
                if not one.silent:
                    await one.socket.pong(message.data)
            elif message.type == WSMsgType.TEXT and not one.silent:
                self._acknowledged(one, json.loads(message.data))

    def _acknowledged(self, one: SocketRecord, body: Json) -> None:
        waiting = self._waiting.get(str(body.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(body.get("payload") or None)

    async def send(self, kind: str, body: Json, number: int, reason: str, seconds: float) -> tuple[Any, str]:
        """Send an envelope over one of the connections; the answer, or why there is none."""
        standing = self.standing
        if not standing:
            return None, "connection_failed"
        one = standing[next(self._turn) % len(standing)]
        envelope_id = str(uuid.uuid4())
        envelope = self._envelope(kind, body, number, reason) | {"envelope_id": envelope_id}
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = waiting
        one.pending.add(waiting)
        started = time.monotonic()
        one.envelopes += 1
        try:
            if not one.silent:
                await one.socket.send_json(envelope)
            answer = await asyncio.wait_for(waiting, seconds)
        except TimeoutError:
            return None, "timeout"
        except (ConnectionError, RuntimeError):
            return None, "connection_failed"
        finally:
            del self._waiting[envelope_id]
            one.pending.discard(waiting)
        one.acknowledgements.append((envelope_id, time.monotonic() - started))
        return answer, ""

    def _envelope(self, kind: str, body: Json, number: int, reason: str) -> Json:
        envelope: Json = {"type": kind, "payload": body, "accepts_response_payload": kind != "events_api"}
        if kind == "events_api":
            envelope |= {"retry_attempt": number, "retry_reason": reason}
        return envelope

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell all connections to go; they linger for a moment ("warning": until they are told again)."""
        for one in self.standing:
            await self._tell(one, reason)

    async def _tell(self, one: SocketRecord, reason: str) -> None:
        one.told = reason
        await one.socket.send_json(
            {"type": "disconnect", "reason": reason, "debug_info": {"host": f"applink-{one.number}"}}
        )
        if reason != "warning":
            asyncio.get_running_loop().call_later(_LINGER, self._end, one)

    def _end(self, one: SocketRecord) -> None:
        if one.open:
            task = asyncio.ensure_future(one.socket.close())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def too_many(self) -> None:
        """Tell all connections that there are too many of them."""
        await self.disconnect("too_many_websockets")

    def drop(self) -> None:
        """Cut all connections without a word."""
        for one in self.records:
            if one.open:
                self.cut(one)

    def cut(self, one: SocketRecord) -> None:
        """Cut one connection without a word."""
        if one.transport is not None:
            one.transport.abort()

    def silence(self) -> None:
        """Let all connections stand, but nothing come over them any more, not even pongs."""
        for one in self.standing:
            one.silent = True

    async def close(self) -> None:
        """Close all."""
        for one in self.records:
            if one.open:
                await one.socket.close()
