"""The Slack emulator, as the real slack_sdk and slack_bolt meet it."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack_emulator import Channel, Person, SlackEmulator

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with SlackEmulator() as emulator:
        yield emulator


@pytest.fixture
def client(slack: SlackEmulator) -> Any:
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)


@pytest.fixture
def ada(slack: SlackEmulator) -> Person:
    return slack.person("ada", locale="zh-CN")


@pytest.fixture
def general(slack: SlackEmulator, ada: Person) -> Channel:
    return slack.channel("general")


def bolt(slack: SlackEmulator, **more: Any) -> Any:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    return AsyncApp(client=client, signing_secret=slack.signing_secret, **more)


def answer_of(refused: pytest.ExceptionInfo[SlackApiError]) -> Any:
    error: Any = refused.value
    return error.response.data


@asynccontextmanager
async def over_sockets(slack: SlackEmulator, app: Any) -> AsyncGenerator[AsyncSocketModeHandler]:
    handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.2)
    await handler.connect_async()
    try:
        await slack.until(lambda: slack.sockets.standing)
        yield handler
    finally:
        await handler.close_async()


@asynccontextmanager
async def over_http(slack: SlackEmulator, app: Any) -> AsyncGenerator[None]:
    async def events(request: web.Request) -> web.Response:
        body = await request.text()
        answer = await app.async_dispatch(AsyncBoltRequest(body=body, headers=dict(request.headers)))
        kind = answer.first_headers().get("content-type", "text/plain").split(";")[0]
        return web.Response(status=answer.status, text=answer.body, content_type=kind)

    server = web.Application()
    server.router.add_post("/slack/events", events)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.delivers_to(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    try:
        yield
    finally:
        await runner.cleanup()


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
    seen: list[str] = []

    @app.event("message")
    async def answer(event: dict[str, Any], request: AsyncBoltRequest) -> None:
        seen.append((request.headers.get("x-slack-retry-num") or ["0"])[0])
        if len(seen) < 3:
            raise RuntimeError("not now")

    app.error(_unavailable)
    async with over_http(slack, app):
        assert await slack.verify_url()
        await ada.says(general, "hello")
        await slack.until(lambda: slack.deliveries[-1].acknowledged)
    [delivery] = slack.delivered("message.channels")
    assert [one.error for one in delivery.attempts] == ["http_error", "http_error", ""]


async def _unavailable(error: Exception) -> Any:
    return BoltResponse(status=503, body="")


async def test_blocks_that_slack_would_not_take_are_refused(client: Any, general: Channel) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(
            channel=general.id, text="x", blocks=[{"type": "image", "image_url": "https://example.org/a.png"}]
        )
    answer = answer_of(refused)
    assert answer["error"] == "invalid_blocks"
    assert "alt_text" in answer["response_metadata"]["messages"][0]
