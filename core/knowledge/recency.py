"""Recency: newer passages are preferred a little where a question asks for what is newest, else between equals."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from core.knowledge.documents import Passage
from core.knowledge.index import Hit

BOOST = 1.5
"""What the newest candidate gains on the oldest, in log-odds: enough between versions, and no more than that."""
APART = 24 * 3600.0
"""Candidates whose times lie no further apart than this, in seconds, are equally new."""

_ASKS = re.compile(
    r"\b(?:latest|newest|most recent(?:ly)?|recent(?:ly)?|currently|up[- ]to[- ]date|nowadays|these days|right now"
    r"|as of (?:now|today)|(?:this|last) (?:week|month|quarter|year)|today|yesterday"
    r"|(?:the|our|your|is|are) current(?! (?:flow|draw|rating|limiter|loop)s?\b))\b"
    r"|最新|最近|目前|现在|当前|如今|近期|今天|昨天|今年|去年|本周|上周|这周|本月|上个?月|这个月|截至",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_./年](0?[1-9]|1[0-2])(?:[-_./月]([0-3]?\d))?)?(?!\d)")


def asks_for_newest(question: str) -> bool:
    """Whether a question, in English or Chinese, asks for how things are now or were lately."""
    return _ASKS.search(question) is not None


def time_of(passage: Passage) -> float:
    """When a passage is from, in seconds since 1970; 0 where that is not known.

    That is when its document says it was changed, else the latest date in its title or the name of its file.
    """
    return passage.modified or max(
        (_seconds(found) for found in _DATE.finditer(f"{passage.title}\n{passage.path}")), default=0.0
    )


def prefer_recent(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The same hits, best first, `score` a probability among them; one without a time counts as the oldest."""
    if not asks_for_newest(question):
        return sorted(hits, key=lambda hit: (-hit.score, -time_of(hit.passage)))
    times = [time_of(hit.passage) for hit in hits]
    known = [time for time in times if time > 0]
    if not known or max(known) - min(known) <= APART:
        return list(hits)
    oldest, span = min(known), max(known) - min(known)
    gains = [math.exp(BOOST * max(0.0, time - oldest) / span) for time in times]
    total = sum(hit.score * gain for hit, gain in zip(hits, gains, strict=True)) or 1.0
    raised = [hit.model_copy(update={"score": hit.score * gain / total}) for hit, gain in zip(hits, gains, strict=True)]
    return sorted(raised, key=lambda hit: -hit.score)


def _seconds(found: re.Match[str]) -> float:
    year, month, day = found.groups()
    try:
        return datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC).timestamp()
    except ValueError:  # No such day: the year is still one.
        return datetime(int(year), 1, 1, tzinfo=UTC).timestamp()
