"""Misfortunes of a request, on demand: how often, how likely, and what happens."""

import random
from dataclasses import dataclass
from typing import Literal

from tests.discord_emulator.rate_limits import TooMany
from tests.discord_emulator.records import Call

Kind = Literal["answer", "do_but_answer", "hang_up", "do_but_hang_up", "slow", "late", "too_many"]


@dataclass(eq=False)
class Fault:
    """What meets the requests of a route; `struck` counts those it has met."""

    route: str
    kind: Kind
    left: int | None
    chance: float
    status: int = 0
    code: int = 0
    seconds: float = 0.0
    refusal: TooMany | None = None
    struck: int = 0


class Faults:
    """Those that are set, in order; each request meets the first that strikes, and every slowness."""

    def __init__(self, seed: int = 0) -> None:
        self._set: list[Fault] = []
        self._chance = random.Random(seed)

    def answer(self, route: str, status: int, times: int | None = 1, chance: float = 1.0, code: int = 0) -> Fault:
        """Answer with a status such as 500, 502 or 503, or a refusal with Discord's code for it, and do nothing."""
        return self._add(Fault(route, "answer", times, chance, status, code))

    def do_but_answer(self, route: str, status: int = 500, times: int | None = 1, chance: float = 1.0) -> Fault:
        """Do it, and answer with a failure all the same."""
        return self._add(Fault(route, "do_but_answer", times, chance, status))

    def hang_up(self, route: str, done: bool = False, times: int | None = 1, chance: float = 1.0) -> Fault:
        """Close the connection without an answer, before it is done or after."""
        return self._add(Fault(route, "do_but_hang_up" if done else "hang_up", times, chance))

    def slow(self, route: str, seconds: float, times: int | None = None, chance: float = 1.0) -> Fault:
        """Take that long before it is done."""
        return self._add(Fault(route, "slow", times, chance, seconds=seconds))

    def late(self, route: str, seconds: float, times: int | None = 1, chance: float = 1.0) -> Fault:
        """Do it, and take that long to answer."""
        return self._add(Fault(route, "late", times, chance, seconds=seconds))

    def too_many(
        self, route: str, retry_after: float, scope: str = "user", times: int | None = 1, chance: float = 1.0
    ) -> Fault:
        """Answer 429 of a scope: `user`, `global` or `shared`."""
        return self._add(Fault(route, "too_many", times, chance, refusal=TooMany(retry_after, scope)))

    def clear(self) -> None:
        """Let everything go well again."""
        self._set.clear()

    def meet(self, call: Call) -> tuple[Fault | None, float]:
        """Return the fault that strikes a request, and the seconds that slowness costs it."""
        struck: Fault | None = None
        seconds = 0.0
        for one in self._set:
            if one.left == 0 or one.route not in ("*", call.key) or (struck and one.kind != "slow"):
                continue
            if one.chance < 1 and self._chance.random() >= one.chance:
                continue
            one.left = None if one.left is None else one.left - 1
            one.struck += 1
            if one.kind == "slow":
                seconds += one.seconds
            else:
                struck = one
        return struck, seconds

    def _add(self, fault: Fault) -> Fault:
        self._set.append(fault)
        return fault
