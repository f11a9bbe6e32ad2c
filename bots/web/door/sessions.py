"""Who is signed in at which browser: in Redis, under the sha256 of what the browser's cookie holds."""

import time

from bots.web.door.counting import Executing
from bots.web.door.people_file import KeptPerson
from bots.web.door.secrets import digest, new_secret
from core.conversation_keys import KeySpace
from core.messages import Value

LONGEST = 7 * 86_400
"""Seconds after which somebody signs in again, however much they use the page."""

KNOWN = 90 * 86_400
"""Seconds for which a browser counts as somebody's."""


class Session(Value):
    """Somebody is signed in. `stamp` is theirs at that time; `began` in seconds since 1970."""

    person: str
    stamp: str
    began: float


class Sessions:
    """The sessions of all browsers; one that is not used for `idle` seconds ends. Raises `StoreUnavailableError` when
    Redis is away."""

    def __init__(self, redis: Executing, keys: KeySpace, idle: int) -> None:
        self._redis = redis
        self._keys = keys
        self._idle = idle

    async def begin(self, id_: str, kept: KeptPerson) -> str:
        """Begin one; answers what the browser holds of it from now on."""
        secret = new_secret()
        session = Session(person=id_, stamp=kept.stamp, began=time.time())
        await self._redis.execute("SET", self._key(secret), session.model_dump_json(), "EX", min(self._idle, LONGEST))
        return secret

    async def of(self, secret: str, *, uses: bool = True) -> Session | None:
        """The session of a browser; None if there is none or it has ended. Looking `uses` it, unless told otherwise."""
        if not secret:
            return None
        key = self._key(secret)
        kept = await self._redis.execute("GET", key)
        if not isinstance(kept, bytes):
            return None
        session = Session.model_validate_json(kept)
        left = session.began + LONGEST - time.time()
        if left <= 0:
            await self._redis.execute("DEL", key)
            return None
        if uses:
            await self._redis.execute("EXPIRE", key, max(1, min(self._idle, round(left))))
        return session

    async def end(self, secret: str) -> None:
        """End it, if there is one."""
        if secret:
            await self._redis.execute("DEL", self._key(secret))

    async def know(self, browser: str, id_: str) -> None:
        """Remember that somebody has signed in at a browser."""
        await self._redis.execute("SET", self._known(browser, id_), 1, "EX", KNOWN)

    async def is_known(self, browser: str, id_: str) -> bool:
        """Whether they have before."""
        return bool(await self._redis.execute("EXISTS", self._known(browser, id_)))

    def _known(self, browser: str, id_: str) -> str:
        return self._keys.web("known", digest(f"{browser} {id_}"))

    def _key(self, secret: str) -> str:
        return self._keys.web("session", digest(secret))
