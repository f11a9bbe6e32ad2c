"""A process that is killed after it let Discord show something as being thought about: whoever waits is answered."""

import asyncio
from functools import partial

import pytest

from adapters.texts import ENGLISH
from bots.discord.noting import KEPT, noted
from tests.discord_emulator import Channel, Emulator, Guild, Interaction, Person
from tests.discord_emulator.faults import Fault
from tests.scenario.discord.conftest import ROLLBACK, StartBot
from tests.scenario.discord.interacting import answered, asks, clicks, heard, redelivered
from tests.scenario.discord.running_bot import RunningBot

QUESTION = "How long does a rollback take?"
STARTED = {"Asking by a command", "Searching"}
"""What is killed, by its name."""
CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback"


async def killed_at(bot: RunningBot, fault: Fault) -> None:
    """End what the bot is at when a call to Discord is under way, as a kill does: nothing more comes of it."""
    await bot.discord.until(partial(getattr, fault, "struck"), 5)
    current = asyncio.current_task()
    begun = [one for one in asyncio.all_tasks() if one is not current and one.get_name() in STARTED]
    assert len(begun) == 1
    begun[0].cancel()
    await asyncio.gather(*begun, return_exceptions=True)


async def long_ago(bot: RunningBot) -> None:
    """Let what is noted be old enough to be taken up, as if seconds had passed."""
    due = f"{bot.store.keys.begun('discord')}due"
    for name in await bot.store.redis.execute("ZRANGE", due, 0, -1):
        await bot.store.redis.execute("ZADD", due, 1, name)


async def notes(bot: RunningBot) -> dict[bytes, bytes]:
    return await bot.store.redis.execute("HGETALL", f"{bot.store.keys.begun('discord')}notes")


async def nothing_noted(bot: RunningBot) -> None:
    """Return when what was noted was seen to."""
    async with asyncio.timeout(5):
        while True:
            await bot.desk.background.idle()
            if not await notes(bot):
                return
            await asyncio.sleep(0.02)


async def questions(bot: RunningBot, text: str) -> int:
    """How often a question is kept, in all conversations."""
    found = 0
    async for page in bot.store.all_conversations():
        for name in page:
            found += sum(one.text == text for one in await bot.store.history(name, 10_000) if one.role == "person")
    return found


async def left_thinking(
    discord: Emulator, bot: RunningBot, person: Person, place: Channel, *, private: bool = False, command: str = "/ask"
) -> Interaction:
    """Begin something, and be killed right after Discord took the acknowledgement."""
    fault = discord.faults.late(CALLBACK, 2.0)
    options = {"question": QUESTION, "private": private} if command == "/ask" else {"words": QUESTION}
    started = await person.runs(command, options, place)
    await killed_at(bot, fault)
    await started.acknowledged()
    assert started.response is not None and started.response.thinking
    discord.faults.clear()
    return started


@pytest.mark.parametrize("private", [False, True], ids=["openly", "privately"])
async def test_whoever_was_left_thinking_is_answered_after_the_restart_once(
    discord: Emulator, acme: Guild, start_bot: StartBot, ada: Person, general: Channel, private: bool
) -> None:
    first = await start_bot()
    started = await left_thinking(discord, first, ada, general, private=private)
    await first.stop()
    assert started.response is not None and started.response.thinking

    bot = await start_bot(with_ingress=False)
    await long_ago(bot)
    again = await start_bot()
    answer = await answered(again, started)
    await nothing_noted(again)
    assert ROLLBACK in answer.content
    assert answer.ephemeral == private
    assert len([one for one in ada.sees(general) if one.author is discord.bot]) == 1
    assert started.followups == []
    assert await questions(again, QUESTION) == 1


async def test_a_process_that_runs_takes_up_what_another_left(
    discord: Emulator, acme: Guild, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot()
    started = await left_thinking(discord, bot, ada, general, command="/search")
    await long_ago(bot)
    found = await answered(bot, started)
    assert found.ephemeral and QUESTION in found.content and "Deploys" in found.content
    await nothing_noted(bot)


async def test_what_was_lined_up_before_the_kill_is_not_asked_again(
    discord: Emulator, acme: Guild, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    """Killed after the question was lined up, and before that was noted."""
    bot = await start_bot(with_worker=False)
    sent = heard(bot)
    started = await (await ada.runs("/ask", {"question": QUESTION}, general)).acknowledged()
    await bot.desk.background.idle()
    assert await notes(bot) == {}
    async with noted(bot.desk.mailbox, str(sent[0]["id"]), sent[0]):
        await long_ago(bot)
    await nothing_noted(bot)
    assert await questions(bot, QUESTION) == 1
    await start_bot(with_ingress=False)
    assert ROLLBACK in (await answered(bot, started)).content
    assert len(bot.answers(general)) == 1


async def test_what_was_never_acknowledged_is_not_answered(
    discord: Emulator, acme: Guild, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    """Discord has told the person by then that nothing came."""
    first = await start_bot()
    fault = discord.faults.slow(CALLBACK, 5.0, times=1)
    started = await ada.runs("/ask", {"question": QUESTION}, general)
    await killed_at(first, fault)
    discord.faults.clear()
    await long_ago(first)
    await nothing_noted(first)
    assert await questions(first, QUESTION) == 0
    assert started.response is None and first.answers(general) == []


async def test_what_comes_twice_is_answered_once_and_leaves_no_note(
    bot: RunningBot, ada: Person, general: Channel
) -> None:
    sent = heard(bot)
    await asks(bot, ada, QUESTION, general)
    await redelivered(bot, sent[0])
    await long_ago(bot)
    await nothing_noted(bot)
    assert len(bot.answers(general)) == 1
    assert await questions(bot, QUESTION) == 1


async def test_whoever_can_not_be_answered_is_told_so(
    discord: Emulator, acme: Guild, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot()
    started = await left_thinking(discord, bot, ada, general)
    [name] = await notes(bot)
    await bot.store.redis.execute(
        "HSET", f"{bot.store.keys.begun('discord')}notes", f"tries:{name.decode()}", 3
    )  # each that took it up died of it
    await long_ago(bot)
    assert ENGLISH.error in (await answered(bot, started)).content
    await nothing_noted(bot)
    assert await questions(bot, QUESTION) == 0


async def test_a_note_goes_with_its_answer_and_at_last_by_itself(
    discord: Emulator, acme: Guild, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot()
    answer = await asks(bot, ada, QUESTION, general)
    assert (await clicks(bot, ada, answer, "👍")).content
    assert await notes(bot) == {}
    await left_thinking(discord, bot, ada, general)
    base = bot.store.keys.begun("discord")
    for key in ("notes", "due"):
        assert 0 < await bot.store.redis.execute("PTTL", f"{base}{key}") <= KEPT * 1000
