"""What the emulator remembers of what went over the wire, and how tests wait for it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.slack_emulator.model import Json, Message

Found = TypeVar("Found")
_LOOK_AGAIN = 0.1
"""Seconds after which a condition is looked at again though nothing happened here: it may be about something else."""


@dataclass(eq=False)
class Call:
    """One call of the Web API (or of a response_url: method "response_url")."""

    method: str
    arguments: Json
    token: str
    at: float = field(default_factory=time.monotonic)
    answer: Json = field(default_factory=dict[str, Any])
    status: int = 0
    seconds: float = 0.0
    fault: str = ""

    @property
    def ok(self) -> bool:
        """Whether Slack did it and said so."""
        return self.status == 200 and bool(self.answer.get("ok"))


@dataclass(frozen=True)
class Notified:
    """A ping that fired: everyone of a channel, a group or a person was called by a message of the app."""

    kind: str
    """ "channel", "here", "everyone", "usergroup" or "user"."""
    target: str
    message: Message


@dataclass(frozen=True)
class Download:
    """Somebody asked for a file's bytes; `sent` is the kind of answer ("content", "login page", "redirect", ...)."""

    path: str
    authorization: str
    sent: str
    host: str = ""
    at: float = field(default_factory=time.monotonic)


class Records:
    """Everything recorded, in order, and a way to wait for more."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.notified: list[Notified] = []
        self.downloads: list[Download] = []
        self._waiting: set[asyncio.Future[None]] = set()

    def changed(self) -> None:
        """Something happened: whoever waits looks again."""
        waiting, self._waiting = self._waiting, set()
        for one in waiting:
            if not one.done():
                one.set_result(None)

    async def until(self, condition: Callable[[], Found], seconds: float) -> Found:
        """The condition's value once it is truthy."""
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"It did not happen within {seconds} s. Last calls: {self._last_calls()}")
            one = asyncio.get_running_loop().create_future()
            self._waiting.add(one)
            await asyncio.wait([one], timeout=min(left, _LOOK_AGAIN))
            self._waiting.discard(one)
        return found

    def _last_calls(self) -> str:
        return "; ".join(f"{c.method} {c.status} {c.answer.get('error', 'ok')}" for c in self.calls[-8:]) or "none"
