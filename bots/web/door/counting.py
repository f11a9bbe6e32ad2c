"""Counting what may not be done any number of times: tries to sign in, uploads, searches."""

from typing import Protocol

from bots.web.door.refusals import too_many
from core.conversation_keys import Command, KeySpace, script

SEARCHES = 1200
UPLOADS = 300
COSTS_WINDOW = 600
"""Searches and uploads that one person may have made in so many seconds; meant for mistakes of programs."""
NAME_TRIES = 5
ADDRESS_TRIES = 20
TRIES_WINDOW = 900
"""Failures to sign in, of one name and from one address, in so many seconds."""

_TAKE = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used >= tonumber(ARGV[1]) then
  return math.max(redis.call('PTTL', KEYS[1]), 1)
end
if redis.call('INCR', KEYS[1]) == 1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
"""
"""Milliseconds to wait, or 0 for one that was counted. ARGV: the limit, its window (ms)."""

_GIVE_BACK = """
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then
  redis.call('DECR', KEYS[1])
end
"""


class Executing(Protocol):
    """The Redis of the conversation store."""

    async def execute(self, *command: str | bytes | float) -> object:
        """One command, and Redis's plain answer to it."""
        ...


class Counting:
    """Counts in Redis, for all processes. Raises `StoreUnavailableError` when Redis is away."""

    def __init__(self, redis: Executing, keys: KeySpace) -> None:
        self._redis = redis
        self._keys = keys

    async def take(self, scope: str, name: str, limit: int, window: int) -> None:
        """Count one more, before it is done, so that many at once are no way around it; `window` in seconds.

        Raises:
            RefusedError: there were as many as there may be; it says when to come again.
        """
        wait = await self._redis.execute(*self._command(_TAKE, scope, name, limit, window * 1000))
        if isinstance(wait, int) and wait > 0:
            raise too_many(wait / 1000)

    async def give_back(self, scope: str, name: str) -> None:
        """One that was counted does not count."""
        await self._redis.execute(*self._command(_GIVE_BACK, scope, name))

    async def forget(self, scope: str, name: str) -> None:
        """None counts any more."""
        await self._redis.execute("DEL", self._keys.limit(scope, name))

    def _command(self, source: str, scope: str, name: str, *arguments: int) -> Command:
        return script(source, (self._keys.limit(scope, name),), arguments)
