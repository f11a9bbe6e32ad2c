"""Answers that did not help, for those who look after them: what was said of them, under the rule of
`core.quality.asked`. Of a question that was asked in private only the reason is counted, where it is one of a list."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from pydantic import Field

from core.conversations import Conversations
from core.messages import Message, Value
from core.quality.asked import Person, author_of, is_open
from core.quality.feedback import Feedback

CHARACTERS = 300
LOOKED_AT = 500
"""So many of the newest that did not help are looked at."""


class Judgement(Value):
    """What was said of one answer; `reason` is one of a platform's list, or empty."""

    question: str
    reason: str
    text: str
    platform: str
    at: datetime


class Unhelpful(Value):
    """The newest that may be shown, and how many there are of which no word is shown, by reason ("" for none)."""

    shown: tuple[Judgement, ...] = ()
    hidden: int = 0
    hidden_reasons: dict[str, int] = Field(default_factory=dict[str, int])


async def unhelpful(
    store: Conversations,
    judged: Sequence[Feedback],
    *,
    viewer: Person,
    reasons: Collection[str],
    limit: int = 20,
) -> Unhelpful:
    """What did not help of what was judged, newest first. Raises `StoreUnavailableError`."""
    shown: list[Judgement] = []
    hidden: list[str] = []
    for one in [one for one in judged if not one.helpful][:LOOKED_AT]:
        question = next(iter(await store.messages(one.conversation, [one.message_id])), None)
        if question is None:
            continue  # forgotten just now
        reason = one.reason if one.reason in reasons else ""
        if not is_open(question.place, author_of(question), viewer):
            hidden.append(reason)
        elif len(shown) < limit:
            shown.append(_judgement(one, question, reason))
    return Unhelpful(shown=tuple(shown), hidden=len(hidden), hidden_reasons=dict(Counter(hidden).most_common()))


def _judgement(one: Feedback, question: Message, reason: str) -> Judgement:
    said = " · ".join(part for part in ("" if reason else one.reason, one.text) if part)
    return Judgement(
        question=_line(question.text),
        reason=reason,
        text=_line(said),
        platform=question.place.platform,
        at=one.given_at,
    )


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= CHARACTERS else line[:CHARACTERS].rstrip() + "…"
