"""What the mailbox promises to platforms and workers, on a real Redis."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis.crc import key_slot

from core.conversation_keys import SHARDS, shard_of
from core.conversations import Conversations
from core.errors import LeaseLostError, StoreUnavailableError
from core.mailbox import TOGETHER, Mailbox, Turn
from core.messages import Author, Message, Place
from core.question import Question
from core.redis_client import ConnectedRedis, connect
from core.reply import Finished, Text

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PLACE = Place(platform="fake", workspace="T1", channel="general", thread="1")
CONVERSATION = PLACE.conversation
SHARD = shard_of(CONVERSATION)
LEASE = 0.4


@pytest.fixture
def mailbox(store: Conversations) -> Mailbox:
    return Mailbox(store, "fake")


@pytest.fixture
def hasty(store: Conversations) -> Mailbox:
    """Its leases run out soon."""
    return Mailbox(store, "fake", lease=LEASE)


def asked(text: str, *, place: Place = PLACE, message_id: str = "", alone: bool = False, at: int = 0) -> Question:
    message = Message(
        id=message_id or text,
        place=place,
        author=Author(id="ada"),
        text=text,
        sent_at=NOON + timedelta(seconds=at),
    )
    return Question(message=message, delivery={"token": text[::-1]}, alone=alone)


def reply_to(turn: Turn, text: str = "Here it is.") -> Message:
    return Message(
        id=f"reply-{turn.fence}",
        place=PLACE,
        author=Author(id="lorelens", is_bot=True),
        role="assistant",
        text=text,
        sent_at=datetime.now(UTC),
    )


async def taken(mailbox: Mailbox, shard: int = SHARD) -> Turn:
    turn = await mailbox.take(shard)
    assert isinstance(turn, Turn)
    return turn


async def taken_over(mailbox: Mailbox) -> Turn:
    """The turn of somebody who does not renew."""
    async with asyncio.timeout(10):
        while not isinstance(turn := await mailbox.take(SHARD), Turn):
            await mailbox.wait(SHARD, turn, 0.05)
    return turn


async def is_empty(mailbox: Mailbox, shard: int = SHARD) -> bool:
    return isinstance(await mailbox.take(shard), str)


def texts(turn: Turn) -> list[str]:
    return [question.message.text for question in turn.questions]


# --- submitting ------------------------------------------------------------------------------------------------------


async def test_a_message_is_remembered_and_lined_up_at_once(mailbox: Mailbox) -> None:
    question = asked("How do I roll back?")
    assert await mailbox.submit(question) == "new"
    assert await mailbox.store.history(CONVERSATION, 1000) == [question.message]
    turn = await taken(mailbox)
    assert turn.questions == (question,)
    assert (turn.tries, turn.taken_over, turn.posted, turn.reply, turn.stopped) == (1, False, {}, (), False)


async def test_a_message_that_is_sent_again_is_answered_once(mailbox: Mailbox) -> None:
    question = asked("How?")
    sent = await asyncio.gather(*(mailbox.submit(question, event_id=f"Ev{number % 3}") for number in range(20)))
    assert sorted(sent) == ["duplicate"] * 19 + ["new"]
    turn = await taken(mailbox)
    await mailbox.finish(turn, reply_to(turn))
    assert await mailbox.submit(question) == "duplicate"
    assert await is_empty(mailbox)


async def test_an_event_that_comes_under_another_message_id_is_known(mailbox: Mailbox) -> None:
    assert await mailbox.submit(asked("How?", message_id="1"), event_id="Ev1") == "new"
    assert await mailbox.submit(asked("How?", message_id="2"), event_id="Ev1") == "duplicate"
    assert len((await taken(mailbox)).questions) == 1


async def test_a_message_that_was_only_overheard_can_be_asked_later(mailbox: Mailbox) -> None:
    question = asked("and this?")
    await mailbox.store.remember(question.message)
    assert await mailbox.submit(question) == "new"
    assert texts(await taken(mailbox)) == ["and this?"]


async def test_a_message_that_was_taken_back_before_it_came_is_not_answered(mailbox: Mailbox) -> None:
    question = asked("How?")
    await mailbox.store.remember(question.message)
    await mailbox.store.delete(CONVERSATION, question.message.id)
    assert await mailbox.submit(question) == "deleted"
    assert await is_empty(mailbox)


@pytest.mark.parametrize("text", ["", "🙂 שלום 你好\0\r\n", "x" * 100_000, '"}]', "[[no answer]]"])
async def test_any_text_and_name_comes_through(mailbox: Mailbox, text: str) -> None:
    place = Place(platform="fake", workspace="a/{b}%", channel='}"\n', thread="{1}")
    question = asked(text, place=place, message_id="{id}\0")
    assert await mailbox.submit(question, event_id="{e}\n") == "new"
    turn = await taken(mailbox, shard_of(place.conversation))
    assert turn.questions == (question,)
    await mailbox.finish(turn, None)


async def test_all_keys_of_a_shard_share_a_slot(mailbox: Mailbox, redis: ConnectedRedis, prefix: str) -> None:
    await mailbox.submit(asked("How?"), event_id="Ev1")
    await taken(mailbox)
    keys = await redis.execute("KEYS", f"{prefix}:{{{SHARD}}}:*")
    assert len(keys) >= 8
    assert len({key_slot(key) for key in keys}) == 1


# --- turns -----------------------------------------------------------------------------------------------------------


async def test_what_arrives_meanwhile_is_taken_together_next_time(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("one"))
    turn = await taken(mailbox)
    for at, text in enumerate(("two", "three")):
        await mailbox.submit(asked(text, at=at))
    assert await is_empty(mailbox)
    await mailbox.finish(turn, reply_to(turn))
    after = await taken(mailbox)
    assert (texts(turn), texts(after)) == (["one"], ["two", "three"])
    assert after.key != turn.key


async def test_a_question_that_is_to_be_answered_alone_is(mailbox: Mailbox) -> None:
    for text in ("one", "two", "/ask three", "four"):
        await mailbox.submit(asked(text, alone=text.startswith("/ask")))
    turns: list[list[str]] = []
    for _ in range(3):
        turn = await taken(mailbox)
        turns.append(texts(turn))
        await mailbox.finish(turn, None)
    assert turns == [["one", "two"], ["/ask three"], ["four"]]


async def test_a_long_queue_is_answered_in_bounded_turns(mailbox: Mailbox) -> None:
    for number in range(TOGETHER + 1):
        await mailbox.submit(asked(str(number)))
    first = await taken(mailbox)
    await mailbox.finish(first, None)
    assert [len(first.questions), len((await taken(mailbox)).questions)] == [TOGETHER, 1]


async def test_the_reply_is_remembered_with_the_end_of_its_turn(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("How?"))
    turn = await taken(mailbox)
    reply = reply_to(turn)
    await mailbox.finish(turn, reply)
    assert await mailbox.store.history(CONVERSATION, 1000) == [asked("How?").message, reply]
    assert (await mailbox.state()).conversations == 0


async def test_nothing_is_left_of_a_finished_turn_but_what_is_remembered(
    mailbox: Mailbox, redis: ConnectedRedis, prefix: str
) -> None:
    await mailbox.submit(asked("How?"))
    await mailbox.finish(await taken(mailbox), None)
    left = {key.decode().rpartition(":")[2] for key in await redis.execute("KEYS", f"{prefix}:{{{SHARD}}}:*")}
    assert left == {"messages", "order", "asked", "replies", "work", "fence"}
    assert await redis.execute("XLEN", f"{mailbox.store.keys.box(SHARD, 'fake')}work") == 0


async def test_a_worker_that_waits_is_woken_by_a_message(mailbox: Mailbox) -> None:
    after = await mailbox.take(SHARD)
    assert isinstance(after, str)
    waiting = asyncio.create_task(mailbox.wait(SHARD, after, 5))
    await mailbox.submit(asked("How?"))
    began = time.monotonic()
    await waiting
    assert time.monotonic() - began < 4


async def test_a_busy_workspace_does_not_starve_another(mailbox: Mailbox) -> None:
    def in_shard(workspace: str, count: int) -> list[Place]:
        names = (Place(platform="fake", workspace=workspace, channel=str(number)) for number in range(10_000))
        return [place for place in names if shard_of(place.conversation) == SHARD][:count]

    for place in in_shard("busy", 40):
        await mailbox.submit(asked("busy", place=place))
    (quiet,) = in_shard("quiet", 1)
    await mailbox.submit(asked("quiet", place=quiet))
    before = 0
    while (turn := await taken(mailbox)).conversation != quiet.conversation:
        await mailbox.finish(turn, None)
        before += 1
    assert before <= 4


async def test_platforms_do_not_take_each_others_turns(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("How?"))
    assert await is_empty(Mailbox(mailbox.store, "other"))
    assert texts(await taken(mailbox)) == ["How?"]


# --- leases ----------------------------------------------------------------------------------------------------------


async def test_a_turn_that_is_renewed_is_not_taken_over(hasty: Mailbox) -> None:
    await hasty.submit(asked("How?"))
    turn = await taken(hasty)
    until = time.monotonic() + 3 * LEASE
    while time.monotonic() < until:
        await hasty.renew(turn)
        assert await is_empty(hasty)


async def test_a_dead_workers_turn_is_taken_over_with_all_that_was_noted(hasty: Mailbox) -> None:
    await hasty.submit(asked("How?"))
    dead = await taken(hasty)
    await hasty.note_posted(dead, {"message": "m1"})
    await hasty.note_reply(dead, [Text(text="So."), Finished()])
    await hasty.submit(asked("meanwhile"))
    turn = await taken_over(hasty)
    assert (turn.tries, turn.taken_over, turn.key) == (2, True, dead.key)
    assert (turn.posted, turn.reply) == ({"message": "m1"}, (Text(text="So."), Finished()))
    assert texts(turn) == ["How?"]


async def test_who_lost_the_lease_can_do_nothing_more(hasty: Mailbox) -> None:
    await hasty.submit(asked("How?"))
    old = await taken(hasty)
    new = await taken_over(hasty)
    for late in (
        hasty.renew(old),
        hasty.note_posted(old, {"message": "late"}),
        hasty.note_reply(old, [Finished()]),
        hasty.postpone(old, 0),
        hasty.hand_back(old),
        hasty.bury(old, "late"),
        hasty.finish(old, reply_to(old, "late")),
    ):
        with pytest.raises(LeaseLostError):
            await late
    await hasty.finish(new, reply_to(new))
    assert [one.text for one in await hasty.store.history(CONVERSATION, 1000)] == ["How?", "Here it is."]


async def test_a_fence_of_a_turn_long_over_opens_nothing(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("one"))
    first = await taken(mailbox)
    await mailbox.finish(first, None)
    await mailbox.submit(asked("two"))
    await taken(mailbox)
    with pytest.raises(LeaseLostError):
        await mailbox.finish(first, None)


async def test_workers_that_look_at_once_get_a_turn_each(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("How?"))
    found = await asyncio.gather(*(mailbox.take(SHARD) for _ in range(10)))
    assert sum(isinstance(one, Turn) for one in found) == 1


async def test_a_turn_that_is_handed_back_is_taken_at_once_and_costs_no_try(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("How?"))
    await mailbox.hand_back(await taken(mailbox))
    turn = await taken(mailbox)
    assert (turn.tries, turn.taken_over) == (1, True)


async def test_many_turns_under_way_do_not_hide_the_one_whose_worker_died(hasty: Mailbox) -> None:
    patient = Mailbox(hasty.store, "fake", lease=60)
    places = [Place(platform="fake", workspace=str(number), channel="c") for number in range(500)]
    for place in [place for place in places if shard_of(place.conversation) == SHARD][:30]:
        await hasty.submit(asked("How?", place=place))
    turns = [await taken(patient) for _ in range(30)]
    dead = turns[-1]
    async with asyncio.timeout(10):
        while isinstance(await hasty.take(SHARD), str):
            for turn in turns[:-1]:
                await hasty.renew(turn)
    with pytest.raises(LeaseLostError):
        await hasty.renew(dead)


# --- trying again, giving up -----------------------------------------------------------------------------------------


async def test_a_postponed_turn_comes_back_when_it_is_due(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("How?"))
    await mailbox.postpone(await taken(mailbox), 0.2)
    assert await is_empty(mailbox)
    assert (await mailbox.state()).delayed == 1
    turn = await taken_over(mailbox)
    assert (turn.tries, turn.taken_over, texts(turn)) == (2, True, ["How?"])
    assert turn.failing >= 0.2


async def test_a_try_that_does_not_count_is_not_counted(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("How?"))
    await mailbox.postpone(await taken(mailbox), 0, counts=False)
    assert (await taken(mailbox)).tries == 1


async def test_what_was_given_up_waits_for_the_operator(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("How?"))
    await mailbox.submit(asked("Why?"))
    turn = await taken(mailbox)
    await mailbox.note_posted(turn, {"message": "m1"})
    letter = await mailbox.bury(turn, "ValueError: it broke")
    assert await mailbox.dead_letters() == [letter]
    assert (letter.conversation, letter.message_ids, letter.error) == (
        CONVERSATION,
        ("How?", "Why?"),
        "ValueError: it broke",
    )
    assert "How?" not in json.dumps(letter.questions)
    assert await is_empty(mailbox)

    assert await mailbox.retry(letter)
    assert not await mailbox.retry(letter)
    again = await taken(mailbox)
    assert (texts(again), again.posted, again.key, again.tries) == (["How?", "Why?"], {"message": "m1"}, turn.key, 1)
    assert [question.delivery for question in again.questions] == [{"token": "?woH"}, {"token": "?yhW"}]


async def test_a_dead_letter_can_be_dropped(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("How?"))
    letter = await mailbox.bury(await taken(mailbox), "broke")
    assert await mailbox.drop(letter)
    assert not await mailbox.drop(letter)
    assert await mailbox.dead_letters() == []
    assert not await mailbox.retry(letter)


async def test_the_conversation_goes_on_after_a_turn_was_given_up(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("poison"))
    turn = await taken(mailbox)
    await mailbox.submit(asked("next"))
    await mailbox.bury(turn, "broke")
    assert texts(await taken(mailbox)) == ["next"]


# --- edited, deleted, stopped ----------------------------------------------------------------------------------------


async def test_an_edited_question_is_taken_as_edited(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("Hwo?", message_id="1"))
    await mailbox.store.edit(asked("How?", message_id="1").message)
    turn = await taken(mailbox)
    assert texts(turn) == ["How?"]
    assert not (await mailbox.renew(turn)).changed


async def test_an_edit_meanwhile_is_noticed_with_the_next_renewal(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("Hwo?", message_id="1"))
    turn = await taken(mailbox)
    await mailbox.store.edit(asked("How?", message_id="1").message)
    assert (await mailbox.renew(turn)).changed
    now = await mailbox.read(turn)
    assert texts(now) == ["How?"]
    assert not (await mailbox.renew(now)).changed


async def test_a_deleted_question_is_noticed_and_left_out(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("one"))
    await mailbox.submit(asked("two"))
    await mailbox.store.delete(CONVERSATION, "one")
    turn = await taken(mailbox)
    assert texts(turn) == ["two"]
    await mailbox.store.delete(CONVERSATION, "two")
    assert (await mailbox.renew(turn)).changed
    turn = await mailbox.read(turn)
    assert turn.questions == ()
    await mailbox.finish(turn, None)
    assert (await mailbox.state()).conversations == 0


async def test_a_forgotten_conversation_leaves_nothing_to_answer(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("secret"))
    await mailbox.store.forget_conversation(CONVERSATION)
    turn = await taken(mailbox)
    assert turn.questions == ()
    await mailbox.finish(turn, None)
    assert (await mailbox.state()).conversations == 0


@pytest.mark.parametrize("text", ["stop", "Stop!", "please stop", "取消", "停止。"])
async def test_the_word_stop_stops_what_is_being_answered(mailbox: Mailbox, text: str) -> None:
    await mailbox.submit(asked("long story"))
    turn = await taken(mailbox)
    assert await mailbox.submit(asked(text)) == "stopping"
    assert await mailbox.submit(asked(text)) == "duplicate"
    assert (await mailbox.renew(turn)).stopped
    await mailbox.finish(turn, None)
    assert await is_empty(mailbox)


async def test_the_word_stop_is_a_question_where_nothing_is_answered(mailbox: Mailbox) -> None:
    assert await mailbox.submit(asked("stop")) == "new"
    assert not (await taken(mailbox)).stopped


@pytest.mark.parametrize("text", ["How do I stop the line?", "stop the deploy of parcel", "如何停止服务？"])
async def test_a_question_about_stopping_is_a_question(mailbox: Mailbox, text: str) -> None:
    await mailbox.submit(asked("long story"))
    assert await mailbox.submit(asked(text)) == "new"


async def test_the_stop_button_stops_what_waits_too(mailbox: Mailbox) -> None:
    assert not await mailbox.stop(CONVERSATION)
    await mailbox.submit(asked("long story"))
    assert await mailbox.stop(CONVERSATION)
    assert (await taken(mailbox)).stopped


# --- looking, and Redis away -----------------------------------------------------------------------------------------


async def test_the_state_tells_what_waits_and_where(mailbox: Mailbox) -> None:
    for workspace, count in (("T1", 3), ("T2", 1)):
        for number in range(count):
            place = Place(platform="fake", workspace=workspace, channel=str(number))
            await mailbox.submit(asked("How?", place=place))
    state = await mailbox.state()
    assert (state.conversations, state.by_workspace, state.dead) == (4, {"T1": 3, "T2": 1}, 0)
    assert 0 <= state.oldest < 10


async def test_every_shard_is_used(mailbox: Mailbox) -> None:
    places = [Place(platform="fake", workspace="T1", channel=f"C{number}") for number in range(200)]
    assert {shard_of(place.conversation) for place in places} == set(range(SHARDS))


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[tuple[Mailbox, ConnectedRedis]]:
    """On an embedded server that a test may break."""
    async with await connect("", tmp_path / "own") as redis:
        yield Mailbox(Conversations(redis), "fake"), redis


async def test_where_redis_can_not_write_the_platform_is_told(own: tuple[Mailbox, ConnectedRedis]) -> None:
    mailbox, redis = own
    await redis.execute("CONFIG", "SET", "maxmemory", 1)
    with pytest.raises(StoreUnavailableError, match="out of memory"):
        await mailbox.submit(asked("How?"))
    await redis.execute("CONFIG", "SET", "maxmemory", 0)
    assert await mailbox.submit(asked("How?")) == "new"


async def test_where_redis_hangs_the_platform_is_told_soon(own: tuple[Mailbox, ConnectedRedis]) -> None:
    mailbox, redis = own
    assert redis.embedded is not None
    server = redis.embedded.pid
    assert server is not None
    os.kill(server, signal.SIGSTOP)
    try:
        began = time.monotonic()
        with pytest.raises(StoreUnavailableError, match="did not take"):
            await mailbox.submit(asked("How?"))
        assert time.monotonic() - began < 3  # Slack sends again what is not acknowledged within three seconds
    finally:
        os.kill(server, signal.SIGCONT)
    assert await mailbox.submit(asked("How?")) in ("new", "duplicate")
    assert texts(await taken(mailbox)) == ["How?"]


async def test_where_redis_was_emptied_work_goes_on(own: tuple[Mailbox, ConnectedRedis]) -> None:
    mailbox, redis = own
    await mailbox.submit(asked("one"))
    await taken(mailbox)
    await redis.execute("FLUSHALL")
    assert await is_empty(mailbox)
    await mailbox.submit(asked("two"))
    assert texts(await taken(mailbox)) == ["two"]


async def test_after_a_restart_everything_is_where_it_was(tmp_path: Path) -> None:
    async with await connect("", tmp_path) as redis:
        mailbox = Mailbox(Conversations(redis), "fake", lease=LEASE)
        await mailbox.submit(asked("one"))
        turn = await taken(mailbox)
        await mailbox.note_posted(turn, {"message": "m1"})
        await mailbox.submit(asked("two"))
    async with await connect("", tmp_path) as redis:
        mailbox = Mailbox(Conversations(redis), "fake", lease=LEASE)
        again = await taken_over(mailbox)
        assert (texts(again), again.posted, again.tries) == (["one"], {"message": "m1"}, 2)
        await mailbox.finish(again, None)
        assert texts(await taken(mailbox)) == ["two"]
