"""Threads: what is said there is one conversation, and goes on without mentioning Lorelens again."""

from tests.discord_emulator import FORUM, Channel, Emulator, Guild, Person
from tests.scenario.discord.conftest import ERROR, ROLLBACK, StartBot
from tests.scenario.discord.running_bot import RunningBot


async def test_a_thread_goes_on_without_a_mention(bot: RunningBot, ada: Person, general: Channel) -> None:
    thread = await ada.opens_thread(general, "errors")
    assert ERROR in (await bot.answer(await ada.mentions(thread, "What does ERR-4031 mean?"))).content
    more = await ada.says(thread, "And how do I fix it?")
    assert "Rotate the signing key" in (await bot.answer(more)).content


async def test_a_thread_that_was_opened_at_its_answer_goes_on(bot: RunningBot, ada: Person, general: Channel) -> None:
    answer = await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))
    thread = await ada.opens_thread(general, "more", message=answer)
    more = await ada.says(thread, "And how do I fix it?")
    assert "Rotate the signing key" in (await bot.answer(more)).content


async def test_what_was_said_before_it_was_called_is_its_context(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    thread = await ada.opens_thread(general, "incident", content="My deploy stopped with ERR-4031")
    await ben.says(thread, "again?")
    asked = await ben.mentions(thread, "what does that mean?")
    assert "webhook signature" in (await bot.answer(asked)).content


async def test_a_post_in_a_forum_is_a_thread(discord: Emulator, acme: Guild, ada: Person, start_bot: StartBot) -> None:
    forum = discord.channel(acme, "help", kind=FORUM)
    bot = await start_bot()
    post = await ada.opens_thread(forum, "rollbacks", content=f"{discord.bot.mention} How long does a rollback take?")
    await discord.until(lambda: bot.answers(post))
    await bot.idle()
    assert ROLLBACK in bot.answers(post)[0].content


async def test_a_private_thread_that_it_is_called_into_is_answered(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    thread = await ada.opens_thread(general, "between us", private=True)
    asked = await ada.mentions(thread, "How long does a rollback take?")
    assert ROLLBACK in (await bot.answer(asked)).content


async def test_talk_among_people_in_its_thread_is_left_to_them(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    thread = await ada.opens_thread(general, "errors")
    await bot.answer(await ada.mentions(thread, "What does ERR-4031 mean?"))
    await ben.says(thread, f"{ada.mention} shall we have lunch?")
    await bot.idle()
    assert len(bot.answers(thread)) == 1


async def test_a_thread_that_nobody_called_it_into_is_left_alone(
    bot: RunningBot, ada: Person, general: Channel
) -> None:
    thread = await ada.opens_thread(general, "rollbacks")
    await ada.says(thread, "How long does a rollback take?")
    await bot.idle()
    assert bot.answers(thread) == []
