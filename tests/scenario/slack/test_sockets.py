"""Socket Mode breaks off in all the ways it can; people get one answer all the same."""

import pytest

from tests.scenario.slack.conftest import ERROR, ROLLBACK, StartBot
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Person, SlackEmulator


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "too_many_websockets"])
async def test_slack_asks_for_a_new_connection(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel, reason: str
) -> None:
    await slack.sockets.disconnect(reason)
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await slack.until(lambda: len(slack.sockets.records) > 1)
    assert ERROR in (await bot.answer(asked)).shown
    again = await ada.mentions(general, "How long does a rollback take?")
    assert ROLLBACK in (await bot.answer(again)).shown
    assert await bot.ingress.is_listening() == ""


async def test_a_refreshed_connection_stands_before_the_old_one_goes(slack: SlackEmulator, bot: RunningBot) -> None:
    await slack.sockets.disconnect("warning")
    await slack.until(lambda: len(slack.sockets.records) == 2)
    first, second = slack.sockets.records
    await slack.until(lambda: not first.open)
    assert second.open
    assert len(slack.calls("apps.connections.open")) == 2
    assert await bot.ingress.is_listening() == ""


async def test_the_connection_is_cut(slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel) -> None:
    slack.settings.retry_delays = (0.1,) * 50
    slack.sockets.drop()
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    assert ERROR in (await bot.answer(asked)).shown


async def test_the_connection_falls_silent(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    slack.settings.ack_seconds, slack.settings.retry_delays = 0.3, (0.1,) * 50
    slack.sockets.silence()
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    assert ERROR in (await bot.answer(asked)).shown
    assert len(slack.sockets.records) > 1


@pytest.mark.slow
async def test_slack_gives_no_connection_for_a_while(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    slack.settings.retry_delays = (0.1,) * 100
    slack.faults.add("apps.connections.open", "503", count=3)
    slack.faults.add("apps.connections.open", "internal_error", count=1)
    slack.faults.add("apps.connections.open", "429", count=1, seconds=0.1)
    slack.sockets.drop()
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    assert ERROR in (await bot.answer(asked)).shown


async def test_connections_that_break_off_at_once_are_asked_for_slower_and_slower(
    slack: SlackEmulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    slack.settings.retry_delays = (0.1,) * 100
    bot = await start_bot()
    for number in range(1, 4):
        await slack.until(lambda number=number: len(slack.sockets.records) >= number and slack.sockets.standing)
        await slack.sockets.too_many()
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    assert ERROR in (await bot.answer(asked)).shown
    assert len(slack.sockets.records) <= 5


async def test_what_is_begun_when_it_stops_is_acknowledged(
    slack: SlackEmulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    bot = await start_bot()
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await slack.until(lambda: any(one.attempts for one in slack.deliveries))
    await bot.stop()
    bot = await start_bot()
    assert ERROR in (await bot.answer(asked)).shown
