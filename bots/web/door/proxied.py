"""People whom a proxy in front names: what it said of them last is kept for a while, for workers to know."""

import time

from fastapi import Request

from bots.web.door import refusals
from bots.web.door.counting import Executing
from bots.web.door.rules import Rules
from bots.web.visitors import PLATFORM, WORKSPACE, Person
from core.audience import group
from core.conversation_keys import KeySpace

KEPT = 24 * 3600
"""Seconds for which it is believed of somebody that what the proxy said last is so: an answer may come that late."""
_AGAIN = 60
_LONGEST = 256


class Proxied:
    """What the proxy says. Raises `StoreUnavailableError` when Redis is away."""

    def __init__(self, redis: Executing, keys: KeySpace, rules: Rules) -> None:
        self._redis = redis
        self._keys = keys
        self._rules = rules
        self._noted: dict[str, tuple[Person, float]] = {}

    async def named(self, request: Request, *, by_proxy: bool) -> Person | None:
        """Whom the proxy names; None if nobody.

        Raises:
            RefusedError: somebody else names them, or it is not clear whom.
        """
        names = request.headers.getlist(self._rules.proxy_person)
        groups = request.headers.getlist(self._rules.proxy_groups) if self._rules.proxy_groups else []
        if not by_proxy:
            if names or groups:
                raise refusals.unbelieved_proxy()
            return None
        if not names or not names[0].strip():
            return None
        name = _read(names[0]).strip()
        # A proxy that adds its header to the browser's own would let everybody be anybody.
        if len(names) > 1 or len(groups) > 1 or len(name) > _LONGEST or not name.isprintable():
            raise refusals.unclear_proxy()
        person = self._person(name, _groups(groups))
        await self._note(person)
        return person

    async def last_said(self, id_: str) -> Person | None:
        """Somebody as the proxy named them last; None if that is too long ago."""
        kept = await self._redis.execute("GET", self._keys.web("proxied", id_))
        return Person.model_validate_json(kept) if isinstance(kept, bytes) else None

    def _person(self, name: str, groups: list[str]) -> Person:
        operators = self._rules.operators
        is_operator = name in operators or any(f"group:{one}" in operators for one in groups)
        return Person(
            id=name,
            name=name,
            role="operator" if is_operator else "member",
            principals=tuple(group(PLATFORM, WORKSPACE, one) for one in groups),
        )

    async def _note(self, person: Person) -> None:
        noted, at = self._noted.get(person.id, (None, 0.0))
        now = time.monotonic()
        if noted == person and now - at < _AGAIN:
            return
        await self._redis.execute("SET", self._keys.web("proxied", person.id), person.model_dump_json(), "EX", KEPT)
        if len(self._noted) > 10_000:
            self._noted.clear()
        self._noted[person.id] = (person, now)


def _groups(lines: list[str]) -> list[str]:
    found = [one.strip() for line in lines for one in _read(line).split(",")]
    return list(dict.fromkeys(one for one in found if one and len(one) <= _LONGEST and one.isprintable()))[:500]


def _read(value: str) -> str:
    """A header's text: its bytes are UTF-8 where they can be, which Starlette does not know."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value
