"""How things reach the app: attempts, acknowledgements, and being sent again, by HTTP or by Socket Mode."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.slack_emulator.faults import Fault
from tests.slack_emulator.parts import Json
from tests.slack_emulator.sockets import Sockets
from tests.slack_emulator.world import World


@dataclass(eq=False)
class Attempt:
    """One time that something was sent."""

    at: float
    reason: str = ""
    """Why it is sent again."""
    seconds: float = 0.0
    """How long the answer took."""
    status: int = 0
    error: str = ""
    """Why it failed: "http_timeout", "http_error", "connection_failed", "timeout", ..."""
    answer: Any = None


@dataclass(eq=False)
class Delivery:
    """Something for the app and what became of it."""

    kind: str
    """ "events_api", "interactive" or "slash_commands"."""
    type: str
    """The subscription ("message.channels"), the interaction's type or the command."""
    body: Json
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    acknowledged: bool = False
    given_up: bool = False

    @property
    def event(self) -> Json:
        """The inner event."""
        return self.body.get("event", {})

    @property
    def acknowledged_after(self) -> float | None:
        """Seconds that the acknowledgement took, of the attempt that got it."""
        return self.attempts[-1].seconds if self.acknowledged else None

    @property
    def answer(self) -> Any:
        """What came with the acknowledgement: an object, text, or None."""
        return self.attempts[-1].answer if self.attempts else None


class Courier:
    """Delivers, and sends events again that were not acknowledged."""

    def __init__(self, world: World, sockets: Sockets) -> None:
        self._world = world
        self._sockets = sockets
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self.deliveries: list[Delivery] = []

    async def close(self) -> None:
        """Stop delivering."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def send_event(self, body: Json, type: str) -> Delivery:
        """Deliver an event in the background."""
        delivery = Delivery("events_api", type, body)
        self.deliveries.append(delivery)
        self.spawn(self._deliver(delivery))
        return delivery

    def send_again(self, delivery: Delivery) -> None:
        """Deliver the same once more, as Slack does when an acknowledgement was lost."""
        delivery.acknowledged = delivery.given_up = False
        self.spawn(self._deliver(delivery, "http_timeout"))

    async def ask(self, kind: str, type: str, body: Json) -> Delivery:
        """Deliver an interaction or a command, once, and wait for what comes back."""
        delivery = Delivery(kind, type, body)
        self.deliveries.append(delivery)
        await self._attempt(delivery, 0, "")
        delivery.given_up = not delivery.acknowledged
        self._world.records.changed()
        return delivery

    async def _deliver(self, delivery: Delivery, reason: str = "") -> None:
        if (fault := self._world.faults.next("events")) is not None and fault.kind == "lost":
            delivery.given_up = True
            return
        delays = self._world.settings.retry_delays
        first = len(delivery.attempts)
        for number in range(len(delays) + 1):
            again = await self._attempt(delivery, first + number, reason, fault)
            if delivery.acknowledged or not again:
                break
            fault, reason = self._world.faults.next("events"), delivery.attempts[-1].error
            if number < len(delays):
                await asyncio.sleep(delays[number])
        delivery.given_up = not delivery.acknowledged
        self._world.records.changed()

    async def _attempt(self, delivery: Delivery, number: int, reason: str, fault: Fault | None = None) -> bool:
        """Send it; whether it may be sent again if it was not acknowledged."""
        attempt = Attempt(time.monotonic(), reason)
        delivery.attempts.append(attempt)
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if self._world.settings.mode == "socket":
            attempt.answer, attempt.error = await self._sockets.send(
                delivery.kind, delivery.body, number, reason, self._world.settings.ack_seconds
            )
            again = True
        else:
            again = await self._post(delivery, attempt, number)
        attempt.seconds = time.monotonic() - attempt.at
        delivery.acknowledged = not attempt.error
        if fault is not None and fault.kind == "lost ack" and delivery.acknowledged:
            delivery.acknowledged, attempt.error = False, "http_timeout"
        self._world.records.changed()
        return again

    async def _post(self, delivery: Delivery, attempt: Attempt, number: int) -> bool:
        body, kind = _encoded(delivery)
        headers = signed(body, self._world.app.signing_secret) | {"Content-Type": kind}
        if number:
            headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": attempt.reason}
        try:
            async with self._http().post(
                self._world.settings.request_url,
                data=body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=self._world.settings.ack_seconds),
                allow_redirects=False,
            ) as response:
                attempt.status = response.status
                attempt.answer = _decoded(await response.text(), response.content_type)
                if not 200 <= response.status < 300:
                    attempt.error = "http_error"
                return response.headers.get("X-Slack-No-Retry") != "1"
        except TimeoutError:
            attempt.error = "http_timeout"
        except (aiohttp.ClientError, OSError):
            attempt.error = "connection_failed"
        return True

    async def post_raw(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Send whatever to the request URL; the status and the text that come back."""
        async with self._http().post(self._world.settings.request_url, data=body, headers=headers) as response:
            return response.status, await response.text()

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self._session


def signed(body: bytes, secret: str, at: int | None = None) -> dict[str, str]:
    """Slack's headers with its signature (https://docs.slack.dev/authentication/verifying-requests-from-slack)."""
    stamp = str(int(time.time()) if at is None else at)
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest}",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
    }


def _encoded(delivery: Delivery) -> tuple[bytes, str]:
    if delivery.kind == "events_api":
        return json.dumps(delivery.body).encode(), "application/json"
    form = {"payload": json.dumps(delivery.body)} if delivery.kind == "interactive" else delivery.body
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def _decoded(text: str, kind: str) -> Any:
    if kind == "application/json" and text:
        return json.loads(text)
    return text or None
