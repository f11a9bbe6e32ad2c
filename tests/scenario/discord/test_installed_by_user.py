"""Who installed Lorelens for themselves uses it anywhere; where it is not itself, only they see its answers."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.discord_emulator import CannotDoError, Channel, Emulator, Guild, Person
from tests.scenario.discord.conftest import ERROR, ROLLBACK
from tests.scenario.discord.interacting import answered, asks, clicks, ephemeral, told
from tests.scenario.discord.running_bot import RunningBot
from tests.scenario.served_team import Shared

QUESTION = "How long does a rollback take?"


@pytest.fixture
def shared(shared: Shared, tmp_path: Path) -> Shared:
    """The documents in an index of the test's own, since something is saved there."""
    return replace(shared, data=Path(shutil.copytree(shared.data, tmp_path / "data")))


@pytest.fixture
def elsewhere(discord: Emulator, ada: Person, ben: Person) -> Channel:
    """A channel on a server that Lorelens is not on; Ada installed it for herself, Ben did not."""
    guild: Guild = discord.guild("Elsewhere", bot=False)
    ada.enter(guild)
    ben.enter(guild)
    ada.installs()
    return discord.channel(guild, "lounge")


async def test_only_the_asker_sees_the_answer_whatever_they_say(
    bot: RunningBot, ada: Person, ben: Person, elsewhere: Channel
) -> None:
    answer = await asks(bot, ada, QUESTION, elsewhere)
    assert ROLLBACK in answer.content and answer.ephemeral_for is ada.user
    assert ben.sees(elsewhere) == []
    with pytest.raises(CannotDoError):
        await ben.runs("/ask", {"question": QUESTION}, elsewhere)


async def test_a_follow_up_is_understood_there_too(bot: RunningBot, ada: Person, elsewhere: Channel) -> None:
    await asks(bot, ada, "What does ERR-4031 mean?", elsewhere)
    assert "Rotate the signing key" in (await asks(bot, ada, "And how do I fix it?", elsewhere)).content


async def test_who_shares_no_server_with_it_is_told_nothing_of_the_team_s(
    discord: Emulator, bot: RunningBot, elsewhere: Channel
) -> None:
    assert elsewhere.guild is not None
    eve = discord.person("eve", elsewhere.guild)
    eve.installs()
    answer = await asks(bot, eve, QUESTION, elsewhere)
    assert ROLLBACK not in answer.content
    assert await eve.types("/search", "words", "rollb", elsewhere) == []
    assert "I know no documents" in (await answered(bot, await eve.runs("/sources", place=elsewhere))).content


async def test_the_buttons_work_where_the_app_itself_is_not(
    bot: RunningBot, ada: Person, ben: Person, elsewhere: Channel
) -> None:
    answer = await asks(bot, ada, QUESTION, elsewhere)
    assert (await clicks(bot, ada, answer, "👍")).content == "Thank you for telling."
    assert ROLLBACK in (await clicks(bot, ada, answer, "Why this answer?")).content
    assert "Share in channel" not in [one.label for one in answer.buttons()]
    versions = len(answer.history)
    assert await told(bot, await ada.clicks(answer, "Try again")) == []
    assert len(answer.history) > versions and ROLLBACK in answer.content
    assert ben.sees(elsewhere) == []


async def test_a_message_there_is_asked_about_but_not_saved(
    bot: RunningBot, ada: Person, ben: Person, elsewhere: Channel
) -> None:
    said = await ben.says(elsewhere, "I get ERR-4031 all the time")
    pressed = await (await ada.uses_menu("Ask about this message", said)).acknowledged()
    answer = await answered(bot, await ada.submits(pressed, {"Your question": "What does it mean?"}))
    assert ERROR in answer.content and ephemeral(ada, elsewhere) == [answer]
    refused = await answered(bot, await ada.uses_menu("Save to team knowledge", said))
    assert refused.content == "You can't save messages from here to the team's knowledge."


async def test_it_is_used_directly_by_who_installed_it(discord: Emulator, bot: RunningBot, ada: Person) -> None:
    ada.installs()
    assert ROLLBACK in (await asks(bot, ada, QUESTION)).content
