"""What something that happened on a platform means: a question, an edit, a deletion, or nothing, and why."""

from dataclasses import dataclass
from typing import Literal

from core.messages import Message
from core.question import Question

Reason = Literal[
    "no message",  # an event of another kind, without what a message needs, or of a channel that is not known
    "a bot",  # Lorelens itself, another app or a webhook: answering those could go on for ever
    "a notice",  # somebody joined, the topic was changed, a message was pinned, ...
    "not addressed",  # channel text that nobody asked Lorelens about
    "to others",  # in a thread it takes part in, but to other people
    "not edited",  # a preview of a link was added, a thread grew
]


@dataclass(frozen=True)
class Asked:
    """Somebody wants an answer."""

    question: Question


@dataclass(frozen=True)
class Edited:
    """A message reads otherwise now; it may have been a question, the mailbox knows."""

    message: Message


@dataclass(frozen=True)
class Deleted:
    """A message was taken back: its conversation and id."""

    conversation: str
    id: str


@dataclass(frozen=True)
class Ignored:
    """Nothing is to be done."""

    reason: Reason


Understood = Asked | Edited | Deleted | Ignored
