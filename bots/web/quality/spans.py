"""The spans of time that the page looks at, each cut into periods, and what happened in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from core.quality.feedback import Feedback
from core.quality.history import Counts, QualityHistory, Step, start_of, summed

SpanName = Literal["24h", "7d", "30d", "90d"]


@dataclass(frozen=True)
class Span:
    """So many periods, each of so many hours or days."""

    step: Step
    periods: int
    each: int

    @property
    def period(self) -> timedelta:
        """How long a period is."""
        return (timedelta(hours=1) if self.step == "hour" else timedelta(days=1)) * self.each


SPANS: dict[SpanName, Span] = {
    "24h": Span("hour", 24, 1),
    "7d": Span("hour", 28, 6),
    "30d": Span("day", 30, 1),
    "90d": Span("day", 18, 5),
}


@dataclass(frozen=True)
class Period:
    """What happened from `start` until `end`, and what was said of answers then."""

    start: datetime
    end: datetime
    counts: Counts
    helpful: int = 0
    unhelpful: int = 0


@dataclass(frozen=True)
class Looked:
    """A span: its periods, all of it together, and all of the span before it."""

    periods: tuple[Period, ...]
    all: Period
    before: Period


async def look(
    history: QualityHistory, span: Span, now: datetime, judged: Sequence[Feedback], platform: str = ""
) -> Looked:
    """The span that ends now, and the one before. Raises `StoreUnavailableError`."""
    last = _end_of(span, now)
    slices = await history.read(span.step, last - timedelta(seconds=1), 2 * span.periods * span.each)
    counts = [one.counts(platform) for one in slices]
    periods = [
        _period(last - span.period * back, span.period, counts[at : at + span.each], judged)
        for at, back in zip(range(0, len(counts), span.each), range(2 * span.periods, 0, -1), strict=True)
    ]
    return Looked(tuple(periods[span.periods :]), _all(periods[span.periods :]), _all(periods[: span.periods]))


def _end_of(span: Span, now: datetime) -> datetime:
    """When the period ends that goes on: those of hours end at the same times on every day."""
    if span.step == "day":
        return start_of("day", now) + timedelta(days=1)
    hour = start_of("hour", now)
    return hour + timedelta(hours=span.each - hour.hour % span.each)


def _period(start: datetime, length: timedelta, counts: Sequence[Counts], judged: Sequence[Feedback]) -> Period:
    end = start + length
    said = [one.helpful for one in judged if start <= one.given_at.astimezone(UTC) < end]
    return Period(start, end, summed(counts), said.count(True), said.count(False))


def _all(periods: Sequence[Period]) -> Period:
    return Period(
        periods[0].start,
        periods[-1].end,
        summed(one.counts for one in periods),
        sum(one.helpful for one in periods),
        sum(one.unhelpful for one in periods),
    )
