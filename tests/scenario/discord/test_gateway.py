"""The connection to Discord breaks in all ways that it can: nothing is lost, and nothing is answered twice."""

import asyncio

import pytest

from tests.discord_emulator import Channel, Emulator, Person
from tests.discord_emulator.writing import told
from tests.scenario.discord.conftest import ERROR, ROLLBACK, StartBot
from tests.scenario.discord.running_bot import RunningBot


async def test_what_was_said_while_the_connection_was_lost_is_answered_after_it_is_resumed(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    discord.gateway.drop(4000)
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    assert ERROR in (await bot.answer(asked)).content
    assert discord.gateway.resumed == 1
    assert discord.gateway.identified == 1


async def test_a_connection_that_is_cut_without_a_word_is_made_again(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    discord.gateway.drop()
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    assert ERROR in (await bot.answer(asked)).content


async def test_discord_may_ask_to_connect_again(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    discord.gateway.reconnect()
    await discord.until(lambda: discord.gateway.resumed)
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    assert ERROR in (await bot.answer(asked)).content


async def test_a_session_that_is_lost_begins_anew_and_the_history_is_read(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    before = await bot.answer(await ada.mentions(general, "How long does a rollback take?"))
    discord.gateway.forget()
    discord.gateway.drop(4000)
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    assert ERROR in (await bot.answer(asked)).content
    assert discord.gateway.identified == 2
    await bot.caught_up()
    assert bot.answers(general) == [before, *bot.replies(asked)]


@pytest.mark.parametrize("resumable", [True, False])
async def test_an_invalid_session_costs_no_question(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel, resumable: bool
) -> None:
    discord.gateway.invalidate(resumable)
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await discord.until(lambda: discord.gateway.resumed + discord.gateway.identified > 1)
    assert ERROR in (await bot.answer(asked)).content
    await bot.caught_up()
    assert len(bot.answers(general)) == 1


@pytest.mark.slow
async def test_a_session_that_is_lost_as_soon_as_it_has_begun_costs_no_edit(
    discord: Emulator, ada: Person, general: Channel, start_bot: StartBot
) -> None:
    bot = await start_bot(ready_timeout=0.3)
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await bot.answer(asked)
    ready, lost, may_identify = asyncio.Event(), asyncio.Event(), asyncio.Event()
    discord.gateway.invalidate(resumable=False)
    await discord.until(lambda: discord.gateway.identified == 2)

    def are_known(_shard: int) -> None:
        ready.set()

    async def held(shard_id: int | None, *, initial: bool = False) -> None:
        lost.set()
        await may_identify.wait()

    bot.client.listen("shard_ready", are_known)
    bot.client.before_identify_hook = held
    discord.gateway.forget()
    discord.gateway.reconnect()
    async with asyncio.timeout(10):
        await lost.wait()
        await ready.wait()  # of the session before: discord.py waits for the last of its servers
        await bot.ingress.catch_up.is_up_to_date.wait()
    await ada.edits(asked, f"{discord.bot.mention} How long does a rollback take?")
    may_identify.set()
    await discord.until(lambda: ROLLBACK in bot.replies(asked)[0].content)


async def test_a_session_that_is_resumed_before_its_servers_are_known_costs_no_question(
    discord: Emulator, ada: Person, general: Channel, start_bot: StartBot
) -> None:
    bot = await start_bot(ready_timeout=0.3)
    may_identify = asyncio.Event()

    async def held(shard_id: int | None, *, initial: bool = False) -> None:
        await may_identify.wait()

    bot.client.before_identify_hook = held
    discord.gateway.invalidate(resumable=False)
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    may_identify.set()
    await discord.until(lambda: discord.gateway.identified == 2)
    discord.gateway.drop(4000)
    await discord.until(lambda: discord.gateway.resumed == 1)
    assert ERROR in (await bot.answer(asked)).content


@pytest.mark.slow
async def test_a_connection_that_has_fallen_silent_is_given_up_and_resumed(
    discord: Emulator, ada: Person, general: Channel, start_bot: StartBot
) -> None:
    discord.gateway.heartbeat_interval = 0.5
    bot = await start_bot(heartbeat_timeout=1.5)
    discord.gateway.silent = True
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await discord.until(lambda: not discord.gateway.connected, seconds=10)
    discord.gateway.silent = False
    assert ERROR in (await bot.answer(asked, seconds=20)).content
    assert discord.gateway.identified == 1


async def test_readiness_says_that_there_is_no_connection(discord: Emulator, bot: RunningBot) -> None:
    lost = asyncio.Event()
    bot.client.listen("disconnect", lost.set)
    assert await bot.ingress.is_listening() == ""
    discord.gateway.refusing = True
    discord.gateway.drop(4000)
    async with asyncio.timeout(5):
        await lost.wait()
    assert "no connection" in await bot.ingress.is_listening()


async def test_what_discord_sends_twice_is_answered_once(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    guild = general.guild
    assert guild is not None
    discord.gateway.emit("MESSAGE_CREATE", told(discord, asked), guild.id)
    answer = await bot.answer(asked)
    discord.gateway.emit("MESSAGE_CREATE", told(discord, asked), guild.id)
    await bot.idle()
    assert bot.answers(general) == [answer]


@pytest.mark.slow  # the store has two seconds before a question is tried again
async def test_questions_wait_in_order_while_the_store_is_away(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    await bot.store.redis.execute("CLIENT", "PAUSE", "2600", "ALL")
    first = await ada.mentions(general, "What does ERR-4031 mean?")
    second = await ada.mentions(general, "How long does a rollback take?")
    await ada.edits(second, f"{discord.bot.mention} And how do I fix it?")
    await discord.until(lambda: bot.replies(first), seconds=20)
    assert ERROR in (await bot.answer(first)).content
    assert ROLLBACK not in (await bot.answer(second)).content


async def test_what_came_while_too_much_waited_is_read_from_the_history(
    discord: Emulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot()
    await bot.caught_up()
    bot.desk.waiting.most = 1
    first = await ada.mentions(general, "How long does a rollback take?")
    second = await ada.mentions(general, "What does ERR-4031 mean?")
    assert ERROR in (await bot.answer(second)).content
    assert ROLLBACK in (await bot.answer(first)).content
