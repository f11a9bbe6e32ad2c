"""The gateway: hello, identify, resume, heartbeats, member chunks, close codes, and its own misfortunes.

discord.com/developers/docs/events/gateway, .../topics/opcodes-and-status-codes#gateway
"""

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, WSMsgType, web

from tests.discord_emulator import intents, payloads
from tests.discord_emulator.bodies import Json
from tests.discord_emulator.session import Connection, Session, compressor

if TYPE_CHECKING:
    from tests.discord_emulator.world import World

HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, REQUEST_MEMBERS, INVALID, HELLO, ACK = (
    1,
    2,
    3,
    4,
    6,
    7,
    8,
    9,
    10,
    11,
)
UNKNOWN_OP, DECODE, NOT_AUTHENTICATED, BAD_TOKEN, AGAIN, BAD_SEQUENCE, TOO_FAST, TIMED_OUT, BAD_SHARD = (
    4001, 4002, 4003, 4004, 4005, 4007, 4008, 4009, 4010,
)  # fmt: skip
BAD_VERSION, BAD_INTENTS, DISALLOWED_INTENTS = 4012, 4013, 4014
LONGEST = 4096
"""Bytes that a message to the gateway may have."""


class Gateway:
    """Every session and connection; `emit` tells the sessions that may know."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.sessions: dict[str, Session] = {}
        self.received: list[tuple[int, Any]] = []
        self.identified = 0
        self.resumed = 0
        self.heartbeat_interval = 41.25
        self.heartbeat_acks = True
        self.silent = False
        self.refusing = False
        self.shards = 1
        self._connections: set[Connection] = set()

    # What a test does to it

    @property
    def connected(self) -> bool:
        """Whether a session has a connection now."""
        return any(one.connection for one in self.sessions.values())

    def drop(self, code: int | None = None) -> None:
        """Cut every connection: with a close code, or without a word."""
        for one in list(self._connections):
            if code is None and isinstance(one.transport, asyncio.Transport):
                one.transport.abort()
            else:
                one.outbox.put_nowait(code or 4000)
            self._part(one)

    def reconnect(self) -> None:
        """Ask every client to reconnect and resume (op 7)."""
        for one in list(self._connections):
            one.send(RECONNECT)

    def invalidate(self, resumable: bool) -> None:
        """Tell every client that its session is invalid (op 9); unless resumable it is forgotten."""
        for one in list(self._connections):
            one.send(INVALID, resumable)
            if not resumable and one.session:
                self.sessions.pop(one.session.id, None)

    def forget(self) -> None:
        """Lose every session: events find nobody, and the next resume is refused."""
        self.sessions.clear()

    # What happens in the world

    def emit(
        self,
        event: str,
        data: Json | Callable[[Session], Json | None],
        guild_id: int | None = None,
        always: bool = False,
    ) -> None:
        """Tell the sessions with the intent for it and the shard of the guild; `data` may depend on the session."""
        wanted = 0 if always else intents.intent_of(event, guild_id is not None)
        for session in list(self.sessions.values()):
            if session.covers(guild_id) and (not wanted or session.intents & wanted):
                told = data(session) if callable(data) else data
                if told is not None:
                    session.dispatch(event, told, self.silent)
        self._world.touch()

    # The wire

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handle one connection from its hello to its close."""
        if self.refusing:
            return web.Response(status=503)
        socket = web.WebSocketResponse(max_msg_size=0, autoping=True)
        await socket.prepare(request)
        one = Connection(
            socket, compressor(request.query.get("compress")), request.transport, heard_at=time.monotonic()
        )
        self._connections.add(one)
        writing = asyncio.create_task(self._write(one))
        watching = asyncio.create_task(self._watch(one))
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            one.outbox.put_nowait(BAD_VERSION)
        one.send(HELLO, {"heartbeat_interval": int(self.heartbeat_interval * 1000), "_trace": []})
        try:
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    self._hear(one, message.data)
        finally:
            self._part(one)
            watching.cancel()
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
            with suppress(asyncio.CancelledError):
                await watching
        return socket

    async def close(self) -> None:
        """Close every connection as a server that goes away does."""
        for one in list(self._connections):
            self._part(one)
            await one.socket.close(code=WSCloseCode.GOING_AWAY, drain=False)

    def _part(self, one: Connection) -> None:
        self._connections.discard(one)
        if one.session is not None and one.session.connection is one:
            one.session.connection = None
        self._world.touch()

    async def _write(self, one: Connection) -> None:
        while True:
            told = await one.outbox.get()
            try:
                if isinstance(told, int):
                    await one.socket.close(code=told, drain=False)
                    return
                packed = one.compress(told)
                await (one.socket.send_str(packed) if isinstance(packed, str) else one.socket.send_bytes(packed))
            except (ConnectionError, RuntimeError):
                return  # the client is gone; the session keeps the event for its resume

    async def _watch(self, one: Connection) -> None:
        """Close a connection whose heart has stopped."""
        while True:
            await asyncio.sleep(self.heartbeat_interval)
            if time.monotonic() - one.heard_at > self.heartbeat_interval * 2:
                one.outbox.put_nowait(TIMED_OUT)
                return

    def _hear(self, one: Connection, text: str | bytes) -> None:
        one.heard_at = time.monotonic()
        one.received.append(one.heard_at)
        if len(one.received) == 120 and one.received[-1] - one.received[0] < 60:
            one.outbox.put_nowait(TOO_FAST)
            return
        try:
            said = json.loads(text)
            op: int = said["op"]
            data: Any = said.get("d")
        except (ValueError, KeyError, TypeError):
            one.outbox.put_nowait(DECODE)
            return
        if len(text) > LONGEST:
            one.outbox.put_nowait(DECODE)
            return
        self.received.append((op, data))
        self._act(one, op, data)
        self._world.touch()

    def _act(self, one: Connection, op: int, data: Any) -> None:
        if op == HEARTBEAT:
            if self.heartbeat_acks and not self.silent:
                one.send(ACK)
        elif op == IDENTIFY:
            self._identify(one, data) if one.session is None else one.outbox.put_nowait(AGAIN)
        elif op == RESUME:
            self._resume(one, data) if one.session is None else one.outbox.put_nowait(AGAIN)
        elif one.session is None:
            one.outbox.put_nowait(NOT_AUTHENTICATED)
        elif op == REQUEST_MEMBERS:
            self._members(one.session, data)
        elif op not in (PRESENCE, VOICE):
            one.outbox.put_nowait(UNKNOWN_OP)

    def _identify(self, one: Connection, data: Json) -> None:
        self.identified += 1
        application = self._world.application
        wanted: int = data.get("intents", -1)
        shard: tuple[int, int] = tuple(data.get("shard") or (0, 1))  # pyright: ignore[reportAssignmentType]
        forbidden = 0 if application.message_content else intents.MESSAGE_CONTENT
        forbidden |= 0 if application.server_members else intents.GUILD_MEMBERS
        forbidden |= 0 if application.presence else intents.GUILD_PRESENCES
        if data.get("token", "").removeprefix("Bot ") != self._world.token:
            one.outbox.put_nowait(BAD_TOKEN)
        elif not 0 <= shard[0] < shard[1]:
            one.outbox.put_nowait(BAD_SHARD)
        elif wanted < 0 or wanted & ~intents.EVERY:
            one.outbox.put_nowait(BAD_INTENTS)
        elif wanted & forbidden:
            one.outbox.put_nowait(DISALLOWED_INTENTS)
        else:
            self._begin(one, Session(secrets.token_hex(16), wanted, shard, data))

    def _begin(self, one: Connection, session: Session) -> None:
        self.sessions[session.id] = session
        one.session, session.connection = session, one
        world = self._world
        guilds = [each for each in world.guilds.values() if world.bot.id in each.members and session.covers(each.id)]
        ready: Json = {
            "v": 10,
            "user": payloads.user(world.bot) | {"verified": True, "mfa_enabled": True, "email": None},
            "guilds": [{"id": str(each.id), "unavailable": True} for each in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": world.gateway_url,
            "shard": list(session.shard),
            "application": {"id": str(world.application.id), "flags": world.application.flags},
            "private_channels": [],
            "relationships": [],
            "presences": [],
            "guild_join_requests": [],
            "user_settings": {},
            "_trace": [],
        }
        session.dispatch("READY", ready, self.silent)
        for each in guilds:
            if not each.unavailable and session.intents & intents.GUILDS:
                session.dispatch("GUILD_CREATE", self.guild_create(session, each.id), self.silent)

    def guild_create(self, session: Session, guild_id: int) -> Json:
        """Return a guild as this session is told of it: all members only where presences are told as well."""
        all_members = bool(session.intents & intents.GUILD_PRESENCES)
        return payloads.guild_create(self._world.guilds[guild_id], self._world.bot, all_members)

    def _resume(self, one: Connection, data: Json) -> None:
        session = self.sessions.get(data.get("session_id", ""))
        if data.get("token", "").removeprefix("Bot ") != self._world.token:
            one.outbox.put_nowait(BAD_TOKEN)
            return
        missed = session.missed(int(data.get("seq") or 0)) if session else None
        if session is None or missed is None:
            one.send(INVALID, False) if session is None else one.outbox.put_nowait(BAD_SEQUENCE)
            return
        if session.connection is not None:
            session.connection.outbox.put_nowait(4000)
        self.resumed += 1
        one.session, session.connection = session, one
        for text in missed:
            one.outbox.put_nowait(text)
        session.dispatch("RESUMED", {"_trace": []}, self.silent)

    def _members(self, session: Session, data: Json) -> None:
        named: Any = data["guild_id"]
        guild_id = str(named[0] if isinstance(named, list) else named)  # pyright: ignore[reportUnknownArgumentType]
        guild = self._world.guilds.get(int(guild_id))
        if guild is None or not session.covers(guild.id):
            return
        ids: Any = data.get("user_ids")
        wanted = {int(each) for each in (ids if isinstance(ids, list) else [ids])} if ids else None  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        query: str = (data.get("query") or "").lower()
        found = [
            each
            for each in guild.members.values()
            if (wanted is None and (each.nick or each.user.name).lower().startswith(query))
            or (wanted is not None and each.user.id in wanted)
        ]
        if data.get("limit"):
            found = found[: data["limit"]]
        chunks = [found[start : start + 1000] for start in range(0, len(found), 1000)] or [[]]
        absent = [str(each) for each in (wanted or ()) if each not in guild.members]
        for index, chunk in enumerate(chunks):
            told: Json = {
                "guild_id": str(guild.id),
                "members": [payloads.member(each) for each in chunk],
                "chunk_index": index,
                "chunk_count": len(chunks),
                "not_found": absent,
            } | ({"nonce": data["nonce"]} if data.get("nonce") else {})
            session.dispatch("GUILD_MEMBERS_CHUNK", told, self.silent)
