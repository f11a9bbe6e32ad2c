"""What Slack sends, taken in: by Socket Mode or HTTP (`bots.serve_platforms` runs it)."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from adapters.slack.adapter import SlackAdapter
from adapters.slack.api import OneWorkspace
from adapters.slack.manifest import INSTALL_PATH
from adapters.slack.workspaces import ManyWorkspaces
from bots.catch_up import BEAT
from bots.listening import listening
from bots.slack.app import bolt_app
from bots.slack.catch_up import PACE, catch_up
from bots.slack.desk import Desk
from bots.slack.gate import Gate
from bots.slack.http import PATH, web_app
from bots.slack.oauth import install_routes
from bots.slack.platform import slack
from bots.slack.sockets import PING, SocketEvents
from core.application import Application
from core.errors import SettingsError

GRACE = 10.0
"""Seconds for which what was begun may go on after SIGTERM, before the worker's own grace."""
_DOCUMENTED = "docs/slack.md leads through it."

_log = logging.getLogger(__name__)


async def adapter_of(application: Application) -> SlackAdapter | None:
    """Slack; None where it is not set up."""
    return await slack(application)


def not_set_up() -> SettingsError:
    """What is missing for it."""
    return SettingsError(
        "Slack is not set up: there is no bot token.",
        hint="Set LORELENS_SLACK_BOT_TOKEN (xoxb-...), or for many workspaces LORELENS_SLACK_CLIENT_ID and "
        f"LORELENS_SLACK_CLIENT_SECRET. {_DOCUMENTED}",
    )


async def ingress_of(application: Application, adapter: SlackAdapter) -> "Ingress":
    """What takes in from Slack.

    Raises:
        SettingsError: nothing says how Slack is to reach this process.
    """
    return Ingress(await Desk.of(application, adapter))


class Ingress:
    """What takes in from Slack: by Socket Mode with an app-level token, by HTTP with a signing secret.

    `beat`, `ping`, `pause` and `pace` are for tests: how often is looked, in seconds.
    """

    def __init__(
        self, desk: Desk, *, beat: float = BEAT, ping: float = PING, pause: float = 1.0, pace: float = PACE
    ) -> None:
        settings = desk.application.settings
        app_token, secret = settings.slack_app_token, settings.slack_signing_secret
        self._has_socket = bool(app_token and app_token.get_secret_value())
        self._has_http = bool(secret and secret.get_secret_value())
        if not self._has_socket and not self._has_http:
            raise SettingsError(
                "Nothing says how Slack is to reach Lorelens.",
                hint="Set LORELENS_SLACK_APP_TOKEN (xapp-...) for Socket Mode, which needs no public address, or "
                f"LORELENS_SLACK_SIGNING_SECRET for HTTP. {_DOCUMENTED}",
            )
        self._desk = desk
        self._settings = settings
        self._ping = ping
        self._pause = pause
        self.catch_up = catch_up(desk, beat=beat, pace=pace)
        self._socket: SocketEvents | None = None
        self.url = ""
        """Where Slack's requests are listened for, once they are."""

    async def is_listening(self) -> str:
        """For /readyz: what keeps Slack from reaching this process."""
        if self._socket is not None and self._socket.alive() is None:
            return "There is no connection to Slack."
        return ""

    async def ended(self) -> None:
        """Never: a socket is tried again, and by HTTP Slack comes by itself."""
        await asyncio.Event().wait()

    @asynccontextmanager
    async def taking_in(self) -> AsyncGenerator[None]:
        """Take in what Slack sends while the block runs; what was begun then ends within `GRACE` seconds.

        Raises:
            SettingsError: Slack refuses a token, or the address is taken.
            PlatformUnavailableError: Slack can't be reached.
        """
        clients = self._desk.platform.clients
        served = (await clients.installed()).team if isinstance(clients, OneWorkspace) else "all who installed it"
        app = bolt_app(self._desk)
        gate = Gate()
        ways: list[str] = []
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._desk.background.close, GRACE)
            pages = self._install_pages()
            if self._has_http or pages:
                server = listening(
                    web_app(app if self._has_http else None, pages, gate=gate),
                    self._settings.slack_address,
                    what="Slack",
                    setting="LORELENS_SLACK_ADDRESS",
                    example=3000,
                    grace=GRACE,
                )
                self.url = await stack.enter_async_context(server) + (PATH if self._has_http else INSTALL_PATH)
                if self._has_http:
                    ways.append(f"HTTP at {self.url}")
            if self._has_socket and self._settings.slack_app_token is not None:
                self._socket = SocketEvents(
                    app,
                    self._settings.slack_app_token.get_secret_value(),
                    url=self._settings.slack_api_url,
                    reconnected=self.catch_up.reconnected,
                    gate=gate,
                    ping=self._ping,
                    pause=self._pause,
                )
                stack.push_async_callback(self._socket.stop, GRACE)
                await self._socket.start()
                ways.append("Socket Mode")
            await stack.enter_async_context(self.catch_up.running(self._alive))
            _log.info("Listening to Slack by %s, for %s", " and ".join(ways), served)
            yield

    def _install_pages(self) -> list[web.RouteDef]:
        """Where the app is installed from, if it is by OAuth."""
        clients = self._desk.platform.clients
        return install_routes(self._settings, clients) if isinstance(clients, ManyWorkspaces) else []

    def _alive(self) -> float | None:
        """With a socket, when it last gave a sign; by HTTP alone Slack comes whenever this process runs."""
        return self._socket.alive() if self._socket is not None else time.time()
