"""What was said while nobody listened: read from Slack's history, and taken in like events.

A mark in Redis says until when Slack was listened to. Where it lies back at the start, or a socket was away, the gap is
noted beside it and goes only when it was caught up to its end, so that a process that is killed over it leaves it to
the next. What was taken in already the mailbox knows, so reading too much does no harm.

Deletions leave no trace in a history, so those alone are not caught up.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from adapters.payloads import Payload, mapping, mappings, string
from adapters.slack.api import Installed, ask, pages
from adapters.slack.events import Asked
from adapters.slack.refusals import SlackRefusedError
from bots.background import log_failure
from bots.slack.desk import Desk
from bots.slack.events import take, take_news
from bots.slack.workspaces import workspaces
from core.errors import PlatformUnavailableError, StoreUnavailableError
from core.messages import Place

BEAT = 5.0
"""Seconds between two marks."""
AWAY = 30.0
"""A mark that lies back so many seconds while this process runs: Redis was away, or the machine slept. Slack itself
sends again for five minutes what was not acknowledged, so shorter gaps close by themselves."""
SOCKET_AWAY = 3.0
"""Likewise for a socket; reconnecting takes less."""
MARGIN = 60.0
"""Seconds that are read before a gap: clocks differ, and what arrived last may not have been kept."""
LONGEST = 12 * 3600.0
"""What was asked longer ago than a night is answered no more: whoever asked has found another way, or asks again."""
ROOTS_BACK = 2 * 86_400.0
"""Replies are found by their threads, and threads that began up to so long before the gap are looked at."""
MOST_CHANNELS = 200
MOST_PAGES = 3
"""Of 200 messages each, of one channel, the newest first."""
REPLIES = 200
"""Of one thread."""
MOST_THREADS = 100
"""Of one workspace, those with news first."""
AT_ONCE = 20
"""So many calls are made as fast as Slack takes them; after that one every `PACE` seconds, which is about half of what
it allows (50 a minute for histories): answers need the rest."""
PACE = 2.0
AGAIN = 60.0
"""Seconds before a gap that could not be closed is looked at again."""
_TRIES = 3
_KINDS = {"im": "im", "mpim": "mpim", "private_channel": "group", "public_channel": "channel"}
"""The types of `users.conversations`, most personal first, and what events call them."""

_log = logging.getLogger(__name__)

Alive = Callable[[], float | None]
"""When a sign of life came last (`time.time()`); None while there is none."""


@dataclass(frozen=True)
class _Channel:
    id: str
    kind: str


class CatchUp:
    """Keeps the mark of one process, and catches up where there is a gap."""

    def __init__(self, desk: Desk, *, beat: float = BEAT, pace: float = PACE) -> None:
        self._desk = desk
        self._beat = beat
        self._pace = pace
        self._key = desk.store.keys.heard("slack")
        self._wake = asyncio.Event()
        self._is_first = True
        self._closing: asyncio.Task[None] | None = None
        self.is_up_to_date = asyncio.Event()
        """Set while nothing is left to catch up."""

    async def run(self, alive: Alive) -> None:
        """Mark how far was listened, and close gaps; without end."""
        try:
            await self._run(alive)
        finally:
            if self._closing is not None:
                self._closing.cancel()
                await asyncio.gather(self._closing, return_exceptions=True)

    async def _run(self, alive: Alive) -> None:
        while True:
            self._wake.clear()
            try:
                await self._look(alive())
            except StoreUnavailableError as error:
                _log.info("How far Slack was heard is not noted: %s", error)
            try:
                async with asyncio.timeout(self._beat):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def reconnected(self, since: float) -> None:
        """A socket was away since then."""
        away = time.time() - since
        _log.info("Connected to Slack again; the last sign of life was %.1f s ago", away)
        if away > SOCKET_AWAY:
            await self._note_gap(since)
            self._wake.set()

    async def _look(self, alive: float | None) -> None:
        """Note a gap if there is one, move the mark, and catch up."""
        if alive is None:
            return
        at, gap = await self._redis("HMGET", self._key, "at", "gap")
        if at and alive - float(at) > (0.0 if self._is_first else AWAY):
            await self._note_gap(float(at))
            gap = gap or at
        await self._redis("HSET", self._key, "at", f"{alive:.3f}")
        self._is_first = False
        if gap and (self._closing is None or self._closing.done()):
            self.is_up_to_date.clear()
            self._closing = asyncio.create_task(self._close(float(gap)))
        elif not gap:
            self.is_up_to_date.set()

    async def _note_gap(self, since: float) -> None:
        """An older gap that is not closed yet holds this one too."""
        self.is_up_to_date.clear()
        await self._redis("HSETNX", self._key, "gap", f"{since:.3f}")

    async def _close(self, gap: float) -> None:
        try:
            await self._catch_up(gap)
            await self._redis("HDEL", self._key, "gap")
        except Exception as error:  # noqa: BLE001 - it runs beside everything else, and is tried again
            log_failure("Catching up with Slack", error)
            await asyncio.sleep(AGAIN)

    async def _redis(self, *command: str) -> Any:
        return await self._desk.store.redis.execute(*command)

    async def _catch_up(self, gap: float) -> None:
        since = max(gap - MARGIN, time.time() - LONGEST)
        for installed in await workspaces(self._desk):
            reading = _Reading(self._desk, installed, since, self._pace)
            try:
                await reading.run()
            except SlackRefusedError as error:
                _log.warning("What was missed in %s can't be caught up: %s", installed.team, error)
            if reading.asked:
                _log.info("Caught up with Slack: %d questions of %s", reading.asked, installed.team)


class _Reading:
    """The histories of one workspace since a time."""

    def __init__(self, desk: Desk, installed: Installed, since: float, pace: float) -> None:
        self._desk = desk
        self._installed = installed
        self._since = since
        self._pace = pace
        self._calls = 0
        self._threads: dict[tuple[str, str], _Channel] = {}
        self.asked = 0

    async def run(self) -> None:
        """Channels, then the threads in them that went on."""
        channels = [channel async for channel in self._channels()]
        for channel in channels:
            await self._patiently(self._channel, channel)
        await self._add_known_threads({channel.id: channel for channel in channels})
        for (_, root), channel in sorted(self._threads.items(), key=lambda one: one[0][1], reverse=True)[:MOST_THREADS]:
            await self._patiently(self._thread, channel, root)

    async def _channels(self) -> AsyncGenerator[_Channel]:
        """Where the app is in, direct conversations first."""
        client = await self._client()
        left = MOST_CHANNELS
        for types, kind in _KINDS.items():
            try:
                asked: dict[str, str | int | bool] = {"types": types, "exclude_archived": True}
                if self._installed.enterprise:
                    asked["team_id"] = self._installed.team
                async for page in pages(client, "users.conversations", "channels", most=2, arguments=asked):
                    for found in mappings(page):
                        if left > 0 and string(found.get("id")):
                            left -= 1
                            yield _Channel(string(found.get("id")), kind)
            except SlackRefusedError as error:
                _log.warning("What was missed in conversations of type %s is not known: %s", types, error)

    async def _patiently(self, read: Callable[..., Awaitable[None]], channel: _Channel, *root: str) -> None:
        """Read it once more where Slack asks for patience; pass over what may not be read."""
        for attempt in range(1, _TRIES + 1):
            if self._calls > AT_ONCE:
                await asyncio.sleep(self._pace)
            self._calls += 1
            try:
                await read(channel, *root)
                return
            except SlackRefusedError as error:
                _log.info("What was missed in %s can't be read: %s", channel.id, error)
                return
            except PlatformUnavailableError as error:
                if attempt == _TRIES:
                    raise
                await asyncio.sleep(min(error.retry_after or self._pace, 60.0))

    async def _channel(self, channel: _Channel) -> None:
        client = await self._client()
        found: list[Payload] = []
        asked = {"channel": channel.id, "oldest": f"{self._since - ROOTS_BACK:.6f}"}
        async for page in pages(client, "conversations.history", "messages", most=MOST_PAGES, arguments=asked):
            found += mappings(page)
        for message in sorted(found, key=_ts):
            if _number(message.get("latest_reply")) > self._since:
                self._threads[(channel.id, string(message.get("ts")))] = channel
            await self._take(channel, message)

    async def _thread(self, channel: _Channel, root: str) -> None:
        client = await self._client()
        oldest = f"{self._since:.6f}"
        answer = await ask(client, "conversations.replies", channel=channel.id, ts=root, oldest=oldest, limit=REPLIES)
        for message in sorted(mappings(answer.get("messages")), key=_ts):
            if string(message.get("ts")) != root:
                await self._take(channel, message)

    async def _add_known_threads(self, channels: dict[str, _Channel]) -> None:
        """Threads that it takes part in and that are older than the histories that were read, the newest of them."""
        team = self._installed.team
        async for page in self._desk.store.all_conversations():
            for name in page:
                place = Place.named(name)
                channel = channels.get(place.channel)
                is_ours = place.platform == "slack" and place.workspace == team
                if is_ours and channel is not None and 0 < _number(place.thread) < self._since - ROOTS_BACK:
                    self._threads.setdefault((channel.id, place.thread or ""), channel)

    async def _take(self, channel: _Channel, message: Payload) -> None:
        """Take in what is new, and what was edited meanwhile."""
        edited = _number(mapping(message.get("edited")).get("ts"))
        event = {"type": "message", "channel": channel.id, "channel_type": channel.kind}
        if _ts(message) > self._since:
            understood = await take(self._desk, {**message, **event}, self._installed)
            self.asked += isinstance(understood, Asked)
        if edited > self._since:
            changed = {**event, "subtype": "message_changed", "message": message}
            await take_news(self._desk, changed, self._installed)

    async def _client(self) -> Any:
        return await self._desk.platform.clients.client(self._installed.team, self._installed.enterprise)


def _ts(message: Payload) -> float:
    return _number(message.get("ts"))


def _number(value: Any) -> float:
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return 0.0
