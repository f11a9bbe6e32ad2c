"""The app is removed from the workspace: what was kept of it is forgotten."""

from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Person, SlackEmulator


async def test_what_was_said_is_forgotten_with_the_app(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))
    assert (await bot.store.statistics()).messages > 0
    slack.uninstalls()
    await slack.until(lambda: any(one.event["type"] == "app_uninstalled" for one in slack.deliveries))
    await slack.settled()
    await bot.desk.background.idle()
    assert (await bot.store.statistics()).messages == 0
    assert all(one.acknowledged for one in slack.deliveries)


async def test_a_removal_that_slack_tells_of_by_mistake_forgets_nothing(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))
    await slack.emit({"type": "app_uninstalled", "event_ts": "1700000000.000100"})
    await slack.settled()
    await bot.desk.background.idle()
    assert (await bot.store.statistics()).messages > 0
