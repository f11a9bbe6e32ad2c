"""Events by Socket Mode: slack_sdk's client and Bolt's way of answering, made to come back whatever happens.

slack_sdk asks for a new connection when Slack says `disconnect`, when the socket closes and when it falls silent. What
it lacks is added here: an address from `apps.connections.open` is good for one connection, so each try asks for a new
one; tries are spaced out; the old connection is closed when the new one stands, so that nothing falls in between; and
what was begun is acknowledged before the process ends.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_base_handler import AsyncBaseSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.payloads import string
from adapters.slack.api import SlackClient, new_session
from adapters.slack.pacing import Pacing
from adapters.slack.refusals import SlackRefusedError
from bots.background import log_failure
from bots.slack.gate import Gate
from core.errors import LorelensError, PlatformUnavailableError, SettingsError

PING = 5.0
"""Seconds between signs of life; a socket that gives none within one and a half times this is replaced."""
OPENING = 15.0
"""Seconds within which a new connection must stand."""
CLOSING = 2.0
LONGEST_PAUSE = 30.0
REFUSED_PAUSE = 60.0
"""Seconds before Slack is asked again after it refused: somebody has to change something first."""
SHORT_LIVED = 10.0
"""A connection that ends sooner than this counts as one more that failed (`too_many_websockets`, say)."""

_log = logging.getLogger(__name__)
_quiet = logging.getLogger("slack_sdk.socket_mode")

Reconnected = Callable[[float], Awaitable[None]]
"""Told after a time without connection: since when (`time.time()`)."""


class PatientSocket(SocketModeClient):
    """slack_sdk's client with `connect` made patient; `pause` is the first of its pauses, in seconds."""

    def __init__(
        self, app_token: str, web_client: SlackClient, reconnected: Reconnected, *, ping: float, pause: float
    ) -> None:
        given: Any = super()
        given.__init__(app_token=app_token, logger=_quiet, web_client=web_client, ping_interval=ping)
        self._reconnected = reconnected
        self._first_pause = pause
        self._failures = 0
        self._since = 0.0
        self._alive = 0.0
        self._closing: set[asyncio.Task[Any]] = set()
        self.on_message_listeners.append(self._heard)

    @property
    def alive(self) -> float | None:
        """When the connection last gave a sign of life (`time.time()`); None while there is none."""
        if self.current_session is None or self.current_session.closed or self.stale:
            return None
        return max(self._alive, self.last_ping_pong_time or 0.0)

    async def connect(self) -> None:
        """Connect, for as long as it takes."""
        if self._since and time.time() - self._since > SHORT_LIVED:
            self._failures = 0
        while not self.closed:
            try:
                await asyncio.sleep(self._pause())
                self._failures += 1
                away_since = await self.connect_once()
                if away_since:
                    self._in_background(self._reconnected(away_since))
                return
            except SlackRefusedError as error:
                _log.error("Slack refuses a connection: %s", _of_app_token(error))
                await asyncio.sleep(REFUSED_PAUSE)
            except PlatformUnavailableError as error:
                _log.warning("No connection to Slack: %s", error)
                await asyncio.sleep(error.retry_after or 0)
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                _log.warning("No connection to Slack: %s", error or type(error).__name__)

    async def connect_once(self) -> float:
        """Connect now; raises what `connect` lives with.

        Answers since when there was no connection; 0 if there was one to the end, or none before.
        """
        async with asyncio.timeout(OPENING):
            session = await self.aiohttp_client_session.ws_connect(
                await self.issue_new_wss_url(), autoping=False, heartbeat=self.ping_interval, proxy=self.proxy
            )
        away_since = self._lost()
        old, self.current_session = self.current_session, session
        self.auto_reconnect_enabled, self.stale = self.default_auto_reconnect_enabled, False
        self._since = self._alive = self.last_ping_pong_time = time.time()
        # One of these may be the task that runs this: nothing may be awaited any more before it is through.
        tasks: Any = (self.current_session_monitor, self.message_receiver)  # pyright: ignore[reportUnknownMemberType]
        _cancel(*tasks)
        self.current_session_monitor = asyncio.ensure_future(self.monitor_current_session())
        self.message_receiver = asyncio.ensure_future(self.receive_messages())
        if old is not None:
            self._in_background(old.close())
        return away_since

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """Replace the connection, unless somebody else has done it meanwhile."""
        before = self.current_session
        async with self.connect_operation_lock:
            if self.current_session is before and (force or not await self.is_connected()):
                await self.connect()

    async def issue_new_wss_url(self) -> str:
        """An address for one connection; raises as `SlackClient` does."""
        asking: Any = self.web_client
        answer = await asking.apps_connections_open(app_token=self.app_token)
        return string(answer.get("url"))

    def stop_receiving(self) -> None:
        """Take nothing more in; what is being handled can still be acknowledged."""
        self.auto_reconnect_enabled = self.default_auto_reconnect_enabled = False
        tasks: Any = (self.current_session_monitor, self.message_receiver, self.message_processor)  # pyright: ignore[reportUnknownMemberType]
        _cancel(*tasks)

    def _lost(self) -> float:
        """Since when there is no connection; 0 if there is one, or never was."""
        return 0.0 if self.alive is not None else max(self._alive, self.last_ping_pong_time or 0.0)

    def _pause(self) -> float:
        """None before a first try; then longer and longer, and never the same for all who lost their connection."""
        if not self._failures:
            return 0.0
        longest = min(self._first_pause * 2.0 ** min(self._failures - 1, 10), LONGEST_PAUSE)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret

    async def _heard(self, message: aiohttp.WSMessage) -> None:
        self._alive = time.time()

    def _in_background(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._closing.add(task)
        task.add_done_callback(self._closed)

    def _closed(self, task: "asyncio.Task[Any]") -> None:
        self._closing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.info("The old connection did not close well: %s", type(error).__name__)


class SocketEvents(AsyncBaseSocketModeHandler):
    """The app's events by Socket Mode."""

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        *,
        url: str,
        reconnected: Reconnected,
        gate: Gate | None = None,
        ping: float = PING,
        pause: float = 1.0,
    ) -> None:
        self.app = self._app = app
        self._gate = gate or Gate()
        self._session = new_session()
        web_client = SlackClient(app_token, url=url, session=self._session, pacing=Pacing())
        self.client = self._client = PatientSocket(app_token, web_client, reconnected, ping=ping, pause=pause)
        self._handling: set[asyncio.Task[Any]] = set()
        listening: Any = self._client.socket_mode_request_listeners
        listening.append(self.handle)

    def alive(self) -> float | None:
        """When the connection last gave a sign of life; None while there is none."""
        return self._client.alive

    async def start(self) -> None:
        """Connect for the first time.

        Raises:
            SettingsError: Slack refuses the app-level token.
            PlatformUnavailableError: Slack can't be reached.
        """
        try:
            await self._client.connect_once()
        except SlackRefusedError as error:
            raise _of_app_token(error) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise PlatformUnavailableError(
                f"Slack gives no connection ({type(error).__name__}).", hint="Try again later."
            ) from error

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        """Run the app on what arrived, and acknowledge it if it was taken."""
        handling = asyncio.ensure_future(self._handle(client, req))
        self._handling.add(handling)
        handling.add_done_callback(self._handling.discard)
        await handling

    async def _handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        started = time.time()
        async with self._gate.entered() as is_in:
            if not is_in:
                return
            try:
                response = await run_async_bolt_app(self._app, req)
            except Exception as error:  # noqa: BLE001 - Bolt reads a payload as if it had all of its fields
                log_failure("Reading what came from Slack", error)
                return
            try:
                await send_async_response(client, req, response, started)
            except (aiohttp.ClientConnectionError, ConnectionError) as error:
                # Over its next connection Slack sends again what has no acknowledgement.
                _log.info("Something from Slack could not be acknowledged: %s", type(error).__name__)

    async def stop(self, grace: float) -> None:
        """Take nothing more in, and finish what was begun within so many seconds; the rest Slack sends again."""
        self._client.stop_receiving()
        if self._handling:
            await asyncio.wait(set(self._handling), timeout=grace)
        try:
            async with asyncio.timeout(CLOSING):
                await self._client.close()
        except TimeoutError:
            _log.info("Slack did not say goodbye")
            await self._client.aiohttp_client_session.close()
        await self._session.close()


def _cancel(*tasks: "asyncio.Future[Any] | None") -> None:
    for task in tasks:
        if task is not None:
            task.cancel()


def _of_app_token(error: SlackRefusedError) -> LorelensError:
    """A refusal of the app-level token, which is another one than the bot's."""
    if error.reason in {"invalid_auth", "not_authed", "not_allowed_token_type", "token_revoked", "account_inactive"}:
        return SettingsError(
            f"Slack does not take the app-level token ({error.reason}).",
            hint="Check LORELENS_SLACK_APP_TOKEN: it begins with xapp-, and is made under Basic Information, "
            "App-Level Tokens, with the scope connections:write. See docs/slack.md.",
        )
    if error.reason == "missing_scope":
        return SettingsError(
            "The app-level token lacks the scope connections:write.",
            hint="Make another one under Basic Information, App-Level Tokens. See docs/slack.md.",
        )
    return error
