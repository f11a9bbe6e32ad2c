"""Markdown in pieces below a limit."""

from collections.abc import Callable

Measure = Callable[[str], int]
"""How long a text is for a platform; the measure of two texts together is the sum of their measures."""


def utf16(text: str) -> int:
    """UTF-16 code units, in which Discord counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, limit: int, measure: Measure = len) -> tuple[str, ...]:
    """The text in pieces of at most `limit`, each of them whole Markdown."""
    pieces: list[str] = []
    for paragraph in text.split("\n\n"):
        joined = f"{pieces[-1]}\n\n{paragraph}" if pieces else paragraph
        if pieces and measure(joined) <= limit:
            pieces[-1] = joined
        else:
            pieces.append(paragraph)
    return tuple(part for piece in pieces for part in _cut(piece, limit, measure) if part.strip())


def _cut(text: str, limit: int, measure: Measure) -> list[str]:
    parts: list[str] = []
    while measure(text) > limit:
        end = limit
        while measure(text[:end]) > limit:
            end -= 1
        parts.append(text[:end])
        text = text[end:]
    return [*parts, text]
