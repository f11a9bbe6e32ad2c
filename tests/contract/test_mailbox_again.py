"""What the mailbox promises of questions that were answered already: edited, deleted, asked again; on a real Redis."""

import json
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from core.conversation_keys import Command
from core.conversations import Conversations
from core.errors import LeaseLostError, StoreUnavailableError
from core.mailbox import Mailbox, Turn, TurnChangedError
from core.messages import Message, Picture
from core.question import Question
from core.redis_client import ConnectedRedis
from core.reply import Finished, Text
from tests.contract.test_mailbox import CONVERSATION, NOON, SHARD, asked, is_empty, reply_to, taken, taken_over, texts


@pytest.fixture
def mailbox(store: Conversations) -> Mailbox:
    return Mailbox(store, "fake")


async def answered(mailbox: Mailbox, *questions: str) -> Turn:
    """Questions that were asked and answered in one turn, in a reply that the platform knows as P1."""
    for at, text in enumerate(questions):
        await mailbox.submit(asked(text, at=at))
    turn = await taken(mailbox)
    await mailbox.note_posted(turn, {"id": "P1"})
    await mailbox.finish(turn, reply_to(turn))
    return turn


def edited(question: Question, text: str) -> Message:
    return question.message.model_copy(update={"text": text})


async def test_an_edited_question_is_answered_anew_in_place_of_its_reply(mailbox: Mailbox) -> None:
    before = await answered(mailbox, "How do I deploy?")
    assert await mailbox.edited(edited(before.questions[0], "How do I roll back?"))
    turn = await taken(mailbox)
    assert (texts(turn), turn.posted, turn.key) == (["How do I roll back?"], {"id": "P1"}, before.key)
    assert turn.questions[0].delivery == before.questions[0].delivery
    await mailbox.finish(turn, reply_to(turn, "So."))
    assert [one.text for one in await mailbox.store.history(CONVERSATION, 1000)] == ["How do I roll back?", "So."]
    assert await is_empty(mailbox)


async def test_it_can_be_edited_again_and_again(mailbox: Mailbox) -> None:
    turn = await answered(mailbox, "one")
    for text in ("two", "three"):
        assert await mailbox.edited(edited(turn.questions[0], text))
        turn = await taken(mailbox)
        assert (texts(turn), turn.posted) == ([text], {"id": "P1"})
        await mailbox.finish(turn, reply_to(turn))


class CutRedis(ConnectedRedis):
    """Is lost at its `left`-th call, before it is done or when it `is_done`; before each call, `meanwhile` goes on."""

    def __init__(self, redis: ConnectedRedis, left: int, is_done: bool, meanwhile: Callable[[], Awaitable[None]]):
        super().__init__(redis.client, redis.where, redis.embedded)
        self._left = left
        self._is_done = is_done
        self._meanwhile = meanwhile

    async def execute(self, *command: str | bytes | float) -> Any:
        return await self._cut(super().execute(*command))

    async def execute_all(self, commands: Sequence[Command]) -> list[Any]:
        return await self._cut(ConnectedRedis(self.client, self.where).execute_all(commands))

    async def _cut(self, call: Coroutine[Any, Any, Any]) -> Any:
        await self._meanwhile()
        self._left -= 1
        done = None if self._left == 0 and not self._is_done else await call
        if self._left == 0:
            call.close()
            raise StoreUnavailableError("It is gone.")
        return done


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("left", range(1, 8))
async def test_an_edit_that_is_cut_off_and_read_again_is_answered(
    mailbox: Mailbox, prefix: str, left: int, is_done: bool
) -> None:
    before, answered_last = await answered(mailbox, "How do I deploy?"), list[str]()

    async def answering() -> None:
        """A worker answers whatever there is, between any two steps of the edit."""
        while isinstance(turn := await mailbox.take(SHARD), Turn):
            await mailbox.finish(turn, reply_to(turn))
            answered_last[:] = texts(turn)

    cut = CutRedis(mailbox.store.redis, left, is_done, answering)
    new = edited(before.questions[0], "How do I roll back?")
    with suppress(StoreUnavailableError):
        await Mailbox(Conversations(cut, prefix=prefix), "fake").edited(new)
    [kept] = await mailbox.store.messages(CONVERSATION, [new.id])
    if kept.text != new.text:  # as what reads a history does
        await mailbox.edited(new)
    await answering()
    assert answered_last == ["How do I roll back?"]
    assert await is_empty(mailbox)


async def test_an_edit_that_is_sent_again_is_answered_once(mailbox: Mailbox, prefix: str) -> None:
    before = await answered(mailbox, "How do I deploy?")
    sent = list[Command]()

    class Noted(ConnectedRedis):
        async def execute_all(self, commands: Sequence[Command]) -> list[Any]:
            sent.extend(commands)
            return await super().execute_all(commands)

    redis = mailbox.store.redis
    store = Conversations(Noted(redis.client, redis.where, redis.embedded), prefix=prefix)
    assert await Mailbox(store, "fake").edited(edited(before.questions[0], "How do I roll back?"))
    turn = await taken(mailbox)
    await mailbox.finish(turn, reply_to(turn))
    assert await redis.execute(*sent[-1]) == 1
    assert await is_empty(mailbox)


async def test_a_reply_that_stands_in_the_same_message_replaces_the_old_one(mailbox: Mailbox) -> None:
    before = await answered(mailbox, "How?")
    assert await mailbox.again(CONVERSATION, before.ids[0])
    turn = await taken(mailbox)
    again = reply_to(before, "Another answer.")
    await mailbox.finish(turn, again)
    assert [one.text for one in await mailbox.store.history(CONVERSATION, 1000)] == ["How?", "Another answer."]


async def test_what_is_asked_again_is_answered_beside_nothing_else(mailbox: Mailbox) -> None:
    before = await answered(mailbox, "one", "two")
    assert await mailbox.again(CONVERSATION, before.ids[1])
    await mailbox.submit(asked("three", at=5))
    again = await taken(mailbox)
    assert (texts(again), again.posted) == (["one", "two"], {"id": "P1"})
    await mailbox.finish(again, reply_to(again))
    after = await taken(mailbox)
    assert (texts(after), after.posted) == (["three"], {})


async def test_asking_again_twice_answers_once(mailbox: Mailbox) -> None:
    before = await answered(mailbox, "How?")
    assert await mailbox.again(CONVERSATION, before.ids[0], {"token": "new"})
    assert not await mailbox.again(CONVERSATION, before.ids[0])
    turn = await taken(mailbox)
    assert turn.questions[0].delivery == {"token": "new"}
    await mailbox.finish(turn, None)
    assert await is_empty(mailbox)


async def test_with_a_deleted_question_its_reply_goes(mailbox: Mailbox) -> None:
    before = await answered(mailbox, "How?")
    assert await mailbox.deleted(CONVERSATION, before.ids[0])
    turn = await taken(mailbox)
    assert (turn.questions, turn.posted, turn.key) == ((), {"id": "P1"}, before.key)
    await mailbox.finish(turn, None)
    assert await mailbox.store.history(CONVERSATION, 1000) == []
    assert not await mailbox.deleted(CONVERSATION, before.ids[0])
    assert await is_empty(mailbox)


async def test_where_one_of_two_is_deleted_the_other_is_answered_anew(mailbox: Mailbox) -> None:
    before = await answered(mailbox, "one", "two")
    await mailbox.deleted(CONVERSATION, before.ids[0])
    turn = await taken(mailbox)
    assert (texts(turn), turn.posted, turn.key) == (["two"], {"id": "P1"}, before.key)


async def test_an_edit_right_before_the_end_of_a_turn_is_not_lost(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("one"))
    turn = await taken(mailbox)
    await mailbox.note_posted(turn, {"id": "P1"})
    await mailbox.edited(edited(turn.questions[0], "two"))
    with pytest.raises(TurnChangedError):
        await mailbox.finish(turn, reply_to(turn))
    turn = await mailbox.read(turn)
    assert texts(turn) == ["two"]
    await mailbox.finish(turn, reply_to(turn))


async def test_a_question_that_was_given_up_can_be_edited_and_answered(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("one"))
    turn = await taken(mailbox)
    await mailbox.note_posted(turn, {"id": "the reason"})
    await mailbox.bury(turn, "It broke.")
    await mailbox.edited(edited(turn.questions[0], "two"))
    again = await taken(mailbox)
    assert (texts(again), again.posted) == (["two"], {"id": "the reason"})


async def test_a_message_that_nobody_asked_is_edited_without_an_answer(mailbox: Mailbox) -> None:
    question = asked("overheard")
    assert not await mailbox.edited(question.message)
    await mailbox.store.remember(question.message)
    assert await mailbox.edited(edited(question, "overheard too"))
    assert await is_empty(mailbox)


async def test_what_was_posted_outlives_a_worker_that_noted_nothing_new(mailbox: Mailbox) -> None:
    before = await answered(mailbox, "How?")
    for _ in range(3):
        assert await mailbox.again(CONVERSATION, before.ids[0])
        turn = await taken(mailbox)
        assert turn.posted == {"id": "P1"}
        await mailbox.finish(turn, reply_to(turn))


async def test_a_conversation_that_was_asked_something_is_taken_part_in(mailbox: Mailbox) -> None:
    await mailbox.store.remember(asked("overheard").message)
    later = NOON + timedelta(hours=1)
    assert not await mailbox.takes_part(CONVERSATION, later)
    await answered(mailbox, "How?")
    assert await mailbox.takes_part(CONVERSATION, later)
    assert not await mailbox.takes_part(CONVERSATION, NOON)
    await mailbox.store.forget_conversation(CONVERSATION)
    assert not await mailbox.takes_part(CONVERSATION, later)


async def test_pictures_that_are_found_later_are_no_edit(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("What is this?"))
    turn = await taken(mailbox)
    before = turn.questions[0].message
    picture = Picture(sha256="a" * 64, media_type="image/png", width=3, height=2)
    after = before.model_copy(update={"pictures": (picture,)})
    assert await mailbox.store.complete(before, after)
    assert not (await mailbox.renew(turn)).changed
    assert await mailbox.store.history(CONVERSATION, 1000) == [after]
    assert not await mailbox.store.complete(before, after)
    await mailbox.finish(turn, reply_to(turn))


async def test_nothing_of_a_forgotten_reply_is_kept(mailbox: Mailbox) -> None:
    before = await answered(mailbox, "How?")
    await mailbox.store.forget_person("fake", "T1", "ada")
    assert not await mailbox.again(CONVERSATION, before.ids[0])
    kept = await mailbox.store.redis.execute("HGETALL", mailbox.store.keys.conversation(CONVERSATION).replies)
    assert "How" not in json.dumps(str(kept))


async def test_a_lost_turn_can_not_be_finished(mailbox: Mailbox) -> None:
    await answered(mailbox, "How?")
    await mailbox.again(CONVERSATION, "How?")
    turn = await taken(mailbox)
    await mailbox.hand_back(turn)
    assert isinstance(await mailbox.take(SHARD), Turn)
    with pytest.raises(LeaseLostError):
        await mailbox.finish(turn, None)


async def test_a_question_that_came_while_another_was_answered_is_read_after_that_answer(mailbox: Mailbox) -> None:
    await mailbox.submit(asked("one"))
    turn = await taken(mailbox)
    later = asked("and two?", at=1)
    await mailbox.submit(later)
    await mailbox.finish(turn, reply_to(turn, "The first."))
    history = await mailbox.store.history(CONVERSATION, 1000, before=later.message)
    assert [one.text for one in history] == ["one", "The first."]


async def test_a_reply_whose_maker_died_before_the_question_was_edited_is_not_posted(store: Conversations) -> None:
    hasty = Mailbox(store, "fake", lease=0.4)
    await hasty.submit(asked("one"))
    turn = await taken(hasty)
    await hasty.note_reply(turn, [Text(text="About one."), Finished()])
    assert (await taken_over(hasty)).reply == (Text(text="About one."), Finished())
    await hasty.edited(edited(turn.questions[0], "two"))
    after = await taken_over(hasty)
    assert (texts(after), after.reply) == (["two"], ())
