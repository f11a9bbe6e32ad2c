"""A site is read by a process that is killed again and again: in the end all is there, once, as without that."""

import asyncio
import io
import sys
from pathlib import Path

import pytest
from aiohttp import web
from PIL import Image

from core.sources.mirror import Mirror
from tests.sites import Handler, site
from tests.website import html, page

PAGES = 60


def picture(at: int) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (64, 64), (at * 20, 10, 200)).save(drawn, "PNG")
    return drawn.getvalue()


async def start(address: str, folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.reading_site", address, str(folder), stdout=sys.stderr
    )


def told(folder: Path) -> dict[str, tuple[bytes | None, str]]:
    mirror = Mirror(folder)
    return {path: (mirror.read(path), ((facts := mirror.facts(path)) and facts.url) or "") for path in mirror.paths()}


@pytest.mark.fault
@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_a_site_whose_reader_is_killed_again_and_again_is_there_whole(tmp_path: Path) -> None:
    async with site() as served:
        reader: asyncio.subprocess.Process | None = None
        left = 0

        def deadly(answer: Handler) -> Handler:
            """The page; its reader dies at some of them, before it has the answer."""

            async def die_or(request: web.Request) -> web.StreamResponse:
                nonlocal left
                left -= 1
                if left == 0 and reader is not None:
                    reader.kill()
                return await answer(request)

            return die_or

        listed = "".join(f'<a href="/page/{at}">{at}</a> ' for at in range(PAGES))
        served.pages["/"] = deadly(page(html(f"<h1>All</h1>{listed}")))
        for at in range(PAGES):
            body = f'<p>The number {at}.</p><img alt="{at % 7}" src="/picture/{at % 7}.png">'
            served.pages[f"/page/{at}"] = deadly(page(html(body, title=f"Page {at}")))
        for at in range(7):
            served.pages[f"/picture/{at}.png"] = deadly(page(picture(at), "image/png"))

        for killed_at in (4, 11, 37, 20):  # before and after the cursor is kept for the first time
            left = killed_at
            reader = await start(f"{served.url}/", tmp_path / "killed")
            assert await reader.wait() < 0
        reader = await start(f"{served.url}/", tmp_path / "killed")
        assert await reader.wait() == 0
        served.asked.clear()
        reader = await start(f"{served.url}/", tmp_path / "killed")
        assert await reader.wait() == 0
        again = [request for request in served.asked if request.path.startswith(("/page", "/picture"))]
        reader = await start(f"{served.url}/", tmp_path / "whole")
        assert await reader.wait() == 0

    assert told(tmp_path / "killed") == told(tmp_path / "whole")
    assert len(told(tmp_path / "whole")) == PAGES + 1 + 7
    assert len(again) == PAGES and all("If-None-Match" in request.headers for request in again)
