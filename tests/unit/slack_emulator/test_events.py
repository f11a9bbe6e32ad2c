"""The Slack emulator's events and sockets, as the real slack_bolt meets them."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from typing import Any

import aiohttp
import pytest
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack_emulator import Channel, Person, SlackEmulator, Upload
from tests.slack_emulator.bolting import bolt, over_http, over_sockets
from tests.slack_emulator.delivery import signed

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


async def _unavailable(error: Exception) -> BoltResponse:
    return BoltResponse(status=503, body="")


async def test_who_mentions_the_app_gets_a_reply_over_a_socket(
    slack: SlackEmulator, ada: Person, general: Channel
) -> None:
    app = bolt(slack)

    @app.event("app_mention")
    async def answer(event: dict[str, Any], say: Any) -> None:
        await say(text=f"you said {event['text']}", thread_ts=event["ts"])

    @app.event("message")
    async def ignore() -> None:
        pass

    async with over_sockets(slack, app):
        asked = await ada.mentions(general, "hello?")
        [reply] = await slack.until(lambda: slack.replies(asked))
        await slack.settled()
    assert "hello?" in reply.shown
    assert [one.type for one in slack.deliveries[:2]] == ["app_mention", "message.channels"]
    assert all(one.acknowledged and (one.acknowledged_after or 9) < 1 for one in slack.deliveries)
    assert [one.kind for one in slack.notified] == ["user"], "it repeated its own mention"


async def test_events_by_http_are_signed_and_sent_again(slack: SlackEmulator, ada: Person, general: Channel) -> None:
    app = bolt(slack, process_before_response=True)
    slack.settings.retry_delays = (0.01, 0.01)
    retries: list[list[str]] = []

    @app.event("message")
    async def answer(request: AsyncBoltRequest) -> None:
        headers: Any = request.headers
        retries.append([headers.get(f"x-slack-retry-{key}", [""])[0] for key in ("num", "reason")])
        if len(retries) < 3:
            raise RuntimeError("not now")

    app.error(_unavailable)
    async with over_http(slack, app):
        assert await slack.verify_url()
        await ada.says(general, "hello")
        await slack.until(lambda: slack.deliveries[-1].acknowledged)
        body = b'{"type": "url_verification", "challenge": "x"}'
        forged = signed(body, "another secret") | {"Content-Type": "application/json"}
        stale = signed(body, slack.signing_secret, at=1) | {"Content-Type": "application/json"}
        assert (await slack.post_raw(body, forged))[0] == (await slack.post_raw(body, stale))[0] == 401
    [delivery] = slack.delivered("message.channels")
    assert [one.error for one in delivery.attempts] == ["http_error", "http_error", ""]
    assert retries == [["", ""], ["1", "http_error"], ["2", "http_error"]]
    assert {"team_id", "event_id", "event_time", "authorizations", "api_app_id", "is_ext_shared_channel"} < {
        *delivery.body
    }


async def test_events_that_are_not_acknowledged_come_again(ada: Person, general: Channel, slack: SlackEmulator) -> None:
    app = bolt(slack)
    slack.settings.ack_seconds, slack.settings.retry_delays = 0.1, (0.01, 0.01, 0.01)
    async with over_sockets(slack, app) as handler:
        handler.client.socket_mode_request_listeners.clear()  # it hears, and says nothing
        await ada.says(general, "hello")
        await slack.settled()
    [delivery] = slack.delivered("message.channels")
    assert [one.error for one in delivery.attempts] == ["timeout"] * 4
    assert delivery.given_up


@pytest.mark.parametrize("how", ["refresh_requested", "too_many_websockets", "drop", "silence"])
async def test_a_lost_socket_is_opened_anew(slack: SlackEmulator, ada: Person, general: Channel, how: str) -> None:
    app = bolt(slack)
    slack.settings.ack_seconds = 0.3

    @app.event("message")
    async def hear() -> None:
        pass

    async with over_sockets(slack, app) as handler:
        before = slack.sockets.standing
        if how in ("drop", "silence"):
            getattr(slack.sockets, how)()
            handler.client.last_ping_pong_time = 1.0  # it has not heard a pong for long
        else:
            await slack.sockets.disconnect(how)
        await slack.until(lambda: [one for one in slack.sockets.standing if one not in before])
        if how == "silence":
            await slack.until(lambda: not before[0].open)
        await ada.says(general, "still there?")
        await slack.until(lambda: slack.deliveries[-1].acknowledged)


async def test_only_members_and_subscribers_hear(slack: SlackEmulator, client: Any, ada: Person) -> None:
    secret = slack.channel("secret", "private", bot=False)
    await ada.says(secret, "psst")
    assert not slack.deliveries
    await ada.invites_bot(secret)
    said = await ada.says(secret, "now you know")
    await ada.edits(said, "now you do")
    await ada.deletes(said)
    kinds = [(one.type, one.event.get("subtype", "")) for one in slack.deliveries]
    changes = [("message.groups", kind) for kind in ("", "message_changed", "message_deleted")]
    assert kinds == [("member_joined_channel", ""), *changes]
    history = await client.conversations_history(channel=secret.id)
    assert [one["text"] for one in history["messages"]] == ["psst"]
    assert (await client.conversations_members(channel=secret.id))["members"] == [ada.id, slack.bot_user_id]
    assert (await client.users_info(user=ada.id, include_locale=True))["user"]["locale"] == "zh-CN"


async def test_events_while_nobody_is_connected_wait_for_a_socket(
    slack: SlackEmulator, ada: Person, general: Channel
) -> None:
    slack.settings.retry_delays = (0.1, 0.1, 0.1)
    app = bolt(slack)
    heard: list[str] = []

    @app.event("message")
    async def hear(event: dict[str, Any]) -> None:
        heard.append(event["text"])

    slack.faults.add("events", "lost")
    await ada.says(general, "never told")
    await ada.says(general, "told later")
    async with over_sockets(slack, app):
        await slack.settled()
    assert heard == ["told later"]


async def test_several_connections_share_the_events(slack: SlackEmulator, ada: Person, general: Channel) -> None:
    heard: list[str] = []
    apps = [bolt(slack), bolt(slack)]
    for app in apps:

        @app.event("message")
        async def hear(event: dict[str, Any]) -> None:
            heard.append(event["text"])

    async with over_sockets(slack, apps[0]), over_sockets(slack, apps[1]):
        for number in range(4):
            await ada.says(general, str(number))
        await slack.settled()
    assert sorted(heard) == ["0", "1", "2", "3"]
    assert [one.envelopes for one in slack.sockets.records] == [2, 2]


async def test_a_stranger_in_a_shared_channel_is_known_as_one(slack: SlackEmulator, client: Any, ada: Person) -> None:
    shared = slack.channel("shared", shared=True)
    zoe = slack.stranger("zoe", channels=[shared])
    said = await zoe.mentions(shared, "hi", files=[Upload("a.png", PNG)])
    [delivery] = slack.delivered("app_mention")
    assert delivery.body["is_ext_shared_channel"]
    assert delivery.event["user_team"] == zoe.account.team.id
    assert delivery.event["files"][0]["file_access"] == "check_file_info"
    assert (await client.files_info(file=said.files[0].id))["file"]["mimetype"] == "image/png"
    assert (await client.users_info(user=zoe.id))["user"]["is_stranger"]
    assert (await client.conversations_info(channel=shared.id))["channel"]["is_ext_shared"]


@pytest.mark.slow
async def test_as_a_process_it_sends_five_hundred_events_in_a_second() -> None:
    command = [sys.executable, "-m", "tests.slack_emulator", "--mode", "socket"]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    where = json.loads(await process.stdout.readline())
    client: Any = AsyncWebClient(base_url=where["api_url"])
    opened = await client.apps_connections_open(app_token=where["app_token"])

    async def acknowledge(socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            envelope = message.json()
            if "envelope_id" in envelope:
                await socket.send_json({"envelope_id": envelope["envelope_id"]})

    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as socket:
        acknowledging = asyncio.create_task(acknowledge(socket))
        # Each mention is two events.
        process.stdin.write(b'{"do": "mention", "count": 250, "per_second": 250}\n{"do": "stats"}\n')
        await process.stdout.readline()
        stats = json.loads(await process.stdout.readline())
        acknowledging.cancel()
    process.stdin.close()
    await process.wait()
    assert len(stats["deliveries"]) == 500
    assert all(seconds is not None and attempts == 1 for _, seconds, attempts in stats["deliveries"])
