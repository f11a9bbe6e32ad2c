"""What ingestion tells: while it runs, and when it is done."""

from typing import Protocol

from pydantic import Field

from core.messages import Value


class Progress(Protocol):
    """Who watches: called from the event loop, often."""

    def begin(self, stage: str, total: int) -> None:
        """A stage begins: "documents", "pictures" or "captions", with how many."""
        ...

    def advance(self, stage: str, item: str) -> None:
        """One of them is done."""
        ...


class Unwatched:
    """The progress of a reading in that nobody watches."""

    def begin(self, stage: str, total: int) -> None:
        """A stage begins."""

    def advance(self, stage: str, item: str) -> None:
        """One of it is done."""


class NotRead(Value):
    """A file, or a picture within one, that could not be read, and why."""

    path: str
    reason: str


class IngestReport(Value):
    """What came of a run. Times are in seconds; `picture_seconds` is the share of reading pictures, `caption_seconds`
    that of waiting for their captions.

    `skipped` counts by reason what was passed over; `failed` are files that could not be read, those known to be broken
    among them; `warnings` are parts of files that were read. `passages` and `pictures` count what was read in this run.
    """

    source: str
    read: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: dict[str, int] = Field(default_factory=dict)
    failed: tuple[NotRead, ...] = ()
    warnings: tuple[NotRead, ...] = ()
    passages: int = 0
    pictures: int = 0
    captions: int = 0
    seconds: float = 0.0
    picture_seconds: float = 0.0
    caption_seconds: float = 0.0
