"""Rate limits: a bucket per route and major parameter, a global one, and the headers that tell of them.

discord.com/developers/docs/topics/rate-limits
"""

import hashlib
import math
import time
from dataclasses import dataclass

from tests.discord_emulator.bodies import Json
from tests.discord_emulator.records import Call

_MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token")
_UNLIMITED = 1000


@dataclass
class _Bucket:
    limit: int
    per: float
    began: float = 0.0
    used: int = 0

    def take(self, now: float) -> bool:
        """Use one; False where none is left."""
        if now >= self.began + self.per:
            self.began, self.used = now, 0
        if self.used >= self.limit:
            return False
        self.used += 1
        return True

    def reset_after(self, now: float) -> float:
        return max(0.001, self.began + self.per - now)


@dataclass(frozen=True)
class TooMany:
    """A refusal with 429: how long to wait, and whose limit it is (`user`, `global` or `shared`)."""

    retry_after: float
    scope: str = "user"

    def json(self) -> Json:
        told: Json = {"message": "You are being rate limited.", "retry_after": round(self.retry_after, 3)}
        return told | {"global": self.scope == "global"}

    def headers(self) -> dict[str, str]:
        told = {"Retry-After": str(math.ceil(self.retry_after)), "X-RateLimit-Scope": self.scope}
        return told | ({"X-RateLimit-Global": "true"} if self.scope == "global" else {})


class RateLimits:
    """Counts calls; without a limit every bucket is wide open, and says so in its headers."""

    def __init__(self) -> None:
        self._limits: dict[str, tuple[int, float]] = {}
        self._global: _Bucket | None = None
        self._buckets: dict[str, _Bucket] = {}

    def limit(self, route: str, limit: int, per: float) -> None:
        """Allow `limit` calls of a route ("METHOD /template") in `per` seconds, for each channel, guild or webhook."""
        self._limits[route] = (limit, per)
        self._buckets.clear()

    def global_limit(self, limit: int, per: float = 1.0) -> None:
        """Allow so many calls of the bot in all; interactions are outside of it."""
        self._global = _Bucket(limit, per)

    def clear(self) -> None:
        """Open every bucket."""
        self._limits.clear()
        self._buckets.clear()
        self._global = None

    def refuse(self, call: Call) -> TooMany | None:
        """Count a call; the refusal where there were too many."""
        now = time.monotonic()
        by_token = call.route.startswith(("/interactions/", "/webhooks/"))
        if self._global and not by_token and not self._global.take(now):
            return TooMany(self._global.reset_after(now), "global")
        bucket = self._bucket(call)
        if bucket and not bucket.take(now):
            return TooMany(bucket.reset_after(now))
        return None

    def headers(self, call: Call) -> dict[str, str]:
        """Return the headers that every answer carries."""
        now = time.monotonic()
        bucket = self._bucket(call)
        limit = bucket.limit if bucket else _UNLIMITED
        remaining = bucket.limit - bucket.used if bucket else _UNLIMITED - 1
        reset_after = bucket.reset_after(now) if bucket else 1.0
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": f"{time.time() + reset_after:.3f}",
            "X-RateLimit-Reset-After": f"{reset_after:.3f}",
            "X-RateLimit-Bucket": hashlib.md5(call.key.encode(), usedforsecurity=False).hexdigest(),
            "Via": "1.1 google",
        }

    def _bucket(self, call: Call) -> _Bucket | None:
        limit = self._limits.get(call.key)
        if limit is None:
            return None
        major = ":".join(call.params.get(each, "") for each in _MAJOR)
        return self._buckets.setdefault(f"{call.key} {major}", _Bucket(*limit))
