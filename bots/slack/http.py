"""Events by HTTP: one path for events, commands and interactivity, checked and answered by Bolt."""

import logging
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bots.slack.gate import Gate

PATH = "/slack/events"
MOST_BYTES = 4 * 1024 * 1024
"""Of one request; Slack's own are far smaller."""

_log = logging.getLogger(__name__)


def web_app(app: AsyncApp | None, more: Sequence[web.RouteDef] = (), *, gate: Gate | None = None) -> web.Application:
    """The web server's routes: Slack's requests (None: they come by Socket Mode), whether it lives, and what is added
    to them (the installation's pages)."""
    server = web.Application(client_max_size=MOST_BYTES)
    server.add_routes([web.get("/livez", _livez), *more])
    if app is not None:
        server.add_routes([web.post(PATH, _taking(app, gate or Gate()))])
    return server


def _taking(app: AsyncApp, gate: Gate) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def take(request: web.Request) -> web.Response:
        received = await _read(request)
        if received is None:
            return web.Response(status=400)
        async with gate.entered() as is_in:
            if not is_in:
                return web.Response(status=503)
            return await to_aiohttp_response(await app.async_dispatch(received))

    return take


async def _read(request: web.Request) -> AsyncBoltRequest | None:
    """The request as Bolt reads it, before it looks at the signature; None if it is nothing that can be read.

    Raises:
        HTTPRequestEntityTooLarge: it is larger than `MOST_BYTES`.
    """
    try:
        return await to_bolt_request(request)
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001 - anybody may send anything
        _log.info("A request can't be read: %s", type(error).__name__)
        return None


async def _livez(request: web.Request) -> web.Response:
    return web.Response(text="ok\n")
