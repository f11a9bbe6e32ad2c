"""What goes wrong on demand: with methods, streams, files and the delivery of events."""

import random
from dataclasses import dataclass

BEFORE = ("429", "500", "503", "hang up", "html", "slow")
AFTER = ("500 after", "hang up after", "slow after")
"""Faults that come when Slack has done what it was asked for."""


@dataclass(eq=False)
class Fault:
    """One fault, for `count` calls of a method."""

    method: str
    kind: str
    count: int
    probability: float = 1.0
    seconds: float = 1.0
    after: int = 0
    """How many calls go well before."""
    channel: str = ""
    hits: int = 0


class Faults:
    """The faults that are set. Randomness has a seed, so that a run can be repeated."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._faults: list[Fault] = []
        self.unknown_methods: set[str] = set()
        self.stream_appends: int | None = None
        self.stream_seconds: float | None = None
        self.files_are = ""
        """ "", "redirect", "html" or "404"."""

    def add(
        self,
        method: str,
        kind: str,
        *,
        count: int = 1,
        probability: float = 1.0,
        seconds: float = 1.0,
        after: int = 0,
        channel: str = "",
    ) -> Fault:
        """Let calls of a method go wrong; see the package for kinds. `seconds`: Retry-After, or how slow."""
        fault = Fault(method, kind, count, probability, seconds, after, channel)
        self._faults.append(fault)
        return fault

    def streams(self, *, after_appends: int | None = None, after_seconds: float | None = None) -> None:
        """Let Slack close streams by itself, as it does with long ones."""
        self.stream_appends, self.stream_seconds = after_appends, after_seconds

    def unknown(self, *methods: str) -> None:
        """Let this server not know these methods."""
        self.unknown_methods |= set(methods)

    def files(self, kind: str) -> None:
        """Let downloads redirect to another host, answer HTML or 404."""
        self.files_are = kind

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._faults.clear()
        self.unknown_methods.clear()
        self.stream_appends = self.stream_seconds = None
        self.files_are = ""

    def next(self, method: str, channel: str = "") -> Fault | None:
        """The fault that this call meets."""
        for fault in self._faults:
            if fault.method not in (method, "*") or (fault.method == "*" and method in ("events", "files")):
                continue
            if fault.channel and fault.channel != channel:
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.hits < fault.count and self._random.random() < fault.probability:
                fault.hits += 1
                return fault
        return None
