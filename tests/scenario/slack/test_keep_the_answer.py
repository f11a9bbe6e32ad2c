"""Lorelens did not know, somebody in the thread did: one click keeps that for whoever asks next."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.slack.buttons import KEEP
from adapters.texts import ENGLISH
from tests.scenario.served_team import Shared
from tests.scenario.slack.channel_world import own_copy
from tests.scenario.slack.running_bot import RunningBot
from tests.scenario.slack.test_ask_command import answered
from tests.slack_emulator import Channel, Message, Person, SlackEmulator

ASKED = "When is the coffee machine descaled?"
FACT = "The coffee machine is descaled every second Friday by the facility team."


@pytest.fixture
def shared(shared: Shared, tmp_path: Path) -> Shared:
    """The documents in an index of the test's own."""
    return replace(shared, data=own_copy(shared.data, tmp_path / "data"))


async def kept(bot: RunningBot, person: Person, declined: Message) -> Message:
    await person.clicks(declined, KEEP)
    confirmed = await answered(bot, person, "Saved to the team's knowledge")
    await bot.application.saved_notes.settled()
    return confirmed


async def test_what_somebody_knew_is_kept_with_the_question_by_one_click(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, ASKED)
    declined = await bot.answer(asked)
    assert KEEP in [button.action_id for button in declined.buttons]
    await ben.says(asked, FACT)
    confirmed = await kept(bot, ada, declined)
    assert "coffee machine" in confirmed.shown and slack.ephemeral(ben) == []
    [head] = await bot.application.saved_notes.of_person("slack", slack.team.id, ada.id)
    assert head.messages[0] == asked.id and len(head.messages) == 2
    answer = await bot.answer(
        await ben.mentions(general, "Which facility team descales the machine every second Friday?")
    )
    assert "second Friday" in answer.shown


async def test_a_click_before_anybody_answered_says_so(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    declined = await bot.answer(await ada.mentions(general, ASKED))
    await ada.clicks(declined, KEEP)
    await answered(bot, ada, ENGLISH.keep_nothing)
    assert await bot.application.saved_notes.of_person("slack", slack.team.id, ada.id) == []


async def test_an_answer_that_stands_has_no_such_button(bot: RunningBot, ada: Person, general: Channel) -> None:
    answer = await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))
    assert KEEP not in [button.action_id for button in answer.buttons]


async def test_what_is_kept_in_a_private_channel_is_known_nowhere_else(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    secret = slack.channel("secret", "private", members=[ada, ben])
    asked = await ada.mentions(secret, ASKED)
    declined = await bot.answer(asked)
    await ben.says(asked, FACT)
    await kept(bot, ben, declined)
    openly = await bot.answer(await ada.mentions(general, ASKED))
    assert "second Friday" not in openly.shown


async def test_a_stranger_keeps_nothing(slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel) -> None:
    eve = slack.stranger("eve", channels=[general])
    asked = await ada.mentions(general, ASKED)
    declined = await bot.answer(asked)
    await ada.says(asked, FACT)
    await eve.clicks(declined, KEEP)
    await answered(bot, eve, ENGLISH.save_refused)
