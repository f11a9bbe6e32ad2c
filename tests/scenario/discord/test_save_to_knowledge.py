"""*Save to team knowledge*: what people wrote answers later questions of those who may read it, and of nobody else."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.texts import CHINESE, ENGLISH
from tests.discord_emulator import Channel, Emulator, Guild, Message, Permission, Person, Upload
from tests.scenario.discord.conftest import ERROR, ROLLBACK
from tests.scenario.discord.interacting import answered, asks, clicks, ephemeral
from tests.scenario.discord.running_bot import RunningBot
from tests.scenario.served_team import Shared

SAVE = "Save to team knowledge"
FACT = "The coffee machine is descaled every second Friday by the facility team."
ASKED = "When is the coffee machine descaled?"


@pytest.fixture
def shared(shared: Shared, tmp_path: Path) -> Shared:
    """The documents in an index of the test's own."""
    return replace(shared, data=Path(shutil.copytree(shared.data, tmp_path / "data")))


async def test_a_saved_message_answers_a_later_question_with_a_link_to_it(
    bot: RunningBot, acme: Guild, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.says(general, FACT)
    confirmed = await saved(bot, ada, said)
    assert "coffee machine" in confirmed.content and ben.sees(general) == [said]
    answer = await asks(bot, ada, ASKED, general)
    assert "second Friday" in answer.content
    assert f"https://discord.com/channels/{acme.id}/{general.id}/{said.id}" in answer.content


async def test_what_was_saved_by_mistake_is_undone(bot: RunningBot, ada: Person, ben: Person, general: Channel) -> None:
    confirmed = await saved(bot, ada, await ben.says(general, FACT))
    assert (await clicks(bot, ada, confirmed, "Undo")).content == ENGLISH.unsaved
    assert ephemeral(ada, general) == [confirmed] and confirmed.buttons() == []
    await bot.application.saved_notes.settled()
    assert "second Friday" not in (await asks(bot, ada, ASKED, general)).content


async def test_saving_twice_keeps_it_once(bot: RunningBot, acme: Guild, ada: Person, general: Channel) -> None:
    ben = bot.discord.person("ben", acme)
    said = await ben.says(general, FACT)
    await saved(bot, ada, said)
    again = await answered(bot, await ben.uses_menu(SAVE, said))
    assert again.content == ENGLISH.saved_already and again.buttons() == []
    assert len(await bot.application.saved_notes.of_person("discord", str(acme.id), str(ada.user.id))) == 1


async def test_an_answer_is_saved_with_its_question(
    bot: RunningBot, acme: Guild, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))
    await saved(bot, ben, answer)
    [head] = await bot.application.saved_notes.of_person("discord", str(acme.id), str(ben.user.id))
    assert head.title == "What does ERR-4031 mean?" and len(head.messages) == 2
    assert ERROR in note(bot, acme, general)


async def test_an_answer_to_a_command_is_saved_with_its_question_too(
    bot: RunningBot, acme: Guild, ada: Person, general: Channel
) -> None:
    await saved(bot, ada, await asks(bot, ada, "What does ERR-4031 mean?", general))
    assert "What does ERR-4031 mean?" in note(bot, acme, general) and ERROR in note(bot, acme, general)


async def test_what_is_saved_in_a_hidden_channel_is_known_and_offered_nowhere_else(
    discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    secret = discord.channel(acme, "secret", hidden=True, allow=[ada, discord.bot])
    await saved(bot, ada, await ada.says(secret, f"# Coffee machine\n\n{FACT}"))
    assert "second Friday" not in (await asks(bot, ada, ASKED, general)).content
    assert "second Friday" in (await asks(bot, ada, ASKED, secret)).content
    assert "second Friday" in (await asks(bot, ada, ASKED, general, private=True)).content
    assert [one.value for one in await ada.types("/search", "words", "coffee", general)]
    assert await ben.types("/search", "words", "coffee", general) == []
    discord.overwrite(secret, ada, deny=Permission.VIEW_CHANNEL)
    await bot.idle()
    assert await ada.types("/search", "words", "coffee", general) == []


async def test_what_is_saved_in_a_private_thread_is_known_only_there(
    acme: Guild, bot: RunningBot, ada: Person, general: Channel
) -> None:
    thread = await ada.opens_thread(general, "between us", private=True)
    await ada.mentions(thread, "hello")
    await bot.idle()
    await saved(bot, ada, await ada.says(thread, FACT))
    assert "second Friday" not in (await asks(bot, ada, ASKED, general)).content
    assert "second Friday" in (await asks(bot, ada, ASKED, thread)).content


async def test_what_is_saved_directly_is_the_saver_s_own(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ada.says(bot.discord.bot, FACT)
    await bot.idle()
    await saved(bot, ada, said)
    assert "second Friday" in (await asks(bot, ada, ASKED)).content
    assert "second Friday" not in (await asks(bot, ben, ASKED)).content


async def test_what_is_saved_follows_its_edits_and_its_deletion(
    bot: RunningBot, acme: Guild, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.says(general, FACT)
    await saved(bot, ada, said)
    await ben.edits(said, FACT.replace("second Friday", "third Monday"))
    await bot.idle()
    await bot.application.saved_notes.settled()
    assert "third Monday" in (await asks(bot, ada, ASKED, general)).content
    await ben.deletes(said)
    await bot.idle()
    assert await bot.application.saved_notes.of_person("discord", str(acme.id), str(ada.user.id)) == []


async def test_an_answer_that_was_saved_is_saved_anew_when_its_question_is_edited(
    discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    answer = await bot.answer(asked)
    await saved(bot, ada, answer)
    await ada.edits(asked, f"{discord.bot.mention} How long does a rollback take?")
    await discord.until(lambda: ROLLBACK in answer.content)
    await bot.idle()
    kept = note(bot, acme, general)
    assert "How long does a rollback take?" in kept and ROLLBACK in kept and "ERR-4031" not in kept


async def test_a_message_that_says_nothing_is_not_saved(
    discord: Emulator, acme: Guild, bot: RunningBot, general: Channel
) -> None:
    mei = discord.person("mei", acme, locale="zh-CN")
    said = await mei.says(general, files=[Upload("notes.zip", b"PK")])
    refused = await answered(bot, await mei.uses_menu("保存到团队知识", said))
    assert refused.content == CHINESE.save_empty and refused.ephemeral


def note(bot: RunningBot, guild: Guild, channel: Channel) -> str:
    """The one note that was saved in a channel."""
    [file] = bot.application.data.glob(f"saved/discord/{guild.id}/{channel.id}/*.md")
    return file.read_text()


async def saved(bot: RunningBot, person: Person, message: Message) -> Message:
    """Save a message; what the person is told, once it can be found."""
    confirmed = await answered(bot, await person.uses_menu(SAVE, message))
    assert "Saved to the team's knowledge" in confirmed.content, confirmed.content
    await bot.application.saved_notes.settled()
    return confirmed
