"""Slack's rate limits, off until a test turns them on (https://docs.slack.dev/apis/web-api/rate-limits)."""

import time

from tests.slack_emulator.calling import Method
from tests.slack_emulator.parts import Json

_PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
_BURST = 4
"""Posts to a channel that are let through at once: short bursts beyond one a second are allowed."""


class Limits:
    """Token buckets by token, method and, where posting is limited so, channel."""

    def __init__(self) -> None:
        self._scale = 0.0
        self._buckets: dict[tuple[str, ...], tuple[float, float]] = {}
        self.refused = 0

    def on(self, scale: float = 1.0) -> None:
        """Limit from now on; `scale` 10 allows ten times as much."""
        self._scale = scale
        self._buckets.clear()

    def off(self) -> None:
        """Limit nothing."""
        self._scale = 0.0

    def wait(self, method: Method, token: str, arguments: Json) -> float:
        """How many seconds this call came too early; 0 if it may go ahead."""
        if not self._scale or method.tier < 0:
            return 0.0
        if method.tier == 0:
            key = (token, "posting", str(arguments.get("channel", "")))
            rate, burst = self._scale, _BURST
        else:
            key = (token, method.name)
            rate, burst = _PER_MINUTE[method.tier] * self._scale / 60, _PER_MINUTE[method.tier] * self._scale
        left, at = self._buckets.get(key, (float(max(burst, 1)), time.monotonic()))
        now = time.monotonic()
        left = min(float(max(burst, 1)), left + (now - at) * rate)
        if left < 1:
            self._buckets[key] = (left, now)
            self.refused += 1
            return (1 - left) / rate
        self._buckets[key] = (left - 1, now)
        return 0.0
