"""What is posted in Discord while the hold on a turn lasts, and what is not any more."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from functools import partial

import pytest
from discord.http import Route

from adapters.discord.calls import Calls
from adapters.discord.refusals import DiscordUncertainError
from adapters.fence import Fence, fenced
from bots.turn_handling import TurnHandler, Watcher, WorkLimits
from core.errors import LeaseLostError
from core.mailbox import Mailbox
from core.question import Question
from core.reply import Finished, ReplyPart, Text
from tests.postings import WHOLE, Script, as_iterator, posting_of, take
from tests.scenario.discord.posting_desk import EDIT, POST, Desk

MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = f"{MESSAGES}/{{message_id}}"


async def test_what_is_not_on_its_way_when_the_lease_ends_is_not_sent(desk: Desk) -> None:
    """As if the process had been paused since it asked for its lease."""
    route = Route("POST", MESSAGES, channel_id=desk.general.id)
    with fenced(Fence(time.monotonic() - 0.01)), pytest.raises(LeaseLostError):
        await desk.adapter.client.http.request(route, json={"content": "too late"})
    assert not desk.of_bot() and not desk.discord.calls_to(POST)


async def test_a_slow_discord_is_waited_for_as_long_as_the_turn_is_held(desk: Desk) -> None:
    hasty = Mailbox(desk.mailbox.store, "discord", lease=0.4)
    asked, question = await desk.ask()
    desk.discord.faults.slow(POST, 0.8, times=1)
    turn = await take(hasty, question)
    await desk.adapter.post(posting_of(hasty, turn), as_iterator(WHOLE))
    assert len(desk.replies(asked)) == 1 and len(desk.discord.calls_to(POST)) == 1


async def test_who_loses_the_turn_while_discord_is_slow_learns_of_it(desk: Desk) -> None:
    hasty = Mailbox(desk.mailbox.store, "discord", lease=0.4)
    _, question = await desk.ask()
    desk.discord.faults.slow(POST, 5.0, times=1)
    turn = await take(hasty, question)
    calls = Calls(desk.adapter.client.http, posting_of(hasty, turn))
    calling = asyncio.create_task(calls.change("POST", MESSAGES, body={"content": "slow"}, channel_id=desk.general.id))
    await hasty.hand_back(turn)
    with pytest.raises(LeaseLostError):
        await calling


async def test_what_may_be_sent_once_only_is_not_tried_again_by_itself(desk: Desk) -> None:
    """discord.py sends again what was answered with 500."""
    _, question = await desk.ask()
    desk.discord.faults.do_but_answer(POST, 500)
    calls = Calls(desk.adapter.client.http, desk.posting(await desk.take(question)))
    with pytest.raises(DiscordUncertainError):
        await calls.change("POST", MESSAGES, body={"content": "once"}, once=True, channel_id=desk.general.id)
    assert len(desk.of_bot()) == 1


async def test_an_edit_that_is_broken_off_does_not_replace_the_one_after_it(desk: Desk) -> None:
    """As when a question is edited while its old answer is on its way to a Discord that takes its time."""
    _, question = await desk.ask()
    reply = await desk.answer(question)
    assert await desk.mailbox.again(question.message.place.conversation, question.message.id)
    calls = Calls(desk.adapter.client.http, desk.posting(await desk.take(question)))
    change = partial(calls.change, "PATCH", MESSAGE, channel_id=desk.general.id, message_id=reply.id)
    slow = desk.discord.faults.slow(EDIT, 0.3, times=1)
    calling = asyncio.create_task(change(body={"content": "old"}))
    await desk.discord.until(lambda: slow.struck)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    await change(body={"content": "new"})
    await desk.discord.until(lambda: all(one.status for one in desk.discord.calls_to(EDIT)))
    assert reply.content == "new"


def handler(desk: Desk, script: Script) -> TurnHandler:
    async def answer(_questions: Sequence[Question]) -> AsyncIterator[ReplyPart]:
        async for part in script:
            yield part

    return TurnHandler(desk.mailbox, desk.adapter, answer, WorkLimits(), Watcher(), asyncio.Event())


async def test_a_stopped_answer_says_so_in_its_message(desk: Desk) -> None:
    asked, question = await desk.ask()
    script = Script(Text(text="The pump is P-101. "))
    working = asyncio.create_task(handler(desk, script).handle(await desk.take(question)))
    await desk.discord.until(lambda: desk.replies(asked))
    assert await desk.mailbox.stop(question.message.place.conversation)
    await working
    (reply,) = desk.replies(asked)
    assert reply.content == "-# Stopped, as asked."
    assert "Stop" not in [button.label for button in reply.buttons()]


async def test_a_question_edited_meanwhile_is_answered_in_the_same_message(desk: Desk) -> None:
    asked, question = await desk.ask()
    script = Script(Text(text="The pump is P-101. "))
    working = asyncio.create_task(handler(desk, script).handle(await desk.take(question)))
    await desk.discord.until(lambda: desk.replies(asked))
    await desk.mailbox.edited(question.message.model_copy(update={"text": "Which valve is it?"}))
    script.say(Text(text="The valve is V-7."), Finished())
    script.say(Text(text="The valve is V-7."), Finished())
    await desk.discord.until(lambda: [one for one in desk.replies(asked) if "V-7" in one.content])
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert len(desk.replies(asked)) == 1 and len(desk.discord.calls_to(POST)) == 1
    assert desk.discord.calls_to(EDIT)
