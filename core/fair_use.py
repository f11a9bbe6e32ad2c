"""Fair use: how much a person, a channel and a workspace may ask, and a workspace's model may be made to read and say.

Questions are counted by the generic cell rate algorithm, which keeps one time a key and knows to the second when the
next question may come. Redis's clock is the only one.
"""

import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.answering import Answerer
from core.conversation_keys import script
from core.conversations import Conversations
from core.language import is_chinese
from core.messages import Place
from core.question import Question
from core.reply import Failure, Finished, ReplyPart

WINDOW = 600
"""Seconds in which a limit's number of questions may come."""
_KEEP_BUDGET = 2 * 86_400

_LET_THROUGH = """
local window, limit, asked = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local free_at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + asked * window / limit
if free_at - now > window then
  return math.ceil(free_at - now - window)
end
redis.call('SET', KEYS[1], string.format('%d', free_at), 'PX', math.ceil(free_at - now))
return 0
"""
"""Milliseconds to wait, or 0 for questions that were let through. ARGV: the window (ms), its limit, how many."""


@dataclass(frozen=True)
class FairUse:
    """Questions in ten minutes of one person, channel and workspace, and a workspace's tokens a day; 0: any number."""

    person: int = 0
    channel: int = 0
    workspace: int = 0
    daily_tokens: int = 0


class FairAnswers:
    """Answers as another does, within what is fair; beyond it, says when to try again."""

    def __init__(self, answers: Answerer, store: Conversations, limits: FairUse) -> None:
        self._answers = answers
        self._store = store
        self._limits = limits

    async def __call__(self, questions: Sequence[Question], /) -> AsyncIterator[ReplyPart]:
        """The parts as they are made, or a refusal."""
        refusal = await self._budget_refusal(questions) or await self._rate_refusal(questions)
        if refusal is not None:
            yield refusal
            yield Finished()
            return
        async for part in self._answers(questions):
            if isinstance(part, Finished):
                await self._spend(questions[-1].message.place, part.tokens)
            yield part

    async def _rate_refusal(self, questions: Sequence[Question]) -> Failure | None:
        place = questions[-1].message.place
        where = f"{place.platform}/{place.workspace}"
        people = [f"{where}/{question.message.author.id}" for question in questions]
        wanted = [("person", person, self._limits.person, people.count(person)) for person in dict.fromkeys(people)]
        wanted.append(("channel", f"{where}/{place.channel}", self._limits.channel, len(questions)))
        wanted.append(("workspace", where, self._limits.workspace, len(questions)))
        for scope, name, limit, count in wanted:
            if limit:
                # A turn of more questions than the limit has room for would wait for ever.
                arguments = (WINDOW * 1000, limit, min(count, limit))
                wait = await self._store.redis.execute(
                    *script(_LET_THROUGH, (self._store.keys.limit(scope, name),), arguments)
                )
                if wait:
                    return _too_many(scope, wait / 1000, chinese=is_chinese(questions[-1].message.text))
        return None

    async def _budget_refusal(self, questions: Sequence[Question]) -> Failure | None:
        if not self._limits.daily_tokens:
            return None
        spent = await self._store.redis.execute("GET", self._budget(questions[-1].message.place))
        if int(spent or 0) < self._limits.daily_tokens:
            return None
        return _spent(chinese=is_chinese(questions[-1].message.text))

    async def _spend(self, place: Place, tokens: int) -> None:
        if self._limits.daily_tokens and tokens:
            key = self._budget(place)
            await self._store.redis.execute_all([("INCRBY", key, tokens), ("EXPIRE", key, _KEEP_BUDGET)])

    def _budget(self, place: Place) -> str:
        today = datetime.now(UTC).date().isoformat()
        return self._store.keys.limit("tokens", f"{place.platform}/{place.workspace}/{today}")


_WHOSE = {
    "person": ("You have asked a lot in a short time.", "你在短时间内问了很多问题。"),
    "channel": ("This channel has asked a lot in a short time.", "这个频道在短时间内问了很多问题。"),
    "workspace": ("Your workspace has asked a lot in a short time.", "你们的工作区在短时间内问了很多问题。"),
}


def _too_many(scope: str, seconds: float, *, chinese: bool) -> Failure:
    english, in_chinese = _WHOSE[scope]
    if chinese:
        return Failure(code="limit", message=in_chinese, hint=f"请在{_duration(seconds, chinese=True)}后再问一次。")
    return Failure(code="limit", message=english, hint=f"Please ask again in {_duration(seconds, chinese=False)}.")


def _spent(*, chinese: bool) -> Failure:
    now = datetime.now(UTC)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    left = _duration((midnight - now).total_seconds(), chinese=chinese)
    if chinese:
        return Failure(code="limit", message="今天的用量已经用完。", hint=f"请在{left}后再问一次。")
    return Failure(
        code="limit", message="What this workspace may use in a day is used up.", hint=f"Please ask again in {left}."
    )


def _duration(seconds: float, *, chinese: bool) -> str:
    """Rounded up, so that whoever comes back then is let through."""
    for length, one, in_chinese in ((3600, "hour", "小时"), (60, "minute", "分钟"), (1, "second", "秒")):
        if seconds > length or length == 1:
            count = max(1, math.ceil(seconds / length))
            return f"{count} {in_chinese}" if chinese else f"{count} {one}{'s' * (count > 1)}"
    raise AssertionError
