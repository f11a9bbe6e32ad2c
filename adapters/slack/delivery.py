"""Where and to whom a reply goes, as the question's delivery says, and what was noted at the first try."""

from dataclasses import dataclass
from typing import Any, Literal, cast

from adapters.slack.buttons import Pressed
from adapters.slack.standing import Spot
from adapters.texts import Texts, texts_for
from core.posting import Posting

Surface = Literal["thread", "direct", "assistant", "ephemeral"]


@dataclass(frozen=True)
class Delivery:
    """The delivery of the latest question; of a posting without questions, what was noted.

    A reply quotes what was `asked` where nobody sees the question: by whom (`asked_by`, a button was pressed),
    or who shared the answer with a channel (`shared_by`); these are user ids.
    """

    team: str
    enterprise: str
    user: str
    locale: str
    surface: Surface
    response_url: str
    spot: Spot
    asked: str = ""
    asked_by: str = ""
    shared_by: str = ""

    @classmethod
    def of(cls, posting: Posting) -> "Delivery":
        """Read it; what is missing is empty."""
        given: dict[str, Any] = dict(posting.questions[-1].delivery) if posting.questions else {}
        known: dict[str, Any] = {**posting.posted, **given}

        def text(name: str) -> str:
            value = known.get(name)
            return value if isinstance(value, str) else ""

        place = posting.place
        thread = place.thread or ""
        surface = text("surface") or ("ephemeral" if thread.startswith("~") else "thread" if thread else "direct")
        channel = place.channel if posting.questions else text("channel") or place.channel
        # What only one person sees stands in the thread that it is about, if it is about one.
        visible = text("thread") if thread.startswith("~") else thread
        spot = Spot(channel, visible, _after(posting), text("enterprise"))
        asked_by = text("asked_by")
        return cls(
            team=text("team") or place.workspace,
            enterprise=text("enterprise"),
            user=text("user") or (posting.questions[-1].message.author.id if posting.questions else ""),
            locale=text("locale"),
            surface=cast(Surface, surface),
            response_url=text("response_url"),
            spot=spot,
            asked=posting.questions[-1].message.text if asked_by and posting.questions else text("asked"),
            asked_by=asked_by,
            shared_by=text("shared_by"),
        )

    def texts(self, posting: Posting) -> Texts:
        """The texts in the language of whoever asked."""
        return texts_for(self.locale, posting.questions[-1].message.text if posting.questions else "")


def about(posting: Posting) -> Pressed | None:
    """What the reply's buttons are about."""
    if not posting.questions:
        return None
    return Pressed(posting.place.conversation, posting.questions[-1].message.id)


def _after(posting: Posting) -> str:
    """The id of the oldest of the questions, where they are messages; else the time they were asked at."""
    ids: list[str] = []
    for question in posting.questions:
        ts = question.delivery.get("ts")
        asked = ts if isinstance(ts, str) and ts else f"{question.message.sent_at.timestamp() - 1:.6f}"
        ids.append(asked)
    noted = posting.posted.get("after")
    if isinstance(noted, str) and noted:
        ids.append(noted)
    return min(ids, key=float, default="")
