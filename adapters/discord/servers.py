"""Servers, their channels and people: from the gateway's cache where there is one, else asked and remembered briefly.

What may be done is computed by discord.py's `permissions_for`, on objects of either origin.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

import discord
from discord.abc import GuildChannel
from discord.http import HTTPClient

from adapters.discord.api import TIMEOUT, ask
from adapters.discord.refusals import FAILURES, UNKNOWN_MEMBER, DiscordRefusedError, as_error
from adapters.lookups import Lookups
from adapters.payloads import mapping, string
from core.errors import PlatformRefusedError, PlatformUnavailableError

FRESH = 10.0
"""Seconds for which is remembered what was asked: so long may somebody who lost a role, or left, still be answered from
what they could read, where no event told of it, or told another process."""
PATIENCE = 1.0
"""Seconds that a name is waited for: a courtesy that no message waits long for."""
DIRECT = {1, 3}
PRIVATE_THREAD = 12
THREADS = {10, 11, PRIVATE_THREAD}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Spot:
    """A channel or thread; `parent` is a thread's channel, `kind` the type of
    https://discord.com/developers/docs/resources/channel#channel-object-channel-types."""

    id: str
    guild: str = ""
    name: str = ""
    kind: int = 0
    parent: str = ""

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread of another channel."""
        return self.kind in THREADS

    @property
    def channel(self) -> str:
        """The channel that it is, or that it is a thread of."""
        return self.parent if self.is_thread and self.parent else self.id


@dataclass(frozen=True)
class Server:
    """A server as it stands: roles in `guild`, and its channels without threads."""

    guild: discord.Guild
    channels: tuple[GuildChannel, ...]

    def channel(self, channel: str) -> GuildChannel | None:
        """The channel, if there is one."""
        return next((one for one in self.channels if str(one.id) == channel), None)

    def readable(self, by: discord.Member | discord.Role) -> frozenset[str]:
        """The ids of the channels that somebody may read, their history included."""
        return frozenset(str(one.id) for one in self.channels if may_read(one, by))

    @property
    def open(self) -> frozenset[str]:
        """The ids of the channels that every member may read: @everyone may, and nobody is kept out by an overwrite of
        their own or of their role's."""
        everybody = self.guild.default_role
        return frozenset(
            str(one.id) for one in self.channels if may_read(one, everybody) and not _keeps_out(one, everybody)
        )

    @property
    def own_roles(self) -> frozenset[str]:
        """The roles that stand for the app itself: a mention of one means it."""
        return frozenset(
            str(role.id)
            for role in self.guild.roles
            if role.tags is not None and role.tags.bot_id == self.guild._state.self_id  # pyright: ignore[reportPrivateUsage]
        )


def may_read(channel: GuildChannel, by: discord.Member | discord.Role) -> bool:
    """Whether somebody may read a channel and what was said there before."""
    may = channel.permissions_for(by)
    return may.view_channel and may.read_message_history


def _keeps_out(channel: GuildChannel, everybody: discord.Role) -> bool:
    """Whether a role or somebody may not read there, though others may."""
    denied = [overwrite.pair()[1] for whom, overwrite in channel.overwrites.items() if whom.id != everybody.id]
    return any(one.view_channel or one.read_message_history for one in denied)


class Servers:
    """What is known of servers. All that asks raises as `adapters.discord.api.ask` does."""

    def __init__(self, client: discord.Client, *, fresh: float = FRESH) -> None:
        self.client = client
        self._servers = Lookups[str, Server](seconds=fresh, most=500)
        self._members = Lookups[tuple[str, str], discord.Member | None](seconds=fresh, most=5000)
        self._spots = Lookups[str, Spot](seconds=max(fresh, 600.0) if fresh else 0.0, most=5000)
        self._all = Lookups[str, tuple[str, ...]](seconds=fresh, most=1)

    @property
    def http(self) -> HTTPClient:
        """The HTTP client that asks."""
        return self.client.http

    @property
    def own_id(self) -> str:
        """The app's own user."""
        return str(self.client.user.id) if self.client.user else ""

    async def server(self, guild: str) -> Server:
        """The server."""
        cached = self.client.get_guild(int(guild))
        if cached is not None and not cached.unavailable:
            return Server(cached, tuple(cached.channels))
        return await self._servers.get(guild, lambda: self._fetch(guild))

    async def spot(self, channel: str) -> Spot:
        """The channel or thread."""
        cached = self.client.get_channel(int(channel))
        if isinstance(cached, GuildChannel | discord.Thread):
            parent = cached.parent_id if isinstance(cached, discord.Thread) else None
            return Spot(channel, str(cached.guild.id), cached.name, cached.type.value, str(parent or ""))
        return await self._spots.get(channel, lambda: self._fetch_spot(channel))

    def is_of_server(self, channel: str) -> bool:
        """Whether a channel is known to be a server's: what is said there is not said directly, whatever it says of
        its server itself."""
        return isinstance(self.client.get_channel(int(channel)), GuildChannel | discord.Thread)

    async def member(self, guild: str, user: str) -> discord.Member | None:
        """Somebody as a member of the server; None where they are none."""
        cached = self.client.get_guild(int(guild))
        if cached is not None and self.client.intents.members and cached.chunked:
            return cached.get_member(int(user))
        return await self._members.get((guild, user), lambda: self._fetch_member(guild, user))

    async def all(self) -> tuple[str, ...]:
        """The ids of the servers that the app is on, up to 200 where they must be asked for."""
        if self.client.guilds:
            return tuple(str(one.id) for one in self.client.guilds)
        return await self._all.get("", self._fetch_all)

    async def is_hidden(self, spot: Spot) -> bool:
        """Whether not everybody on the server may read there; also where that can't be learned."""
        if not spot.guild or spot.kind == PRIVATE_THREAD:
            return True
        try:
            server = await self.server(spot.guild)
        except (PlatformRefusedError, PlatformUnavailableError) as error:
            _log.info("Who may read %s is not known: %s", spot.id, error)
            return True
        channel = server.channel(spot.channel)
        return channel is None or not may_read(channel, server.guild.default_role)

    async def known_spot(self, channel: str) -> Spot | None:
        """The channel, or None if that can't be learned quickly."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.spot(channel)
        except (TimeoutError, ValueError, PlatformRefusedError, PlatformUnavailableError) as error:
            _log.info("Discord does not say what %s is: %s", channel, error or "it takes too long")
            return None

    async def known_server(self, guild: str) -> Server | None:
        """The server, or None if that can't be learned quickly."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.server(guild)
        except (TimeoutError, ValueError, PlatformRefusedError, PlatformUnavailableError) as error:
            _log.info("Discord does not say what the server %s has: %s", guild, error or "it takes too long")
            return None

    def heard(self, *, guild: int | None = None, user: int | None = None, channel: int | None = None) -> None:
        """Something of a server, a member or a channel may have changed; all of a server's, if only it is named."""
        if channel is not None:
            self._spots.forget(str(channel))
        if guild is None:
            return
        if user is None:
            self._servers.forget(str(guild))
        self._members.forget_where(lambda key: key[0] == str(guild) and user in (None, int(key[1])))
        self._all.forget("")

    def heard_roles(self, guild: int, user: int, roles: frozenset[int]) -> None:
        """Somebody has these roles now, as what they said or did tells: of other changes of theirs nobody does."""
        known = self._members.known((str(guild), str(user)))
        if known is None or frozenset(role.id for role in known.roles) - {guild} != roles:
            self.heard(guild=guild, user=user)

    async def close(self) -> None:
        """Ask no further."""
        for lookups in (self._servers, self._members, self._spots, self._all):
            await lookups.close()

    async def _fetch(self, guild: str) -> Server:
        try:
            async with asyncio.timeout(TIMEOUT):
                found = await self.client.fetch_guild(int(guild), with_counts=False)
                return Server(found, tuple(await found.fetch_channels()))
        except FAILURES as error:
            raise as_error(error, "reading a server") from error

    async def _fetch_member(self, guild: str, user: str) -> discord.Member | None:
        server = await self.server(guild)
        try:
            async with asyncio.timeout(TIMEOUT):
                return await server.guild.fetch_member(int(user))
        except FAILURES as error:
            found = as_error(error, "reading a member")
            if isinstance(found, DiscordRefusedError) and found.number == UNKNOWN_MEMBER:
                return None
            raise found from error

    async def _fetch_spot(self, channel: str) -> Spot:
        found = mapping(await ask(self.http, "/channels/{channel_id}", channel_id=channel))
        kind = found.get("type")
        return Spot(
            id=channel,
            guild=string(found.get("guild_id")),
            name=string(found.get("name")),
            kind=kind if isinstance(kind, int) else 0,
            parent=string(found.get("parent_id")),
        )

    async def _fetch_all(self) -> tuple[str, ...]:
        found: Any = await ask(self.http, "/users/@me/guilds", query={"limit": 200})
        return tuple(string(mapping(one).get("id")) for one in found)
