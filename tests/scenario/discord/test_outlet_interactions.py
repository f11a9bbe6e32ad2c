"""Answers to commands: by the interaction's token while it is good, and by a message when it is not any more."""

import asyncio

import pytest

from core.reply import Finished, Text
from tests.discord_emulator import Message, Permission
from tests.postings import SEARCHING, WHOLE, Script
from tests.scenario.discord.posting_desk import POST, Desk

LONG = (Text(text="\n\n".join(f"Paragraph {at} " + "more of pumps. " * 60 for at in range(6))), Finished())
TOO_LATE = 1000.0
"""Seconds after which an interaction's token is not good any more."""


def labels(message: Message) -> list[str]:
    return [one.label or one.emoji or "" for one in message.buttons()]


async def test_a_command_is_answered_where_it_was_run(desk: Desk) -> None:
    one = await desk.runs_ask()
    question = await desk.submit(desk.by_command(one))
    reply = await desk.answer(question)
    assert reply is one.response and not reply.thinking
    assert "P-101" in reply.content and "Share in channel" not in labels(reply)
    assert not desk.discord.calls_to(POST)


async def test_an_answer_that_only_the_asker_sees_can_be_shared(desk: Desk) -> None:
    one = await desk.runs_ask(private=True)
    question = await desk.submit(desk.by_command(one, private=True))
    reply = await desk.answer(question)
    assert reply is one.response and reply.ephemeral_for is desk.ada.user
    assert "Share in channel" in labels(reply)


async def test_it_grows_by_edits_of_what_thinks(desk: Desk) -> None:
    one = await desk.runs_ask()
    question = await desk.submit(desk.by_command(one))
    script = Script(SEARCHING, Text(text="The pump "))
    answering = asyncio.create_task(desk.answer(question, aiter(script)))
    await desk.discord.until(lambda: one.response and "The pump" in one.response.content)
    script.end(Text(text="is P-101."))
    assert (await answering).content == "The pump is P-101."
    assert not desk.discord.typing


@pytest.mark.parametrize("private", [True, False])
async def test_a_long_answer_is_followed_up_and_shortened_again(desk: Desk, private: bool) -> None:
    one = await desk.runs_ask(private=private)
    question = await desk.submit(desk.by_command(one, private=private))
    await desk.answer(question, LONG)
    standing = [one.response, *one.followups]
    said = "\n".join(each.content for each in standing if each)
    assert [said.count(f"Paragraph {at} ") for at in range(6)] == [1] * 6
    assert all(each and bool(each.ephemeral) is private for each in standing)
    assert await desk.mailbox.again(question.message.place.conversation, question.message.id)
    await desk.answer(question)
    assert one.response and "P-101" in one.response.content
    assert all(each.deleted for each in one.followups)


async def test_killed_between_two_followups_the_public_ones_are_found(desk: Desk) -> None:
    one = await desk.runs_ask()
    question = await desk.submit(desk.by_command(one))
    await desk.answer_and_die(question, LONG, lambda posted: len(str(posted.get("ids"))) > 48)
    await desk.answer(question, LONG)
    said = "\n".join(each.content for each in [one.response, *one.followups] if each and not each.deleted)
    assert [said.count(f"Paragraph {at} ") for at in range(6)] == [1] * 6


async def test_killed_before_it_is_noted_the_response_is_filled_once(desk: Desk) -> None:
    one = await desk.runs_ask(private=True)
    question = await desk.submit(desk.by_command(one, private=True))
    await desk.answer_and_die(question, WHOLE, lambda posted: bool(posted.get("ids")))
    assert await desk.answer(question) is one.response
    assert not one.followups


async def test_a_public_answer_that_outlasts_the_token_is_a_message_that_notifies_nobody(desk: Desk) -> None:
    one = await desk.runs_ask()
    question = await desk.submit(desk.by_command(one))
    desk.discord.clock.forward(TOO_LATE)
    reply = await desk.answer(question)
    assert reply.channel is desk.general and reply is not one.response
    assert "P-101" in reply.content and not desk.discord.notified


async def test_a_token_known_to_be_too_old_is_not_tried(desk: Desk) -> None:
    one = await desk.runs_ask()
    asked = desk.by_command(one)
    late = asked.model_copy(update={"delivery": {**asked.delivery, "token_until": 1.0}})
    reply = await desk.answer(await desk.submit(late))
    assert reply.channel is desk.general and reply is not one.response
    assert not [call for call in desk.discord.calls if "webhooks" in call.route]


async def test_an_answer_that_began_in_time_ends_in_its_message(desk: Desk) -> None:
    one = await desk.runs_ask()
    question = await desk.submit(desk.by_command(one))
    script = Script(SEARCHING, Text(text="The pump "))
    answering = asyncio.create_task(desk.answer(question, aiter(script)))
    await desk.discord.until(lambda: one.response and "The pump" in one.response.content)
    desk.discord.clock.forward(TOO_LATE)
    script.end(Text(text="is P-101."))
    reply = await answering
    assert reply is one.response and reply.content == "The pump is P-101."


async def test_a_private_answer_that_outlasts_the_token_is_a_direct_message(desk: Desk) -> None:
    one = await desk.runs_ask(private=True)
    question = await desk.submit(desk.by_command(one, private=True))
    desk.discord.clock.forward(TOO_LATE)
    reply = await desk.answer(question)
    assert reply.channel is desk.ada.dm and "P-101" in reply.content


async def test_where_the_bot_may_not_write_a_late_answer_is_a_direct_message(desk: Desk) -> None:
    one = await desk.runs_ask()
    question = await desk.submit(desk.by_command(one))
    desk.discord.overwrite(desk.general, desk.discord.bot, deny=Permission.SEND_MESSAGES)
    desk.discord.clock.forward(TOO_LATE)
    reply = await desk.answer(question)
    assert reply.channel is desk.ada.dm and "P-101" in reply.content


async def test_on_a_server_without_the_bot_the_token_is_enough(desk: Desk) -> None:
    elsewhere = desk.discord.guild("Elsewhere", bot=False)
    lobby = desk.discord.channel(elsewhere, "lobby")
    bob = desk.discord.person("bob", elsewhere)
    bob.installs()
    one = await desk.runs_ask(bob, lobby)
    question = await desk.submit(desk.by_command(one))
    reply = await desk.answer(question, LONG)
    assert reply is one.response and one.followups


async def test_a_private_answer_is_taken_back_while_the_token_is_good(desk: Desk) -> None:
    one = await desk.runs_ask(private=True)
    question = await desk.submit(desk.by_command(one, private=True))
    await desk.answer(question)
    await desk.mailbox.deleted(question.message.place.conversation, question.message.id)
    await desk.adapter.withdraw(desk.posting(await desk.take(question)))
    assert one.response is not None and one.response.deleted
