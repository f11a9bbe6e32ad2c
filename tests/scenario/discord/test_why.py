"""*Why this answer?* tells whoever clicks, and only them, what the answer stands on."""

import pytest

from tests.discord_emulator import Channel, Emulator, Guild, Permission, Person, Upload
from tests.scenario.discord.conftest import ROLLBACK
from tests.scenario.discord.interacting import asks, button, clicks, ephemeral
from tests.scenario.discord.running_bot import RunningBot

QUESTION = "How long does a rollback take?"


async def test_the_sentence_and_its_scores_are_shown_to_whoever_clicks(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    told = await clicks(bot, ben, answer, "Why this answer?")
    assert ROLLBACK in told.content and "0." in told.content
    assert told.buttons() == []
    assert ephemeral(ben, general) == [told] and ephemeral(ada, general) == []


@pytest.mark.slow  # text is read in the picture
async def test_what_is_quoted_of_a_picture_is_drawn(
    bot: RunningBot, ada: Person, general: Channel, screenshot: bytes
) -> None:
    asked = await ada.mentions(general, "What does this picture say?", files=[Upload("error.png", screenshot)])
    told = await clicks(bot, ada, await bot.answer(asked), "Why this answer?")
    assert "ERR-4031" in told.content and told.attachments


async def test_a_private_answer_is_explained_beside_it(bot: RunningBot, ada: Person, general: Channel) -> None:
    answer = await asks(bot, ada, QUESTION, general, private=True)
    told = await clicks(bot, ada, answer, "Why this answer?")
    assert ROLLBACK in told.content and told is not answer
    assert ephemeral(ada, general) == [answer, told] and answer.buttons()


async def test_what_somebody_may_not_see_is_not_explained_to_them(
    discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, ben: Person
) -> None:
    secret = discord.channel(acme, "secret", hidden=True, allow=[ada, ben, discord.bot])
    answer = await asks(bot, ada, QUESTION, secret)
    discord.overwrite(secret, ben, deny=Permission.READ_MESSAGE_HISTORY, allow=Permission.VIEW_CHANNEL)
    await bot.idle()
    assert (await clicks(bot, ben, answer, "Why this answer?")).content == "You may not do this."


async def test_an_answer_that_is_kept_no_more_is_said_to_be_gone(
    discord: Emulator, acme: Guild, bot: RunningBot, general: Channel
) -> None:
    mei = discord.person("mei", acme, locale="zh-CN")
    asked = await mei.mentions(general, "每年有多少天带薪休假？")
    answer = await bot.answer(asked)
    await bot.store.forget_conversation(f"discord/{acme.id}/{general.id}/re-{asked.id}")
    assert (await clicks(bot, mei, answer, button(answer, "why"))).content == "这个回答已不再保存。"
