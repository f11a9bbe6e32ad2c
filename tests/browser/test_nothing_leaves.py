"""What a model writes, or a document holds, makes no browser ask anybody but the page."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.chromium import Chromium
from tests.browser.talking import talk
from tests.web_stage import StartPage
from tests.web_stage.models import talking

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
HOSTILE = """Here [1] it is. ![x]({url}/markdown.png) ![y][1]

<img src="{url}/html.png" onerror="document.title='taken'"> <iframe src="{url}/frame"></iframe>
<link rel="stylesheet" href="{url}/style.css"><link rel="preload" as="image" href="{url}/preload.png">
<script>document.title = "taken"</script><script src="{url}/script.js"></script>
<style>@import "{url}/import.css"; body {{ background: url({url}/background.png) }}</style>
<form action="{url}/form"><input autofocus onfocus="document.title='taken'"></form>
<svg><image href="{url}/svg.png"/></svg> <video poster="{url}/poster.png"></video>
<meta http-equiv=refresh content="0;{url}/">

[a link]({url}/link) [another](javascript:document.title='taken')
<p style="background:url({url}/inline.png)">so it is</p>

[1]: {url}/reference.png

The end."""


@pytest_asyncio.fixture(loop_scope="module")
async def tracker() -> AsyncGenerator[tuple[str, list[str]]]:
    """A server elsewhere, and what is asked of it."""
    asked: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode("latin-1").strip())
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(note, "127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


async def test_foreign_pictures_and_markup_in_a_reply_are_not_asked_for(
    opened: Chromium, serve: StartPage, tracker: tuple[str, list[str]]
) -> None:
    url, asked = tracker
    with talking(HOSTILE.format(url=url), pace=0.01) as (model, _):
        page = await serve(**model)
        async with talk(opened, page) as ada:
            answer = await ada.answered("How long does a rollback take?")
            await expect(answer).to_contain_text("The end.")
            await expect(
                answer.locator(".markdown").locator("img, iframe, script, style, form, svg, video, link")
            ).to_have_count(0)
            await ada.page.reload()
            await expect(ada.answers).to_contain_text("The end.")
            assert await ada.page.title() != "taken"
        assert asked == []


async def test_address_that_a_model_made_up_is_no_link(
    opened: Chromium, serve: StartPage, tracker: tuple[str, list[str]]
) -> None:
    url, asked = tracker
    with talking(f"It stands in [the handbook]({url}/handbook) [1].") as (model, _):
        page = await serve(**model)
        async with talk(opened, page) as ada:
            answer = await ada.answered("How long does a rollback take?")
            await expect(answer).to_contain_text("/handbook")
            links = await answer.locator(".markdown a").evaluate_all("all => all.map(one => one.href)")
            assert links
            assert all(one.startswith(page.url) for one in links)
        assert asked == []


async def test_question_with_markup_is_text(opened: Chromium, serve: StartPage, tracker: tuple[str, list[str]]) -> None:
    url, asked = tracker
    page = await serve()
    markup = f'<img src="{url}/x.png" onerror="document.title=1"><script>document.title=1</script>'
    async with talk(opened, page) as ada:
        await ada.answered(f"{markup} How long does a rollback take?")
        await expect(ada.page.locator(".asked")).to_contain_text("<script>")
        await ada.page.reload()
        await expect(ada.page.locator(".asked")).to_contain_text("<script>")
    assert asked == []
