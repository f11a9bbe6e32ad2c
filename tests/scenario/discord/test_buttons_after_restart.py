"""Buttons and forms work for as long as the message stands, whichever process put them there."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.texts import CHINESE
from tests.discord_emulator import Channel, Emulator, Guild, Person
from tests.scenario.discord.conftest import ROLLBACK, StartBot
from tests.scenario.discord.interacting import answered, asks, button, clicks, told
from tests.scenario.served_team import Shared

QUESTION = "On which days do deploys run?"


@pytest.fixture
def shared(shared: Shared, tmp_path: Path) -> Shared:
    """The documents in an index of the test's own, since something is saved there."""
    return replace(shared, data=Path(shutil.copytree(shared.data, tmp_path / "data")))


@pytest.mark.slow  # all of them
async def test_every_button_works_after_a_restart(
    discord: Emulator, acme: Guild, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    first = await start_bot()
    answer = await asks(first, ada, QUESTION, general)
    private = await asks(first, ada, QUESTION, general, private=True)
    judged = await (await ada.clicks(answer, "👎")).acknowledged()
    said = await ada.says(general, QUESTION)
    about = await (await ada.uses_menu("Ask about this message", said)).acknowledged()
    await first.idle()
    await first.stop()
    discord.clock.forward(3600)

    bot = await start_bot()
    thanks = await answered(bot, await ada.submits(judged, {"What should be better?": "Too short."}))
    assert thanks.content == "Thank you. What you wrote was noted with the answer."
    assert (await clicks(bot, ada, answer, "👍")).content == "Thank you for telling."
    assert "Tuesdays" in (await clicks(bot, ada, answer, "Why this answer?")).content
    assert (await clicks(bot, ada, private, "Share in channel")).content == "Shared in the channel."
    assert ROLLBACK in (await clicks(bot, ada, answer, button(answer, "suggestion1"))).content
    versions = len(answer.history)
    assert await told(bot, await ada.clicks(answer, "Try again")) == []
    assert len(answer.history) > versions
    sent = await ada.submits(about, {"Your question": "What do you know about it?"})
    assert (await answered(bot, sent)).content


async def test_a_button_that_is_not_known_is_explained(
    discord: Emulator, acme: Guild, start_bot: StartBot, general: Channel
) -> None:
    bot = await start_bot()
    mei = discord.person("mei", acme, locale="zh-CN")
    answer = await asks(bot, mei, "每年有多少天带薪休假？", general)
    answer.components[0]["components"][0]["custom_id"] = "from-another-time"
    assert (await clicks(bot, mei, answer, "from-another-time")).content == CHINESE.expired


async def test_commands_are_registered_once_and_again_when_they_change(
    discord: Emulator, acme: Guild, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    put = "PUT /applications/{application_id}/commands"
    for _ in range(2):
        bot = await start_bot()
        await bot.idle()
        await bot.stop()
    assert len(discord.calls_to(put)) == 1
    names = {one["name"] for one in ada.commands(general)}
    assert names == {
        *("ask", "search", "pictures", "sources", "forget", "help"),
        *("Ask about this message", "Save to team knowledge"),
    }
    discord.application.commands[None][0]["description"] = "Something else"
    await (await start_bot()).idle()
    assert len(discord.calls_to(put)) == 2
    assert all(one["description"] != "Something else" for one in ada.commands(general))
