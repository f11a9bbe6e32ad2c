"""`lorelens serve discord` as an operator runs it: the real process, its log, its end, and what it says."""

import asyncio
import signal
from pathlib import Path

import pytest

from core.conversations import Conversations
from core.mailbox import Mailbox
from tests.discord_emulator import Channel, Emulator, Guild, Person
from tests.scenario.discord.conftest import ROLLBACK
from tests.scenario.served_team import Shared
from tests.scenario.serving_process import serving
from tests.slack_emulator import SlackEmulator

pytestmark = pytest.mark.slow


def settings_for(discord: Emulator, **more: str) -> dict[str, str]:
    given = {"discord_token": discord.token, "discord_api_url": discord.api_url, **more}
    return {f"LORELENS_{name.upper()}": value for name, value in given.items()}


def replies(discord: Emulator, channel: Channel) -> list[str]:
    return [one.content for one in discord.messages(channel) if one.author is discord.bot]


async def test_it_answers_until_sigterm_and_ends_well(
    discord: Emulator, shared: Shared, ada: Person, general: Channel
) -> None:
    async with serving("discord", shared.data, settings_for(discord, redis_url=shared.redis_url)) as bot:
        await bot.says("Listening to Discord as Lorelens")
        await ada.mentions(general, "How long does a rollback take?")
        await discord.until(lambda: any(ROLLBACK in one for one in replies(discord, general)), seconds=30)
        bot.process.send_signal(signal.SIGTERM)
        assert await bot.ends() == 0
    assert "Stopped" in bot.log
    assert ROLLBACK not in bot.log
    assert discord.token not in bot.log
    assert not discord.gateway.connected


async def test_it_takes_in_alone_and_a_worker_answers_later(
    discord: Emulator, shared: Shared, ada: Person, general: Channel
) -> None:
    settings = settings_for(discord, redis_url=shared.redis_url)
    async with serving("discord", shared.data, settings, "--no-worker") as bot:
        await bot.says("Listening to Discord")
        await ada.mentions(general, "How long does a rollback take?")
        await _is_waiting(shared)
        bot.process.send_signal(signal.SIGTERM)
        assert await bot.ends() == 0
    assert replies(discord, general) == []
    async with serving("discord", shared.data, settings) as bot:
        await discord.until(lambda: any(ROLLBACK in one for one in replies(discord, general)), seconds=60)
        bot.process.send_signal(signal.SIGTERM)
        assert await bot.ends() == 0
    assert len(replies(discord, general)) == 1


async def _is_waiting(shared: Shared) -> None:
    """Return when a question was taken in."""
    store = await Conversations.open(shared.redis_url, shared.data)
    try:
        async with asyncio.timeout(30):
            while True:
                if (await Mailbox(store, "discord").state()).conversations:
                    return
                await asyncio.sleep(0.05)
    finally:
        await store.close()


async def test_it_serves_slack_and_discord_in_one_process(
    discord: Emulator, shared: Shared, ada: Person, general: Channel
) -> None:
    async with SlackEmulator() as slack:
        bea = slack.person("bea")
        channel = slack.channel("general")
        settings = settings_for(
            discord,
            redis_url=shared.redis_url,
            slack_bot_token=slack.bot_token,
            slack_app_token=slack.app_token,
            slack_api_url=slack.api_url,
        )
        async with serving("all", shared.data, settings) as bot:
            await bot.says("Listening to Discord")
            await bot.says("Listening to Slack") if "Listening to Slack" not in bot.log else None
            await ada.mentions(general, "How long does a rollback take?")
            asked = await bea.mentions(channel, "How long does a rollback take?")
            await discord.until(lambda: any(ROLLBACK in one for one in replies(discord, general)), seconds=30)
            await slack.until(lambda: any(ROLLBACK in one.shown for one in slack.replies(asked)), seconds=30)
            bot.process.send_signal(signal.SIGTERM)
            assert await bot.ends() == 0


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("MTA.wrong1.wrongwrongwrongwrongwrong", "Check LORELENS_DISCORD_TOKEN"),
        ("", "Discord is not set up: there is no token. "),
    ],
)
async def test_a_wrong_token_is_named(discord: Emulator, tmp_path: Path, token: str, said: str) -> None:
    async with serving("discord", tmp_path, settings_for(discord, discord_token=token)) as bot:
        assert await bot.ends() == 3
    assert said.strip() in " ".join(bot.log.split())
    assert "Traceback" not in bot.log


async def test_an_intent_that_is_off_is_named_with_where_to_turn_it_on(discord: Emulator, tmp_path: Path) -> None:
    discord.application.message_content = False
    async with serving("discord", tmp_path, settings_for(discord)) as bot:
        assert await bot.ends() == 3
    assert "Turn on the Message Content Intent" in bot.log
    assert "Traceback" not in bot.log


@pytest.mark.parametrize(
    ("code", "said"),
    [(4004, "Discord does not know the token any more"), (4014, "Turn on the Message Content Intent")],
)
async def test_what_is_taken_away_while_it_runs_ends_it_with_the_reason(
    discord: Emulator, acme: Guild, shared: Shared, code: int, said: str
) -> None:
    settings = settings_for(discord, redis_url=shared.redis_url)
    async with serving("discord", shared.data, settings) as bot:
        await bot.says("Listening to Discord")
        discord.gateway.drop(code)
        assert await bot.ends() == 3
    assert said in bot.log
    assert "Traceback" not in bot.log
