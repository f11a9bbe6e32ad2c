"""One visible answer, be the worker killed at any moment and Discord as unreliable as it can be."""

import asyncio
from collections.abc import Callable

import pytest
from discord.http import MultipartParameters

from core.errors import LeaseLostError
from core.posting import Posted
from core.reply import Finished, Text
from tests.discord_emulator import Message
from tests.postings import SEARCHING, WHOLE, KilledError, Script, posting_of
from tests.scenario.discord.posting_desk import EDIT, POST, Desk

LONG = (Text(text="\n\n".join(f"Paragraph {at} " + "more of pumps. " * 60 for at in range(6))), Finished())
LATER = 400.0
"""Seconds after which Discord does not remember a nonce."""


def one_answer(desk: Desk, asked: Message, text: str = "The pump is **P-101**") -> Message:
    """The one that stands, with the whole text once."""
    (reply,) = desk.replies(asked)
    assert reply.content.count(text) == 1
    assert "Stop" not in [button.label for button in reply.buttons()]
    return reply


def whole_once(desk: Desk, asked: Message) -> None:
    said = "\n".join(one.content for one in desk.replies(asked))
    assert [said.count(f"Paragraph {at} ") for at in range(6)] == [1] * 6


def has(name: str, count: int = 1) -> Callable[[Posted], bool]:
    def is_noted(posted: Posted) -> bool:
        value = posted.get(name)
        return len(value) >= count if isinstance(value, list) else bool(value)

    return is_noted


async def test_killed_before_the_post_is_noted_it_is_found(desk: Desk) -> None:
    asked, question = await desk.ask()
    await desk.answer_and_die(question, WHOLE, has("ids"))
    stands = one_answer(desk, asked)
    assert await desk.answer(question) is stands is one_answer(desk, asked)
    assert len(desk.discord.calls_to(POST)) == 1


async def test_found_though_discord_has_forgotten_the_nonce(desk: Desk) -> None:
    asked, question = await desk.ask()
    await desk.answer_and_die(question, WHOLE, has("ids"))
    desk.discord.clock.forward(LATER)
    for one in desk.replies(asked):
        one.nonce = None
    assert await desk.answer(question) is one_answer(desk, asked)
    assert len(desk.discord.calls_to(POST)) == 1


async def test_killed_before_anything_was_posted_it_is_posted_once(desk: Desk) -> None:
    asked, question = await desk.ask()
    await desk.answer_and_die(question, WHOLE, has("starting"))
    assert not desk.replies(asked)
    await desk.answer(question)
    one_answer(desk, asked)


@pytest.mark.parametrize("part", [1, 2, 3])
async def test_killed_within_a_long_answer(desk: Desk, part: int) -> None:
    asked, question = await desk.ask()
    await desk.answer_and_die(question, LONG, has("ids", part))
    desk.discord.clock.forward(LATER)
    for one in desk.replies(asked):
        one.nonce = None
    await desk.answer(question, LONG)
    whole_once(desk, asked)


async def test_killed_while_an_answer_anew_takes_fewer_messages(desk: Desk) -> None:
    asked, question = await desk.ask()
    await desk.answer(question, LONG)
    assert await desk.mailbox.again(question.message.place.conversation, question.message.id)

    def one_went(posted: Posted) -> bool:
        return bool(posted.get("round"))

    await desk.answer_and_die(question, WHOLE, one_went)
    await desk.answer(question)
    one_answer(desk, asked)
    assert await desk.mailbox.again(question.message.place.conversation, question.message.id)
    await desk.answer(question, LONG)
    whole_once(desk, asked)


@pytest.mark.parametrize("done", [True, False])
async def test_a_post_that_breaks_off_stands_once(desk: Desk, done: bool) -> None:
    asked, question = await desk.ask()
    desk.discord.faults.hang_up(POST, done=done)
    reply = await desk.answer(question)
    assert one_answer(desk, asked) is reply


async def test_two_of_one_reply_become_the_older(desk: Desk) -> None:
    asked, question = await desk.ask()
    await desk.answer_and_die(question, WHOLE, has("ids"))
    (older,) = desk.replies(asked)
    older.nonce = None
    http = desk.adapter.client.http
    await http.send_message(desk.general.id, params=_saying("The pump", asked))
    assert len(desk.replies(asked)) == 2
    assert await desk.answer(question) is one_answer(desk, asked) is older


async def test_other_answers_in_the_channel_are_left_alone(desk: Desk) -> None:
    first, one = await desk.ask("First?")
    second, two = await desk.ask("Second?")
    await desk.answer_and_die(one, WHOLE, has("ids"))
    desk.discord.clock.forward(LATER)
    other = await desk.answer(two)
    for each in desk.of_bot():
        each.nonce = None
    reply = await desk.answer(one)
    assert [each.reference for each in desk.of_bot()] == [first, second]
    assert other in desk.of_bot() and reply is not other


async def test_who_lost_the_turn_while_writing_writes_no_further(desk: Desk) -> None:
    asked, question = await desk.ask()
    turn = await desk.take(question)
    script = Script(SEARCHING, Text(text="The old one says "))
    old = asyncio.create_task(desk.adapter.post(desk.posting(turn), aiter(script)))
    await desk.discord.until(lambda: desk.replies(asked))
    await desk.mailbox.hand_back(turn)
    await desk.answer(question)
    edits = len(desk.discord.calls_to(EDIT))
    script.end(Text(text="nothing good."))
    with pytest.raises(LeaseLostError):
        await old
    one_answer(desk, asked)
    assert len(desk.discord.calls_to(EDIT)) == edits


async def test_killed_while_it_withdraws_the_rest_goes_later(desk: Desk) -> None:
    asked, question = await desk.ask()
    await desk.answer(question, LONG)
    await desk.mailbox.deleted(question.message.place.conversation, question.message.id)
    turn = await desk.take(question)
    with pytest.raises(KilledError):
        await desk.adapter.withdraw(posting_of(desk.mailbox, turn, dies=lambda posted: len(str(posted["ids"])) < 60))
    assert desk.replies(asked)
    await desk.mailbox.hand_back(turn)
    await desk.adapter.withdraw(desk.posting(await desk.take(question)))
    assert not desk.replies(asked)


async def test_killed_before_the_post_is_noted_and_the_question_deleted(desk: Desk) -> None:
    asked, question = await desk.ask()
    await desk.answer_and_die(question, WHOLE, has("ids"))
    await desk.mailbox.deleted(question.message.place.conversation, question.message.id)
    await desk.adapter.withdraw(desk.posting(await desk.take(question)))
    assert not desk.replies(asked)


def _saying(text: str, asked: Message) -> MultipartParameters:
    body = {"content": text, "message_reference": {"message_id": str(asked.id)}}
    return MultipartParameters(payload=body, multipart=None, files=None)
