"""The real bot in this process: what Slack sends is taken in, kept in a real Redis, and answered by a real worker."""

import asyncio
from contextlib import AsyncExitStack
from typing import Literal

from adapters.slack.adapter import SlackAdapter
from adapters.slack.api import OneWorkspace
from adapters.slack.paces import Paces
from adapters.slack.pacing import Pacing
from bots.serve_worker import answers_of
from bots.slack.desk import Desk
from bots.slack.platform import adapter_with
from bots.slack.serve import Ingress
from bots.worker import Worker
from config.settings import Settings
from core.application import Application
from core.conversations import Conversations
from core.redis_client import connect
from tests.scenario.served_team import SOON, Shared, SharedApplication, working
from tests.slack_emulator import Channel, Message, Person, SlackEmulator

Mode = Literal["socket", "http"]
QUICK = Paces(grace=0.05, together=0.05, stream=0.1, edit=0.1, a_while=0.3)
PING = 0.4
BEAT = 0.1


class RunningBot:
    """One process of the bot, as far as it is not stopped; `prefix` names what it keeps."""

    def __init__(self, slack: SlackEmulator, shared: Shared, prefix: str, mode: Mode, **settings: object) -> None:
        self.slack = slack
        self._shared = shared
        self._prefix = prefix
        self._mode = mode
        self._settings = settings
        self._stack = AsyncExitStack()
        self.application: Application
        self.adapter: SlackAdapter
        self.desk: Desk
        self.ingress: Ingress
        self.worker: Worker

    @property
    def store(self) -> Conversations:
        return self.desk.store

    async def start(self, *, with_worker: bool = True, with_ingress: bool = True) -> None:
        """Return when Slack can reach it."""
        stack = self._stack = AsyncExitStack()
        store = Conversations(await connect(self._shared.redis_url, self._shared.data), prefix=self._prefix)
        stack.push_async_callback(store.close)
        settings = self._shared_settings()
        self.application = await stack.enter_async_context(SharedApplication(settings, self._shared, store))
        clients = OneWorkspace(self.slack.bot_token, url=self.slack.api_url, timeout=5, pacing=Pacing(scale=1000))
        self.adapter = await adapter_with(self.application, clients, paces=QUICK)
        stack.push_async_callback(self.adapter.close)
        self.desk = await Desk.of(self.application, self.adapter)
        if with_worker:
            answers = await answers_of(self.application, self.adapter)
            self.worker = Worker(self.desk.mailbox, self.adapter, answers, limits=SOON)
            await stack.enter_async_context(working(self.worker))
        if with_ingress:
            self.ingress = Ingress(self.desk, beat=BEAT, ping=PING, pause=0.02, pace=0)
            await stack.enter_async_context(self.ingress.taking_in())
            if self._mode == "http":
                self.slack.delivers_to(self.ingress.url)

    async def stop(self) -> None:
        """As SIGTERM does."""
        await self._stack.aclose()

    async def answer(self, asked: Message, *, seconds: float = 10) -> Message:
        """The one reply in a question's thread, once it stands and nothing works on it any more."""
        found = await self.slack.until(lambda: self.slack.replies(asked), seconds=seconds)
        await self.idle(seconds=seconds)
        replies = self.slack.replies(asked)
        assert len(replies) == 1, [reply.shown for reply in replies]
        return found[0]

    async def idle(self, *, seconds: float = 10) -> None:
        """Return when all that Slack sent is taken in and answered."""
        await self.slack.settled(seconds=seconds)
        async with asyncio.timeout(seconds):
            while True:
                state = await self.desk.mailbox.state()
                if not (self.worker.busy or state.conversations or self.desk.background.busy):
                    return
                await asyncio.sleep(0.01)

    def answers(self, channel: Channel) -> list[Message]:
        """All that the bot said in a channel and stands there."""
        return [one for one in self.slack.messages(channel) if one.by_app and not one.deleted]

    def _shared_settings(self) -> Settings:
        way: dict[str, object] = (
            {"slack_app_token": self.slack.app_token}
            if self._mode == "socket"
            else {"slack_signing_secret": self.slack.signing_secret, "slack_address": "127.0.0.1:0"}
        )
        return Settings.model_validate(
            {
                "data": self._shared.data,
                "slack_bot_token": self.slack.bot_token,
                "slack_api_url": self.slack.api_url,
                "health_address": "",
                **way,
                **self._settings,
            }
        )


__all__ = ["Channel", "Message", "Mode", "Person", "RunningBot", "Shared", "SharedApplication", "SlackEmulator"]
