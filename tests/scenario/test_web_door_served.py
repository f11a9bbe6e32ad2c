"""The door on a real port: what only a server shows, and when it does not begin to serve."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import uvicorn

from bots.web.serve import ingress_of
from core.errors import SettingsError
from tests.web_stage.doorstep import Doorstep, OpenDoor

ON_A_PORT = {"web_login": "password"}


@asynccontextmanager
async def served(page: Doorstep) -> AsyncGenerator[str]:
    """The page on a free port of this machine, by uvicorn as `bots.web.serve` has it; its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(page.app, log_config=None, access_log=False, server_header=False, proxy_headers=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@pytest.mark.slow
@pytest.mark.parametrize("how", ["session", "token"])
async def test_a_stream_ends_in_the_middle_when_its_reader_is_removed(doorstep: OpenDoor, how: str) -> None:
    page = await doorstep(**ON_A_PORT)
    await page.person("Bo")
    _, token = await page.token("Bo")
    async with served(page) as url, httpx.AsyncClient(base_url=url, timeout=10) as browser:
        path = "/inside/endless"
        if how == "session":
            await page.sign_in(browser, "Bo")
        else:
            path, browser.headers["Authorization"] = "/api/inside/endless", f"Bearer {token}"
        async with browser.stream("GET", path) as answer:
            assert answer.headers["x-accel-buffering"] == "no"
            lines = answer.aiter_lines()
            assert await anext(lines) == "data: more"
            async with page.file.changing() as change:
                change.remove("Bo")
            async with asyncio.timeout(8):
                assert {line async for line in lines} == {"data: more", ""}
        assert (await browser.get(path)).status_code in {303, 401}


async def test_a_body_without_an_end_is_broken_off(doorstep: OpenDoor) -> None:
    page = await doorstep(**ON_A_PORT)
    async with served(page) as url:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = "POST /sign-in HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        writer.write((head + "Transfer-Encoding: chunked\r\n\r\n").format(url.removeprefix("http://"), url).encode())
        chunk = b"%x\r\n" % 65_536 + b"a" * 65_536 + b"\r\n"
        async with asyncio.timeout(10):
            for _ in range(8):
                writer.write(chunk)
                await writer.drain()
            answered = await reader.readuntil(b"\r\n\r\n")
            assert b" 413 " in answered and b"connection: close" in answered.lower()
            with suppress(ConnectionResetError):
                await reader.read()  # it is closed, and not read on
        writer.close()


async def test_what_is_broken_in_the_middle_is_not_taken_for_whole(
    doorstep: OpenDoor, caplog: pytest.LogCaptureFixture
) -> None:
    page = await doorstep()
    async with served(page) as url, httpx.AsyncClient(base_url=url, timeout=10) as browser:
        with pytest.raises(httpx.RemoteProtocolError):
            await browser.get("/inside/half")
    assert "a secret" not in caplog.text and "ValueError" in caplog.text


async def test_a_team_page_with_nobody_in_it_is_not_served(
    doorstep: OpenDoor, caplog: pytest.LogCaptureFixture
) -> None:
    page = await doorstep(web_address="0.0.0.0:0")
    with pytest.raises(SettingsError) as refused:
        await ingress_of(page.desk.application, page.desk.platform)
    assert "lorelens web people add" in refused.value.hint
    await page.person("Ann", "operator")
    assert await ingress_of(page.desk.application, page.desk.platform)
    assert "put https in front" in caplog.text


async def test_a_page_that_everybody_could_open_is_not_served(doorstep: OpenDoor) -> None:
    with pytest.raises(SettingsError, match="open to everybody"):
        await doorstep(web_address="0.0.0.0:0", web_login="none")
