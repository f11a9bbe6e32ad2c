"""Before the door of the page: the real app, asked over ASGI, with a few routes that tell what has come through."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from argon2 import PasswordHasher
from fastapi import APIRouter, FastAPI, Request, Response, UploadFile
from fastapi.responses import StreamingResponse

from bots.web.app import web_app
from bots.web.desk import WebDesk
from bots.web.door import passwords
from bots.web.door.people_file import KeptPerson, KeptToken, PeopleFile, new_token, person_id
from bots.web.door.secrets import digest
from bots.web.platform import adapter_with
from bots.web.visitors import Operating, Role, Seen
from config.settings import Settings
from core.application import Application
from core.conversations import Conversations
from core.redis_client import connect

PASSWORD = "correct horse battery"  # noqa: S105
TEAM: dict[str, Any] = {"web_address": "0.0.0.0:8600", "web_hosts": "lorelens.example.com"}
"""Settings of a page that a team reaches."""
BEHIND: dict[str, Any] = {
    **TEAM,
    "web_login": "proxy",
    "web_proxies": "10.1.0.0/16",
    "web_proxy_groups": "X-Forwarded-Groups",
    "web_operators": "root@example.com, group:ops",
}
"""Settings of a page behind a proxy that signs people in."""
PROXY = "10.1.0.9"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""argon2id, but in no time."""

inside = APIRouter()


class _OpenApplication(Application):
    def __init__(self, settings: Settings, store: Conversations) -> None:
        super().__init__(settings)
        self._store = store

    async def conversations(self) -> Conversations:
        return self._store


class Doorstep:
    """A page; `app` is what is asked."""

    def __init__(self, app: FastAPI, desk: WebDesk, data: Path) -> None:
        self.app = app
        self.desk = desk
        self.data = data
        self.file = PeopleFile(data)

    def browser(
        self, url: str = "http://127.0.0.1:8600", *, address: str = "127.0.0.1", **headers: str
    ) -> httpx.AsyncClient:
        """Somebody's browser, that was never here, at an address."""
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        transport = httpx.ASGITransport(self.app, client=(address, 5000))
        return httpx.AsyncClient(transport=transport, base_url=url, headers=said)

    def team_browser(self, *, address: str = "192.0.2.7", **headers: str) -> httpx.AsyncClient:
        """One on the network of a team's page."""
        return self.browser("http://lorelens.example.com", address=address, **headers)

    def proxied(self, **headers: str) -> httpx.AsyncClient:
        """One whose requests the proxy passes on, as it took them by https."""
        return self.browser("http://lorelens.example.com", address=PROXY, x_forwarded_proto="https", **headers)

    async def person(self, name: str, role: Role = "member", *principals: str) -> None:
        """Add somebody, whose password is PASSWORD."""
        kept = KeptPerson(name=name, role=role, principals=principals, password=QUICK.hash(PASSWORD), stamp=uuid4().hex)
        async with self.file.changing() as change:
            change.people[person_id(name)] = kept

    async def token(self, name: str, until: float = 0.0) -> tuple[str, str]:
        """The id and the text of a token of somebody."""
        token, id_ = new_token(), uuid4().hex[:8]
        async with self.file.changing() as change:
            change.tokens[id_] = KeptToken(person=person_id(name), sha256=digest(token), until=until)
        return id_, token

    async def sign_in(self, browser: httpx.AsyncClient, name: str, password: str = PASSWORD, **more: str) -> Any:
        """Send the form of the sign-in page, as its own page does."""
        form = {"name": name, "password": password, **more}
        return await browser.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"})

    async def can_enter(self, browser: httpx.AsyncClient) -> bool:
        """Whether somebody is let through."""
        return (await browser.get("/inside")).status_code == 200


OpenDoor = Callable[..., Awaitable[Doorstep]]
"""What the fixture `doorstep` gives."""


@asynccontextmanager
async def doorstep_of(redis_url: str, data: Path, **settings: Any) -> AsyncGenerator[Doorstep]:
    """A page of these settings, with nobody in it yet."""
    store = Conversations(await connect(redis_url, data), prefix=f"door-{uuid4().hex[:12]}")
    slow, passwords.HASHER = passwords.HASHER, QUICK
    try:
        made = Settings.model_validate({"data": data, "encoder": "none", "health_address": "", **settings})
        async with _OpenApplication(made, store) as application:
            desk = await WebDesk.of(application, await adapter_with(application))
            app = web_app(desk)
            app.include_router(inside)
            yield Doorstep(app, desk, data)
    finally:
        passwords.HASHER = slow
        await store.close()


@inside.api_route("/inside", methods=["GET", "POST"])
@inside.api_route("/api/inside", methods=["GET", "POST"])
async def tell(visitor: Seen) -> dict[str, Any]:
    """Who has come through."""
    return {**visitor.model_dump(), "audience": visitor.person.audience}


@inside.get("/inside/operators")
async def tell_operators(visitor: Operating) -> str:
    return visitor.person.id


@inside.post("/inside/length")
@inside.post("/api/inside/length")
async def length(visitor: Seen, request: Request) -> int:
    """How much has come through."""
    return len(await request.body())


@inside.post("/inside/stream")
async def streamed_length(request: Request) -> int:
    return sum([len(chunk) async for chunk in request.stream()])


@inside.post("/inside/upload")
@inside.post("/api/inside/upload")
async def upload(visitor: Seen, file: UploadFile) -> int:
    return len(await file.read())


@inside.get("/inside/search")
async def search(visitor: Seen) -> str:
    return "found"


@inside.get("/inside/endless")
@inside.get("/api/inside/endless")
async def endless(visitor: Seen) -> Response:
    """Goes on until nobody listens."""

    async def lines() -> AsyncIterator[bytes]:
        while True:
            yield b"data: more\n\n"
            await asyncio.sleep(0.02)

    return StreamingResponse(lines(), media_type="text/event-stream")


@inside.get("/inside/half")
async def half(visitor: Seen) -> Response:
    """Breaks in the middle."""

    async def lines() -> AsyncIterator[bytes]:
        yield b"one\n"
        raise ValueError("a secret")

    return StreamingResponse(lines())


@inside.get("/inside/broken")
async def broken() -> None:
    raise ValueError("a secret")


@inside.get("/inside/kept")
async def kept() -> Response:
    headers = {"Cache-Control": "private, max-age=60", "Content-Security-Policy": "sandbox"}
    return Response("kept", headers=headers)
