"""What is posted in Slack while the hold on a turn lasts, and what is not any more."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from adapters.fence import Fence, fenced
from adapters.slack.calls import Calls
from bots.turn_handling import TurnHandler, Watcher, WorkLimits
from core.errors import LeaseLostError
from core.mailbox import Mailbox
from core.question import Question
from core.reply import Finished, ReplyPart, Text
from tests.postings import WHOLE, Script, posting_of, take
from tests.scenario.slack.posting_desk import Desk
from tests.slack_emulator import SlackEmulator


async def test_what_is_not_on_its_way_when_the_lease_ends_is_not_sent(slack: SlackEmulator, desk: Desk) -> None:
    """As if the process had been paused since it asked for its lease."""
    client: Any = await desk.clients.client()
    general = slack.channel("general")
    with fenced(Fence(time.monotonic() - 0.01)), pytest.raises(LeaseLostError):
        await client.chat_postMessage(channel=general.id, text="too late")
    assert slack.messages(general) == [] and not slack.calls("chat.postMessage")


async def test_a_slow_slack_is_waited_for_as_long_as_the_turn_is_held(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    hasty = Mailbox(desk.mailbox.store, "slack", lease=0.4)
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    slack.faults.add("chat.postMessage", "slow", seconds=1.0)
    turn = await take(hasty, question)
    script = Script()
    script.end(*WHOLE[:-1])
    await desk.outlet.post(posting_of(hasty, turn), aiter(script))
    assert len(slack.replies(asked)) == 1
    assert len(slack.calls("chat.postMessage")) == 1


async def test_who_loses_the_turn_while_slack_is_slow_learns_of_it(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    hasty = Mailbox(desk.mailbox.store, "slack", lease=0.4)
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    slack.faults.add("chat.postMessage", "slow", seconds=5.0)
    turn = await take(hasty, question)
    calls = Calls(await desk.clients.client(), posting_of(hasty, turn))
    calling = asyncio.create_task(calls.change("chat.postMessage", channel=general.id, text="slow"))
    await hasty.hand_back(turn)
    with pytest.raises(LeaseLostError):
        await calling


def handler(desk: Desk, script: Script, leaving: asyncio.Event) -> TurnHandler:
    async def answer(_questions: Sequence[Question]) -> AsyncIterator[ReplyPart]:
        async for part in script:
            yield part

    return TurnHandler(desk.mailbox, desk.outlet, answer, WorkLimits(), Watcher(), leaving)


async def test_a_stopped_answer_says_so_in_its_message(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    script = Script(Text(text="The pump is P-101. "))
    working = asyncio.create_task(handler(desk, script, asyncio.Event()).handle(await desk.take(question)))
    await slack.until(lambda: slack.replies(asked), seconds=5)
    assert await desk.mailbox.stop(question.message.place.conversation)
    await working
    (reply,) = slack.replies(asked)
    assert "Stopped" in reply.shown and not reply.streaming
    assert "Stop" not in [button.label for button in reply.buttons]


async def test_a_question_edited_meanwhile_is_answered_in_the_same_message(slack: SlackEmulator, desk: Desk) -> None:
    ada, general = slack.person("ada"), slack.channel("general")
    asked = await ada.says(general, "Which pump is it?")
    question = await desk.submit(desk.question(asked, ada))
    script = Script(Text(text="The pump is P-101. "))
    working = asyncio.create_task(handler(desk, script, asyncio.Event()).handle(await desk.take(question)))
    await slack.until(lambda: slack.replies(asked), seconds=5)
    await desk.mailbox.edited(question.message.model_copy(update={"text": "Which valve is it?"}))
    script.say(Text(text="The valve is V-7."), Finished())
    script.say(Text(text="The valve is V-7."), Finished())
    await slack.until(lambda: [one for one in slack.replies(asked) if "V-7" in one.shown], seconds=5)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert len(slack.replies(asked)) == 1
