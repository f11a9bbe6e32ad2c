"""One interaction: what a person did, and how far the bot has answered it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tests.discord_emulator.bodies import Json
from tests.discord_emulator.model import Channel, Guild, Message, User

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
RESPOND_WITHIN, TOKEN_LIVES = 3.0, 900.0
"""Seconds: discord.com/developers/docs/interactions/receiving-and-responding."""

State = Literal["waiting", "thinking", "answered", "modal", "choices", "updated", "failed"]


@dataclass(frozen=True)
class Choice:
    """One suggestion of an autocomplete."""

    name: str
    value: str | int | float


@dataclass(eq=False)
class Interaction:
    """What a person started; `state` is how it stands, `response` what `@original` means."""

    id: int
    kind: int
    token: str
    user: User
    channel: Channel
    guild: Guild | None
    data: Json
    born: float
    """By the server's clock, which a test can move."""
    refresh: Callable[[], asyncio.Event]
    """Gives the event that the next change of the world sets."""
    message: Message | None = None
    """The message whose component was used."""
    metadata: Json | None = None
    state: State = "waiting"
    response: Message | None = None
    followups: list[Message] = field(default_factory=list[Message])
    modal: Json | None = None
    choices: list[Choice] = field(default_factory=list[Choice])
    deferred: bool = False
    """Deferred with a new message, which the first followup fills."""
    acknowledged_after: float | None = None
    created_at: float = field(default_factory=time.monotonic)

    async def acknowledged(self, seconds: float = RESPOND_WITHIN + 1) -> "Interaction":
        """Wait for the first response of any kind."""
        await self._until(lambda: self.state != "waiting", seconds)
        return self

    async def answered(self, seconds: float = 5.0) -> Message:
        """Wait for a response that no longer thinks."""
        await self._until(lambda: self.response is not None and not self.response.thinking, seconds)
        assert self.response is not None
        return self.response

    async def _until(self, true: Callable[[], bool], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not true():
                    if self.state == "failed":
                        raise AssertionError(f"The application did not respond: {self.data}")
                    await self.refresh().wait()
        except TimeoutError:
            raise AssertionError(f"still {self.state} after {seconds} s: {self.data}") from None
