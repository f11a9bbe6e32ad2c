"""The seam to encoders: texts, or pictures, to vectors of one space."""

from collections.abc import Sequence
from typing import Protocol

from core.knowledge.index import Vectors


class Encoder(Protocol):
    """Turns texts into unit vectors. Synchronous and thread-safe: callers run it in a thread."""

    @property
    def name(self) -> str:
        """What identifies the space: vectors of encoders with different names must not meet."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def languages(self) -> frozenset[str] | None:
        """The ISO 639-1 codes it reads, or None for "any"."""
        ...

    @property
    def sees_pictures(self) -> bool:
        """Whether pictures can be encoded into the same space."""
        ...

    @property
    def token_limit(self) -> int:
        """How many tokens it reads; the rest of a longer text is invisible to it."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has for this encoder, special tokens left out."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, rows of length 1."""
        ...
