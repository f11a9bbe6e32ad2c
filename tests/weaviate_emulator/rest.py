"""REST on the wire: routes, keys, faults and the record of calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.weaviate_emulator import rest_objects, rest_schema
from tests.weaviate_emulator.faults import STATUSES, Call, Fault
from tests.weaviate_emulator.refusals import RefusedError

if TYPE_CHECKING:
    from tests.weaviate_emulator.emulator import WeaviateEmulator

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

OPEN = ("/v1/.well-known/live", "/v1/.well-known/ready", "/v1/.well-known/openid-configuration")
"""What needs no key."""
MAX_BODY = 100 * 2**20


def refusal(status: int, message: str) -> web.Response:
    """An error as the server writes it."""
    return web.json_response({"error": [{"message": message}]}, status=status)


def application(server: WeaviateEmulator) -> web.Application:
    """All of REST."""

    @web.middleware
    async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        name = f"{request.method} {request.path}"
        server.calls.append(Call(name, request.match_info.get("name", ""), request.query.get("tenant", "")))
        fault = server.faults.next(name)
        spoiled = await _meet(server, request, fault) if fault is not None and not fault.done_before else None
        if spoiled is not None:
            return spoiled
        answer = await _answer(server, request, handler)
        if fault is not None and fault.done_before:
            return await _meet(server, request, fault) or answer
        return answer

    async def meta(_: web.Request) -> web.Response:
        return web.json_response(server.meta)

    async def live(_: web.Request) -> web.Response:
        return web.Response()

    async def ready(_: web.Request) -> web.Response:
        return web.Response(status=200 if server.faults.ready else 503)

    async def openid(_: web.Request) -> web.Response:
        return web.Response(status=404)

    async def nodes(_: web.Request) -> web.Response:
        return web.json_response(rest_schema.nodes(server.database, server.version))

    app = web.Application(middlewares=[gate], client_max_size=MAX_BODY)
    app.router.add_get("/v1/meta", meta)
    app.router.add_get("/v1/.well-known/live", live)
    app.router.add_get("/v1/.well-known/ready", ready)
    app.router.add_get("/v1/.well-known/openid-configuration", openid)
    app.router.add_get("/v1/nodes", nodes)
    app.router.add_get("/v1/nodes/{name}", nodes)
    rest_schema.add_routes(app, server.database)
    rest_objects.add_routes(app, server.database, server.faults)
    return app


async def _answer(server: WeaviateEmulator, request: web.Request, handler: Handler) -> web.StreamResponse:
    if server.api_key is not None and request.path not in OPEN:
        key = request.headers.get("Authorization", "")
        if not key:
            message = (
                "anonymous access not enabled. Please authenticate through one of the available methods: [API-keys]"
            )
            return web.json_response({"code": 401, "message": message}, status=401)
        if key != f"Bearer {server.api_key}":
            return web.json_response({"code": 401, "message": "unauthorized: invalid api key"}, status=401)
    try:
        return await handler(request)
    except RefusedError as refused:
        return refusal(refused.http, refused.message)


async def _meet(server: WeaviateEmulator, request: web.Request, fault: Fault) -> web.StreamResponse | None:
    match fault.kind:
        case "slow":
            await asyncio.sleep(fault.seconds)
            return None
        case "hang":
            await server.faults.released.wait()
            return None
        case "reset":
            transport: Any = request.transport
            transport.abort()
            return web.Response(status=500)
        case kind:
            return refusal(STATUSES[kind], f"{kind}, as was asked for")
