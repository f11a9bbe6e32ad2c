"""Markdown in pieces below a limit, each of them whole: code fences are reopened, heads of tables repeated.

Pieces end where paragraphs, items and rows end, where they can, and a heading goes with what it is the heading of.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from adapters.markdown.fragments import fragments
from adapters.markdown.measures import Measure, utf16
from adapters.markdown.units import Unit, units_of

__all__ = ["Measure", "split", "utf16"]

LEAST = 32
"""No limit may be below this: a fence must be opened and closed."""


def split(text: str, limit: int, measure: Measure = len) -> tuple[str, ...]:
    """The text in pieces of at most `limit`, which is 32 or more; none for a text of white space."""
    if limit < LEAST:
        raise ValueError(f"a piece must have room for {LEAST}, not {limit}")
    text = text.replace("\r\n", "\n")
    if measure(text) <= limit and "`" not in text and "~" not in text:
        return (text.strip("\n").rstrip(),) if text.strip() else ()
    pieces = _Pieces(limit, measure)
    for unit in units_of(text, limit, measure):
        pieces.add(unit)
    return pieces.finish()


_DEEP = re.compile(r"(?: *>){8}")
"""A quotation within so many others is text."""


@dataclass
class _Pieces:
    limit: int
    measure: Measure
    done: list[str] = field(default_factory=list[str])
    current: list[Unit] = field(default_factory=list[Unit])
    after_cut: bool = False
    """Whether what comes next follows a unit that was cut: without an empty line it would be taken for its end."""

    def add(self, unit: Unit) -> None:
        if self.after_cut:
            unit = replace(unit, gap="\n\n")
        if self.measure(_joined([*self.current, unit])) <= self.limit:
            self._take(unit)
            return
        if self.measure(unit.text) <= self.limit:
            kept = self._flush_before_heading()
            self.current = kept
            if self.measure(_joined([*kept, unit])) > self.limit:
                self._flush()
            self._take(unit)
            return
        self._cut(unit)

    def finish(self) -> tuple[str, ...]:
        self._flush()
        return tuple(self.done)

    def _take(self, unit: Unit) -> None:
        self.current.append(unit)
        self.after_cut = False

    def _flush_before_heading(self) -> list[Unit]:
        """Flush what is there, but keep the headings at its end for what follows."""
        at = len(self.current)
        while at > 1 and self.current[at - 1].kind == "heading":
            at -= 1
        kept = self.current[at:]
        self.current = self.current[:at]
        self._flush()
        return kept

    def _flush(self) -> None:
        text = _dedented(_joined(self.current), self.current[0].indent if self.current else 0).strip("\n").rstrip()
        if text.strip():
            self.done.append(text)
        self.current = []

    def _cut(self, unit: Unit) -> None:
        """A unit that is too long by itself, in parts; the first fills the piece that is there, if it has much room."""
        used = self.measure(_joined(self.current) + unit.gap) if self.current else 0
        room = self.limit - used
        if room < self.limit // 3 or unit.kind == "quote":
            self._flush()
            room = self.limit
        parts = self._parts(unit, room)
        for part in parts[:-1]:
            self.current.append(replace(unit, text=part, kind="text"))
            self._flush()
        self.current.append(replace(unit, text=parts[-1], kind="text"))
        self.after_cut = True

    def _parts(self, unit: Unit, room: int) -> list[str]:
        if unit.kind == "quote" and not _DEEP.match(unit.text):
            return self._quoted(unit.text)
        around = self.measure(unit.head + unit.tail)
        if unit.kind in {"fence", "table"} and around <= self.limit // 2 and around < room - 8:
            return self._between(unit, room, around)
        return fragments(unit.text, self.limit, self.measure, first=room)

    def _between(self, unit: Unit, room: int, around: int) -> list[str]:
        """The lines of a unit, each part between its head and tail; the rows of a table are not cut while they fit."""
        parts: list[str] = []
        lines: list[str] = []
        room -= around
        for line in self._lines(unit, around):
            if lines and self.measure("\n".join([*lines, line])) > room:
                parts.append(unit.head + "\n".join(lines) + unit.tail)
                lines, room = [], self.limit - around
            lines.append(line)
            if self.measure("\n".join(lines)) > room:
                # Only the very first line can be too long for the room that is left where the piece begins.
                parts.append("")
                room = self.limit - around
        return [*parts, unit.head + "\n".join(lines) + unit.tail]

    def _lines(self, unit: Unit, around: int) -> list[str]:
        room = self.limit - around
        return [
            part
            for line in unit.body
            for part in ([line] if self.measure(line) <= room else _hard(line, room, self.measure))
        ]

    def _quoted(self, text: str) -> list[str]:
        """A quotation: what is quoted is split as a text of its own."""
        inner = "\n".join(line.lstrip(" ").removeprefix(">").removeprefix(" ") for line in text.split("\n"))

        def measure(piece: str) -> int:
            return self.measure(piece) + 2 * (piece.count("\n") + 1)

        return [
            "\n".join(f"> {line}".rstrip() for line in piece.split("\n")) for piece in split(inner, self.limit, measure)
        ]


def _joined(units: Sequence[Unit]) -> str:
    return "".join(unit.text if at == 0 else unit.gap + unit.text for at, unit in enumerate(units))


def _dedented(text: str, indent: int) -> str:
    """The text without the indentation of its first block, as far as that goes: it left the list that it stood in."""
    if not indent:
        return text
    lines = text.split("\n")
    margin = " " * indent
    for at, line in enumerate(lines):
        if line.strip() and not line.startswith(margin) and at:
            break
        lines[at] = line.removeprefix(margin)
    return "\n".join(lines)


def _hard(line: str, room: int, measure: Measure) -> list[str]:
    """A line of code in parts that together are the line."""
    parts: list[str] = []
    while measure(line) > room:
        end = room
        while end > 1 and measure(line[:end]) > room:
            end -= 1
        parts.append(line[:end])
        line = line[end:]
    return [*parts, line]
