"""A Chromium for tests: asked to keep quiet, and watched for what it would ask of the world by itself."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",  # CI runs as root
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    # What it would ask its maker about accounts, forms and messages has no switch: nobody listens there.
    "--gaia-url=http://127.0.0.1:9",
    "--autofill-server-url=http://127.0.0.1:9",
    "--gcm-checkin-url=http://127.0.0.1:9",
    "--gcm-mcs-endpoint=127.0.0.1:9",
    "--gcm-registration-url=http://127.0.0.1:9",
)
DICTIONARIES = "redirector.gvt1.com"
"""Where it looks for a dictionary when somebody writes into a field; it can't be told not to."""


@dataclass
class Chromium:
    """An open browser; `outside` is what it asked of any host but this one, page or not."""

    browser: Browser
    outside: list[str] = field(default_factory=list[str])


def found() -> str:
    """The path of a Chromium; without one the test fails, with words."""
    named = os.environ.get("LORELENS_TEST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if named is None or shutil.which(named) is None:
        pytest.fail(
            f"There is no Chromium{f' at {named}' if named else ''} for the tests of the page: run `make chromium`, or "
            "name one with LORELENS_TEST_CHROMIUM.",
            pytrace=False,
        )
    return named


@asynccontextmanager
async def chromium() -> AsyncGenerator[Chromium]:
    """Open one. All that is for other hosts comes to a proxy of ours, which writes it down and answers nothing."""
    outside: list[str] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readline()).decode("latin-1").strip()
        if DICTIONARIES not in asked:
            outside.append(asked)
        writer.close()

    proxy = await asyncio.start_server(refuse, "127.0.0.1")
    port = proxy.sockets[0].getsockname()[1]
    async with proxy, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=found(), args=[*QUIET, f"--proxy-server=http://127.0.0.1:{port}"]
        )
        try:
            yield Chromium(browser, outside)
        finally:
            await browser.close()
