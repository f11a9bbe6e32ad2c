"""*Try again* answers anew in the same place; *Stop* ends what is being answered."""

import asyncio

import pytest

from tests.scenario.slack.conftest import ROLLBACK, StartBot
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Message, Person, SlackEmulator

QUESTION = "How long does a rollback take?"


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_an_answer_is_made_anew_where_it_stands(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, QUESTION)
    answer = await bot.answer(asked)
    versions = len(answer.versions)
    await ben.clicks(answer, "Try again")
    await slack.until(lambda: len(answer.versions) > versions)
    await bot.idle()
    assert slack.replies(asked) == [answer] and ROLLBACK in answer.shown
    assert slack.ephemeral(ben) == []


async def test_two_clicks_at_once_are_answered_once(
    slack: SlackEmulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot()
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    await asyncio.gather(*(ada.clicks(answer, "Try again") for _ in range(3)))
    await bot.idle()
    assert ROLLBACK in answer.shown
    assert slack.ephemeral(ada) == []


async def test_a_click_that_slack_sends_twice_is_answered_once(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    clicked = await ada.clicks(answer, "Try again")
    await bot.idle()
    versions = len(answer.versions)
    slack.redeliver(clicked.delivery)
    await bot.idle()
    assert len(answer.versions) == versions


async def test_what_only_one_person_sees_takes_the_place_of_what_was_there(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    await ada.runs("/ask", QUESTION, place=general)
    answer = await private_answer(bot, ada)
    await ada.clicks(answer, "Try again")
    await slack.until(lambda: len(answer.versions) > 1)
    await bot.idle()
    assert len([one for one in slack.ephemeral(ada) if one.buttons]) == 1
    assert ROLLBACK in answer.shown


async def test_a_question_that_is_gone_can_t_be_answered_again(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    mei = slack.person("mei", locale="zh-CN")
    asked = await ada.mentions(general, QUESTION)
    answer = await bot.answer(asked)
    await bot.store.forget_conversation(f"slack/{slack.team.id}/{general.id}/{asked.ts}")
    await ada.clicks(answer, "Try again")
    await mei.clicks(answer, "Try again")
    await bot.idle()
    [english], [chinese] = slack.ephemeral(ada), slack.ephemeral(mei)
    assert english.shown == "The question is not there any more, so it can't be answered again. Ask it anew."
    assert chinese.shown == "问题已经不在了，无法重新回答。请再问一次。"


@pytest.mark.slow  # a worker looks about once a second whether it is to stop
async def test_stop_ends_what_is_being_answered(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await begun(bot, ada, general, seconds=3)
    await ada.clicks(answer, "Stop")
    await slack.until(lambda: "Stopped, as asked." in answer.shown)
    await bot.idle()
    assert "Stopped, as asked." in answer.shown and ROLLBACK not in answer.shown
    assert slack.ephemeral(ada) == []


async def test_stop_after_the_end_is_explained(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await begun(bot, ada, general, seconds=0.4)
    stop = next(one for one in answer.blocks if one["type"] == "actions")
    await bot.idle()
    answer.blocks.append(stop)  # as it is still before a person whose client is behind
    await ada.clicks(answer, "Stop")
    await bot.idle()
    assert [one.shown for one in slack.ephemeral(ada)] == ["Nothing is being answered here."]
    assert ROLLBACK in answer.shown


async def begun(bot: RunningBot, asker: Person, channel: Channel, *, seconds: float) -> Message:
    """An answer that says that it is being made: Slack takes its time to say for whom."""
    slack = bot.slack
    slack.faults.unknown("assistant.threads.setStatus", "chat.startStream")
    slack.faults.add("conversations.members", "slow", seconds=seconds)
    asked = await asker.mentions(channel, QUESTION)
    await slack.until(lambda: [one for one in slack.replies(asked) if one.buttons])
    return slack.replies(asked)[0]


async def private_answer(bot: RunningBot, asker: Person) -> Message:
    """The answer that only its asker sees, once it is whole."""
    await bot.slack.until(lambda: [one for one in bot.slack.ephemeral(asker) if one.buttons])
    await bot.idle()
    return next(one for one in bot.slack.ephemeral(asker) if one.buttons)
