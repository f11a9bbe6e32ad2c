"""`/search`, `/pictures`, `/sources` and `/help` answer only to whoever asks; what is typed is completed from what they
may see."""

import pytest

from tests.discord_emulator import Channel, Emulator, Guild, Person
from tests.scenario.discord.conftest import ERROR
from tests.scenario.discord.interacting import answered, ephemeral
from tests.scenario.discord.running_bot import RunningBot


@pytest.fixture
def chinese(discord: Emulator, acme: Guild) -> Person:
    return discord.person("mei", acme, locale="zh-CN")


async def test_passages_are_found_with_their_places(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    found = await answered(bot, await ada.runs("/search", {"words": "webhook signature"}, general))
    assert "Error codes › ERR-4031" in found.content and "**webhook** **signature**" in found.content
    assert ephemeral(ada, general) == [found] and ben.sees(general) == []
    assert found.buttons() == []


async def test_what_is_found_is_said_in_the_person_s_language(
    bot: RunningBot, chinese: Person, general: Channel
) -> None:
    found = await answered(bot, await chinese.runs("/搜索", {"words": "带薪休假"}, general))
    assert "“带薪休假”的搜索结果" in found.content and "二十五天" in found.content


async def test_pictures_are_shown_with_a_description(bot: RunningBot, ada: Person, general: Channel) -> None:
    found = await answered(bot, await ada.runs("/pictures", {"words": "how a rollback goes"}, general))
    [picture] = found.attachments
    assert "rollback" in (picture.description or "").lower() and found.ephemeral


async def test_sources_are_listed_with_their_counts(bot: RunningBot, ada: Person) -> None:
    found = await answered(bot, await ada.runs("/sources"))
    assert "documents: 4 · pictures: 1" in found.content


async def test_help_names_the_commands_as_the_person_sees_them(bot: RunningBot, ada: Person, chinese: Person) -> None:
    english = (await answered(bot, await ada.runs("/help"))).content
    in_chinese = (await answered(bot, await chinese.runs("/帮助"))).content
    for command in ("/ask", "/search", "/pictures", "/sources", "/forget"):
        assert f"`{command}" in english
    assert "`/提问`" in in_chinese and "`/搜索" in in_chinese and "/ask" not in in_chinese


async def test_what_is_typed_is_completed_from_headings(bot: RunningBot, ada: Person, general: Channel) -> None:
    assert [one.value for one in await ada.types("/search", "words", "rollb", general)] == ["Rollback"]
    assert "ERR-4031" in [one.value for one in await ada.types("/search", "words", "ERR", general)]
    offered = [one.value for one in await ada.types("/search", "words", "", general)]
    assert "Deploys" in offered and "休假" in offered and len(offered) <= 25
    assert [one.value for one in await ada.types("/search", "words", "休", general)] == ["休假"]
    assert await ada.types("/search", "words", "qwertzuiop", general) == []


async def test_pictures_are_completed_from_what_they_show(bot: RunningBot, ada: Person) -> None:
    [offered] = await ada.types("/pictures", "words", "how a roll")
    assert str(offered.value).startswith("How a rollback goes")


@pytest.mark.slow  # Discord takes its time
async def test_it_is_completed_in_time_though_discord_is_slow_to_say_who_somebody_is(
    discord: Emulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    discord.faults.slow("GET /guilds/{guild_id}/members/{user_id}", 2.5, times=1)
    assert await ada.types("/search", "words", "rollb", general) == []
    await bot.idle()
    assert [one.value for one in await ada.types("/search", "words", "rollb", general)] == ["Rollback"]


async def test_words_that_ping_somebody_ping_nobody(discord: Emulator, bot: RunningBot, ada: Person) -> None:
    found = await answered(bot, await ada.runs("/search", {"words": f"@everyone {ERROR}"}))
    assert "4031" in found.content
    assert not discord.notified
