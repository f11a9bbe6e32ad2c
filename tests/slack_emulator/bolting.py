"""A real Bolt app before the emulator, over sockets or by HTTP; for tests of the emulator and whoever needs no more."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack_emulator.emulator import SlackEmulator


def bolt(slack: SlackEmulator, **more: Any) -> Any:
    """An app of the emulator's first workspace; Any, since Bolt is typed in part only."""
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    return AsyncApp(client=client, signing_secret=slack.signing_secret, **more)


@asynccontextmanager
async def over_sockets(slack: SlackEmulator, app: Any) -> AsyncGenerator[AsyncSocketModeHandler]:
    """The app connected by Socket Mode."""
    handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.2)
    await handler.connect_async()
    try:
        await slack.until(lambda: slack.sockets.standing)
        yield handler
    finally:
        await handler.close_async()


@asynccontextmanager
async def over_http(slack: SlackEmulator, app: Any) -> AsyncGenerator[str]:
    """The app behind an HTTP server to which the emulator delivers; its URL."""

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
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    slack.delivers_to(url)
    try:
        yield url
    finally:
        await runner.cleanup()
