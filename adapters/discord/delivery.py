"""Where and to whom a reply goes, as the question's delivery says, and what was noted at the first try."""

import time
from dataclasses import dataclass
from typing import Any, Literal, cast

from pydantic import JsonValue

from adapters.discord.buttons import Pressed
from adapters.texts import Texts, texts_for
from core.posting import Posting
from core.question import Question

Surface = Literal["reply", "thread", "direct", "interaction", "ephemeral"]
MARGIN = 30.0
"""Seconds before its end from which on a token is not used for something new."""


@dataclass(frozen=True)
class Delivery:
    """The delivery of the latest question; of a posting without questions, what was noted.

    `channel` is where to post (a thread's id for a thread), `message` the id to reply to. With `application` and
    `token` an interaction is answered, until `token_until` (unix seconds). `asked` are the ids of the messages that are
    answered, as far as they are messages.

    A question that nobody sees otherwise is `quoted` above its answer, with who asked it (`asked_by`, a name) where
    Discord does not show that, and with who shared the answer (`shared_by`).
    """

    guild: str
    channel: str
    user: str
    locale: str
    surface: Surface
    message: str = ""
    application: str = ""
    token: str = ""
    token_until: float = 0.0
    asked: tuple[str, ...] = ()
    quoted: str = ""
    asked_by: str = ""
    shared_by: str = ""

    @classmethod
    def of(cls, posting: Posting) -> "Delivery":
        """Read it; what is missing is empty."""
        given: dict[str, Any] = dict(posting.questions[-1].delivery) if posting.questions else {}
        known: dict[str, Any] = {**posting.posted, **given}

        def text(name: str) -> str:
            value = known.get(name)
            return str(value) if isinstance(value, str | int) else ""

        place = posting.place
        thread = place.thread or ""
        usual = "direct" if place.workspace == "@me" else "thread" if thread.isdecimal() else "reply"
        until = known.get("token_until")
        asked = [message for one in posting.questions if (message := _message(one))]
        return cls(
            guild=text("guild"),
            channel=text("channel") or (thread if thread.isdecimal() else place.channel),
            user=text("user") or (posting.questions[-1].message.author.id if posting.questions else ""),
            locale=text("locale"),
            surface=cast(Surface, text("surface") or ("ephemeral" if thread.startswith("~") else usual)),
            message=text("message"),
            application=text("application"),
            token=text("token"),
            token_until=float(until) if isinstance(until, int | float) else 0.0,
            asked=tuple(asked) or tuple(filter(None, text("asked").split(","))),
            quoted=text("quoted"),
            asked_by=text("asked_by"),
            shared_by=text("shared_by"),
        )

    @property
    def is_by_token(self) -> bool:
        """Whether an interaction is answered, and its token is good still."""
        by_token = self.surface in {"interaction", "ephemeral"}
        return by_token and bool(self.token) and time.time() < self.token_until - MARGIN

    def texts(self, posting: Posting) -> Texts:
        """The texts in the language of whoever asked."""
        return texts_for(self.locale, posting.questions[-1].message.text if posting.questions else "")

    def noted(self) -> dict[str, JsonValue]:
        """What must be known of it to withdraw the reply when its question is gone."""
        known: dict[str, JsonValue] = {
            "channel": self.channel,
            "guild": self.guild,
            "surface": self.surface,
            "asked": ",".join(self.asked),
        }
        if self.token:
            known |= {"application": self.application, "token": self.token, "token_until": self.token_until}
        return known


def about(posting: Posting) -> Pressed | None:
    """What the reply's buttons are about."""
    if not posting.questions:
        return None
    return Pressed("", posting.questions[-1].message.id, posting.place.thread or "")


def _message(question: Question) -> str:
    """The id of the message that a question is, or was asked by; empty for one that is none."""
    last = question.message.id.rpartition(":")[2]
    return last if last.isdecimal() else ""
