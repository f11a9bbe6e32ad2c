"""Somebody mentions Lorelens in a channel: it answers once, in reply to the message, with its sources."""

import pytest

from tests.discord_emulator import Channel, Emulator, Guild, Person, Upload
from tests.scenario.discord.conftest import ERROR, ROLLBACK, StartBot
from tests.scenario.discord.running_bot import RunningBot


async def test_a_mention_is_answered_in_reply_with_sources(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "How long does a rollback take?")
    answer = await bot.answer(asked)
    assert ROLLBACK in answer.content
    assert "Deploys › Rollback" in answer.content
    assert answer.reference is asked
    assert {one.user for one in discord.notified} <= {discord.bot}


async def test_a_screenshot_beside_a_mention_finds_the_page_that_explains_it(
    bot: RunningBot, ada: Person, general: Channel, screenshot: bytes
) -> None:
    asked = await ada.mentions(general, "what is wrong here?", files=[Upload("error.png", screenshot)])
    assert "webhook signature" in (await bot.answer(asked)).content


async def test_several_screenshots_are_looked_at(
    bot: RunningBot, ada: Person, general: Channel, screenshot: bytes
) -> None:
    files = [Upload("one.png", screenshot), Upload("two.png", screenshot)]
    answer = await bot.answer(await ada.mentions(general, "what is wrong here?", files=files))
    assert "webhook signature" in answer.content


async def test_a_mention_in_the_middle_of_a_message_counts(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.says(general, f"hey {discord.bot.mention}, how long does a rollback take?")
    assert ROLLBACK in (await bot.answer(asked)).content


async def test_the_picture_that_was_asked_for_is_shown_with_a_description(
    bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, "Show me the diagram of a rollback"))
    [picture] = answer.attachments
    assert "rollback" in (picture.description or "").lower()


async def test_a_chinese_question_is_answered_in_chinese(bot: RunningBot, ada: Person, general: Channel) -> None:
    answer = await bot.answer(await ada.mentions(general, "每年有多少天带薪休假？"))
    assert "二十五天" in answer.content


async def test_channel_talk_that_nobody_asked_it_about_is_left_alone(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ada.says(general, "How long does a rollback take?")
    await ben.says(general, "four minutes", reply_to=said)
    await bot.idle()
    assert bot.answers(general) == []


async def test_a_question_is_kept_though_its_picture_is_slow(
    discord: Emulator,
    bot: RunningBot,
    ada: Person,
    general: Channel,
    screenshot: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bots.discord.events.READ_TIME", 0.0)
    asked = await ada.mentions(general, "what is wrong here?", files=[Upload("error.png", screenshot)])
    assert "webhook signature" in (await bot.answer(asked)).content


async def test_many_servers_on_several_shards_are_answered(discord: Emulator, ada: Person, start_bot: StartBot) -> None:
    guilds: list[Guild] = [discord.guild(f"server {number}") for number in range(6)]
    channels = [discord.channel(guild, "general") for guild in guilds]
    for guild in guilds:
        await ada.joins(guild)
    bot = await start_bot(discord_shards=2)
    asked = [await ada.mentions(channel, "What does ERR-4031 mean?") for channel in channels]
    for one in asked:
        assert ERROR in (await bot.answer(one)).content
    assert len({session.shard for session in discord.gateway.sessions.values()}) == 2
