"""Somebody at the chat page, as their browser talks to it."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import httpx

from tests.web_stage import RunningPage
from tests.web_stage.running import csrf_of

Files = list[tuple[str, tuple[str, bytes, str]]]


@dataclass
class Event:
    """A server-sent event, as it came."""

    name: str = ""
    data: str = ""


@dataclass
class Asked:
    """What the page answered to a question: its thread and the name of the question."""

    thread: str
    question: str
    piece: str

    @property
    def address(self) -> str:
        return f"/chat/{self.thread}"

    @property
    def reply(self) -> str:
        return f"{self.address}/replies/{self.question}"


@dataclass
class Somebody:
    """A person with a browser."""

    browser: httpx.AsyncClient
    asked: list[Asked] = field(default_factory=list[Asked])

    async def send(self, text: str, *, thread: str = "", nonce: str = "", files: Files | None = None) -> httpx.Response:
        """Send the form; whatever is answered."""
        where = f"/chat/{thread}/questions" if thread else "/chat/questions"
        return await self.browser.post(where, data={"nonce": nonce or uuid4().hex, "text": text}, files=files)

    async def ask(self, text: str, *, thread: str = "", nonce: str = "", files: Files | None = None) -> Asked:
        """Send the form; the question."""
        answer = await self.send(text, thread=thread, nonce=nonce, files=files)
        assert answer.status_code == 200, answer.text
        found = re.search(r'class="exchange" id="(q-[0-9a-f]{32})"', answer.text)
        assert found is not None, answer.text
        return Asked(answer.headers["x-thread"], found[1], answer.text)

    async def events(self, asked: Asked, *, most: int = 0) -> list[Event]:
        """What comes of a question, until it is whole, or so many events."""
        found: list[Event] = []
        async with asyncio.timeout(60), self._stream(asked) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            event = Event()
            async for line in stream.aiter_lines():
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if name == "event":
                    event.name = value
                elif name == "data":
                    event.data += value if not event.data else f"\n{value}"
                elif not line and event.name:
                    found.append(event)
                    event = Event()
                    if len(found) == most:
                        break
        return found

    def _stream(self, asked: Asked) -> AbstractAsyncContextManager[httpx.Response]:
        return self.browser.stream("GET", f"{asked.reply}/events", timeout=60)

    async def answered(self, text: str, *, thread: str = "", files: Files | None = None) -> Asked:
        """Ask, and wait until the answer is whole."""
        asked = await self.ask(text, thread=thread, files=files)
        assert (await self.events(asked))[-1].name == "end"
        return asked

    async def page(self, address: str) -> str:
        """What stands at an address."""
        answer = await self.browser.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text


@asynccontextmanager
async def somebody(page: RunningPage, **headers: str) -> AsyncGenerator[Somebody]:
    """Somebody on the machine of the page, where nobody is asked who they are."""
    async with page.browser(origin=page.url, **headers) as browser:
        browser.headers["x-csrf-token"] = await csrf_of(browser)
        yield Somebody(browser)
