"""When a document says it was last changed."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LAST = 4_102_444_800.0  # the year 2100: what says later says nothing
_OF_TEMPLATES = frozenset(
    {
        datetime(2013, 12, 23, 23, 15, tzinfo=UTC),  # python-docx
        datetime(2013, 1, 27, 9, 14, 16, tzinfo=UTC),  # python-pptx
        datetime(2013, 1, 27, 9, 15, 58, tzinfo=UTC),
    }
)
"""Times that programs leave in each document that they make; they are the age of a template."""


def seconds_of(said: str | datetime | None) -> float:
    """Seconds since 1970 of a time in ISO 8601 or RFC 5322's form, in UTC where it names no zone; 0 if it is none."""
    if said is None:
        return 0.0
    if isinstance(said, str):
        try:
            said = datetime.fromisoformat(said.strip())
        except ValueError:
            try:
                said = parsedate_to_datetime(said.strip())
            except (ValueError, TypeError, IndexError, OverflowError):
                return 0.0
    if said.tzinfo is None:
        said = said.replace(tzinfo=UTC)
    try:
        seconds = said.timestamp()
    except (ValueError, OverflowError):
        return 0.0
    return seconds if 0 < seconds < _LAST and said not in _OF_TEMPLATES else 0.0
