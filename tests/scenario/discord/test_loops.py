"""Bots that talk: Lorelens answers people alone, so that nothing goes round and round."""

from tests.discord_emulator import Channel, Emulator, Guild, Person
from tests.scenario.discord.running_bot import RunningBot


async def test_its_own_answers_are_no_questions(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    thread = await ada.opens_thread(general, "errors")
    await bot.answer(await ada.mentions(thread, "What does ERR-4031 mean?"))
    await bot.answer(await ada.says(discord.bot, "What does ERR-4031 mean?"))
    await bot.idle()
    assert len(bot.answers(thread)) == len(bot.answers(ada.dm)) == 1


async def test_another_bot_is_not_answered(
    discord: Emulator, bot: RunningBot, acme: Guild, ada: Person, general: Channel
) -> None:
    other = discord.other_bot("deploys", acme)
    await other.mentions(general, "How long does a rollback take?")
    answer = await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))
    await other.says(general, "ERR-4031 was seen again", reply_to=answer)
    await bot.idle()
    assert bot.answers(general) == [answer]


async def test_a_webhook_that_mentions_it_is_not_answered(discord: Emulator, bot: RunningBot, general: Channel) -> None:
    webhook = discord.webhook(general, "Morning report")
    await webhook.says(f"{discord.bot.mention} How long does a rollback take?")
    await bot.idle()
    assert bot.answers(general) == []


async def test_it_does_not_ping_anybody_with_what_it_quotes(
    discord: Emulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, f"@everyone {ben.mention} what does ERR-4031 mean?")
    answer = await bot.answer(asked)
    assert not [one for one in discord.notified if one.message is answer]
