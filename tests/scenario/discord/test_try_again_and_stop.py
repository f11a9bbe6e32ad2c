"""*Try again* answers anew in the same place; *Stop* ends what is being answered."""

import asyncio

import pytest

from tests.discord_emulator import Channel, Emulator, Guild, Message, Person
from tests.scenario.discord.conftest import ROLLBACK, StartBot
from tests.scenario.discord.interacting import asks, button, clicks, ephemeral, heard, redelivered, told
from tests.scenario.discord.running_bot import RunningBot

QUESTION = "How long does a rollback take?"


async def test_an_answer_is_made_anew_where_it_stands(
    discord: Emulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    await again(bot, ben, answer)
    assert bot.answers(general) == [answer] and ROLLBACK in answer.content
    assert ephemeral(ben, general) == []


async def test_an_answer_to_a_command_is_made_anew_even_when_its_token_is_no_longer_good(
    discord: Emulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await asks(bot, ada, QUESTION, general)
    await again(bot, ben, answer)
    discord.clock.forward(16 * 60)
    await again(bot, ben, answer)
    assert bot.answers(general) == [answer] and ROLLBACK in answer.content and f"> {QUESTION}" in answer.content


async def test_what_only_one_person_sees_takes_the_place_of_what_was_there(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await asks(bot, ada, QUESTION, general, private=True)
    discord.clock.forward(16 * 60)
    await again(bot, ada, answer)
    assert ephemeral(ada, general) == [answer] and ROLLBACK in answer.content and f"> {QUESTION}" in answer.content
    assert discord.messages(ada.dm) == []


async def test_what_is_private_in_the_direct_conversation_stays_so(
    discord: Emulator, bot: RunningBot, ada: Person
) -> None:
    answer = await asks(bot, ada, QUESTION, private=True)
    discord.clock.forward(16 * 60)
    await again(bot, ada, answer)
    assert discord.messages(ada.dm) == [answer] and answer.ephemeral and ROLLBACK in answer.content


async def test_a_private_answer_that_came_directly_because_it_took_long_is_made_anew_there(
    discord: Emulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    first = await start_bot(with_worker=False)
    await (await ada.runs("/ask", {"question": QUESTION, "private": True}, general)).acknowledged()
    await first.desk.background.idle()
    await first.stop()
    discord.clock.forward(16 * 60)
    bot = await start_bot()
    await discord.until(lambda: any(ROLLBACK in one.content for one in bot.answers(ada.dm)))
    await bot.idle()
    [answer] = bot.answers(ada.dm)
    assert (await clicks(bot, ada, answer, "👍")).content == "Thank you for telling."
    await again(bot, ada, answer)
    assert ROLLBACK in answer.content and ROLLBACK in (await clicks(bot, ada, answer, "Why this answer?")).content


async def test_clicks_at_once_and_a_click_that_comes_twice_do_no_harm(
    bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    payloads = heard(bot)
    pressed = await asyncio.gather(*(ada.clicks(answer, "Try again") for _ in range(3)))
    for one in pressed:
        assert await told(bot, one) == []
    versions = len(answer.history)
    await redelivered(bot, payloads[0])
    assert bot.answers(general) == [answer] and ROLLBACK in answer.content and len(answer.history) == versions


async def test_a_question_that_is_gone_can_t_be_answered_again(
    discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, general: Channel
) -> None:
    mei = discord.person("mei", acme, locale="zh-TW")
    asked = await ada.mentions(general, QUESTION)
    answer = await bot.answer(asked)
    await bot.store.forget_conversation(f"discord/{acme.id}/{general.id}/re-{asked.id}")
    [english] = await told(bot, await ada.clicks(answer, "Try again"))
    [chinese] = await told(bot, await mei.clicks(answer, "Try again"))
    assert english == "The question is not there any more, so it can't be answered again. Ask it anew."
    assert chinese == "问题已经不在了，无法重新回答。请再问一次。"


@pytest.mark.slow  # a worker looks about once a second whether it is to stop
async def test_stop_ends_what_is_being_answered(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await begun(bot, ada, seconds=4)
    assert await told(bot, await ada.clicks(answer, "Stop")) == []
    assert "Stopped, as asked." in answer.content and ROLLBACK not in answer.content


@pytest.mark.slow  # Discord takes its time
async def test_stop_after_the_end_is_explained(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await begun(bot, ada, seconds=0.6)
    stop = answer.components
    await bot.idle()
    answer.components = stop  # as it is still before a person whose client is behind
    assert await told(bot, await ada.clicks(answer, "Stop")) == ["Nothing is being answered here."]
    assert ROLLBACK in answer.content


async def begun(bot: RunningBot, asker: Person, *, seconds: float) -> Message:
    """An answer in the direct conversation that says that it is being made: Discord takes its time to say for whom."""
    bot.discord.faults.slow("GET /guilds/{guild_id}/members/{user_id}", seconds, times=1)
    await asker.says(bot.discord.bot, QUESTION)
    await bot.discord.until(lambda: any(one.buttons() for one in bot.answers(asker.dm)))
    [answer] = bot.answers(asker.dm)
    return answer


async def again(bot: RunningBot, person: Person, answer: Message) -> None:
    """Let it be answered again, to the end."""
    versions = len(answer.history)
    assert await told(bot, await person.clicks(answer, button(answer, "again"))) == []
    await bot.discord.until(lambda: len(answer.history) > versions)
    await bot.idle()
