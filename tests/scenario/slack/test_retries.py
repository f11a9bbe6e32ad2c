"""Slack sends again what was not acknowledged, and by HTTP anybody may send: one answer, and only to Slack."""

import json
import time
from collections.abc import Mapping

import aiohttp
import pytest

from tests.scenario.slack.conftest import ERROR, ROLLBACK, StartBot
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Message, Person, SlackEmulator
from tests.slack_emulator.delivery import signed

both_modes = pytest.mark.parametrize("mode", ["socket", "http"])
over_http = pytest.mark.parametrize("mode", ["http"])


@both_modes
async def test_an_event_whose_acknowledgement_was_lost_is_answered_once(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    slack.faults.add("events", "lost ack", count=2)
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    assert ERROR in (await bot.answer(asked)).shown
    assert max(len(one.attempts) for one in slack.deliveries) > 1


@both_modes
async def test_an_event_that_comes_again_after_its_answer_changes_nothing(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    answer = await bot.answer(asked)
    for one in [one for one in slack.deliveries if one.event.get("ts") == asked.ts]:
        slack.redeliver(one)
    await bot.idle()
    assert [one.ts for one in bot.answers(general)] == [answer.ts]


@pytest.mark.slow  # the store has two seconds before Slack is told to send again
@both_modes
async def test_a_question_that_comes_while_the_store_is_away_is_answered_when_it_is_back(
    slack: SlackEmulator, start_bot: StartBot, ada: Person, general: Channel
) -> None:
    slack.settings.retry_delays = (0.05,) * 100
    bot = await start_bot()
    asked = await _asked_while_away(slack, bot, ada, general)
    assert ROLLBACK in (await bot.answer(asked)).shown
    refused = [attempt for one in slack.deliveries for attempt in one.attempts if attempt.error]
    assert refused
    assert {attempt.status for attempt in refused} <= {0, 503}


async def _asked_while_away(slack: SlackEmulator, bot: RunningBot, person: Person, channel: Channel) -> Message:
    """Ask while Redis answers nothing, and let it answer again when Slack was told to send again."""
    redis = bot.store.redis
    await redis.execute("CLIENT", "PAUSE", "2600", "ALL")
    asked = await person.mentions(channel, "How long does a rollback take?")
    await slack.until(lambda: any(attempt.error for one in slack.deliveries for attempt in one.attempts), seconds=10)
    return asked


@over_http
async def test_a_request_without_slacks_signature_is_refused(
    slack: SlackEmulator, bot: RunningBot, general: Channel
) -> None:
    body = _mention(slack, general)
    wrong = signed(body, "another secret")
    old = signed(body, slack.signing_secret, at=int(time.time()) - 600)
    for headers in ({}, wrong, old):
        assert await _post(bot, body, headers) == (401, '{"error":"invalid request"}')
    await bot.idle()
    assert bot.answers(general) == []
    assert (await _post(bot, body, signed(body, slack.signing_secret)))[0] == 200


@over_http
async def test_slack_verifies_the_address(slack: SlackEmulator, bot: RunningBot) -> None:
    body = json.dumps({"type": "url_verification", "token": "x", "challenge": "a-challenge"}).encode()
    status, text = await _post(bot, body, signed(body, slack.signing_secret))
    assert status == 200
    assert "a-challenge" in text
    assert (await _post(bot, b"ssl_check=1&token=x", {"Content-Type": "application/x-www-form-urlencoded"}))[0] == 200


@over_http
async def test_an_operator_asks_whether_it_lives(bot: RunningBot) -> None:
    async with aiohttp.ClientSession() as session, session.get(bot.ingress.url.replace("slack/events", "livez")) as got:
        assert (got.status, await got.text()) == (200, "ok\n")


async def test_an_event_of_a_kind_that_nobody_knows_is_acknowledged(slack: SlackEmulator, bot: RunningBot) -> None:
    await slack.emit({"type": "pony_sighted", "event_ts": "1700000000.000100"})
    await slack.settled()
    assert [one.acknowledged for one in slack.deliveries if one.event["type"] == "pony_sighted"] == [True]


def _mention(slack: SlackEmulator, channel: Channel) -> bytes:
    ts = f"{time.time():.6f}"
    event = {
        "type": "app_mention",
        "user": slack.person("carl").id,
        "text": f"<@{slack.bot_user_id}> How long does a rollback take?",
        "ts": ts,
        "event_ts": ts,
        "channel": channel.id,
        "team": slack.team.id,
    }
    envelope = {"type": "event_callback", "event_id": "Ev1", "team_id": slack.team.id, "api_app_id": slack.app_id}
    authorization = {"team_id": slack.team.id, "user_id": slack.bot_user_id, "is_bot": True, "enterprise_id": None}
    return json.dumps(envelope | {"event": event, "authorizations": [authorization]}).encode()


async def _post(bot: RunningBot, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    given = {"Content-Type": "application/json", **headers}
    async with aiohttp.ClientSession() as session, session.post(bot.ingress.url, data=body, headers=given) as got:
        return got.status, (await got.text()).replace(" ", "").replace('"invalidrequest"', '"invalid request"')
