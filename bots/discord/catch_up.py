"""What was said while nobody listened: read from Discord's history, and taken in like events.

`bots.catch_up` says when.
Discord says of each channel and active thread which message is its newest, so only where something is new is read.
Deletions leave no trace in a history, and direct conversations that are new can't be found: those alone are not caught
up.
"""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import discord
from discord.utils import time_snowflake

from adapters.discord.api import messages_after
from adapters.discord.heard import Heard, time_of
from adapters.understood import Asked
from bots.catch_up import BEAT, MARGIN, CatchUp
from bots.discord.desk import Desk
from bots.discord.events import take, take_edited
from bots.discord.following import follow_said
from bots.discord.removal import forget_if_removed
from bots.history_pace import HistoryPace
from core.errors import PlatformRefusedError
from core.messages import Place

EDITS_BACK = 3600.0
"""Seconds before a gap of which messages are looked at that were edited in it."""
MOST_CHANNELS = 200
"""Channels and threads, direct conversations first, then those with the newest messages."""
MOST_MESSAGES = 300
"""Of one channel, the oldest first."""
MOST_KNOWN = 50
"""Direct conversations, and threads that are not active any more: each costs a call, whether anything is new or not."""
PACE = 0.5
"""Seconds between two reads, after the first ones."""

_log = logging.getLogger(__name__)


def catch_up(desk: Desk, *, beat: float = BEAT, margin: float = MARGIN, pace: float = PACE) -> CatchUp:
    """What keeps the mark of this process for Discord, and reads its history where there is a gap."""

    async def read(since: float) -> None:
        reading = _Reading(desk, since, pace)
        await reading.run()
        if reading.asked:
            _log.info("Caught up with Discord: %d questions", reading.asked)

    return CatchUp(desk.store, "discord", read, beat=beat, margin=margin)


@dataclass(frozen=True)
class _Channel:
    """Something with messages; `guild` is empty for a direct conversation."""

    id: str
    guild: str = ""
    newest: int = 0


class _Reading:
    """The histories since a time."""

    def __init__(self, desk: Desk, since: float, pace: float) -> None:
        self._desk = desk
        self._since = datetime.fromtimestamp(since).astimezone()
        self._from = time_snowflake(datetime.fromtimestamp(since - EDITS_BACK).astimezone())
        self._pace = HistoryPace(pace)
        self.asked = 0

    async def run(self) -> None:
        """Direct conversations, channels and threads, and what is kept of servers that are left."""
        directs, threads, gone = await self._known()
        active = sorted(self._with_news(), key=lambda one: one.newest, reverse=True)
        for channel in [*directs, *active[:MOST_CHANNELS], *threads]:
            await self._patiently(channel)
        for guild in gone:
            await forget_if_removed(self._desk, guild)

    def _with_news(self) -> list[_Channel]:
        """The channels and active threads with a message since then, as far as they may be read."""
        found: list[_Channel] = []
        for guild in self._desk.client.guilds:
            own = guild.get_member(self._desk.client.user.id) if self._desk.client.user else None
            if guild.unavailable or own is None:
                continue
            for channel in [*guild.channels, *guild.threads]:
                newest: int = getattr(channel, "last_message_id", None) or 0
                if newest > self._from and _may_read(channel, own):
                    found.append(_Channel(str(channel.id), str(guild.id), newest))
        return found

    async def _known(self) -> tuple[list[_Channel], list[_Channel], list[str]]:
        """Of the conversations that are kept: direct ones, threads that are not active now, and servers that
        Lorelens is not on any more."""
        client = self._desk.client
        here = {str(guild.id) for guild in client.guilds}
        directs: dict[str, _Channel] = {}
        threads: dict[str, _Channel] = {}
        gone: set[str] = set()
        async for place in self._places():
            thread = place.thread or ""
            if place.workspace == "@me":
                directs[place.channel] = _Channel(place.channel)
            elif place.workspace not in here:
                gone.add(place.workspace)
            elif thread.isdecimal() and client.get_channel(int(thread)) is None:
                threads[thread] = _Channel(thread, place.workspace)
        newest = sorted(threads.values(), key=lambda one: int(one.id), reverse=True)
        return list(directs.values())[:MOST_KNOWN], newest[:MOST_KNOWN], sorted(gone)

    async def _places(self) -> AsyncIterator[Place]:
        async for page in self._desk.store.all_conversations():
            for name in page:
                place = Place.named(name)
                if place.platform == "discord":
                    yield place

    async def _patiently(self, channel: _Channel) -> None:
        """Read it; pass over what may not be read."""
        try:
            await self._pace.read(partial(self._read, channel))
        except PlatformRefusedError as error:
            _log.info("What was missed in %s can't be read: %s", channel.id, error)

    async def _read(self, channel: _Channel) -> None:
        http = self._desk.client.http
        async for payload in messages_after(http, channel.id, str(self._from), most=MOST_MESSAGES):
            heard = Heard.of(payload, guild=channel.guild)
            if time_of(heard.id) > self._since:
                self.asked += isinstance(await take(self._desk, heard), Asked)
            is_edited = bool(heard.edited) and datetime.fromisoformat(heard.edited) > self._since
            if is_edited:
                await take_edited(self._desk, heard)
            if is_edited or time_of(heard.id) > self._since:
                await follow_said(self._desk, heard)


def _may_read(channel: discord.abc.GuildChannel | discord.Thread, own: discord.Member) -> bool:
    may = channel.permissions_for(own)
    return may.view_channel and may.read_message_history
