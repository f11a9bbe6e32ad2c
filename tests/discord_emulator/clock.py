"""The server's time, which a test can move forward, and the snowflakes that are made from it."""

import time
from datetime import UTC, datetime

DISCORD_EPOCH = 1_420_070_400_000
"""Milliseconds since 1970 at which Discord's snowflakes begin (discord.com/developers/docs/reference#snowflakes)."""


class Clock:
    """Tells seconds since 1970; `forward` makes links and tokens old without waiting."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._last = 0

    def now(self) -> float:
        return time.time() + self._ahead

    def forward(self, seconds: float) -> None:
        self._ahead += seconds

    def snowflake(self) -> int:
        """Return an id that is larger than every one before."""
        made = (int(self.now() * 1000) - DISCORD_EPOCH) << 22
        self._last = made if made > self._last else self._last + 1
        return self._last


def timestamp(seconds: float) -> str:
    """Write a time as Discord does: ISO 8601 with microseconds and an offset."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def snowflake_time(id_: int) -> float:
    """Return the seconds since 1970 that are in a snowflake."""
    return ((id_ >> 22) + DISCORD_EPOCH) / 1000
