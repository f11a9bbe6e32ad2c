"""Where the token may go, and what is made of what a file host answers; over loopback servers."""

import asyncio
import io
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from adapters.slack.files import Files
from core.errors import PictureError, PlatformUnavailableError
from core.pictures import Limits


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(buffer, "PNG")
    return buffer.getvalue()


@dataclass
class Host:
    """A loopback host and the headers of what it was asked."""

    answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
    url: str = ""
    asked: list[Mapping[str, str]] = field(default_factory=list[Any])

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.headers.copy())
        return await self.answer(request)


@asynccontextmanager
async def host(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncGenerator[Host]:
    one = Host(answer)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", one.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    one.url = site.name
    try:
        yield one
    finally:
        await runner.cleanup()


async def fetched(one: Host, path: str = "/files-pri/F1/a.png", **settings: Any) -> bytes:
    files = Files(api_url=f"{one.url}/api/", **settings)
    try:
        return await files.fetch(f"{one.url}{path}", "xoxb-secret", name="a.png")
    finally:
        await files.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://files.slack.com/files-pri/T1-F1/a.png",
        "https://slack.com/x",
        "https://team.enterprise.slack.com/files-pri/x",
        "https://files.slack.com:443/x",
        "https://FILES.SLACK.COM/x",
        "https://files.slack-gov.com/x",
    ],
)
def test_slacks_hosts_get_the_token(url: str) -> None:
    assert Files().is_own(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://files.slack.com/x",
        "https://files.slack.com:8443/x",
        "https://files.slack.com.evil.example/x",
        "https://evilslack.com/x",
        "https://files.slack.com@evil.example/x",
        "https://evil.example/files.slack.com",
        "https://evil.example#@files.slack.com",
        "https://user:secret@files.slack.com/x",
        "ftp://files.slack.com/x",
        "//files.slack.com/x",
        "https:///x",
        "https://files.slack.com:port/x",
        "http://127.0.0.1:1/x",
        "",
    ],
)
def test_nobody_else_does(url: str) -> None:
    assert not Files().is_own(url)


async def test_a_file_is_fetched_with_the_token() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=png(), content_type="image/png")

    async with host(answer) as one:
        assert await fetched(one) == png()
        assert one.asked[0]["Authorization"] == "Bearer xoxb-secret"


async def test_a_redirect_elsewhere_is_not_followed() -> None:
    async def take(request: web.Request) -> web.Response:
        return web.Response(body=png(), content_type="image/png")

    async with host(take) as elsewhere:

        async def answer(request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": f"{elsewhere.url}/a.png"})

        async with host(answer) as one:
            with pytest.raises(PictureError, match="may not read files"):
                await fetched(one)
        assert not elsewhere.asked


async def test_an_address_elsewhere_is_not_asked() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=png())

    async with host(answer) as one, host(answer) as elsewhere:
        files = Files(api_url=f"{one.url}/api/")
        with pytest.raises(PictureError, match="none of Slack's hosts"):
            await files.fetch(f"{elsewhere.url}/a.png", "xoxb-secret", name="a.png")
        assert not elsewhere.asked
        await files.close()


async def test_a_redirect_within_slack_is_followed_and_one_in_a_circle_is_not() -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/moved":
            return web.Response(body=png(), content_type="image/png")
        where = "/moved" if request.path == "/files-pri/F1/a.png" else request.path
        return web.Response(status=301, headers={"Location": where})

    async with host(answer) as one:
        assert await fetched(one) == png()
        with pytest.raises(PictureError):
            await fetched(one, "/circle")
        assert len(one.asked) == 5


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        (200, "text/html", "<!DOCTYPE html><html>Sign in"),
        (200, "image/png", "\n <html>Sign in"),
        (403, "text/plain", ""),
    ],
)
async def test_a_login_page_means_a_missing_permission(status: int, content_type: str, body: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type=content_type)

    async with host(answer) as one:
        with pytest.raises(PictureError) as caught:
            await fetched(one)
        assert "files:read" in caught.value.hint
        assert "没有读取文件的权限" in caught.value.said(in_chinese=True)[0]


async def test_a_redirect_to_the_login_page_too() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/?redir=%2Ffiles-pri%2FF1%2Fa.png"})

    async with host(answer) as one:
        with pytest.raises(PictureError, match="may not read files"):
            await fetched(one)
        assert len(one.asked) == 1


@pytest.mark.parametrize("says_its_length", [True, False])
async def test_what_is_too_large_is_not_read_to_its_end(says_its_length: bool) -> None:
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        if says_its_length:
            response.content_length = 64 * 1024**2
        await response.prepare(request)
        for _ in range(64):
            await response.write(bytes(1024**2))
            sent += 1
        return response

    async with host(answer) as one:
        with pytest.raises(PictureError, match="too large: up to 1 MiB"):
            await fetched(one, limits=Limits(size=1024**2))
    assert sent < 40


async def test_what_trickles_is_given_up() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.01)

    async with host(answer) as one:
        with pytest.raises(PictureError, match="did not hand out"):
            await fetched(one, timeout=0.1)


async def test_a_file_that_is_gone_and_a_host_that_is_away() -> None:
    statuses = iter([404, 503, 429])

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=next(statuses), headers={"Retry-After": "7"})

    async with host(answer) as one:
        with pytest.raises(PictureError, match="was deleted"):
            await fetched(one)
        for _ in range(2):
            with pytest.raises(PlatformUnavailableError) as caught:
                await fetched(one)
            assert caught.value.retry_after == 7
    with pytest.raises(PlatformUnavailableError, match="can't be reached"):
        await fetched(one)
