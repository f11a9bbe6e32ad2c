"""The chat page as a person uses it: by what is written on it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import FilePayload, Locator, expect

from adapters.texts import Texts, texts_for
from bots.web.chat.words import WORDS
from tests.browser.chromium import Chromium
from tests.browser.windows import Language, Window, window
from tests.web_stage import RunningPage


class Talk:
    """A conversation in a window."""

    def __init__(self, window: Window, language: Language = "en") -> None:
        self.window = window
        self.page = window.page
        self.texts: Texts = texts_for("zh-CN" if language == "zh" else "en")
        self.words = WORDS[language]

    @property
    def question(self) -> Locator:
        """Where a question is written."""
        return self.page.get_by_role("textbox", name=self.words["your_question"])

    @property
    def panel(self) -> Locator:
        """What opens beside the conversation."""
        return self.page.locator("dialog.panel[open]")

    @property
    def answers(self) -> Locator:
        """The answers, from the first."""
        return self.page.locator(".answer")

    async def ask(self, text: str, *pictures: tuple[str, bytes]) -> Locator:
        """Write and send a question; the answer, as it begins."""
        before = await self.answers.count()
        if pictures:
            files: list[FilePayload] = [
                {"name": name, "mimeType": "image/png", "buffer": data} for name, data in pictures
            ]
            await self.page.get_by_label(self.words["attach"], exact=True).set_input_files(files)
        await self.question.fill(text)
        await self.page.get_by_role("button", name=self.texts.send, exact=True).click()
        await expect(self.answers).to_have_count(before + 1)
        return self.answers.nth(before)

    async def answered(self, text: str, *pictures: tuple[str, bytes]) -> Locator:
        """Write and send a question; the answer, once it is whole."""
        answer = await self.ask(text, *pictures)
        await self.whole(answer)
        return answer

    async def whole(self, answer: Locator) -> None:
        """Return when nothing more comes."""
        await expect(self.button(answer, self.texts.again)).to_be_visible()
        await expect(answer).not_to_have_class("is-growing")

    def button(self, answer: Locator, name: str) -> Locator:
        """A button of an answer."""
        return answer.get_by_role("button", name=name, exact=True)

    async def fits(self) -> None:
        """Nothing stands out of the window to the side."""
        assert await self.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0


async def loaded(picture: Locator) -> None:
    """Return when a picture is seen."""
    await picture.scroll_into_view_if_needed()
    await picture.evaluate("one => one.decode()")


@asynccontextmanager
async def talk(chromium: Chromium, page: RunningPage, **how: Any) -> AsyncGenerator[Talk]:
    """A new conversation in a window of a person of its own."""
    async with window(chromium, page.url, **how) as opened:
        await opened.open("/chat")
        yield Talk(opened, how.get("language", "en"))
