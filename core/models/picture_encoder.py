"""The seam to picture encoders: words and pictures to vectors of one space, where a picture is near what names it."""

from collections.abc import Sequence
from typing import Protocol

from core.knowledge.index import Vectors


class PictureEncoder(Protocol):
    """Turns words and pictures into unit vectors. Synchronous and thread-safe: callers run it in a thread."""

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

    def encode_pictures(self, pictures: Sequence[bytes]) -> Vectors:
        """Normalized pictures; shape (len(pictures), dimension), float32, rows of length 1."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Descriptions of pictures that are looked for; shape (len(texts), dimension), float32, rows of length 1."""
        ...
