"""discord.py at other addresses than Discord's own (a proxy, a test), for one client and not for the whole process.

discord.py has its addresses in class attributes. Here they are changed where a client uses them: its HTTP client
rewrites what it asks for, and answers to interactions, which go past that client, find their address in the context of
the task that the client runs in, which every event's task inherits.
"""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from adapters.discord.half_characters import bear_with_half_characters
from adapters.fence import fence_trace
from adapters.payloads import string

API_URL = "https://discord.com/api/v10"
PATIENCE = 30.0
"""Seconds that a call waits for a rate limit by itself; what takes longer is raised. discord.py takes no less."""


@dataclass(frozen=True)
class Addresses:
    """Where Discord is: the base of its API, and of its gateway, which is asked for where it is empty."""

    api: str = API_URL
    gateway: str = ""

    def of(self, url: str) -> str:
        """An address of the API as it is meant here."""
        path = url.removeprefix(Route.BASE)
        return url if path == url or self.api == API_URL else self.api.rstrip("/") + path


OWN = Addresses()
"""Discord's own."""


class Rest(HTTPClient):
    """discord.py's HTTP client at these addresses. It keeps to the rate limits that Discord's headers tell of."""

    def __init__(self, *args: Any, addresses: Addresses, **options: Any) -> None:
        super().__init__(*args, **options)
        self.addresses = addresses
        bear_with_half_characters()

    async def request(self, route: Route, **options: Any) -> Any:
        """Ask, as `HTTPClient.request` does."""
        route.url = self.addresses.of(route.url)
        return await super().request(route, **options)

    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        """Connect to the gateway: at the address that is set, be it to resume, too; otherwise where a session begins at
        Discord's own address, at the one that the API names."""
        wanted = yarl.URL(url)
        gateway = self.addresses.gateway
        if not gateway and wanted.host == DiscordWebSocket.DEFAULT_GATEWAY.host and self.addresses != OWN:
            gateway = string((await self.request(Route("GET", "/gateway/bot")))["url"])
        if gateway:
            wanted = yarl.URL(gateway).with_query(wanted.query)
        return await super().ws_connect(str(wanted), compress=compress)

    def pause_before(self, method: str, path: str, **parameters: Any) -> float:
        """How many seconds to wait before a call that can wait, so that what is left of its rate limit lasts and one
        call is left for what can't; 0.0 while nothing is known of it."""
        route = Route(method, path, **parameters)
        known = self._bucket_hashes.get(route.key)
        bucket = self._buckets.get(f"{known or route.key}:{route.major_parameters}")
        if bucket is None or bucket.expires is None:
            return 0.0
        left = bucket.expires - asyncio.get_running_loop().time()
        if left <= 0:
            return 0.0
        if bucket.remaining <= 1:
            return left
        return left / bucket.remaining if bucket.remaining <= bucket.limit / 2 else 0.0


class _Webhooks(AsyncWebhookAdapter):
    """Answers to interactions, at these addresses."""

    def __init__(self, addresses: Addresses) -> None:
        super().__init__()
        self._addresses = addresses

    async def request(self, route: Route, session: aiohttp.ClientSession, **options: Any) -> Any:
        route.url = self._addresses.of(route.url)
        return await super().request(route, session, **options)


_Client = discord.Client if TYPE_CHECKING else object


class Addressed(_Client):
    """A mixin for `discord.Client` and its kinds, before them: `class Bot(Addressed, discord.AutoShardedClient)`."""

    def __init__(self, *args: Any, addresses: Addresses = OWN, **options: Any) -> None:
        self.addresses = addresses
        super().__init__(*args, **options)

    def _get_state(self, **options: Any) -> Any:
        # Called by discord.py right after it has made its HTTP client, which nothing has used yet.
        given = self.http
        self.http = Rest(
            given.loop,
            given.connector,
            proxy=given.proxy,
            proxy_auth=given.proxy_auth,
            http_trace=fence_trace(),
            max_ratelimit_timeout=PATIENCE,
            addresses=self.addresses,
        )
        return super()._get_state(**options)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Listen, as `discord.Client.connect` does; what is told of interactions finds its address in this task."""
        if self.addresses.api != API_URL:
            async_context.set(_Webhooks(self.addresses))
        await super().connect(reconnect=reconnect)


class Plain(Addressed, discord.Client):
    """A client without a gateway: after `login` it can ask and post, which is all that a worker needs."""

    def __init__(self, addresses: Addresses = OWN) -> None:
        # Never sent anywhere, but discord.py warns of a client without them.
        super().__init__(intents=discord.Intents(guilds=True), addresses=addresses)
