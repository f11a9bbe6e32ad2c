"""Somebody writes to Lorelens directly."""

from tests.discord_emulator import Emulator, Person, Upload
from tests.scenario.discord.conftest import ERROR, ROLLBACK
from tests.scenario.discord.running_bot import RunningBot


async def test_a_direct_message_is_answered_without_a_mention(discord: Emulator, bot: RunningBot, ada: Person) -> None:
    asked = await ada.says(discord.bot, "How long does a rollback take?")
    assert ROLLBACK in (await bot.answer(asked)).content


async def test_a_direct_conversation_goes_on(discord: Emulator, bot: RunningBot, ada: Person) -> None:
    assert ERROR in (await bot.answer(await ada.says(discord.bot, "What does ERR-4031 mean?"))).content
    more = await ada.says(discord.bot, "And how do I fix it?")
    await discord.until(lambda: len(bot.answers(ada.dm)) == 2)
    await bot.idle()
    assert "Rotate the signing key" in bot.replies(more)[-1].content


async def test_a_screenshot_alone_is_a_question(
    discord: Emulator, bot: RunningBot, ada: Person, screenshot: bytes
) -> None:
    asked = await ada.says(discord.bot, files=[Upload("error.png", screenshot)])
    assert "ERR-4031" in (await bot.answer(asked)).content


async def test_two_people_have_conversations_of_their_own(
    discord: Emulator, bot: RunningBot, ada: Person, ben: Person
) -> None:
    hers = await ada.says(discord.bot, "What does ERR-4031 mean?")
    his = await ben.says(discord.bot, "How long does a rollback take?")
    assert ERROR in (await bot.answer(hers)).content
    assert ROLLBACK in (await bot.answer(his)).content
