"""Lorelens did not know, somebody else did: one click keeps that for whoever asks next."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.texts import ENGLISH
from tests.discord_emulator import Channel, Emulator, Guild, Message, Person
from tests.scenario.discord.interacting import asks, clicks
from tests.scenario.discord.running_bot import RunningBot
from tests.scenario.served_team import Shared

ASKED = "When is the coffee machine descaled?"
FACT = "The coffee machine is descaled every second Friday by the facility team."
KEEP = ENGLISH.keep_answer


@pytest.fixture
def shared(shared: Shared, tmp_path: Path) -> Shared:
    """The documents in an index of the test's own."""
    return replace(shared, data=Path(shutil.copytree(shared.data, tmp_path / "data")))


def labels(message: Message) -> list[str]:
    return [one.label or "" for one in message.buttons()]


async def kept(bot: RunningBot, person: Person, declined: Message) -> Message:
    confirmed = await clicks(bot, person, declined, KEEP)
    await bot.application.saved_notes.settled()
    return confirmed


async def test_what_somebody_replied_is_kept_with_the_question_by_one_click(
    bot: RunningBot, acme: Guild, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, ASKED)
    declined = await bot.answer(asked)
    assert KEEP in labels(declined)
    await ben.says(general, "Lunch at twelve.")
    reply = await ben.says(general, FACT, reply_to=asked)
    confirmed = await kept(bot, ada, declined)
    assert "coffee machine" in confirmed.content and confirmed not in ben.sees(general)
    [head] = await bot.application.saved_notes.of_person("discord", str(acme.id), str(ada.user.id))
    assert [one.rpartition(":")[2] for one in head.messages] == [str(asked.id), str(reply.id)]
    answer = await asks(bot, ben, "Which facility team descales the machine every second Friday?", general)
    assert "second Friday" in answer.content
    await ben.edits(reply, FACT.replace("second", "third"))
    await bot.idle()
    await bot.application.saved_notes.settled()
    answer = await asks(bot, ben, "On which Friday does the facility team descale the machine?", general)
    assert "third Friday" in answer.content


async def test_in_a_thread_all_that_people_said_since_is_kept(
    bot: RunningBot, acme: Guild, ada: Person, ben: Person, general: Channel
) -> None:
    thread = await ada.opens_thread(general, "coffee")
    declined = await bot.answer(await ada.mentions(thread, ASKED))
    for words in (FACT, "Ask for Ute."):
        await ben.says(thread, words, reply_to=declined, ping=False)
        await bot.idle()
    await kept(bot, ben, declined)
    [head] = await bot.application.saved_notes.of_person("discord", str(acme.id), str(ben.user.id))
    assert len(head.messages) == 3


async def test_a_click_before_anybody_answered_says_so(
    bot: RunningBot, acme: Guild, ada: Person, general: Channel
) -> None:
    declined = await bot.answer(await ada.mentions(general, ASKED))
    assert (await kept(bot, ada, declined)).content == ENGLISH.keep_nothing
    assert await bot.application.saved_notes.of_person("discord", str(acme.id), str(ada.user.id)) == []


async def test_an_answer_that_stands_and_one_given_directly_have_no_such_button(
    bot: RunningBot, discord: Emulator, ada: Person, general: Channel
) -> None:
    assert KEEP not in labels(await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?")))
    assert KEEP not in labels(await bot.answer(await ada.says(discord.bot, ASKED)))


async def test_what_is_kept_in_a_hidden_channel_is_known_nowhere_else(
    bot: RunningBot, discord: Emulator, acme: Guild, ada: Person, ben: Person, general: Channel
) -> None:
    hidden = discord.channel(acme, "hidden", hidden=True, allow=[ada, ben, discord.bot])
    await bot.idle()
    asked = await ada.mentions(hidden, ASKED)
    declined = await bot.answer(asked)
    await ben.says(hidden, FACT, reply_to=asked)
    await kept(bot, ada, declined)
    assert "second Friday" not in (await bot.answer(await ada.mentions(general, ASKED))).content
