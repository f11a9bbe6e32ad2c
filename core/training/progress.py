"""Showing how far training is."""

from typing import Protocol


class TrainingProgress(Protocol):
    """What is told about a stage: cleaning, measuring, training."""

    def begin(self, stage: str, total: int) -> None:
        """A stage of so many parts begins."""
        ...

    def at(self, stage: str, done: int, note: str = "") -> None:
        """So many of them are done; `note` says how it goes."""
        ...


class Unwatched:
    """Nobody looks."""

    def begin(self, stage: str, total: int) -> None:
        """Say nothing."""

    def at(self, stage: str, done: int, note: str = "") -> None:
        """Say nothing."""
