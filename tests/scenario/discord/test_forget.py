"""`/forget` shows a person what is kept of them, on all servers and directly, and forgets it when they say so."""

import pytest

from tests.discord_emulator import Channel, Emulator, Guild, Person
from tests.scenario.discord.interacting import answered, asks, clicks, ephemeral, heard, redelivered
from tests.scenario.discord.running_bot import RunningBot

QUESTION = "How long does a rollback take?"


async def test_a_person_sees_what_would_go_and_then_it_goes_everywhere(
    discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    other = discord.guild("Other")
    lobby = discord.channel(other, "lobby")
    await ada.joins(other)
    await asks(bot, ada, QUESTION, general)
    await clicks(bot, ada, await asks(bot, ada, QUESTION, lobby), "👍")
    await asks(bot, ada, QUESTION)
    await asks(bot, ben, QUESTION, general)

    asked = await answered(bot, await ada.runs("/forget", place=general))
    assert "3 messages" in asked.content and "feedback on answers: 1" in asked.content and asked.ephemeral
    assert await kept(bot, acme, other, ada) == 3

    gone = await clicks(bot, ada, asked, "Forget")
    assert gone is asked and "Forgotten: 3 messages" in gone.content and gone.buttons() == []
    assert await kept(bot, acme, other, ada) == 0 and await kept(bot, acme, other, ben) == 1
    nothing = await answered(bot, await ada.runs("/forget"))
    assert nothing.content == "There is nothing of yours here that could be forgotten." and not nothing.buttons()


async def test_who_does_not_confirm_is_not_forgotten(
    acme: Guild, bot: RunningBot, ada: Person, general: Channel
) -> None:
    await asks(bot, ada, QUESTION, general)
    asked = await answered(bot, await ada.runs("/forget", place=general))
    await ada.dismisses(asked)
    await bot.idle()
    assert await kept(bot, acme, acme, ada) == 1


async def test_a_confirmation_that_comes_twice_does_no_harm(bot: RunningBot, ada: Person, general: Channel) -> None:
    await asks(bot, ada, QUESTION, general)
    asked = await answered(bot, await ada.runs("/forget", place=general))
    payloads = heard(bot)
    gone = await clicks(bot, ada, asked, "Forget")
    await redelivered(bot, payloads[0])
    assert "Forgotten: 1 messages" in gone.content and ephemeral(ada, general) == [gone]


@pytest.mark.parametrize(("locale", "command"), [("zh-CN", "/忘记"), ("zh-TW", "/忘記")])
async def test_it_is_asked_in_chinese(
    discord: Emulator, acme: Guild, bot: RunningBot, general: Channel, locale: str, command: str
) -> None:
    mei = discord.person("mei", acme, locale=locale)
    await asks(bot, mei, "每年有多少天带薪休假？", general)
    assert "永久删除" in (await answered(bot, await mei.runs(command, place=general))).content


async def kept(bot: RunningBot, acme: Guild, other: Guild, person: Person) -> int:
    """How many messages of a person are kept, everywhere."""
    store = bot.store
    found = [
        await store.redis.execute("SCARD", store.keys.person("discord", workspace, str(person.user.id)))
        for workspace in {str(acme.id), str(other.id), "@me"}
    ]
    return sum(int(one) for one in found)
