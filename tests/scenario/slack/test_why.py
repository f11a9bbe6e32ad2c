"""*Why this answer?* tells whoever clicks, and only them, what the answer stands on."""

import asyncio

import pytest

from tests.scenario.slack.conftest import ROLLBACK
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Person, SlackEmulator, Upload

QUESTION = "How long does a rollback take?"


async def test_the_sentence_and_its_scores_are_shown_to_whoever_clicks(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    await ben.clicks(answer, "Why this answer?")
    await bot.idle()
    [told] = slack.ephemeral(ben)
    assert ROLLBACK in told.shown and "0." in told.shown
    assert told.thread_ts == answer.thread_ts
    assert not told.buttons
    assert slack.ephemeral(ada) == []


async def test_two_clicks_at_once_are_explained_once(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    await asyncio.gather(ada.clicks(answer, "Why this answer?"), ada.clicks(answer, "Why this answer?"))
    await bot.idle()
    assert len(slack.ephemeral(ada)) == 1


@pytest.mark.slow  # text is read in the picture
async def test_what_is_quoted_of_a_picture_is_drawn_and_sent_directly(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel, screenshot: bytes
) -> None:
    asked = await ada.mentions(general, "What does this picture say?", files=[Upload("error.png", screenshot)])
    answer = await bot.answer(asked)
    await ada.clicks(answer, "Why this answer?")
    await bot.idle()
    [told] = slack.ephemeral(ada)
    assert "ERR-4031" in told.shown
    assert [picture for one in slack.messages(ada.dm) for picture in one.pictures]


async def test_an_answer_to_one_person_is_explained_to_them(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    await ada.runs("/ask", QUESTION, place=general)
    [answer] = await slack.until(lambda: [one for one in slack.ephemeral(ada) if one.buttons])
    await ada.clicks(answer, "Why this answer?")
    await bot.idle()
    assert any(ROLLBACK in one.shown and not one.buttons for one in slack.ephemeral(ada))
    assert not answer.deleted and ROLLBACK in answer.shown


async def test_a_guest_is_not_told_what_only_members_may_see(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    gil = slack.person("gil", guest="restricted", channels=[general])
    await gil.clicks(answer, "Why this answer?")
    await bot.idle()
    assert [one.shown for one in slack.ephemeral(gil)] == ["You may not do this."]


async def test_an_answer_that_is_kept_no_more_is_said_to_be_gone(
    slack: SlackEmulator, bot: RunningBot, general: Channel
) -> None:
    mei = slack.person("mei", locale="zh-CN")
    answer = await bot.answer(await mei.mentions(general, "每年有多少天带薪休假？"))
    await bot.store.forget_conversation(f"slack/{slack.team.id}/{general.id}/{answer.thread_ts}")
    await mei.clicks(answer, "为什么这么回答？")
    await bot.idle()
    assert [one.shown for one in slack.ephemeral(mei)] == ["这个回答已不再保存。"]
