"""How long a text is, as each platform counts."""

from collections.abc import Callable

Measure = Callable[[str], int]
"""How long a text is for a platform; the measure of two texts together is at most the sum of their measures."""


def utf16(text: str) -> int:
    """UTF-16 code units, in which Discord counts."""
    return len(text) + sum(character > "\uffff" for character in text)
