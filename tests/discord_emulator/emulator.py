"""The server itself: one port for REST, gateway and CDN, its records, and waiting for what should happen."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import yarl
from aiohttp import web

from tests.discord_emulator import command_routes, interaction_routes, message_routes, place_routes, thread_routes
from tests.discord_emulator.cdn import Cdn
from tests.discord_emulator.contract import Contract
from tests.discord_emulator.faults import Faults
from tests.discord_emulator.model import Channel, Guild, Role, User, Webhook
from tests.discord_emulator.people import Person
from tests.discord_emulator.rate_limits import RateLimits
from tests.discord_emulator.records import Call, Violation
from tests.discord_emulator.rest import mount
from tests.discord_emulator.speaking import WebhookVoice
from tests.discord_emulator.world import World

MOST_BYTES = 600 << 20
"""Of a request's body: ten files of the largest kind would be more, and no bot sends that."""


class Emulator(World):
    """Listens on a free loopback port unless told one."""

    def __init__(self, openapi: Path | None = None, seed: int = 0, name: str = "Lantern") -> None:
        super().__init__(name)
        self.calls: list[Call] = []
        self.faults = Faults(seed)
        self.rates = RateLimits()
        self.contract = Contract.open(openapi)
        self.violations: list[Violation] = []
        self.misanswers: list[Violation] = []
        self.crashes: list[Call] = []
        """Calls at which this server itself failed: none, or the test means nothing."""
        self.cdn = Cdn(self)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> None:
        """Listen."""
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/gateway/", self.gateway.serve)
        self.cdn.mount(app)
        parts = message_routes, thread_routes, place_routes, command_routes, interaction_routes
        mount(app, self, *(part.routes for part in parts))
        self.extend(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        host, port = self._runner.addresses[0][:2]
        self.api_url = f"http://{host}:{port}/api/v10"
        self.gateway_url = f"ws://{host}:{port}/gateway"
        self.cdn_url = f"http://{host}:{port}/cdn"

    def extend(self, app: web.Application) -> None:
        """Add further routes; for the process of its own."""

    async def close(self) -> None:
        """Hang up on everybody."""
        await self.gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> "Emulator":
        await self.start()
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self.close()

    @contextmanager
    def addresses(self) -> Generator[None]:
        """Let discord.py in this process find this server instead of Discord, until the block ends."""
        from discord.asset import Asset
        from discord.gateway import DiscordWebSocket
        from discord.http import Route

        before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = self.api_url, yarl.URL(self.gateway_url)
        Asset.BASE = self.cdn_url  # pyright: ignore[reportAttributeAccessIssue]
        try:
            yield
        finally:
            Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE = before  # pyright: ignore[reportAttributeAccessIssue]

    async def until(self, true: Callable[[], Any], seconds: float = 10.0) -> None:
        """Wait until a condition holds; it is looked at again after each change."""
        try:
            async with asyncio.timeout(seconds):
                while not true():
                    await self.next_change().wait()
        except TimeoutError:
            last = "\n  ".join(map(repr, self.calls[-12:]))
            raise AssertionError(f"not so after {seconds} s; the last calls:\n  {last}") from None

    def calls_to(self, key: str) -> list[Call]:
        """Return the calls of a route, such as "POST /channels/{channel_id}/messages"."""
        return [each for each in self.calls if each.key == key]

    def person(
        self, name: str, *guilds: Guild, locale: str = "en-US", roles: tuple[Role, ...] = (), nick: str | None = None
    ) -> Person:
        """Let somebody register, and join guilds."""
        return self._join(Person(self, self.user(name, locale=locale)), guilds, roles, nick)

    def other_bot(self, name: str, *guilds: Guild) -> Person:
        """Let another bot be there; it writes as people do, and its messages say that it is a bot."""
        return self._join(Person(self, self.user(name, bot=True)), guilds, (), None)

    def _join(self, person: Person, guilds: tuple[Guild, ...], roles: tuple[Role, ...], nick: str | None) -> Person:
        for guild in guilds:
            person.enter(guild, roles, nick)
        return person

    def webhook(self, channel: Channel, name: str) -> WebhookVoice:
        """Make a webhook that can write in a channel."""
        made = Webhook(
            self.clock.snowflake(), f"hook{self.clock.snowflake()}", name, channel, User(0, name, name, bot=True)
        )
        made.user.id = made.id
        self.webhooks[made.id] = made
        return WebhookVoice(self, made)
