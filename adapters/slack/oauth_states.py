"""The states of installations under way: random, good once and for ten minutes.

Slack hands the state back with the answer; Bolt compares it with the cookie of the browser that began, and here it is
used up. https://docs.slack.dev/authentication/installing-with-oauth
"""

import logging
import secrets
from typing import TYPE_CHECKING

from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

if TYPE_CHECKING:
    from core.redis_client import ConnectedRedis

SECONDS = 600

_log = logging.getLogger(__name__)


class RedisStates(AsyncOAuthStateStore):
    """slack_sdk's state store in Redis. Its methods raise `StoreUnavailableError` where that is away."""

    def __init__(self, redis: "ConnectedRedis", *, seconds: int = SECONDS, prefix: str = "lorelens") -> None:
        self._redis = redis
        self._seconds = seconds
        self._prefix = f"{prefix}:slack:state:"

    @property
    def logger(self) -> logging.Logger:
        """Where slack_sdk logs."""
        return _log

    async def async_issue(self, *args: object, **kwargs: object) -> str:
        """A new state."""
        state = secrets.token_urlsafe(32)
        await self._redis.execute("SET", self._prefix + state, "1", "EX", self._seconds)
        return state

    async def async_consume(self, state: str) -> bool:
        """Use a state up; False if there is none like it, or none any more."""
        return bool(await self._redis.execute("DEL", self._prefix + state))
