"""A text that grows, as additions to messages that can only be appended to."""

from dataclasses import dataclass

from adapters.markdown.emphasis import understood
from adapters.markdown.fragments import fragments
from adapters.markdown.mentions import defused
from adapters.markdown.unfinished import Showable, open_fence, showable

__all__ = ["Addition", "GrowingText", "Showable", "showable"]

RESERVE = 40
"""Characters kept for closing a code fence."""


@dataclass(frozen=True)
class Addition:
    """What is appended to the message numbered `part`, from 0; its mentions are taken apart."""

    part: int
    text: str


class GrowingText:
    """A growing text as additions to messages of at most `limit` characters each.

    From four fifths of the limit on, the next end of a paragraph ends the message. A code fence that reaches into the
    next message is closed and opened again.
    """

    def __init__(self, *, limit: int = 10_000) -> None:
        self._limit = limit
        self._soft = limit * 4 // 5
        self._text = ""
        self._shown = 0
        self._part = 0
        self._said = ""
        """What the message has that is appended to now."""

    @property
    def used(self) -> int:
        """How many characters the message has that is appended to now."""
        return len(self._said)

    def add(self, text: str) -> tuple[Addition, ...]:
        """The text goes on; what can be appended now."""
        self._text += text
        return self._advance(len(showable(self._text).text))

    def finish(self) -> tuple[Addition, ...]:
        """The text is whole; the rest of it."""
        return self._advance(len(self._text))

    def _advance(self, end: int) -> tuple[Addition, ...]:
        if end <= self._shown:
            return ()
        rest, self._shown = defused(self._text[self._shown : end]), end
        if open_fence(self._said) is None:
            rest = understood(rest)
        additions: list[Addition] = []
        while rest:
            now, rest, turn_over = self._next(rest)
            fence = open_fence(self._said + now) if turn_over else None
            if fence is not None:
                now = f"{now.removesuffix(chr(10))}\n{fence.closing}"
            if now:
                additions.append(Addition(self._part, now))
                self._said += now
            if turn_over:
                self._part, self._said = self._part + 1, ""
                rest = f"{fence.opening}\n{rest.lstrip(chr(10))}" if fence is not None else rest.lstrip()
        return tuple(additions)

    def _next(self, rest: str) -> tuple[str, str, bool]:
        """What is appended to this message, what is left, and whether that goes into the next one."""
        if len(self._said) + len(rest) <= self._soft:
            return rest, "", False
        room = self._limit - RESERVE - len(self._said)
        end = rest.find("\n\n", max(0, self._soft - len(self._said)), max(0, room))
        while end >= 0 and open_fence(f"{self._said}{rest[:end]}\n"):
            end = rest.find("\n\n", end + 1, max(0, room))
        if end >= 0:
            return rest[:end], rest[end:], True
        if len(rest) <= room:
            return rest, "", False
        end = self._line_end(rest, room)
        return rest[:end], rest[end:], True

    def _line_end(self, rest: str, room: int) -> int:
        if room <= 0:
            return 0
        end = rest.rfind("\n", 0, room)
        if end >= 0 and (end > room // 2 or self._said):
            return end
        within = open_fence(self._said)
        begun = self._said.count("\n") > (1 if within else 0)
        if begun and (self._said.endswith("\n") or (within is None and room < self._limit // 8)):
            return 0
        return room if within else len(fragments(rest, room, len)[0]) + len(rest) - len(rest.lstrip())
