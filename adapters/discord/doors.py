"""What a way to Discord for a reply's messages is: as the bot in a channel, or by an interaction's token."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import discord

from adapters.discord.calls import File
from adapters.payloads import Payload

MOST_LOOKED_AT = 300
"""Messages of a channel among which a reply is looked for."""


@dataclass
class Found:
    """The app's messages that are the reply's, by part; ids, the oldest first."""

    parts: dict[int, list[str]] = field(default_factory=dict[int, list[str]])

    def add(self, part: int, message: str) -> None:
        """One more."""
        if message not in self.parts.setdefault(part, []):
            self.parts[part].append(message)
            self.parts[part].sort(key=int)


class Door(Protocol):
    """A way to post, edit and delete the messages of a reply. Everything raises as `Calls.change` does."""

    @property
    def channel(self) -> str:
        """The channel in which the messages stand."""
        ...

    async def post(self, part: int, body: dict[str, Any], files: Sequence[File], *, nonce: str, before: str) -> Payload:
        """Post a part, in reply to the message `before`, if it is not empty; the message as it stands."""
        ...

    async def edit(self, message: str, body: dict[str, Any], files: Sequence[File]) -> None:
        """Let a message read so."""
        ...

    async def delete(self, message: str) -> None:
        """Delete a message."""
        ...

    async def find(self, noted: Sequence[str], nonces: Sequence[str]) -> Found:
        """Look for what stands of the reply; `noted` is what is known, part by part."""
        ...

    async def type(self) -> None:
        """Be seen typing, for about ten seconds."""
        ...

    def pause(self, message: str) -> float:
        """Seconds to wait before the next edit of a text that goes on."""
        ...


def snowflake_now(seconds_ago: float = 1.0) -> str:
    """The id that a message had if it was posted now, or a little before."""
    return str(discord.utils.time_snowflake(discord.utils.utcnow()) - (int(seconds_ago * 1000) << 22))
