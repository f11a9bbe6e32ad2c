"""Socket Mode breaks off in all the ways it can; people get one answer all the same."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bots.slack.app import bolt_app
from bots.slack.sockets import SocketEvents
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


async def test_what_is_taken_in_when_its_connection_is_gone_is_sent_again_and_nobody_is_alarmed(
    slack: SlackEmulator, start_bot: StartBot, ada: Person, general: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    slack.settings.retry_delays = (0.1,) * 50
    bot = await start_bot(with_ingress=False)
    begun, gone = asyncio.Event(), asyncio.Event()

    async def held(next: Callable[[], Awaitable[Any]]) -> None:
        begun.set()
        await gone.wait()
        await next()

    async def reconnected(since: float) -> None:
        """Nothing is caught up here."""

    app: Any = bolt_app(bot.desk)
    app.middleware(held)
    events = SocketEvents(app, slack.app_token, url=slack.api_url, reconnected=reconnected)
    await events.start()
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await begun.wait()
    slack.sockets.drop()
    await slack.until(lambda: events.alive() is None)
    with caplog.at_level(logging.INFO):
        gone.set()
        await events.stop(5)
    assert [one.message for one in caplog.records if one.levelno >= logging.ERROR] == []
    assert "Something from Slack could not be acknowledged: ClientConnectionResetError" in caplog.messages
    await start_bot(with_worker=False)
    assert ERROR in (await bot.answer(asked)).shown
