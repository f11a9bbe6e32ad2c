"""*Share in channel* lets everybody there see an answer that only its asker saw, if all may see its sources."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.discord_emulator import Channel, Emulator, Guild, Permission, Person
from tests.scenario.discord.conftest import ROLLBACK
from tests.scenario.discord.interacting import answered, asks, clicks, told
from tests.scenario.discord.running_bot import RunningBot
from tests.scenario.served_team import Shared

QUESTION = "How long does a rollback take?"
FACT = "The coffee machine is descaled every second Friday by the facility team."
SHARE = "Share in channel"


async def test_everybody_sees_the_answer_with_its_question_and_who_shared_it(
    discord: Emulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await asks(bot, ada, QUESTION, general, private=True)
    assert (await clicks(bot, ada, answer, SHARE)).content == "Shared in the channel."
    [shared] = ben.sees(general)
    assert ROLLBACK in shared.content and f"> {QUESTION}" in shared.content and "Deploys › Rollback" in shared.content
    assert "Shared by Ada" in shared.content
    assert not [one for one in discord.notified if one.user is not ada.user]


async def test_in_a_thread_it_is_shared_with_the_thread(bot: RunningBot, ada: Person, general: Channel) -> None:
    thread = await ada.opens_thread(general, "errors")
    await clicks(bot, ada, await asks(bot, ada, QUESTION, thread, private=True), SHARE)
    assert [one for one in bot.answers(thread) if not one.ephemeral]
    assert bot.answers(general) == []


async def test_it_is_shared_once_however_often_it_is_clicked(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await asks(bot, ada, QUESTION, general, private=True)
    for one in await asyncio.gather(*(ada.clicks(answer, SHARE) for _ in range(3))):
        await one.answered()
    await bot.idle()
    assert len(ben.sees(general)) == 1


class TestWhatNotEverybodyMaySee:
    @pytest.fixture
    def shared(self, shared: Shared, tmp_path: Path) -> Shared:
        """The documents in an index of the test's own."""
        return replace(shared, data=Path(shutil.copytree(shared.data, tmp_path / "data")))

    async def test_what_not_everybody_there_may_see_is_not_shared(
        self, discord: Emulator, acme: Guild, bot: RunningBot, ben: Person, general: Channel
    ) -> None:
        mei = discord.person("mei", acme, locale="zh-CN")
        secret = discord.channel(acme, "secret", hidden=True, allow=[mei, discord.bot])
        said = await mei.says(secret, FACT)
        await answered(bot, await mei.uses_menu("Save to team knowledge", said))
        await bot.application.saved_notes.settled()
        answer = await asks(bot, mei, "When is the coffee machine descaled?", general, private=True)
        assert "second Friday" in answer.content
        refused = await clicks(bot, mei, answer, "分享到频道")
        assert "并非所有人都可以查看" in refused.content and ben.sees(general) == []


async def test_who_may_not_write_there_shares_nothing(
    discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    discord.overwrite(general, ada, deny=Permission.SEND_MESSAGES)
    answer = await asks(bot, ada, QUESTION, general, private=True)
    assert (await clicks(bot, ada, answer, SHARE)).content == "You may not do this here."
    assert ben.sees(general) == []


async def test_where_the_app_may_not_write_the_person_is_told(
    discord: Emulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    discord.overwrite(general, discord.bot, deny=Permission.SEND_MESSAGES)
    answer = await asks(bot, ada, QUESTION, general, private=True)
    assert (await clicks(bot, ada, answer, SHARE)).content == "You may not do this here."
    discord.overwrite(general, discord.bot)
    await bot.idle()
    assert (await clicks(bot, ada, answer, SHARE)).content == "Shared in the channel."
    assert len(ben.sees(general)) == 1


async def test_an_answer_from_the_direct_conversation_has_no_channel_to_be_shared_with(
    bot: RunningBot, ada: Person
) -> None:
    answer = await asks(bot, ada, QUESTION, private=True)
    assert answer.ephemeral and SHARE not in [one.label for one in answer.buttons()]


async def test_nobody_shares_what_only_another_person_was_told(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    theirs = await asks(bot, ben, QUESTION, general, private=True)
    answer = await asks(bot, ada, "What does ERR-4031 mean?", general, private=True)
    answer.components = theirs.components
    assert (await clicks(bot, ada, answer, SHARE)).content == "This answer is not kept any more."
    assert await told(bot, await ada.clicks(answer, "Try again")) == ["This answer is not kept any more."]
