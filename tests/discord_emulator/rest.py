"""The way of every REST request: read, recorded, held to the contract, limited, met by faults, answered.

Routes are written with Discord's own templates, so that records, limits, faults and the OpenAPI description agree.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader, web

from tests.discord_emulator.bodies import Json
from tests.discord_emulator.errors import DiscordError
from tests.discord_emulator.records import Call, UploadedFile
from tests.discord_emulator.shapes import check_shape

if TYPE_CHECKING:
    from tests.discord_emulator.emulator import Emulator


Answer = tuple[int, Any]


@dataclass(frozen=True)
class Route:
    """One method of one template; `answer` does what the call asks for."""

    method: str
    template: str
    answer: Callable[["Emulator", Call], Answer]
    token_in_path: bool = False
    """Interactions and webhooks carry their own token, and need no other."""


class Routes:
    """Collects routes by decorator."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def __call__(self, method: str, template: str) -> Callable[[Callable[["Emulator", Call], Answer]], Any]:
        def add(answer: Callable[["Emulator", Call], Answer]) -> Callable[["Emulator", Call], Answer]:
            by_token = "{webhook_token}" in template or "{interaction_token}" in template
            self.all.append(Route(method, template, answer, by_token))
            return answer

        return add


def mount(app: web.Application, emulator: "Emulator", *parts: Routes) -> None:
    """Add the routes to an application, under /api/v10; any other path is not found, and recorded too."""
    for route in [route for part in parts for route in part.all]:
        app.router.add_route(route.method, f"/api/v10{route.template}", _handler(emulator, route))
    app.router.add_route("*", "/api/v10/{rest:.*}", _handler(emulator, Route("*", "/{rest}", _nowhere)))


def _nowhere(_: "Emulator", __: Call) -> Answer:
    raise DiscordError(404, 0, "404: Not Found")


def _handler(emulator: "Emulator", route: Route) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.StreamResponse:
        call = await read(request, route.template)
        emulator.calls.append(call)
        fault, seconds = emulator.faults.meet(call)
        call.fault = fault.kind if fault else "slow" if seconds else None
        if seconds:
            emulator.touch()
            await asyncio.sleep(seconds)
        if fault and fault.kind == "hang_up":
            return _hang_up(request, emulator)
        headers: dict[str, str] = {}
        if fault and fault.refusal:
            call.status, call.answer = 429, fault.refusal.json()
            headers = fault.refusal.headers()
        elif fault and fault.kind == "answer":
            call.status, call.answer = fault.status, {"message": f"{fault.status}: Service failure", "code": fault.code}
        elif refusal := emulator.rates.refuse(call):
            call.status, call.answer, headers = 429, refusal.json(), refusal.headers()
        else:
            answer(emulator, route, call)
        if fault and fault.kind == "late":
            emulator.touch()
            await asyncio.sleep(fault.seconds)
        if fault and fault.kind == "do_but_hang_up":
            return _hang_up(request, emulator)
        if fault and fault.kind == "do_but_answer":
            call.status, call.answer = fault.status, {"message": "500: Internal Server Error", "code": 0}
        emulator.touch()
        headers = emulator.rates.headers(call) | headers
        if call.status == 204:
            return web.Response(status=204, headers=headers)
        # Without a charset, as Discord: discord.py looks for exactly this type.
        headers["Content-Type"] = "application/json"
        return web.Response(body=json.dumps(call.answer).encode(), status=call.status, headers=headers)

    return handle


def answer(emulator: "Emulator", route: Route, call: Call) -> None:
    """Do what a call asks for, or refuse it as Discord does; the contract is checked both ways."""
    try:
        if not route.token_in_path and call.headers.get("Authorization") != f"Bot {emulator.token}":
            raise DiscordError(401, 0, "401: Unauthorized")
        if call.malformed:
            raise DiscordError(400, 50109, "The request body contains invalid JSON.")
        if emulator.contract:
            emulator.violations.extend(emulator.contract.check_request(call))
        check_shape(call)
        call.status, call.answer = route.answer(emulator, call)
        if emulator.contract:
            emulator.misanswers.extend(emulator.contract.check_answer(call))
    except DiscordError as error:
        call.status, call.answer = error.status, error.json()
    except Exception:
        emulator.crashes.append(call)
        raise


def _hang_up(request: web.Request, emulator: "Emulator") -> web.StreamResponse:
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()
    emulator.touch()
    return web.Response(status=500)


async def read(request: web.Request, template: str) -> Call:
    """Read a request into a call, whatever its body is."""
    call = Call(
        request.method, template, request.path.removeprefix("/api/v10"), dict(request.match_info), dict(request.query),
        dict(request.headers),
    )  # fmt: skip
    if request.content_type.startswith("multipart/"):
        await _read_parts(request, call)
    elif request.can_read_body:
        text = await request.text()
        try:
            call.json = json.loads(text) if text else None
        except ValueError:
            call.malformed = True
    return call


async def _read_parts(request: web.Request, call: Call) -> None:
    loose: Json = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        name, content = part.name or "", bytes(await part.read(decode=True))
        if name == "payload_json":
            call.json = json.loads(content)
        elif part.filename is not None:
            call.files.append(UploadedFile(name, part.filename, content, part.headers.get("Content-Type")))
        else:
            loose[name] = content.decode()
    if call.json is None:
        call.json = loose or {}
