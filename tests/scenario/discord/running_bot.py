"""The real bot in this process: what Discord tells is taken in, kept in a real Redis, and answered by a real worker."""

import asyncio
from contextlib import AsyncExitStack

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.paces import Paces
from bots.discord.client import HEARTBEAT_TIMEOUT, DiscordClient
from bots.discord.desk import Desk
from bots.discord.platform import adapter_with, addresses_of
from bots.discord.serve import Ingress
from bots.serve_worker import answers_of
from bots.worker import Worker
from config.settings import Settings
from core.application import Application
from core.conversations import Conversations
from core.redis_client import connect
from tests.discord_emulator import Channel, Emulator, Message
from tests.scenario.served_team import SOON, Shared, SharedApplication, working

QUICK = Paces(grace=0.05, together=0.02, a_while=0.5, typing=8.0, edit=0.1, slower=1.5)
BEAT = 0.1


class RunningBot:
    """One process of the bot, as far as it is not stopped; `prefix` names what it keeps."""

    def __init__(self, discord: Emulator, shared: Shared, prefix: str, **settings: object) -> None:
        self.discord = discord
        self._shared = shared
        self._prefix = prefix
        self._heartbeat_timeout = float(str(settings.pop("heartbeat_timeout", HEARTBEAT_TIMEOUT)))
        self._ready_timeout = float(str(settings.pop("ready_timeout", 0.05)))
        self._settings = settings
        self._stack = AsyncExitStack()
        self.application: Application
        self.client: DiscordClient
        self.adapter: DiscordAdapter
        self.desk: Desk
        self.ingress: Ingress
        self.worker: Worker | None = None

    @property
    def store(self) -> Conversations:
        return self.desk.store

    async def start(self, *, with_worker: bool = True, with_ingress: bool = True) -> None:
        """Return when Discord is listened to."""
        stack = self._stack = AsyncExitStack()
        store = Conversations(await connect(self._shared.redis_url, self._shared.data), prefix=self._prefix)
        stack.push_async_callback(store.close)
        settings = self._shared_settings()
        self.application = await stack.enter_async_context(SharedApplication(settings, self._shared, store))
        self.client = DiscordClient(
            addresses_of(settings),
            shards=settings.discord_shards,
            heartbeat_timeout=self._heartbeat_timeout,
            ready_timeout=self._ready_timeout,
        )
        self.client.before_identify_hook = _at_once
        self.adapter = await adapter_with(self.application, self.client, paces=QUICK)
        stack.push_async_callback(self.adapter.close)
        self.desk = await Desk.of(self.application, self.adapter, self.client)
        if with_worker:
            answers = await answers_of(self.application, self.adapter)
            self.worker = Worker(self.desk.mailbox, self.adapter, answers, limits=SOON)
            await stack.enter_async_context(working(self.worker))
        if with_ingress:
            self.ingress = Ingress(self.desk, beat=BEAT, pace=0)
            await stack.enter_async_context(self.ingress.taking_in())
            async with asyncio.timeout(10):
                await self.client.wait_until_ready()

    async def stop(self) -> None:
        """As SIGTERM does."""
        await self._stack.aclose()

    async def answer(self, asked: Message, *, seconds: float = 10) -> Message:
        """The one reply to a question, once it stands and nothing works on it any more."""
        await self.discord.until(lambda: self.replies(asked), seconds=seconds)
        await self.idle(seconds=seconds)
        [reply] = self.replies(asked)
        return reply

    def replies(self, asked: Message) -> list[Message]:
        """What the bot said after a question, in reply to it or, directly, without."""
        return [
            one
            for one in self.answers(asked.channel)
            if one.reference is asked or (one.reference is None and one.id > asked.id)
        ]

    def answers(self, channel: Channel) -> list[Message]:
        """All that the bot said in a channel and stands there."""
        return [one for one in self.discord.messages(channel) if one.author is self.discord.bot]

    async def idle(self, *, seconds: float = 10) -> None:
        """Return when all that was heard is taken in and answered."""
        async with asyncio.timeout(seconds):
            while True:
                await self._heard_all()
                busy = self.desk.waiting.busy or self.desk.background.busy  # first: from there it goes to the mailbox
                state = await self.desk.mailbox.state()
                if not (busy or state.conversations or (self.worker and self.worker.busy)):
                    await self._heard_all()  # what it said itself comes back as an event
                    if not (self.desk.waiting.busy or self.desk.background.busy):
                        return
                await asyncio.sleep(0.01)

    async def caught_up(self, *, seconds: float = 10) -> None:
        """Return when nothing is left to catch up, and all of it is answered."""
        async with asyncio.timeout(seconds):
            await self.ingress.catch_up.is_up_to_date.wait()
        await self.idle(seconds=seconds)

    async def _heard_all(self) -> None:
        """Return when every event that Discord's sessions sent by now has come."""
        while True:
            sent = {session.id: session.sequence for session in self.discord.gateway.sessions.values()}
            heard = {
                shard._parent.ws.session_id: shard._parent.ws.sequence or 0  # pyright: ignore[reportPrivateUsage]
                for shard in self.client.shards.values()
            }
            if all(heard.get(name, 0) >= last for name, last in sent.items() if name in heard) and heard:
                return
            await asyncio.sleep(0.01)

    def _shared_settings(self) -> Settings:
        return Settings.model_validate(
            {
                "data": self._shared.data,
                "discord_token": self.discord.token,
                "discord_api_url": self.discord.api_url,
                "discord_gateway_url": self.discord.gateway_url,
                "health_address": "",
                **self._settings,
            }
        )


async def _at_once(shard_id: int | None, *, initial: bool = False) -> None:
    """Identify again without discord.py's five seconds."""
