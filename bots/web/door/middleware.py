"""The door before all routes: what comes for another host, from another page or too large goes no further, and
`request.state.visitor` says who asks. Every response leaves with the headers of `bots.web.door.headers`."""

import time
from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bots.background import log_failure
from bots.web.desk import WebDesk
from bots.web.door import refusals
from bots.web.door.arrivals import Arrival, arrival_of
from bots.web.door.bodies import limited
from bots.web.door.doorway import Doorway
from bots.web.door.entering import Entering, Entry, may_be_large
from bots.web.door.headers import with_headers
from bots.web.door.rules import SMALL
from bots.web.pages import language_of
from core.errors import SettingsError

Explain = Callable[[Request, Exception], Awaitable[Response]]
"""The response that says what went wrong, and logs what was not foreseen."""
AGAIN = 1.0
"""Seconds after which is looked again, while a response goes out, whether who asked for it may still be here."""


class Door:
    """The outermost part of the app. Raises `SettingsError` when it is made, if who may get in does not follow."""

    def __init__(self, app: ASGIApp, *, desk: WebDesk, explain: Explain) -> None:
        self._app = app
        self._explain = explain
        self._doorway = Doorway.at(desk)
        self._entering = Entering(self._doorway)

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
            await self._let_through(request, receive, leaving)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - it is logged, and told as far as there is still somebody to tell
            if leaving.was_ended:
                return
            response = await self._explain(request, error)
            if not leaving.has_started:  # else the server breaks the connection off, so that nobody takes it for whole
                await response(scope, receive, leaving.send)

    async def _let_through(self, request: Request, receive: Receive, leaving: "_Leaving") -> None:
        arrival = arrival_of(request, self._doorway.rules)
        if arrival.https:
            request.scope["scheme"] = "https"
        request.state.arrival, request.state.doorway = arrival, self._doorway
        entry = await self._enter(request, arrival)
        visitor = request.state.visitor = entry.visitor
        leaving.cookies = entry.cookies
        if visitor is not None:
            leaving.may_go_on = lambda: self._entering.may_stay(request, arrival, visitor)
        await self._app(request.scope, self._body(request, receive), leaving.send)

    async def _enter(self, request: Request, arrival: Arrival) -> Entry:
        if request.scope["path"].startswith("/static/"):
            return Entry()
        try:
            return await self._entering.enter(request, arrival)
        except SettingsError as error:  # it names files, which are nothing for whoever is outside
            log_failure("Finding out who asks", error)
            raise refusals.no_people() from error

    def _body(self, request: Request, receive: Receive) -> Receive:
        may_upload = request.state.visitor is not None and may_be_large(request)
        limit = self._doorway.rules.upload_bytes + SMALL if may_upload else SMALL
        said = request.headers.get("content-length")
        return limited(receive, said, limit, in_chinese=language_of(request) == "zh")


class _EndedError(OSError):
    """Nothing more is sent; as of a client that went away (https://asgi.readthedocs.io/en/latest/specs/www.html)."""


class _Leaving:
    """The response on its way out; a long one ends when who asked for it may not be here any more."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._looked_at = time.monotonic()
        self.cookies: list[str] = []
        self.may_go_on: Callable[[], Awaitable[bool]] | None = None
        self.has_started = False
        self.was_ended = False
        self._has_length = False

    async def send(self, message: Message) -> None:
        """Send what the app sends, with the headers."""
        if message["type"] == "http.response.start":
            self.has_started = True
            with_headers(message, self._scope)
            self._has_length = any(name.lower() == b"content-length" for name, _ in message["headers"])
            message["headers"] += [(b"set-cookie", one.encode("latin-1")) for one in self.cookies]
        elif self.may_go_on is not None and time.monotonic() - self._looked_at > AGAIN:
            self._looked_at = time.monotonic()
            if not await self.may_go_on():
                self.was_ended = True
                if not self._has_length:  # else it is broken off
                    await self._send({"type": "http.response.body", "body": b"", "more_body": False})
                raise _EndedError("who asked for this may not be here any more")
        await self._send(message)
