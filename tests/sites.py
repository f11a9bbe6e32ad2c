"""Real servers on loopback that tests fetch from: handlers by path, and what they were asked."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Site:
    """A server. `pages` are its answers by path: bytes or text as HTML, or a handler; all else is 404."""

    host: str
    port: int = 0
    pages: dict[str, Handler | str | bytes] = field(default_factory=dict[str, "Handler | str | bytes"])
    asked: list[web.BaseRequest] = field(default_factory=list[web.BaseRequest])

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def paths(self) -> list[str]:
        """What was asked for since it was last looked at here, queries included."""
        asked = [request.path_qs for request in self.asked]
        self.asked.clear()
        return asked

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request)
        page = self.pages.get(request.path_qs, self.pages.get(request.path))
        if page is None:
            return web.Response(status=404, text="nothing here")
        if isinstance(page, str):
            return web.Response(text=page, content_type="text/html")
        if isinstance(page, bytes):
            return web.Response(body=page, content_type="text/html")
        return await page(request)  # pyright: ignore[reportArgumentType] - a low-level server's requests are read alike


@asynccontextmanager
async def site(host: str = "127.0.0.1") -> AsyncGenerator[Site]:
    made = Site(host)
    runner = web.ServerRunner(web.Server(made.answer), shutdown_timeout=0.1)
    await runner.setup()
    listening = web.TCPSite(runner, host, 0)
    await listening.start()
    made.port = int(runner.addresses[0][1])
    try:
        yield made
    finally:
        await runner.cleanup()


def redirect(to: str, status: int = 302) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": to})

    return answer
