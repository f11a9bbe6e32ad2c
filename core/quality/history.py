"""What happened over time: counted in Redis by every worker, by the hour and by the day (UTC), by platform.

Counts and histograms alone; no text, no name, nothing of a conversation. What one turn adds is added in one step, once,
however often the connection breaks meanwhile. A worker that is killed between the end of a turn and this step leaves
that turn uncounted. Hours are kept for `HOURS_KEPT`, days for `DAYS_KEPT`: all keys share a slot and expire by
themselves, and a key has a few hundred small fields for each platform at most.
"""

import math
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeVar

from pydantic import Field

from core.conversation_keys import Command, script
from core.conversations import Conversations
from core.mailbox_values import QueueState
from core.messages import Value

HOURS_KEPT = timedelta(days=14)
DAYS_KEPT = timedelta(days=400)

Stage = Literal["waiting", "looking", "searching", "model", "first", "whole"]
"""What people wait for, in seconds:

waiting      in the mailbox, until a worker takes the question
looking      the question's pictures are looked at
searching    the knowledge is searched, and what is outside it, if that is asked
model        from the end of these to the first words; a model that calls tools does so within it
first, whole from the question's arrival to the first words, and to the last part
"""
STAGES: tuple[Stage, ...] = ("waiting", "looking", "searching", "model", "first", "whole")

Ending = Literal["answered", "declined", "failed", "stopped", "dead", "postponed"]
"""How a turn ended. "failed": a reason was shown in the place of an answer, or after a part of it; "dead": it was given
up; "postponed": something failed, and it is tried again."""

Step = Literal["hour", "day"]
_LENGTHS: dict[Step, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}

LEAST = 0.001
"""Seconds; what is shorter counts as this."""
PER_OCTAVE = 2
BUCKETS = 42
"""So many buckets, each `2 ** (1 / PER_OCTAVE)` as wide as the one before: from a millisecond to half an hour."""

_KNOWN_FOR = 120
"""Seconds for which a step is known again that is sent twice, because its first answer was lost."""
_ADD = """
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then
  return 0
end
for at = 2, 3 do
  for item = 4, #ARGV, 3 do
    local field, how, by = ARGV[item], ARGV[item + 1], ARGV[item + 2]
    if how == 'add' then
      redis.call('HINCRBY', KEYS[at], field, by)
    elseif tonumber(by) > tonumber(redis.call('HGET', KEYS[at], field) or '-1') then
      redis.call('HSET', KEYS[at], field, by)
    end
  end
  redis.call('EXPIRE', KEYS[at], ARGV[at])
end
return 1
"""
"""Add to the hour (KEYS[2]) and to the day (KEYS[3]); 0 if the same step (KEYS[1]) was done before. Items follow in
threes: a field, whether a number is added or the larger one is kept, and the number."""


class Happening(Value):
    """What came of one turn. `code` is why, for one that failed, was given up or postponed; `seconds` by stage."""

    platform: str
    ending: Ending
    code: str = ""
    tokens: int = 0
    seconds: dict[Stage, float] = Field(default_factory=dict[Stage, float])


@dataclass(frozen=True)
class Counts:
    """What happened in some time. `codes` are by ending and code ("failed.limit"), histograms by bucket; the queue's
    figures are of samples of how many conversations wait, and for how many seconds the oldest has."""

    endings: Mapping[str, int] = field(default_factory=dict[str, int])
    codes: Mapping[str, int] = field(default_factory=dict[str, int])
    tokens: int = 0
    latency: Mapping[str, Mapping[int, int]] = field(default_factory=dict[str, Mapping[int, int]])
    samples: int = 0
    queue_sum: int = 0
    queue_most: int = 0
    oldest_most: float = 0.0

    @property
    def answered(self) -> int:
        """Questions that got an answer."""
        return self.endings.get("answered", 0)

    @property
    def declined(self) -> int:
        """Questions whose answer the knowledge does not hold."""
        return self.endings.get("declined", 0)

    @property
    def failed(self) -> int:
        """Questions that got a reason instead of an answer, and did not ask to stop."""
        return self.endings.get("failed", 0)

    @property
    def dead(self) -> int:
        """Questions that were given up."""
        return self.endings.get("dead", 0)

    def reasons(self, ending: Ending) -> dict[str, int]:
        """Why turns ended so, by code, the most frequent first."""
        found = _below(f"{ending}.", self.codes)
        return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))

    @property
    def queue(self) -> float | None:
        """How many conversations waited on average; None where nobody looked."""
        return self.queue_sum / self.samples if self.samples else None

    @property
    def replies(self) -> int:
        """All that was replied to, whichever way."""
        return sum(self.endings.get(one, 0) for one in ("answered", "declined", "failed", "stopped"))

    def percentile(self, stage: Stage, share: float) -> float | None:
        """The seconds that a share of the turns did not exceed; None where none was timed.

        Within a bucket they are taken to be spread evenly on a logarithmic scale: off by a fifth at most, mostly less.
        """
        buckets = sorted(self.latency.get(stage, {}).items())
        rank = share * sum(number for _, number in buckets)
        for bucket, number in buckets:
            if rank <= number and number:
                return bound(bucket - 1) * (bound(bucket) / bound(bucket - 1)) ** (rank / number)
            rank -= number
        return None


@dataclass(frozen=True)
class Slice:
    """One hour or day: when it began, and what happened in it on each platform."""

    start: datetime
    platforms: Mapping[str, Counts]

    def counts(self, platform: str = "") -> Counts:
        """Of one platform, or of all."""
        return self.platforms.get(platform, Counts()) if platform else summed(self.platforms.values(), beside=True)


class QualityHistory:
    """The history in the Redis of the conversation store. Raises `StoreUnavailableError`."""

    def __init__(self, store: Conversations) -> None:
        self._redis = store.redis
        self._keys = store.keys

    def counting(self, happening: Happening, at: datetime) -> Command:
        """The command that counts what came of a turn at this time."""
        platform = happening.platform
        items = [(f"ending.{happening.ending}|{platform}", 1)]
        if happening.code:
            items.append((f"code.{happening.ending}.{happening.code}|{platform}", 1))
        if happening.tokens:
            items.append((f"tokens|{platform}", happening.tokens))
        items += [(f"{stage}.{bucket_of(seconds)}|{platform}", 1) for stage, seconds in happening.seconds.items()]
        return self._adding(at, [(name, "add", number) for name, number in items])

    async def count(self, happening: Happening, at: datetime | None = None) -> None:
        """Count what came of a turn."""
        await self._redis.execute(*self.counting(happening, at or datetime.now(UTC)))

    async def sample(self, platform: str, state: QueueState, at: datetime | None = None) -> None:
        """Keep how a platform's queue stands."""
        items = [
            (f"queue.samples|{platform}", "add", 1),
            (f"queue.sum|{platform}", "add", state.conversations),
            (f"queue.most|{platform}", "most", state.conversations),
            (f"queue.oldest|{platform}", "most", round(state.oldest * 1000)),
        ]
        await self._redis.execute(*self._adding(at or datetime.now(UTC), items))

    async def read(self, step: Step, until: datetime, number: int) -> list[Slice]:
        """The last hours or days up to the one that holds `until`, the oldest first; those without anything, too."""
        last = start_of(step, until)
        starts = [last - _LENGTHS[step] * back for back in range(number - 1, -1, -1)]
        commands: list[Command] = [("HGETALL", self._key(step, start)) for start in starts]
        found = await self._redis.execute_all(commands)
        return [Slice(start, _read(fields)) for start, fields in zip(starts, found, strict=True)]

    def _adding(self, at: datetime, items: Sequence[tuple[str, str, int]]) -> Command:
        keys = (
            self._keys.quality("step", secrets.token_hex(8)),
            self._key("hour", at),
            self._key("day", at),
        )
        lives = (HOURS_KEPT + timedelta(hours=1), DAYS_KEPT + timedelta(days=1))
        hours, days = (round(one.total_seconds()) for one in lives)
        return script(_ADD, keys, (_KNOWN_FOR, hours, days, *(part for item in items for part in item)))

    def _key(self, step: Step, at: datetime) -> str:
        return self._keys.quality(step, f"{start_of(step, at):%Y-%m-%dT%H}")


def start_of(step: Step, at: datetime) -> datetime:
    """When the hour or day (UTC) began that holds a time."""
    at = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return at if step == "hour" else at.replace(hour=0)


def bucket_of(seconds: float) -> int:
    """The bucket that a time falls into."""
    return min(BUCKETS - 1, max(0, math.ceil(PER_OCTAVE * math.log2(max(seconds, LEAST) / LEAST))))


def bound(bucket: int) -> float:
    """The longest time of a bucket, in seconds."""
    return LEAST * 2 ** (bucket / PER_OCTAVE)


def summed(parts: Iterable[Counts], *, beside: bool = False) -> Counts:
    """Several counts as one: of times that follow one another, or `beside` each other (platforms).

    The longest queues of platforms at the same time add up, those of different times don't.
    """
    parts = list(parts)
    most = sum if beside else max
    return Counts(
        endings=_added(one.endings for one in parts),
        codes=_added(one.codes for one in parts),
        tokens=sum(one.tokens for one in parts),
        latency={stage: _added(one.latency.get(stage, {}) for one in parts) for stage in STAGES},
        samples=max((one.samples for one in parts), default=0) if beside else sum(one.samples for one in parts),
        queue_sum=sum(one.queue_sum for one in parts),
        queue_most=most([0, *(one.queue_most for one in parts)]),
        oldest_most=max([0.0, *(one.oldest_most for one in parts)]),
    )


_Key = TypeVar("_Key", str, int)


def _added(parts: Iterable[Mapping[_Key, int]]) -> dict[_Key, int]:
    total: dict[_Key, int] = {}
    for part in parts:
        for name, number in part.items():
            total[name] = total.get(name, 0) + number
    return total


def _read(fields: Mapping[bytes, bytes] | Sequence[bytes]) -> dict[str, Counts]:
    """The counts of one hour or day by platform; fields that a newer Lorelens may have written are passed over."""
    pairs = fields.items() if isinstance(fields, Mapping) else zip(fields[::2], fields[1::2], strict=True)
    by_platform: dict[str, dict[str, int]] = {}
    for key, value in pairs:
        name, _, platform = key.decode().partition("|")
        by_platform.setdefault(platform, {})[name] = int(value)
    return {platform: _counts(names) for platform, names in by_platform.items()}


def _counts(names: Mapping[str, int]) -> Counts:
    latency: dict[str, dict[int, int]] = {}
    for stage in STAGES:
        found = {int(name.partition(".")[2]): number for name, number in names.items() if name.startswith(f"{stage}.")}
        if found:
            latency[stage] = found
    return Counts(
        endings=_below("ending.", names),
        codes=_below("code.", names),
        tokens=names.get("tokens", 0),
        latency=latency,
        samples=names.get("queue.samples", 0),
        queue_sum=names.get("queue.sum", 0),
        queue_most=names.get("queue.most", 0),
        oldest_most=names.get("queue.oldest", 0) / 1000,
    )


def _below(prefix: str, names: Mapping[str, int]) -> dict[str, int]:
    return {name.removeprefix(prefix): number for name, number in names.items() if name.startswith(prefix)}
