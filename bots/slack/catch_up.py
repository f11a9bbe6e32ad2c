"""What was said while nobody listened: read from Slack's history, and taken in like events (`bots.catch_up` says when).

Deletions leave no trace in a history, so those alone are not caught up.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from adapters.payloads import Payload, mapping, mappings, string
from adapters.slack.api import Installed, ask, pages
from adapters.slack.refusals import SlackRefusedError
from adapters.understood import Asked
from bots.catch_up import BEAT, CatchUp
from bots.history_pace import HistoryPace
from bots.slack.desk import Desk
from bots.slack.events import take, take_news
from bots.slack.workspaces import workspaces
from core.messages import Place

ROOTS_BACK = 2 * 86_400.0
"""Replies are found by their threads, and threads that began up to so long before the gap are looked at."""
MOST_CHANNELS = 200
MOST_PAGES = 3
"""Of 200 messages each, of one channel, the newest first."""
REPLIES = 200
"""Of one thread."""
MOST_THREADS = 100
"""Of one workspace, those with news first."""
PACE = 2.0
"""Seconds between two reads, after the first ones: about half of what Slack allows (50 a minute for histories)."""
_KINDS = {"im": "im", "mpim": "mpim", "private_channel": "group", "public_channel": "channel"}
"""The types of `users.conversations`, most personal first, and what events call them."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Channel:
    id: str
    kind: str


def catch_up(desk: Desk, *, beat: float = BEAT, pace: float = PACE) -> CatchUp:
    """What keeps the mark of this process for Slack, and reads its history where there is a gap."""

    async def read(since: float) -> None:
        for installed in await workspaces(desk):
            reading = _Reading(desk, installed, since, pace)
            try:
                await reading.run()
            except SlackRefusedError as error:
                _log.warning("What was missed in %s can't be caught up: %s", installed.team, error)
            if reading.asked:
                _log.info("Caught up with Slack: %d questions of %s", reading.asked, installed.team)

    return CatchUp(desk.store, "slack", read, beat=beat)


class _Reading:
    """The histories of one workspace since a time."""

    def __init__(self, desk: Desk, installed: Installed, since: float, pace: float) -> None:
        self._desk = desk
        self._installed = installed
        self._since = since
        self._pace = HistoryPace(pace)
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
        """Read it; pass over what may not be read."""
        try:
            await self._pace.read(partial(read, channel, *root))
        except SlackRefusedError as error:
            _log.info("What was missed in %s can't be read: %s", channel.id, error)

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
