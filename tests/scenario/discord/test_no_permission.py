"""Where Lorelens may not write, whoever asked is told so directly, and what to do about it."""

from tests.discord_emulator import Channel, Emulator, Guild, Permission, Person
from tests.scenario.discord.conftest import ERROR
from tests.scenario.discord.running_bot import RunningBot


async def test_a_channel_where_it_may_not_write(
    discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, general: Channel
) -> None:
    discord.overwrite(general, discord.bot, deny=Permission.SEND_MESSAGES)
    await ada.mentions(general, "What does ERR-4031 mean?")
    await discord.until(lambda: bot.answers(ada.dm))
    await bot.idle()
    [told] = bot.answers(ada.dm)
    assert f"<#{general.id}>" in told.content
    assert bot.answers(general) == []


async def test_somebody_who_takes_no_direct_messages_either(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    discord.overwrite(general, discord.bot, deny=Permission.SEND_MESSAGES)
    ada.closes_dms()
    await ada.mentions(general, "What does ERR-4031 mean?")
    await bot.idle()
    assert bot.answers(general) == bot.answers(ada.dm) == []
    assert await bot.desk.mailbox.dead_letters() == []


async def test_it_answers_again_when_it_may(discord: Emulator, bot: RunningBot, ada: Person, general: Channel) -> None:
    discord.overwrite(general, discord.bot, deny=Permission.SEND_MESSAGES)
    await ada.mentions(general, "What does ERR-4031 mean?")
    await discord.until(lambda: bot.answers(ada.dm))
    discord.overwrite(general, discord.bot, allow=Permission.SEND_MESSAGES)
    assert ERROR in (await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))).content


async def test_a_picture_that_may_not_be_attached_is_left_out_of_the_answer(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    discord.overwrite(general, discord.bot, deny=Permission.ATTACH_FILES)
    answer = await bot.answer(await ada.mentions(general, "Show me the diagram of a rollback"))
    assert answer.attachments == []
    assert answer.content
