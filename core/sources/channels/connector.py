"""The channels of a chat platform as a source: each channel a part of its own, with its own readers.

A first fetching goes from today into the past, day by day, and goes on there when it was interrupted. Later ones read
again what was said in the last `LOOK_BACK` days, and fetch the threads that went on; what changed before is followed
live (`core.sources.channels.follower`).
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from core import audience
from core.channel_history import ChannelHistory, ChannelInfo, Said
from core.errors import QuestionError, SettingsError
from core.messages import EVERYONE, Value
from core.sources.channels.days import DayWriter, alone, bounds, note_refreshed, paths_of, refreshed_since
from core.sources.channels.documents import day_of
from core.sources.channels.marks import Spot
from core.sources.connector import Part, SourceSpec, Watch
from core.sources.mirror import Mirror

LOOK_BACK = timedelta(days=14)
"""So far back a later fetching looks for threads that went on and for what was edited or deleted unheard of."""
INVITED = "invited"
"""The option `channels` for all that Lorelens is a member of."""
_DAY = 86_400.0


Elsewhere = Callable[[Spot], Awaitable[Collection[str]]]
"""The days (`YYYY-MM-DD`) of a channel that another source has."""


class ChannelOptions(Value):
    """How somebody set such a source up: which channels (names or ids; empty: all that it is in), since when (seconds
    since 1970), and whether what other programs post is read too."""

    channels: tuple[str, ...] = ()
    since: float = 0.0
    with_bots: bool = False

    @classmethod
    def of(cls, spec: SourceSpec) -> "ChannelOptions":
        """The options of a spec.

        Raises:
            QuestionError: one is unknown, or can't be understood.
        """
        unknown = sorted(set(spec.options) - {"channels", "since", "bots"})
        if unknown:
            raise QuestionError(
                f'A source of kind "{spec.kind}" has no option "{unknown[0]}".',
                hint="There are: channels=invited or NAME,NAME; since=YYYY-MM-DD; bots=yes or no.",
            )
        named = spec.options.get("channels", INVITED)
        channels = [one.strip().removeprefix("#") for one in named.split(",")]
        bots = spec.options.get("bots", "no").lower()
        if bots not in {"yes", "no"}:
            raise QuestionError(f'bots="{bots}" says neither yes nor no.', hint="Write bots=yes or bots=no.")
        return cls(
            channels=() if named.strip() == INVITED else tuple(filter(None, channels)),
            since=_since(spec.options.get("since", "")),
            with_bots=bots == "yes",
        )

    def chooses(self, channel: ChannelInfo) -> bool:
        """Whether a channel is one of those that were chosen."""
        return not self.channels or channel.id in self.channels or channel.name in self.channels


def readers_of(channel: ChannelInfo, platform: str, workspace: str) -> tuple[str, ...]:
    """The principals who may see what is said in a channel: those who hold the channel, by `core.audience`.

    A full member holds the channel principal of each public channel, be they in it or not (`adapters.slack.audience`),
    so that a public channel names its workspace only to be told from a private one.
    """
    own = audience.channel(platform, workspace, channel.id)
    if channel.readers == "workspace":
        return (audience.workspace(platform, workspace), own)
    return tuple(dict.fromkeys((*channel.audience, own))) if channel.readers == "guild" else (own,)


class ChannelConnector:
    """`core.sources.connector.Connector` for the channels of one workspace.

    `elsewhere` tells the days of a channel that another source has, and has more recently: of an export, those that are
    followed live. They are left out, so that nothing is there twice. `now` is for tests.
    """

    def __init__(
        self,
        history: ChannelHistory,
        spec: SourceSpec,
        *,
        elsewhere: Elsewhere | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._history = history
        self._elsewhere = elsewhere
        self._options = ChannelOptions.of(spec)
        self._limit = spec.audience
        self._now = now
        self._known: dict[str, ChannelInfo] = {}

    async def parts(self) -> AsyncIterator[Part]:
        """The channels that can be read and were chosen."""
        for channel in await self._history.channels():
            if self._options.chooses(channel):
                self._known[channel.id] = channel
                yield self.part_of(channel)

    async def part(self, channel: str) -> Part | None:
        """One channel as a part, as it is now; None where it can't be read any more, or was not chosen."""
        found = await self._history.channel(channel)
        if found is None or not self._options.chooses(found):
            return None
        self._known[found.id] = found
        return self.part_of(found)

    def part_of(self, channel: ChannelInfo) -> Part:
        """A channel as a part; its documents have addresses of their own."""
        return Part(key=channel.id, name=channel.name or channel.id, audience=self._audience(channel))

    async def fetch(self, part: Part, mirror: Mirror, watch: Watch) -> None:
        """Bring a channel up to date: what is new since the last time, then what is still missing of the past."""
        channel = await self._channel(part)
        reading = _Reading(self._history, channel, mirror, watch, self._options)
        now = self._now()
        await reading.recent(now)
        await reading.past()
        if self._elsewhere is not None:
            spot = Spot(self._history.platform, channel.workspace or self._history.workspace, channel.id)
            for day in await self._elsewhere(spot):
                for path in paths_of(mirror.folder, day):
                    mirror.remove(path)

    async def refresh(self, part: Part, mirror: Mirror, watch: Watch, days: Mapping[str, frozenset[str]]) -> None:
        """Read days again, and of their threads those with these roots' keys (all, where none is named) and those
        whose document is not there. Leaves the cursor alone, so that it may be done while the past is fetched."""
        channel = await self._channel(part)
        writer = DayWriter(self._history, channel, mirror, watch, with_bots=self._options.with_bots)
        for day, keys in sorted(days.items()):
            begin, end = bounds(day)
            async with alone(mirror.folder):
                note_refreshed(mirror.folder, day)
                roots = await _all(self._history.messages(channel, after=begin, before=end))
                unchanged = frozenset(said.key for said in roots) - keys if keys else frozenset[str]()
                await writer.write(day, roots, unchanged=unchanged)

    async def close(self) -> None:
        """Let go of connections."""
        await self._history.close()

    async def _channel(self, part: Part) -> ChannelInfo:
        found = self._known.get(part.key) or await self._history.channel(part.key)
        return found or ChannelInfo(id=part.key, name=part.name)

    def _audience(self, channel: ChannelInfo) -> tuple[str, ...]:
        """The channel's own readers, or those of them whom the operator named; of what only the operator can say who
        may see it (a private part of an export), whom they named.

        Raises:
            SettingsError: none of those who were named may see it.
        """
        platform, workspace = self._history.platform, channel.workspace or self._history.workspace
        own = readers_of(channel, platform, workspace)
        if self._limit == (EVERYONE,) or channel.readers == "members":
            return own
        if channel.readers == "guild" and not channel.audience:
            return self._limit
        within = (audience.person(platform, workspace, ""), audience.channel(platform, workspace, ""))
        named = tuple(one for one in self._limit if one in own or one.startswith(within))
        if not named:
            raise SettingsError(
                f"Nobody of this source's audience may see #{channel.name}.",
                hint=f"Name {audience.workspace(platform, workspace)}, or people or channels of it, or nobody.",
            )
        return named


class _Reading:
    """One fetching of one channel. The cursor: `high`, up to when all was read once, `low`, down to when, whether the
    past is `done`, and of the days of the last `LOOK_BACK` what they were compared by."""

    def __init__(
        self, history: ChannelHistory, channel: ChannelInfo, mirror: Mirror, watch: Watch, options: ChannelOptions
    ) -> None:
        self._history = history
        self._channel = channel
        self._mirror = mirror
        self._since = options.since
        self._writer = DayWriter(history, channel, mirror, watch, with_bots=options.with_bots)
        self._cursor = _Cursor.of(mirror.cursor())
        self._asked = 0.0
        if self._cursor.with_bots != options.with_bots:
            self._cursor = _Cursor()  # all of it is read again
            self._cursor.with_bots = options.with_bots

    async def recent(self, now: float) -> None:
        """What was said since the last time, and what changed shortly before it."""
        cursor = self._cursor
        if cursor.since != self._since and cursor.high:
            await self._since_is_new()
        if not cursor.high:
            cursor.high = cursor.low = _midnight(now + _DAY)
            cursor.since = self._since
            return  # all of it is the past
        begin = max(_midnight(min(cursor.high, now) - LOOK_BACK.total_seconds()), _midnight(self._since), cursor.low)
        end = _midnight(now + _DAY)
        await self._days(begin, end, is_past=False)
        cursor.high = max(cursor.high, end)
        cursor.forget_before(now - LOOK_BACK.total_seconds() - _DAY)
        self._keep()

    async def past(self) -> None:
        """What was said before, the newest first."""
        cursor = self._cursor
        if cursor.done:
            return
        await self._days(self._since, cursor.low, is_past=True)
        cursor.done = True
        self._keep()

    async def _days(self, begin: float, end: float, *, is_past: bool) -> None:
        """Whole days between two times: each is written when all of it was read, so that an interrupted fetching goes
        on with the last one that is not complete."""
        if begin >= end:
            return
        seen: set[str] = set()
        roots: list[Said] = []
        day = ""
        self._asked = time.time()
        async for page in self._history.messages(self._channel, after=begin, before=end):
            for said in page:
                at = day_of(said.message.sent_at)
                if day and at != day:
                    await self._write(day, roots[::-1], is_past=is_past)
                    seen.add(day)
                    roots = []
                day = at
                roots.append(said)
        if day:
            await self._write(day, roots[::-1], is_past=is_past)
            seen.add(day)
        if not is_past:
            await self._emptied(begin, end, seen)

    async def _write(self, day: str, roots: list[Said], *, is_past: bool) -> None:
        cursor = self._cursor
        states = {said.key: said.state for said in roots}
        known = cursor.days.get(day, {})
        if states != known or is_past:
            async with alone(self._mirror.folder):
                if refreshed_since(self._mirror.folder, day, self._asked):
                    begin, end = bounds(day)
                    roots = await _all(self._history.messages(self._channel, after=begin, before=end))
                    states = {said.key: said.state for said in roots}
                unchanged = frozenset(key for key, state in states.items() if known.get(key) == state)
                await self._writer.write(day, roots, unchanged=unchanged)
        cursor.days[day] = states
        if is_past:
            cursor.low = bounds(day)[0]
        self._keep()

    async def _emptied(self, begin: float, end: float, seen: set[str]) -> None:
        """Of days on which nothing stands any more, nothing stays."""
        there = {path.partition("/")[0] for path in self._mirror.paths()}
        for day in there - seen:
            if len(day) == 10 and begin <= bounds(day)[0] < end:
                for path in paths_of(self._mirror.folder, day):
                    self._mirror.remove(path)
                self._cursor.days.pop(day, None)

    async def _since_is_new(self) -> None:
        """The operator wants more of the past, or less of it."""
        cursor = self._cursor
        if self._since < cursor.since:
            cursor.done = False
        else:
            for path in [one for one in self._mirror.paths() if bounds(one.partition("/")[0])[1] <= self._since]:
                self._mirror.remove(path)
        cursor.since = self._since

    def _keep(self) -> None:
        self._mirror.keep_cursor(self._cursor.kept())


class _Cursor:
    """What a mirror's cursor says, and says again."""

    def __init__(self) -> None:
        self.high = self.low = self.since = 0.0
        self.done = self.with_bots = False
        self.days: dict[str, dict[str, str]] = {}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "_Cursor":
        """From what was kept; as new where that is damaged."""
        cursor = cls()
        try:
            cursor.high, cursor.low, cursor.since = (float(kept.get(name, 0)) for name in ("high", "low", "since"))
            cursor.done, cursor.with_bots = bool(kept.get("done")), bool(kept.get("bots"))
            days = cast("Mapping[str, Mapping[str, Any]]", kept.get("days") or {})
            cursor.days = {day: {key: str(state) for key, state in states.items()} for day, states in days.items()}
        except (TypeError, ValueError, AttributeError):
            return cls()
        return cursor

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        spans = {"high": self.high, "low": self.low, "since": self.since, "done": self.done}
        return {**spans, "bots": self.with_bots, "days": self.days}

    def forget_before(self, moment: float) -> None:
        """Days that are compared no more."""
        oldest = day_of(datetime.fromtimestamp(max(moment, 0.0), UTC))
        self.days = {day: states for day, states in self.days.items() if day >= oldest}


async def _all(pages: AsyncIterator[list[Said]]) -> list[Said]:
    return [said async for page in pages for said in page][::-1]


def _midnight(moment: float) -> float:
    return moment - moment % _DAY


def _since(value: str) -> float:
    if not value:
        return 0.0
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise QuestionError(f'since="{value}" is no date.', hint="Write since=YYYY-MM-DD.") from None
