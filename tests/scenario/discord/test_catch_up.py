"""Lorelens was away when somebody asked: it reads what it missed, and answers it once."""

import asyncio

import pytest

from tests.discord_emulator import Channel, Emulator, Guild, Person
from tests.scenario.discord.conftest import ERROR, ROLLBACK, StartBot
from tests.scenario.discord.running_bot import RunningBot

HISTORY = "GET /channels/{channel_id}/messages"


@pytest.fixture
async def was_up(acme: Guild, general: Channel, ada: Person, start_bot: StartBot) -> StartBot:
    """A bot was here once, and is down now."""
    bot = await start_bot(with_worker=False)
    await bot.caught_up()
    await bot.stop()
    return start_bot


async def test_a_question_that_was_asked_meanwhile_is_answered_at_the_start(
    was_up: StartBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await ada.says(general, "lunch?")
    bot = await was_up()
    assert ERROR in (await bot.answer(asked)).content
    await bot.caught_up()
    assert len(bot.answers(general)) == 1


async def test_only_channels_with_news_are_read(
    discord: Emulator, acme: Guild, was_up: StartBot, ada: Person, general: Channel
) -> None:
    hidden = discord.channel(acme, "board", hidden=True, allow=[ada])
    for number in range(5):
        discord.channel(acme, f"quiet-{number}")
    await ada.says(hidden, "figures")
    await ada.mentions(general, "What does ERR-4031 mean?")
    bot = await was_up()
    await bot.caught_up()
    assert {call.params["channel_id"] for call in discord.calls_to(HISTORY)} == {str(general.id)}


async def test_a_thread_a_reply_and_a_direct_message_are_found(
    discord: Emulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot()
    thread = await ada.opens_thread(general, "errors")
    answer = await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))
    await bot.answer(await ada.mentions(thread, "What does ERR-4031 mean?"))
    await bot.answer(await ada.says(discord.bot, "What does ERR-4031 mean?"))
    await bot.stop()
    reply = await ada.says(general, "And how do I fix it?", reply_to=answer)
    in_thread = await ada.says(thread, "And how do I fix it?")
    direct = await ada.says(discord.bot, "And how do I fix it?")
    bot = await start_bot()
    for asked in (reply, in_thread, direct):
        await discord.until(lambda asked=asked: bot.replies(asked))
        await bot.idle()
        assert "Rotate the signing key" in bot.replies(asked)[-1].content


async def test_a_question_that_was_edited_meanwhile_is_answered_anew(
    discord: Emulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot()
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    first = await bot.answer(asked)
    await bot.stop()
    await ada.edits(asked, f"{discord.bot.mention} How long does a rollback take?")
    bot = await start_bot()
    await discord.until(lambda: ROLLBACK in bot.replies(asked)[0].content)
    assert (await bot.answer(asked)) is first


async def test_what_could_not_be_kept_yet_is_read_again_by_the_next_process(bot: RunningBot) -> None:
    async def never() -> None:
        await held.wait()

    held = asyncio.Event()
    bot.desk.waiting.put("somewhere", "Taking in a message", never)
    since = bot.desk.waiting.since
    assert since is not None
    marked = 0.0
    async with asyncio.timeout(5):
        while marked != pytest.approx(since, abs=0.001):  # where it is read from after a kill
            await asyncio.sleep(0.01)
            marked = float(await bot.store.redis.execute("HGET", bot.store.keys.heard("discord"), "at") or 0)
    held.set()


async def test_what_was_answered_is_not_answered_again(
    discord: Emulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot()
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    answer = await bot.answer(asked)
    versions = len(answer.history)
    await bot.stop()
    bot = await start_bot()
    await bot.caught_up()
    assert discord.calls_to(HISTORY)
    assert [len(one.history) for one in bot.answers(general)] == [versions]


async def test_what_was_missed_is_read_in_spite_of_rate_limits(
    discord: Emulator, acme: Guild, was_up: StartBot, ada: Person, general: Channel
) -> None:
    other = discord.channel(acme, "random")
    asked = [await ada.mentions(channel, "What does ERR-4031 mean?") for channel in (general, other)]
    discord.faults.too_many(HISTORY, 0.1)
    bot = await was_up()
    for one in asked:
        assert ERROR in (await bot.answer(one)).content


async def test_a_server_that_removed_it_meanwhile_is_forgotten(
    discord: Emulator, acme: Guild, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot()
    await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))
    await bot.stop()
    discord.remove_bot(acme)
    bot = await start_bot()
    await bot.caught_up()
    assert [name async for page in bot.store.all_conversations() for name in page] == []


async def test_a_server_that_removes_it_is_forgotten_at_once(
    discord: Emulator, acme: Guild, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot()
    await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))
    discord.unavailable(acme)
    await bot.idle()
    assert (await bot.store.statistics()).messages
    discord.available(acme)
    discord.remove_bot(acme)
    await bot.idle()
    assert not (await bot.store.statistics()).messages


async def test_the_first_start_of_all_reads_no_history(
    discord: Emulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    bot = await start_bot()
    await bot.caught_up()
    assert bot.replies(asked) == []
    assert not discord.calls_to(HISTORY)
