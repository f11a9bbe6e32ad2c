"""How fast Slack may be called: a steady pace per method, and per channel where messages are posted.

Slack counts per method and workspace, in tiers of calls a minute, and per channel for posting
(https://docs.slack.dev/apis/web-api/rate-limits). A lane lets a burst through and spaces what comes after it; where
Slack asks for a pause (429, Retry-After), only that lane pauses. Each process keeps its own lanes: several together
may still be told to wait, and then do.
"""

import asyncio
import time
from dataclasses import dataclass

from core.errors import PlatformUnavailableError

PATIENCE = 10.0
"""Seconds for which a call waits for its turn; who would wait for longer is told to come back later."""

_TIER_1, _TIER_2, _TIER_3, _TIER_4, _POSTING, _FREE = 1.0, 20.0, 50.0, 100.0, 60.0, 600.0
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
    """When the next call would be due at an even pace, and until when Slack asked for a pause (`time.monotonic`)."""

    due: float = 0.0
    held: float = 0.0


class Pacing:
    """The lanes of one process; `scale` makes them faster, for gateways and servers that allow more."""

    def __init__(self, *, scale: float = 1.0) -> None:
        self._scale = scale
        self._lanes: dict[tuple[str, str, str], _Lane] = {}

    async def turn(self, team: str, method: str, channel: str = "") -> None:
        """Return when the method may be called.

        Raises:
            PlatformUnavailableError: that would be in more than `PATIENCE` seconds.
        """
        now = time.monotonic()
        lane = self._lane(team, method, channel)
        interval = 60.0 / (_PER_MINUTE.get(method, _UNKNOWN) * self._scale)
        burst = 3 * interval if method in _BY_CHANNEL else 20.0 / self._scale
        wait = max(0.0, lane.held - now, lane.due - burst - now)
        if wait > PATIENCE:
            raise PlatformUnavailableError(
                f"Slack wants no more {method} for {wait:.0f} s.", hint="It is tried again then.", retry_after=wait
            )
        lane.due = max(lane.due, now) + interval
        while wait > 0:
            await asyncio.sleep(wait)
            wait = lane.held - time.monotonic()

    def hold(self, team: str, method: str, channel: str, seconds: float) -> None:
        """Slack asked for a pause of so many seconds."""
        lane = self._lane(team, method, channel)
        lane.held = max(lane.held, time.monotonic() + seconds)

    def _lane(self, team: str, method: str, channel: str) -> _Lane:
        if len(self._lanes) > _MOST_LANES:
            now = time.monotonic()
            self._lanes = {key: lane for key, lane in self._lanes.items() if max(lane.due, lane.held) > now}
        key = (team, method, channel if method in _BY_CHANNEL else "")
        return self._lanes.setdefault(key, _Lane())
