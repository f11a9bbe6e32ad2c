"""One call of the Web API from request to answer: arguments, token, faults, limits, scopes."""

import asyncio
import json
import math
import time
from typing import Any, cast

from aiohttp import web

from tests.slack_emulator import api
from tests.slack_emulator.calling import METHODS, Asking, Method, checked
from tests.slack_emulator.faults import AFTER, Fault
from tests.slack_emulator.limits import Limits
from tests.slack_emulator.model import Installation, Json
from tests.slack_emulator.records import Call
from tests.slack_emulator.refusals import RefusedError
from tests.slack_emulator.world import World

__all__ = ["Answering", "api"]

_HTML = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Server Error</body></html>"


class Answering:
    """Answers at /api/METHOD."""

    def __init__(self, world: World, limits: Limits) -> None:
        self._world = world
        self._limits = limits

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a call, and record it."""
        name = request.match_info["method"]
        given, token, is_json = await _given(request)
        call = Call(name, given, token)
        self._world.records.calls.append(call)
        response = await self._answered(request, call, is_json)
        call.seconds = time.monotonic() - call.at
        self._world.records.changed()
        return response

    async def _answered(self, request: web.Request, call: Call, is_json: bool) -> web.Response:
        known = METHODS.get(call.method)
        if known is None or call.method in self._world.faults.unknown_methods:
            return _json(call, {"ok": False, "error": "unknown_method", "req_method": call.method})
        fault = self._world.faults.next(call.method, str(call.arguments.get("channel", "")))
        if fault is not None:
            call.fault = fault.kind
            if fault.kind not in AFTER and (response := await _failed(request, call, fault)) is not None:
                return response
        early = self._limits.wait(known, call.token, call.arguments)
        if early:
            return _too_many(call, early)
        basic = request.headers.get("Authorization", "").removeprefix("Basic ")
        has_basic = request.headers.get("Authorization", "").startswith("Basic ")
        asking = Asking(self._world, known, call.arguments, call.token, basic if has_basic else "")
        response = await self._done(asking, call, is_json)
        if fault is not None and fault.kind in AFTER:
            response = await _failed_after(request, call, fault, response)
        return response

    async def _done(self, asking: Asking, call: Call, is_json: bool) -> web.Response:
        installation: Installation | None = None
        try:
            installation = self._allowed(asking.method, call.token, str(call.arguments.get("team_id", "")))
            asking.of(installation)
            if asking.method.scopes and asking.method.caller == "bot":
                asking.needs(*asking.method.scopes)
            given = {} if is_json and not asking.method.takes_json else call.arguments
            asking.arguments = checked(asking.method, given, self._world.settings.strict_arguments)
            call.arguments = asking.arguments
            answer = await asking.method.run(asking)
        except RefusedError as refused:
            answer = refused.answer
        headers: dict[str, str] = {}
        if installation is not None:
            headers["x-oauth-scopes"] = ",".join(installation.scopes)
            headers["x-accepted-oauth-scopes"] = ",".join(asking.method.scopes)
        return _json(call, answer, headers=headers)

    def _allowed(self, method: Method, token: str, team_id: str) -> Installation | None:
        if method.caller == "none":
            return None
        app = self._world.app
        if method.caller == "app":
            if token != app.app_token:
                raise RefusedError("not_allowed_token_type" if token.startswith("xoxb") else "invalid_auth")
            if method.scopes[0] not in app.app_scopes:
                provided = ",".join(app.app_scopes)
                raise RefusedError("missing_scope", needed=method.scopes[0], provided=provided)
            return None
        if token == app.app_token:
            raise RefusedError("not_allowed_token_type")
        return self._world.tokens.caller(token, team_id)


async def _given(request: web.Request) -> tuple[Json, str, bool]:
    given: Json = dict(request.query)
    given.pop("token", None)  # Slack does not take tokens from query strings
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    is_json = request.content_type == "application/json"
    if is_json:
        text = await request.text()
        body: Any = json.loads(text) if text else {}
        given |= cast(Json, body) if isinstance(body, dict) else {}
    elif request.method == "POST" and request.can_read_body:
        form: dict[str, Any] = dict(await request.post())
        given |= form
    in_body = given.pop("token", None)
    return given, str(in_body) if in_body and not token else token, is_json


async def _failed(request: web.Request, call: Call, fault: Fault) -> web.Response | None:
    """The answer of a fault that strikes before anything is done; None if it only delays."""
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return None
    if fault.kind == "429":
        return _too_many(call, fault.seconds)
    if fault.kind in ("500", "503"):
        call.status = int(fault.kind)
        return web.Response(status=call.status, text=_HTML, content_type="text/html")
    if fault.kind == "html":
        call.status = 200
        return web.Response(text=_HTML, content_type="text/html")
    if fault.kind == "hang up":
        return _hung_up(request, call)
    return _json(call, {"ok": False, "error": fault.kind})


async def _failed_after(request: web.Request, call: Call, fault: Fault, response: web.Response) -> web.Response:
    if fault.kind == "slow after":
        await asyncio.sleep(fault.seconds)
        return response
    if fault.kind == "hang up after":
        return _hung_up(request, call)
    call.status = 500
    return web.Response(status=500, text=_HTML, content_type="text/html")


def _hung_up(request: web.Request, call: Call) -> web.Response:
    call.status = 0
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _too_many(call: Call, seconds: float) -> web.Response:
    wait = {"Retry-After": str(max(1, math.ceil(seconds)) if seconds else 0)}
    return _json(call, {"ok": False, "error": "ratelimited"}, status=429, headers=wait)


def _json(call: Call, answer: Json, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    call.answer, call.status = answer, status
    return web.json_response(answer, status=status, headers=headers)
