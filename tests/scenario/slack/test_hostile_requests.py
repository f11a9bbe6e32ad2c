"""Requests that are forged, stale, broken or vast, and clicks and dialogs that carry what nobody put into them."""

import io
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bots.slack.http import MOST_BYTES
from tests.scenario.slack.conftest import ROLLBACK
from tests.scenario.slack.running_bot import Mode, RunningBot
from tests.scenario.slack.test_hostile_payloads import defects
from tests.slack_emulator import Channel, Message, Person, SlackEmulator, View
from tests.slack_emulator.delivery import signed

QUESTION = "How long does a rollback take?"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
ACTIONS = ("why", "again", "stop", "share", "suggestion_1", "helpful", "unsave")


@pytest.fixture
def mode() -> Mode:
    return "http"


@pytest.fixture(autouse=True)
def nothing_breaks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No errors in the log, at the end of each of these stories."""
    yield
    assert defects(caplog.get_records("call")) == []


# --- requests ------------------------------------------------------------------------------------------------------


async def test_without_the_right_signature_nothing_is_taken(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    await bot.answer(await ada.mentions(general, QUESTION))
    event = next(one.body for one in slack.deliveries if one.type == "app_mention")
    event = {**event, "event_id": "Ev0FORGED", "event": {**event["event"], "ts": "1700000000.000100"}}
    body, secret, before = json.dumps(event).encode(), slack.signing_secret, len(slack.calls())
    right = signed(body, secret)
    for headers in (
        {},
        signed(body, "another secret"),
        signed(body + b" ", secret),
        signed(body, secret, int(time.time()) - 301),
        signed(body, secret, int(time.time()) + 301),
        {**right, "X-Slack-Signature": ""},
        {**right, "X-Slack-Signature": "v0="},
        {**right, "X-Slack-Signature": "v1=" + right["X-Slack-Signature"][3:]},
        {**right, "X-Slack-Signature": right["X-Slack-Signature"][:-1]},
        {**right, "X-Slack-Request-Timestamp": ""},
        {**right, "X-Slack-Request-Timestamp": "soon"},
        {**right, "X-Slack-Request-Timestamp": "9" * 400},
        {name: value for name, value in right.items() if name != "X-Slack-Request-Timestamp"},
        {**right, "X-Slack-Signature": "v0=é"},
    ):
        status, text = await slack.post_raw(body, {**JSON, **headers})
        assert status in {400, 401}, headers
        assert "Traceback" not in text
    await bot.idle()
    assert len(slack.calls()) == before


async def test_a_request_that_is_played_again_is_answered_once(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, QUESTION)
    answer = await bot.answer(asked)
    for one in list(slack.deliveries):
        body = json.dumps(one.body).encode()
        headers = {**JSON, **signed(body, slack.signing_secret)}
        for _ in range(3):
            assert (await slack.post_raw(body, headers))[0] == 200
    assert await bot.answer(asked) is answer


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"x"',
        b"{}",
        b"\xff\xfe\x00",
        b"payload=",
        b"payload={",
        b"payload=[]",
        b"payload=null",
        b"command=",
        b"command=/ask",
        b"command=%ff&text=%00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"type":"event_callback"}',
        b'{"type":"event_callback","event":{}}',
        b'{"type":"event_callback","event":{"type":"message"},"team_id":{}}',
        b'{"type":"url_verification"}',
        b'{"type":"url_verification","challenge":{"x":1}}',
        b'{"type":"block_actions","actions":[]}',
        b'{"type":"view_submission","view":{}}',
        b"ssl_check=1",
    ],
)
async def test_a_body_that_is_nothing_of_slack_s(slack: SlackEmulator, bot: RunningBot, body: bytes) -> None:
    for kind in (JSON, FORM, {"Content-Type": "text/plain; charset=nonsense"}, {"Content-Type": ";;="}, {}):
        for headers in (kind, {**kind, **signed(body, slack.signing_secret)}):
            status, text = await slack.post_raw(body, headers)
            assert status in {200, 400, 401, 404, 503}, (status, kind)
            assert "Traceback" not in text and "/bots/" not in text
    assert await slack.verify_url()


async def test_a_vast_body_is_refused(slack: SlackEmulator, bot: RunningBot) -> None:
    body = b'{"type": "event_callback", "x": "' + b"x" * MOST_BYTES + b'"}'
    headers = {**JSON, **signed(body, slack.signing_secret)}
    async with (
        aiohttp.ClientSession() as session,
        session.post(bot.ingress.url, data=io.BytesIO(body), headers=headers) as response,
    ):
        assert response.status == 413
    assert await slack.verify_url()


# --- clicks --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_a_button_that_names_what_is_not_there_does_nothing(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, QUESTION)
    answer = await bot.answer(asked)
    private = slack.channel("private", "private", members=[ben])
    secret = await ben.mentions(private, QUESTION)
    hidden = await bot.answer(secret)
    team = slack.team.id
    other = slack.workspace("Other").id
    right = {"c": f"slack/{team}/{general.id}/{asked.ts}", "m": asked.id}
    before = len(answer.versions), len(hidden.versions)
    for value in (
        json.dumps({**right, "c": f"slack/{team}/{private.id}/{secret.ts}", "m": secret.id}),
        json.dumps({**right, "c": f"slack/{other}/{general.id}/{asked.ts}"}),
        json.dumps({**right, "c": f"discord/{team}/{general.id}/{asked.ts}"}),
        json.dumps({**right, "c": f"slack/{team}/{general.id}/~{ben.id}"}),
        json.dumps({**right, "m": secret.id}),
        json.dumps({**right, "c": "", "m": ""}),
        json.dumps({**right, "c": "slack", "m": "x"}),
        json.dumps({**right, "c": "/" * 100}),
        json.dumps({**right, "c": 7, "m": None}),
        json.dumps({**right, "m": "\ud83d\x00" * 50}),
        json.dumps([right]),
        "{",
        "",
        "x" * 2000,
        "[" * 2000,
    ):
        for action in ACTIONS:
            clicked = await click(ada, answer, f"lorelens_{action}", value)
            assert not clicked.failed
    await bot.idle(seconds=30)
    assert (len(answer.versions), len(hidden.versions)) == before
    assert bot.answers(general) == [answer] and bot.answers(private) == [hidden]
    told = {one.shown for one in slack.ephemeral(ada)}
    assert not [one for one in told if ROLLBACK in one]


async def test_the_dialog_of_an_expired_trigger_is_said_to_be_late(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    slack.settings.trigger_seconds = 0
    await ada.clicks(answer, "👎")
    await ada.runs("/lorelens", "forget", place=general)
    await ada.uses_shortcut("ask_about_message", answer)
    await ada.uses_global_shortcut("ask_lorelens")
    await bot.idle()
    assert slack.views(ada) == []
    assert any("took too long" in one.shown for one in slack.ephemeral(ada))


# --- dialogs -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_a_dialog_that_carries_what_nobody_put_into_it(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    private = slack.channel("private", "private", members=[ben])
    secret = await ben.mentions(private, QUESTION)
    hidden = await bot.answer(secret)
    dialogs = await open_dialogs(slack, bot, ada, await bot.answer(await ada.mentions(general, QUESTION)))
    assert len(dialogs) == 4
    conversation = f"slack/{slack.team.id}/{private.id}/{secret.ts}"
    before = len(hidden.versions), len(slack.messages(private))
    for metadata in (
        "",
        "{",
        "[]",
        "7",
        "x" * 3000,
        "[" * 3000,
        json.dumps({"channel": private.id, "conversation": conversation, "message": secret.id}),
        json.dumps({"channel": private.id, "about": "nothing", "thread": secret.ts}),
        json.dumps({"channel": 7, "response_url": [], "language": {}, "conversation": "x", "message": "y"}),
        json.dumps({"channel": "C0NOWHERE", "response_url": "http://127.0.0.1:9/x", "language": "xx"}),
        json.dumps(
            {"channel": "\ud83d", "response_url": "file:///etc/passwd", "conversation": "/" * 9, "message": "\n"}
        ),
    ):
        for view in dialogs:
            view.closed = False
            view.body["private_metadata"] = metadata
            body = submission(slack, ada, view)
            status, _ = await slack.post_raw(body, {**FORM, **signed(body, slack.signing_secret)})
            assert status == 200
    await bot.idle(seconds=30)
    assert (len(hidden.versions), len(slack.messages(private))) == before


async def open_dialogs(slack: SlackEmulator, bot: RunningBot, person: Person, answer: Message) -> list[View]:
    await person.clicks(answer, "👎")
    await person.runs("/ask", place=answer.channel)
    await person.runs("/lorelens", "forget", place=answer.channel)
    await person.uses_shortcut("ask_about_message", answer)
    await bot.idle()
    return slack.views(person)


def submission(slack: SlackEmulator, person: Person, view: View) -> bytes:
    """A submission with a question in each of its fields, whatever the dialog is."""
    values = {
        block.get("block_id", "b"): {block["element"]["action_id"]: {"type": "plain_text_input", "value": QUESTION}}
        for block in view.blocks
        if block["type"] == "input"
    }
    body: dict[str, Any] = {
        "type": "view_submission",
        "team": {"id": slack.team.id},
        "user": {"id": person.id},
        "view": {**view.body, "id": slack.world.new_id("V"), "team_id": slack.team.id, "state": {"values": values}},
        "response_urls": [],
    }
    return urlencode({"payload": json.dumps(body)}).encode()


async def click(person: Person, message: Message, action: str, value: str) -> Any:
    """Click a button that only a forger could have put there."""
    text = {"type": "plain_text", "text": "x"}
    forged = {"type": "button", "action_id": action, "text": text, "value": value}
    message.blocks.append({"type": "actions", "block_id": "forged", "elements": [forged]})
    try:
        return await person.clicks(message, "forged")
    finally:
        message.blocks.pop()
