"""What the stories about the knowledge page share: the page with an operator at it, folders to read, and its words."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from core.sources.configured import Configured
from core.sources.connector import SourceSpec
from tests.web_stage import RunningPage, StartPage
from tests.web_stage.running import csrf_of


@asynccontextmanager
async def operator(page: RunningPage) -> AsyncGenerator[httpx.AsyncClient]:
    """An operator at a browser of this machine, where nobody is asked who they are."""
    async with page.browser(origin=page.url) as browser:
        browser.headers["x-csrf-token"] = await csrf_of(browser, "/knowledge")
        yield browser


@pytest.fixture
async def house(start_page: StartPage) -> RunningPage:
    """A page without a worker."""
    return await start_page(with_worker=False)


def configure(page: RunningPage, name: str, folder: Path, *, audience: tuple[str, ...] = ("everyone",)) -> None:
    """Set a folder up as a source."""
    spec = SourceSpec(name=name, kind="folder", location=str(folder), audience=audience)
    page.application.configured_sources.put(Configured(spec=spec, every=3600, added_at=1.0))


def write(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.append("" if tag == "mark" else " ")

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def text_of(markup: str) -> str:
    """What a page says, without its markup."""
    words = _Words()
    words.feed(markup)
    return " ".join("".join(words.found).split()).replace(" :", ":")
