"""The door before all routes: what comes for another host, from another page or too large goes no further, and
`request.state.visitor` says who asks. Every response leaves with the headers of `bots.web.door.headers`."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bots.web.desk import WebDesk
from bots.web.door.arrivals import Arrival, arrival_of
from bots.web.door.bodies import limited
from bots.web.door.entering import Entering, Entry
from bots.web.door.headers import with_headers
from bots.web.door.rules import SMALL, rules_of
from bots.web.pages import language_of

Explain = Callable[[Request, Exception], Awaitable[Response]]
"""The response that says what went wrong, and logs what was not foreseen."""

_PLAIN = {"/sign-in", "/sign-out", "/language"}


class Door:
    """The outermost part of the app. Raises `SettingsError` when it is made, if who may get in does not follow."""

    def __init__(self, app: ASGIApp, *, desk: WebDesk, explain: Explain) -> None:
        self._app = app
        self._explain = explain
        self._rules = rules_of(desk.application.settings)
        self._entering = Entering(self._rules)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":  # there is none
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        leaving = _Leaving(scope, send)
        try:
            arrival = arrival_of(request, self._rules)
            if arrival.https:
                scope["scheme"] = "https"
            request.state.arrival = arrival
            leaving.entry = await self._enter(request, arrival)
            request.state.visitor = leaving.entry.visitor
            await self._app(scope, self._body(request, receive), leaving.send)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - it is logged, and told as far as there is still somebody to tell
            response = await self._explain(request, error)
            if not leaving.has_started:  # else the server breaks the connection off, so that nobody takes it for whole
                await response(scope, receive, leaving.send)

    async def _enter(self, request: Request, arrival: Arrival) -> Entry:
        if request.scope["path"].startswith("/static/"):
            return Entry()
        return await self._entering.enter(request, arrival)

    def _body(self, request: Request, receive: Receive) -> Receive:
        is_upload = (
            request.headers.get("content-type", "").lower().startswith("multipart/form-data")
            and request.state.visitor is not None
            and request.scope["path"] not in _PLAIN
        )
        limit = self._rules.upload_bytes + SMALL if is_upload else SMALL
        return limited(receive, request.headers.get("content-length"), limit, in_chinese=language_of(request) == "zh")


class _Leaving:
    """The response on its way out."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self.entry = Entry()
        self.has_started = False

    async def send(self, message: Message) -> None:
        """Send what the app sends, with the headers."""
        if message["type"] == "http.response.start":
            self.has_started = True
            with_headers(message, self._scope)
            message["headers"] += [(b"set-cookie", one.encode("latin-1")) for one in self.entry.cookies]
        await self._send(message)
