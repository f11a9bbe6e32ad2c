"""A person's window: what its pages ask for, and what they complain of, is written down."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.browser.chromium import Chromium

DESKTOP = (1280, 800)
PHONE = (390, 844)
PATIENCE = 15_000
"""Milliseconds that a test waits for a thing to come on a busy machine."""

expect.set_options(timeout=PATIENCE)

Language = Literal["en", "zh"]
Scheme = Literal["light", "dark"]


@dataclass
class Window:
    """A browser of one person, at one page."""

    page: Page
    context: BrowserContext
    url: str
    """The page's address, without a slash at its end."""
    requests: list[str] = field(default_factory=list[str])
    complaints: list[str] = field(default_factory=list[str])
    """Errors on the console (refusals of the Content-Security-Policy are such), and those of scripts."""

    async def open(self, path: str) -> None:
        """Go to a path of the page."""
        await self.page.goto(f"{self.url}{path}", wait_until="load")

    def see(self, text: str) -> Locator:
        """Whatever shows this text."""
        return self.page.get_by_text(text)

    @contextmanager
    def forgiving(self, *, status: int) -> Generator[None]:
        """Within, the console may say that something was answered with this status, as browsers do by themselves."""
        before = len(self.complaints)
        yield
        said = f"the server responded with a status of {status}"
        self.complaints[before:] = [one for one in self.complaints[before:] if said not in one]

    def check(self) -> None:
        """Nothing was asked of anyone but the page, and nothing went wrong in the window."""
        elsewhere = [one for one in self.requests if not one.startswith((self.url + "/", "blob:", "data:"))]
        assert not elsewhere, elsewhere
        assert not self.complaints, self.complaints


@asynccontextmanager
async def window(
    chromium: Chromium,
    url: str,
    *,
    size: tuple[int, int] = DESKTOP,
    language: Language = "en",
    scheme: Scheme = "light",
    calm: bool = True,
) -> AsyncGenerator[Window]:
    """Open a window of a person of its own; what it asked and complained of is checked when it closes."""
    is_phone = size[0] < 600
    context = await chromium.browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="zh-CN" if language == "zh" else "en-GB",
        color_scheme=scheme,
        reduced_motion="reduce" if calm else "no-preference",
        has_touch=is_phone,
        is_mobile=is_phone,
        permissions=["clipboard-read", "clipboard-write"],
    )
    try:
        context.set_default_timeout(PATIENCE)
        opened = Window(await context.new_page(), context, url.rstrip("/"))
        _watch(opened)
        yield opened
        opened.check()
    finally:
        await context.close()


def _watch(opened: Window) -> None:
    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            opened.complaints.append(f"{message.type}: {message.text}")

    opened.context.on("request", lambda request: opened.requests.append(request.url))
    opened.context.on("console", heard)
    opened.context.on("weberror", lambda error: opened.complaints.append(f"script: {error.error}"))
