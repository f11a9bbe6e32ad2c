"""Somebody mentions Lorelens in a channel: it answers once, in the message's thread, with its sources."""

import pytest

from tests.scenario.slack.conftest import ERROR, ROLLBACK
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Person, SlackEmulator, Upload

both_modes = pytest.mark.parametrize("mode", ["socket", "http"])


@both_modes
async def test_a_mention_is_answered_in_its_thread_with_sources(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "How long does a rollback take?")
    answer = await bot.answer(asked)
    assert ROLLBACK in answer.shown
    assert "Deploys › Rollback" in answer.shown
    assert answer.root == asked.ts
    assert not slack.notified or {one.target for one in slack.notified} == {slack.bot_user_id}


@pytest.mark.parametrize("order", ["mention first", "message first"])
async def test_a_mention_that_comes_as_two_events_gives_one_answer(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel, order: str
) -> None:
    slack.settings.mention_order = order
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    answer = await bot.answer(asked)
    assert ERROR in answer.shown
    assert len([one for one in slack.deliveries if one.event.get("ts") == asked.ts]) == 2


async def test_a_mention_without_a_message_event_is_answered(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    slack.settings.mention_order = "only mention"
    answer = await bot.answer(await ada.mentions(general, "How long does a rollback take?"))
    assert ROLLBACK in answer.shown


@pytest.mark.parametrize("files", ["both", "only message", "only mention"])
async def test_a_screenshot_beside_a_mention_finds_the_page_that_explains_it(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel, screenshot: bytes, files: str
) -> None:
    slack.settings.mention_files = files
    asked = await ada.mentions(general, "What is wrong here?", files=[Upload("error.png", screenshot)])
    answer = await bot.answer(asked)
    assert "webhook signature" in answer.shown


async def test_a_screenshot_is_seen_though_the_mention_came_alone_and_without_it(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel, screenshot: bytes
) -> None:
    slack.settings.mention_order, slack.settings.mention_files = "only mention", "only message"
    asked = await ada.mentions(general, "What is wrong here?", files=[Upload("error.png", screenshot)])
    answer = await bot.answer(asked)
    assert "webhook signature" in answer.shown


async def test_the_picture_that_was_asked_for_is_shown(bot: RunningBot, ada: Person, general: Channel) -> None:
    answer = await bot.answer(await ada.mentions(general, "Show me the diagram of a rollback"))
    [picture] = answer.pictures
    assert "rollback" in picture.alt.lower()


async def test_a_mention_in_the_middle_of_a_message_counts(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.says(general, f"Hey <@{slack.bot_user_id}>, how long does a rollback take?")
    assert ROLLBACK in (await bot.answer(asked)).shown


async def test_a_chinese_question_is_answered_in_chinese(
    slack: SlackEmulator, bot: RunningBot, general: Channel
) -> None:
    mei = slack.person("mei", locale="zh-CN")
    await mei.joins(general)
    answer = await bot.answer(await mei.mentions(general, "每年有多少天带薪休假？"))
    assert "二十五天" in answer.shown


async def test_channel_talk_that_nobody_asked_it_about_is_left_alone(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ada.says(general, "How long does a rollback take?")
    await ben.says(said, f"{ada.mention} four minutes")
    await bot.idle()
    assert bot.answers(general) == []
    assert await bot.store.history(f"slack/{slack.team.id}/{general.id}/{said.ts}", 1000) == []
