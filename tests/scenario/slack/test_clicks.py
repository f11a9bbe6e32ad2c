"""A click is acknowledged at once, however slow Slack is; what comes of it, or why nothing does, the person is told."""

import pytest

from tests.scenario.slack.conftest import StartBot
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Person, SlackEmulator

QUESTION = "On which days do deploys run?"
BUTTONS = ["👍", "👎", "lorelens_why", "lorelens_again", "lorelens_suggestion_1"]


async def test_every_button_is_acknowledged_while_slack_takes_its_time(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    assert set(BUTTONS) <= {name for one in answer.buttons for name in (one.action_id, one.label)}
    for button in BUTTONS:
        newcomer = slack.person(f"new-{BUTTONS.index(button)}", channels=[general])
        slack.faults.add("users.info", "slow", seconds=1.0)
        clicked = await newcomer.clicks(answer, button)
        assert clicked.acknowledged_after is not None and clicked.acknowledged_after < 0.9, button
    await bot.idle()


async def test_whoever_clicks_is_told_that_something_is_away(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    slack.faults.add("views.open", "internal_error")
    await ada.clicks(answer, "👎")
    await bot.idle()
    [told] = slack.ephemeral(ada)
    assert told.shown and told.thread_ts == answer.thread_ts


@pytest.mark.slow  # a trigger lives for three seconds
async def test_a_vote_counts_though_its_dialog_comes_too_late(
    slack: SlackEmulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot()
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    slack.faults.add("views.open", "slow", seconds=3.2)
    await ada.clicks(answer, "👎")
    await bot.idle()
    assert [one.shown for one in slack.ephemeral(ada)] == ["Thank you for telling."]
