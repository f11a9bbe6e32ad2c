"""*Save to team knowledge*: what people wrote answers later questions of those who may read it, and of nobody else."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.texts import CHINESE, ENGLISH
from tests.scenario.served_team import ERROR, ROLLBACK, Shared
from tests.scenario.slack.running_bot import RunningBot
from tests.scenario.slack.test_ask_command import answered
from tests.slack_emulator import Channel, Message, Person, SlackEmulator, Upload

SAVE = "save_message"
UNDO = "lorelens_unsave"
FACT = "The coffee machine is descaled every second Friday by the facility team."
ASKED = "When is the coffee machine descaled?"


@pytest.fixture
def shared(shared: Shared, tmp_path: Path) -> Shared:
    """The documents in an index of the test's own."""
    return replace(shared, data=Path(shutil.copytree(shared.data, tmp_path / "data")))


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_saved_message_answers_a_later_question_with_a_link_to_it(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.says(general, FACT)
    confirmed = await saved(bot, ada, said)
    assert "coffee machine" in confirmed.shown
    answer = await bot.answer(await ada.mentions(general, ASKED))
    assert "second Friday" in answer.shown
    assert slack.ephemeral(ben) == []


async def test_what_was_saved_by_mistake_is_undone(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.says(general, FACT)
    confirmed = await saved(bot, ada, said)
    await ada.clicks(confirmed, UNDO)
    await answered(bot, ada, ENGLISH.unsaved)
    assert len(slack.ephemeral(ada)) == 1
    await bot.application.saved_notes.settled()
    answer = await bot.answer(await ada.mentions(general, ASKED))
    assert "second Friday" not in answer.shown


async def test_saving_twice_keeps_it_once(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.says(general, FACT)
    await saved(bot, ada, said)
    await ben.uses_shortcut(SAVE, said)
    again = await answered(bot, ben, ENGLISH.saved_already)
    assert again.buttons == []
    assert len(await bot.application.saved_notes.of_person("slack", slack.team.id, ada.id)) == 1


async def test_an_answer_is_saved_with_its_question(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))
    await saved(bot, ben, answer)
    [head] = await bot.application.saved_notes.of_person("slack", slack.team.id, ben.id)
    assert head.title == "What does ERR-4031 mean?" and head.messages[1] == answer.id
    note = next(bot.application.data.glob(f"saved/slack/{slack.team.id}/{general.id}/{head.file}"))
    assert ERROR in note.read_text()


async def test_what_is_saved_in_a_private_channel_is_known_nowhere_else(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    secret = slack.channel("secret", "private", members=[ada])
    await saved(bot, ada, await ada.says(secret, FACT))
    openly = await bot.answer(await ada.mentions(general, ASKED))
    assert "second Friday" not in openly.shown
    among_us = await bot.answer(await ada.mentions(secret, ASKED))
    assert "second Friday" in among_us.shown


async def test_what_is_saved_follows_its_edits_and_its_deletion(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.says(general, FACT)
    await saved(bot, ada, said)
    await ben.edits(said, FACT.replace("second Friday", "third Monday"))
    await bot.idle()
    await bot.application.saved_notes.settled()
    answer = await bot.answer(await ada.mentions(general, ASKED))
    assert "third Monday" in answer.shown
    await ben.deletes(said)
    await bot.idle()
    await bot.application.saved_notes.settled()
    assert await bot.application.saved_notes.of_person("slack", slack.team.id, ada.id) == []


async def test_an_answer_that_was_saved_is_saved_anew_when_its_question_is_edited(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await saved(bot, ben, await bot.answer(asked))
    await ada.edits(asked, "How long does a rollback take?")
    folder = bot.application.data / "saved" / "slack" / slack.team.id / general.id
    await slack.until(lambda: any(ROLLBACK in one.shown for one in slack.replies(asked)))
    await bot.idle()
    [note] = folder.glob("*.md")
    assert "How long does a rollback take?" in note.read_text() and ROLLBACK in note.read_text()
    assert "ERR-4031" not in note.read_text()


@pytest.mark.slow
async def test_a_picture_is_saved_with_its_message(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel, screenshot: bytes
) -> None:
    said = await ben.says(general, "What the console says", files=[Upload("error.png", screenshot)])
    await saved(bot, ada, said)
    folder = bot.application.data / "saved" / "slack" / slack.team.id / general.id
    assert len(list(folder.glob("*.png"))) == 1


async def test_a_message_that_says_nothing_is_not_saved(
    slack: SlackEmulator, bot: RunningBot, general: Channel
) -> None:
    mei = slack.person("mei", locale="zh-CN")
    await mei.joins(general)
    said = await mei.says(general, files=[Upload("notes.zip", b"PK")])
    await mei.uses_shortcut(SAVE, said)
    await answered(bot, mei, CHINESE.save_empty)


async def test_a_stranger_saves_nothing(slack: SlackEmulator, bot: RunningBot, general: Channel) -> None:
    eve = slack.stranger("eve", channels=[general])
    said = await eve.says(general, FACT)
    await eve.uses_shortcut(SAVE, said)
    await answered(bot, eve, ENGLISH.save_refused)
    assert await bot.application.saved_notes.of_person("slack", slack.team.id, eve.id) == []


async def saved(bot: RunningBot, person: Person, message: Message) -> Message:
    """Save a message; what the person is told, once it can be found."""
    await person.uses_shortcut(SAVE, message)
    confirmed = await answered(bot, person, "Saved to the team's knowledge")
    await bot.application.saved_notes.settled()
    return confirmed
