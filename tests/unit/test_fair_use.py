"""Within fair use everything is answered; beyond it people are told when to come back."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.conversations import Conversations
from core.fair_use import WINDOW, FairAnswers, FairUse
from core.messages import Author, Message, Place
from core.question import Question
from core.redis_client import ConnectedRedis, connect
from core.reply import Failure, Finished, ReplyPart, Text


async def answers(questions: Sequence[Question], /) -> AsyncIterator[ReplyPart]:
    yield Text(text="So.")
    yield Finished(tokens=100)


def asked(text: str = "How?", *, by: str = "ada", channel: str = "general", workspace: str = "T1") -> Question:
    place = Place(platform="fake", workspace=workspace, channel=channel)
    message = Message(id=text, place=place, author=Author(id=by), text=text, sent_at=datetime.now(UTC))
    return Question(message=message)


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[ConnectedRedis]:
    async with await connect("", tmp_path) as redis:
        yield redis


async def refusal(fair: FairAnswers, *questions: Question) -> Failure | None:
    """What is said instead of an answer."""
    parts = [part async for part in fair(questions)]
    assert isinstance(parts[-1], Finished)
    return parts[0] if isinstance(parts[0], Failure) else None


async def test_who_asks_too_much_is_told_when_to_come_back(redis: ConnectedRedis) -> None:
    fair = FairAnswers(answers, Conversations(redis), FairUse(person=3))
    assert [await refusal(fair, asked()) for _ in range(3)] == [None] * 3
    refused = await refusal(fair, asked())
    assert refused is not None
    assert (refused.code, refused.hint) == ("limit", "Please ask again in 4 minutes.")
    assert await refusal(fair, asked(by="bob")) is None


async def test_a_refusal_in_chinese(redis: ConnectedRedis) -> None:
    fair = FairAnswers(answers, Conversations(redis), FairUse(channel=1))
    await refusal(fair, asked())
    refused = await refusal(fair, asked("怎么回滚一次部署？"))
    assert refused is not None
    assert refused.message == "这个频道在短时间内问了很多问题。"
    assert refused.hint == "请在10 分钟后再问一次。"


async def test_the_allowance_comes_back_with_time(redis: ConnectedRedis) -> None:
    store = Conversations(redis)
    fair = FairAnswers(answers, store, FairUse(person=600))
    key = store.keys.limit("person", "fake/T1/ada")
    questions = [asked(str(number)) for number in range(600)]
    assert await refusal(fair, *questions) is None
    refused = await refusal(fair, asked())
    assert refused is not None and refused.hint == "Please ask again in 1 second."
    assert 0 < await redis.execute("PTTL", key) <= WINDOW * 1000
    seconds, microseconds = await redis.execute("TIME")
    before_now = int(seconds) * 1000 + int(microseconds) // 1000 + WINDOW * 1000 - 2000
    await redis.execute("SET", key, before_now)  # as two seconds later
    assert [await refusal(fair, asked()) is None for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("limits", "others"),
    [
        (FairUse(channel=2), {"channel": "random"}),
        (FairUse(workspace=2), {"workspace": "T2"}),
    ],
)
async def test_channels_and_workspaces_have_limits_of_their_own(
    redis: ConnectedRedis, limits: FairUse, others: dict[str, str]
) -> None:
    fair = FairAnswers(answers, Conversations(redis), limits)
    for who in ("ada", "bob"):
        assert await refusal(fair, asked(by=who)) is None
    assert await refusal(fair, asked(by="eve")) is not None
    assert await refusal(fair, asked(by="eve", **others)) is None


async def test_questions_answered_together_count_one_by_one(redis: ConnectedRedis) -> None:
    fair = FairAnswers(answers, Conversations(redis), FairUse(person=4))
    assert await refusal(fair, asked("1"), asked("2"), asked("3")) is None
    assert await refusal(fair, asked("4"), asked("5")) is not None


async def test_more_at_once_than_the_limit_is_answered_sometime(redis: ConnectedRedis) -> None:
    fair = FairAnswers(answers, Conversations(redis), FairUse(person=2))
    assert await refusal(fair, *(asked(str(number)) for number in range(5))) is None


async def test_a_workspace_that_used_up_its_tokens_waits_for_tomorrow(redis: ConnectedRedis) -> None:
    fair = FairAnswers(answers, Conversations(redis), FairUse(daily_tokens=150))
    assert [await refusal(fair, asked()) for _ in range(2)] == [None, None]
    refused = await refusal(fair, asked())
    assert refused is not None
    assert refused.message == "What this workspace may use in a day is used up."
    assert await refusal(fair, asked(workspace="T2")) is None


async def test_without_limits_nothing_is_counted(redis: ConnectedRedis) -> None:
    fair = FairAnswers(answers, Conversations(redis), FairUse())
    assert [await refusal(fair, asked()) for _ in range(50)] == [None] * 50
    assert await redis.execute("KEYS", "*limit*") == []
