"""Somebody writes to Lorelens directly."""

import pytest

from tests.scenario.slack.conftest import ROLLBACK
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Person, SlackEmulator, Upload


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_direct_message_is_answered_beside_it(slack: SlackEmulator, bot: RunningBot, ada: Person) -> None:
    await ada.says("bot", "How long does a rollback take?")
    [answer] = await slack.until(lambda: bot.answers(ada.dm))
    await bot.idle()
    assert ROLLBACK in answer.shown
    assert answer.thread_ts in {"", answer.ts}


async def test_a_direct_conversation_goes_on(slack: SlackEmulator, bot: RunningBot, ada: Person) -> None:
    await ada.says("bot", "What does ERR-4031 mean?")
    await slack.until(lambda: bot.answers(ada.dm))
    await bot.idle()
    await ada.says("bot", "And how do I fix it?")
    await slack.until(lambda: len(bot.answers(ada.dm)) == 2)
    await bot.idle()
    assert "Rotate the signing key" in bot.answers(ada.dm)[-1].shown


async def test_a_picture_alone_is_looked_at(
    slack: SlackEmulator, bot: RunningBot, ada: Person, screenshot: bytes
) -> None:
    await ada.uploads("bot", Upload("error.png", screenshot))
    [answer] = await slack.until(lambda: bot.answers(ada.dm))
    await bot.idle()
    assert "ERR-4031" in answer.shown


async def test_an_answer_in_a_thread_of_the_direct_conversation_stays_there(
    slack: SlackEmulator, bot: RunningBot, ada: Person
) -> None:
    said = await ada.says("bot", "What does ERR-4031 mean?")
    await slack.until(lambda: bot.answers(ada.dm))
    await bot.idle()
    await ada.says(said, "How long does a rollback take?")
    answer = await slack.until(lambda: [one for one in slack.replies(said) if ROLLBACK in one.shown])
    assert answer[0].thread_ts == said.ts
