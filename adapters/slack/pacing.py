"""How fast Slack may be called: a steady pace per method, and per channel where messages are posted.

Slack counts per method and workspace, in tiers of calls a minute, and per channel for posting
(https://docs.slack.dev/apis/web-api/rate-limits). A lane lets a burst through and spaces what comes after it; where
Slack asks for a pause (429, Retry-After), only that lane pauses. Each process keeps its own lanes: several together
may still be told to wait, and then do.
"""

import asyncio
import time
from dataclasses import dataclass, field

from core.errors import PlatformUnavailableError

PATIENCE = 10.0
"""Seconds for which a call waits for its turn; who would wait for longer is told to come back later."""

_TIER_1, _TIER_2, _TIER_3, _TIER_4, _POSTING, _FREE = 1.0, 20.0, 50.0, 100.0, 60.0, 600.0
_BURST = 20.0
"""Seconds' worth of calls that are let through at once where Slack counts by the minute."""
_MOST_LANES = 4096

_PER_MINUTE = {
    "assistant.threads.setStatus": _FREE,
    "auth.test": _FREE,
    "chat.appendStream": _TIER_4,
    "chat.delete": _TIER_3,
    "chat.postEphemeral": _TIER_4,
    "chat.postMessage": _POSTING,
    "chat.startStream": _TIER_2,
    "chat.stopStream": _TIER_2,
    "chat.update": _TIER_3,
    "conversations.history": _TIER_3,
    "conversations.info": _TIER_3,
    "conversations.list": _TIER_2,
    "conversations.members": _TIER_4,
    "conversations.open": _TIER_3,
    "conversations.replies": _TIER_3,
    "files.completeUploadExternal": _TIER_4,
    "files.getUploadURLExternal": _TIER_4,
    "files.info": _TIER_4,
    "users.conversations": _TIER_3,
    "users.info": _TIER_4,
    "users.list": _TIER_2,
    "views.open": _TIER_4,
    "views.publish": _TIER_4,
    "views.update": _TIER_4,
}
_BY_CHANNEL = {"chat.postMessage"}
_UNKNOWN = _TIER_3


@dataclass
class _Lane:
    """When the next call would be due at an even pace, until when Slack asked for a pause (`time.monotonic`), and how
    many wait for their turn."""

    due: float = 0.0
    held: float = 0.0
    waiting: int = 0
    gate: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pacing:
    """The lanes of one process; `scale` makes them faster, for gateways and servers that allow more."""

    def __init__(self, *, scale: float = 1.0) -> None:
        self._scale = scale
        self._lanes: dict[tuple[str, str, str], _Lane] = {}

    async def turn(self, team: str, method: str, channel: str = "") -> None:
        """Return when the method may be called; who came first goes first.

        Raises:
            PlatformUnavailableError: that would be in more than `PATIENCE` seconds.
        """
        lane = self._lane(team, method, channel)
        interval, burst = self._pace(method)
        wait = _wait(lane, lane.due + lane.waiting * interval - burst)
        if wait > PATIENCE:
            raise PlatformUnavailableError(
                f"Slack wants no more {method} for {wait:.0f} s.", hint="It is tried again then.", retry_after=wait
            )
        lane.waiting += 1
        try:
            async with lane.gate:
                # Looked at again after each sleep: Slack may have asked for a pause meanwhile.
                while (wait := _wait(lane, lane.due - burst)) > 0:  # noqa: ASYNC110 - it is time that is waited for
                    await asyncio.sleep(wait)
                lane.due = max(lane.due, time.monotonic()) + interval
        finally:
            lane.waiting -= 1

    def hold(self, team: str, method: str, channel: str, seconds: float) -> None:
        """Slack asked for a pause of so many seconds; after it, there is no burst at first."""
        lane = self._lane(team, method, channel)
        lane.held = max(lane.held, time.monotonic() + seconds)
        lane.due = max(lane.due, lane.held + self._pace(method)[1])

    def _pace(self, method: str) -> tuple[float, float]:
        """Seconds from one call to the next, and how many seconds' worth of calls may come at once."""
        interval = 60.0 / (_PER_MINUTE.get(method, _UNKNOWN) * self._scale)
        return interval, 2 * interval if method in _BY_CHANNEL else _BURST / self._scale

    def _lane(self, team: str, method: str, channel: str) -> _Lane:
        if len(self._lanes) > _MOST_LANES:
            now = time.monotonic()
            self._lanes = {
                key: lane for key, lane in self._lanes.items() if lane.waiting or max(lane.due, lane.held) > now
            }
        key = (team, method, channel if method in _BY_CHANNEL else "")
        return self._lanes.setdefault(key, _Lane())


def _wait(lane: _Lane, due: float) -> float:
    now = time.monotonic()
    return max(0.0, lane.held - now, due - now)
