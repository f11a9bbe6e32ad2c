"""What Discord tells, taken in by its gateway (`bots.serve_platforms` runs it).

Resuming, reconnecting and heartbeats are discord.py's. Where a session could not be resumed, what was said meanwhile is
read from the history.
"""

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import discord

from adapters.discord.adapter import DiscordAdapter
from bots.background import log_failure
from bots.catch_up import BEAT, MARGIN
from bots.discord.app import register_all
from bots.discord.catch_up import PACE, catch_up
from bots.discord.client import HEARTBEAT_TIMEOUT, DiscordClient
from bots.discord.desk import Desk
from bots.discord.platform import adapter_with, addresses_of, token_of
from bots.discord.taking_up import LOOK, taking_up
from core.application import Application
from core.errors import LorelensError, PlatformRefusedError, PlatformUnavailableError, SettingsError

GRACE = 10.0
"""Seconds for which what was begun may go on after SIGTERM, before the worker's own grace."""
START_TIME = 15.0
"""Seconds for which a connection is waited for at the start; after that it is tried on beside everything else."""
UNNOTICED = HEARTBEAT_TIMEOUT + 45.0
"""Seconds for which a connection may be dead before that is noticed."""
_DOCUMENTED = "docs/discord.md leads through it."
_BAD_TOKEN = 4004

_log = logging.getLogger(__name__)


async def adapter_of(application: Application) -> DiscordAdapter | None:
    """Discord, logged in with a client that can listen; None where it is not set up."""
    settings = application.settings
    if not token_of(settings):
        return None
    return await adapter_with(application, DiscordClient(addresses_of(settings), shards=settings.discord_shards))


def not_set_up() -> SettingsError:
    """What is missing for it."""
    return SettingsError("Discord is not set up: there is no token.", hint=f"Set LORELENS_DISCORD_TOKEN. {_DOCUMENTED}")


async def ingress_of(application: Application, adapter: DiscordAdapter) -> "Ingress":
    """What takes in from Discord."""
    if not isinstance(adapter.client, DiscordClient):
        raise TypeError("an adapter of `adapter_of` has a client that listens")
    return Ingress(await Desk.of(application, adapter, adapter.client))


class Ingress:
    """What takes in from Discord. `beat` and `pace` are for tests, in seconds."""

    def __init__(self, desk: Desk, *, beat: float = BEAT, pace: float = PACE) -> None:
        self._desk = desk
        self._client = desk.client
        self._look = min(LOOK, beat)
        self.catch_up = catch_up(desk, beat=beat, margin=MARGIN + UNNOTICED, pace=pace)
        desk.waiting.missed = self.catch_up.missed
        self._connected: set[int] = set()
        self._anew: set[int] = set()
        self._away: dict[int, float] = {}
        self._changed = asyncio.Event()
        self._connecting: asyncio.Task[None] | None = None
        self._ended: asyncio.Future[None] | None = None

    async def is_listening(self) -> str:
        """For /readyz: what keeps Discord from reaching this process."""
        return "" if self.is_connected else "There is no connection to Discord."

    async def ended(self) -> None:
        """When discord.py gave up for good: the token or an intent was taken away, say."""
        if self._ended is None:
            self._ended = asyncio.get_running_loop().create_future()
        await self._ended

    @asynccontextmanager
    async def taking_in(self) -> AsyncGenerator[None]:
        """Take in what Discord sends while the block runs; what was begun then ends within `GRACE` seconds.

        The client stays logged in, so that what was taken in can be answered.

        Raises:
            SettingsError: Discord refuses the token or an intent.
        """
        client = self._client
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._desk.background.close, GRACE)
            stack.push_async_callback(self._desk.waiting.close, GRACE)
            client.listen("shard_connect", self._begun)
            client.listen("shard_resumed", self._resumed)
            client.listen("shard_disconnect", self._down)
            client.listen("shard_ready", self._ready)
            await register_all(self._desk)
            stack.push_async_callback(self._disconnect)
            self._connecting = asyncio.create_task(client.connect(), name="Listening to Discord")
            self._connecting.add_done_callback(self._over)
            await self._until_connected(self._connecting)
            await stack.enter_async_context(self.catch_up.running(self._alive))
            await stack.enter_async_context(taking_up(self._desk, look=self._look))
            _log.info(
                "Listening to Discord as %s, on %d servers, by %d connection(s)",
                *(client.user, len(client.guilds), client.shard_count or 1),
            )
            yield

    async def _until_connected(self, connecting: "asyncio.Task[None]") -> None:
        try:
            async with asyncio.timeout(START_TIME):
                while not self.is_connected and not connecting.done():
                    self._changed.clear()
                    changed = asyncio.create_task(self._changed.wait())
                    await asyncio.wait({changed, connecting}, return_when=asyncio.FIRST_COMPLETED)
                    changed.cancel()
        except TimeoutError:
            _log.warning("There is no connection to Discord yet; it is tried further")
        if connecting.done() and (error := connecting.exception()) is not None:
            raise _why(error) from error

    async def _disconnect(self) -> None:
        """Hear no more; the client can ask and post still."""
        if self._connecting is None:
            return
        self._connecting.remove_done_callback(self._over)
        while not self._connecting.done():  # discord.py swallows a cancellation while it resumes
            self._connecting.cancel()
            await asyncio.wait({self._connecting}, timeout=0.2)
        for shard in self._client.shards.values():
            await shard.disconnect()

    @property
    def is_connected(self) -> bool:
        """Whether every connection to the gateway stands."""
        wanted = self._client.shard_count or 0  # none before it asked Discord
        return 0 < wanted <= len(self._connected)

    def _alive(self) -> float | None:
        """Until when everything was heard and kept; nothing can be read before Discord told of its servers.

        What waits goes with this process when it is killed, and is to be read by the next.
        """
        if not self._client.is_ready():
            return None
        return min(*self._away.values(), self._desk.waiting.since or math.inf, time.time())

    def _up(self, shard: int) -> None:
        self._connected.add(shard)
        self._changed.set()

    def _begun(self, shard: int) -> None:
        """A session began; what was said before it is read once its servers are known."""
        self._anew.add(shard)
        self._up(shard)

    def _resumed(self, shard: int) -> None:
        """Discord sent all that was missed, as far as the session goes back, and its servers with it."""
        self._up(shard)
        if shard in self._anew:
            self._ready(shard)
        else:
            self._away.pop(shard, None)

    def _down(self, shard: int) -> None:
        self._connected.discard(shard)
        self._away.setdefault(shard, time.time())

    def _ready(self, shard: int) -> None:
        """A session began, and its servers are known: one that was lost before it could not be resumed."""
        if shard not in self._connected:
            return  # discord.py tells of it seconds later: it is lost already, and what comes after it is missed too
        self._anew.discard(shard)
        since = self._away.pop(shard, None)
        if since is not None:
            _log.info("Connected to Discord anew; what was said since the connection was lost is read")
            self.catch_up.missed(since)

    def _over(self, connecting: "asyncio.Task[None]") -> None:
        """discord.py gave up for good."""
        error = None if connecting.cancelled() else connecting.exception()
        found = _why(error) if error is not None else PlatformUnavailableError("The connection to Discord ended.")
        if self._ended is not None and not self._ended.done():
            self._ended.set_exception(found)
        else:
            log_failure("Listening to Discord", found)


def _why(error: BaseException) -> LorelensError:
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return PlatformRefusedError(
            "Discord does not let Lorelens read what messages say.",
            hint="Turn on the Message Content Intent: https://discord.com/developers/applications, your application, "
            f"Bot, Privileged Gateway Intents. {_DOCUMENTED}",
            reason="intents",
        )
    if isinstance(error, discord.ConnectionClosed) and error.code == _BAD_TOKEN:
        return PlatformRefusedError(
            "Discord does not know the token any more.", hint="Check LORELENS_DISCORD_TOKEN.", reason="4004"
        )
    if isinstance(error, discord.ConnectionClosed):
        return PlatformRefusedError(f"Discord closed the connection: {error.code} {error.reason}".strip())
    return PlatformUnavailableError(f"Discord's gateway can't be reached ({type(error).__name__}).")
