"""What the page of a span shows, read from where it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bots.web.desk import WebDesk
from bots.web.quality.figures import Now, queue_of
from bots.web.quality.spans import SPANS, Looked, SpanName, look
from bots.web.visitors import PLATFORM, WORKSPACE, Visitor
from core.mailbox import mailboxes
from core.quality.asked import Person
from core.quality.feedback import Feedback, FeedbackBook
from core.quality.given_up import GivenUp, given_up
from core.quality.history import QualityHistory
from core.quality.judged import Unhelpful, unhelpful

REASONS = ("wrong", "outdated", "missing", "unclear")
"""What may be wrong with an answer, where a platform has a list; `reason_...` in the words."""
_MOST_JUDGED = 100_000


@dataclass(frozen=True)
class Overview:
    """All of it but the unanswered questions and the evaluation, which take longer."""

    looked: Looked
    now: Now
    platforms: tuple[str, ...]
    unhelpful: Unhelpful
    given_up: GivenUp


def viewer_of(visitor: Visitor) -> Person:
    """Whoever looks, as the author of what they ask here."""
    return Person(PLATFORM, WORKSPACE, visitor.person.id)


async def overview(desk: WebDesk, visitor: Visitor, name: SpanName, platform: str) -> Overview:
    """What happened in the span that ends now, on a platform or on all. Raises `StoreUnavailableError`."""
    store, history, now = desk.store, QualityHistory(desk.store), datetime.now(UTC)
    boxes = await mailboxes(store)
    judged = await judged_on(desk, platform)
    looked = await look(history, SPANS[name], now, judged, platform)
    week = [one.counts(platform).answered for one in await history.read("day", now, 7)]
    states = [await one.state() for one in boxes if platform in ("", one.platform)]
    return Overview(
        looked=looked,
        now=Now(today=week[-1], week=sum(week), queue=queue_of(states)),
        platforms=tuple(one.platform for one in boxes),
        unhelpful=await unhelpful(
            store,
            [one for one in judged if one.given_at >= looked.all.start],
            viewer=viewer_of(visitor),
            reasons=REASONS,
        ),
        given_up=await given_up(store, viewer_of(visitor), platform),
    )


async def judged_on(desk: WebDesk, platform: str) -> Sequence[Feedback]:
    """What people said of the answers on a platform, or on all, newest first."""
    said = await FeedbackBook(desk.store).newest(_MOST_JUDGED)
    return [one for one in said if not platform or one.conversation.startswith(f"{platform}/")]


def since(name: SpanName) -> datetime:
    """When a span begins that ends now."""
    span = SPANS[name]
    return datetime.now(UTC) - max(span.period * span.periods, timedelta(days=1))
