"""`lorelens serve slack` as an operator runs it: the real process, its log, its end, and what it says."""

import signal
from pathlib import Path

import pytest

from tests.scenario.serving_process import serving
from tests.scenario.slack.conftest import ROLLBACK
from tests.scenario.slack.running_bot import Shared
from tests.slack_emulator import Channel, Person, SlackEmulator

pytestmark = pytest.mark.slow


def settings_for(slack: SlackEmulator, **more: str) -> dict[str, str]:
    given = {"slack_bot_token": slack.bot_token, "slack_api_url": slack.api_url, **more}
    return {f"LORELENS_{name.upper()}": value for name, value in given.items()}


async def test_it_answers_until_sigterm_and_ends_well(
    slack: SlackEmulator, shared: Shared, ada: Person, general: Channel
) -> None:
    settings = settings_for(slack, slack_app_token=slack.app_token, redis_url=shared.redis_url)
    async with serving("slack", shared.data, settings) as bot:
        await bot.says("Listening to Slack by Socket Mode")
        asked = await ada.mentions(general, "How long does a rollback take?")
        [answer] = await slack.until(lambda: slack.replies(asked), seconds=30)
        await slack.until(lambda: ROLLBACK in answer.shown)
        bot.process.send_signal(signal.SIGTERM)
        assert await bot.ends() == 0
    assert "Stopped" in bot.log
    assert ROLLBACK not in bot.log
    assert slack.bot_token not in bot.log


async def test_it_takes_in_alone_by_http_and_socket_mode(
    slack: SlackEmulator, shared: Shared, ada: Person, general: Channel
) -> None:
    settings = settings_for(
        slack,
        slack_app_token=slack.app_token,
        slack_signing_secret=slack.signing_secret,
        slack_address="127.0.0.1:0",
        redis_url=shared.redis_url,
    )
    async with serving("slack", shared.data, settings, "--no-worker") as bot:
        await bot.says("Listening to Slack by HTTP at http://127.0.0.1:")
        assert "and Socket Mode" in bot.log
        asked = await ada.mentions(general, "How long does a rollback take?")
        await slack.settled()
        assert all(one.acknowledged for one in slack.deliveries)
        assert slack.replies(asked) == []
        bot.process.send_signal(signal.SIGTERM)
        assert await bot.ends() == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"slack_bot_token": "xoxb-wrong", "slack_app_token": "right"}, "Check LORELENS_SLACK_BOT_TOKEN"),
        ({"slack_app_token": "xapp-wrong"}, "Check LORELENS_SLACK_APP_TOKEN"),
        ({}, "LORELENS_SLACK_SIGNING_SECRET for HTTP. docs/slack.md"),
        ({"slack_bot_token": ""}, "Slack is not set up"),
        ({"slack_signing_secret": "x", "slack_address": "taken"}, "LORELENS_SLACK_ADDRESS"),
    ],
)
async def test_it_says_which_setting_is_wrong_and_what_to_do(
    slack: SlackEmulator, tmp_path: Path, wrong: dict[str, str], said: str
) -> None:
    taken = slack.api_url.split("/")[2]
    given = {name: {"right": slack.app_token, "taken": taken}.get(value, value) for name, value in wrong.items()}
    async with serving("slack", tmp_path, settings_for(slack, **given)) as bot:
        assert await bot.ends() == 3
    assert said in bot.log
    assert "Traceback" not in bot.log
