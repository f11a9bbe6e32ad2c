"""One process of the page in the test's own: taken in, kept and answered as `lorelens serve web` does."""

import asyncio
import itertools
import re
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx

from adapters.web.adapter import WebAdapter
from adapters.web.board import Shown
from bots.serve_worker import answers_of
from bots.web.desk import WebDesk
from bots.web.platform import adapter_with
from bots.web.serve import Ingress
from bots.web.visitors import PLATFORM, WORKSPACE, Role
from bots.worker import Worker
from config.settings import Settings
from core.application import Application
from core.conversations import Conversations
from core.messages import Author, Message, Place
from core.question import Question
from core.redis_client import connect
from tests.scenario.served_team import SOON, Shared, SharedApplication, working

PASSWORD = "a long enough password"  # noqa: S105
"""Of everybody, unless a test says otherwise."""

_numbers = itertools.count(1)


class RunningPage:
    """The page, as far as it is not stopped. `data` is a folder of the test's own, with the team's documents in it."""

    def __init__(self, shared: Shared, data: Path, prefix: str, **settings: object) -> None:
        self.shared = shared
        self.data = data
        self._prefix = prefix
        self._settings = settings
        self._stack = AsyncExitStack()
        self.application: Application
        self.adapter: WebAdapter
        self.desk: WebDesk
        self.ingress: Ingress
        self.worker: Worker

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return self.ingress.url.rstrip("/")

    @property
    def store(self) -> Conversations:
        return self.desk.store

    async def start(self, *, with_worker: bool = True, with_ingress: bool = True) -> None:
        """Return when it can be reached. Without a worker, questions wait for `work`."""
        stack = self._stack = AsyncExitStack()
        store = Conversations(await connect(self.shared.redis_url, self.data), prefix=self._prefix)
        stack.push_async_callback(store.close)
        settings = Settings.model_validate(
            {"data": self.data, "web_address": "127.0.0.1:0", "health_address": "", **self._settings}
        )
        self.application = await stack.enter_async_context(SharedApplication(settings, self.shared, store))
        self.adapter = await adapter_with(self.application)
        self.desk = await WebDesk.of(self.application, self.adapter)
        if with_worker:
            await self.work()
        if with_ingress:
            self.ingress = Ingress(self.desk)
            await stack.enter_async_context(self.ingress.taking_in())

    async def work(self) -> None:
        """Answer from now on."""
        answers = await answers_of(self.application, self.adapter)
        self.worker = Worker(self.desk.mailbox, self.adapter, answers, limits=SOON)
        await self._stack.enter_async_context(working(self.worker))

    async def stop(self) -> None:
        """As SIGTERM does."""
        await self._stack.aclose()

    # --- people ----------------------------------------------------------------------------------------------------

    async def person(
        self, name: str, *, role: Role = "member", password: str = PASSWORD, principals: tuple[str, ...] = ()
    ) -> str:
        """Add somebody, for a page that is started with `web_login="password"`; their id."""
        from bots.web.door.passwords import hashed
        from bots.web.door.people_file import KeptPerson, PeopleFile, person_id

        kept = await asyncio.to_thread(hashed, password, name)
        async with PeopleFile(self.data).changing() as change:
            change.people[person_id(name)] = KeptPerson(
                name=name, role=role, principals=principals, password=kept, stamp=uuid4().hex
            )
        return person_id(name)

    async def token(self, name: str) -> str:
        """A token of the API for somebody who was added."""
        from bots.web.door.people_file import KeptToken, PeopleFile, new_token, person_id
        from bots.web.door.secrets import digest

        token = new_token()
        async with PeopleFile(self.data).changing() as change:
            change.tokens[uuid4().hex[:8]] = KeptToken(person=person_id(name), sha256=digest(token))
        return token

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """A browser that was never here: cookies of its own, its addresses begin at the page's. Close it."""
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    @asynccontextmanager
    async def signed_in(self, name: str, password: str = PASSWORD) -> AsyncGenerator[httpx.AsyncClient]:
        """A browser at which somebody has signed in; it sends the token of its forms along."""
        async with self.browser(origin=self.url) as browser:
            answer = await browser.post("/sign-in", data={"name": name, "password": password})
            assert answer.status_code == 303, answer.text
            browser.headers["x-csrf-token"] = await csrf_of(browser)
            yield browser

    @asynccontextmanager
    async def program(self, token: str = "", **headers: str) -> AsyncGenerator[httpx.AsyncClient]:
        """A program that talks to the API, with a token if it has one."""
        bearer = {"authorization": f"Bearer {token}"} if token else {}
        async with self.browser(**bearer, **headers) as program:
            yield program

    # --- questions -------------------------------------------------------------------------------------------------

    async def ask(self, text: str, *, person: str = "local", thread: str = "") -> Question:
        """Put a question into the mailbox, past the page; in a conversation of its own unless `thread` names one."""
        place = Place(
            platform=PLATFORM,
            workspace=WORKSPACE,
            channel=person,
            thread=thread or uuid4().hex[:22],
            visibility="direct",
        )
        message = Message(
            id=f"q-{uuid4().hex}", place=place, author=Author(id=person), text=text, sent_at=datetime.now(UTC)
        )
        question = Question(message=message, alone=True)
        await self.desk.mailbox.submit(question)
        return question

    async def answered(self, question: Question, *, seconds: float = 10) -> Shown:
        """The reply to it, once it is whole."""
        return await self.until(question, lambda shown: shown is not None and shown.is_over, seconds=seconds)

    async def until(self, question: Question, true: Callable[[Shown | None], bool], *, seconds: float = 10) -> Shown:
        """What stands in answer to a question, once this is true of it."""
        message = question.message
        async with asyncio.timeout(seconds):
            async for shown in self.desk.watching.follow(message.place.conversation, message.id):
                if true(shown) and shown is not None:
                    return shown
        raise AssertionError(f"it never was so; the end: {await self.shown(question)}")

    async def shown(self, question: Question) -> Shown | None:
        """What stands now."""
        return await self.desk.board.standing(question.message.place.conversation, question.message.id)

    async def idle(self, *, seconds: float = 10) -> None:
        """Return when all that was asked is answered."""
        async with asyncio.timeout(seconds):
            while True:
                state = await self.desk.mailbox.state()
                if not (self.worker.busy or state.conversations or self.desk.background.busy):
                    return
                await asyncio.sleep(0.01)


StartPage = Callable[..., Awaitable[RunningPage]]


@asynccontextmanager
async def started_pages(shared: Shared, folder: Path) -> AsyncGenerator[StartPage]:
    """A function that starts pages, as many as a test wants; they are processes of one installation."""
    data = folder / "page"
    await asyncio.to_thread(shutil.copytree, shared.data, data)
    prefix = f"page-{next(_numbers)}-{uuid4().hex[:8]}"
    pages: list[RunningPage] = []

    async def start(*, with_worker: bool = True, with_ingress: bool = True, **settings: object) -> RunningPage:
        page = RunningPage(shared, data, prefix, **settings)
        pages.append(page)
        await page.start(with_worker=with_worker, with_ingress=with_ingress)
        return page

    try:
        yield start
    finally:
        for page in reversed(pages):
            await page.stop()


async def csrf_of(browser: httpx.AsyncClient, path: str = "/chat") -> str:
    """What a request of this browser must carry that changes something; it stands in every page."""
    page = (await browser.get(path, follow_redirects=True)).text
    found = re.search(r"X-CSRF-Token&#34;: &#34;([^&]+)|X-CSRF-Token\": \"([^\"]+)", page)
    assert found is not None, page[:500]
    return found[1] or found[2]
