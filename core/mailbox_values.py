"""What the mailbox hands out, as plain values: a turn, and how the queue stands."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import Field, JsonValue

from core.messages import Value
from core.question import Question
from core.reply import ReplyPart


@dataclass(frozen=True)
class Turn:
    """A conversation that a worker has, and the questions it is to answer.

    `tries` counts this one; `taken_over` says that somebody began before, and may have posted what was not noted.
    `posted` is what was noted of the posting, `reply` the whole reply once it was made. `writes` says by which attempt
    each message was written. `until` is when the lease runs out, by `time.monotonic`; `waited` and `failing` are the
    seconds for which the conversation has waited, and for which tries have failed.
    """

    shard: int
    platform: str
    conversation: str
    fence: str
    tries: int
    taken_over: bool
    ids: tuple[str, ...]
    questions: tuple[Question, ...]
    writes: tuple[str, ...]
    posted: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    reply: tuple[ReplyPart, ...] = ()
    stopped: bool = False
    until: float = 0.0
    waited: float = 0.0
    failing: float = 0.0

    @property
    def key(self) -> str:
        """What the platform knows the reply by, the same at every try: 24 characters."""
        return hashlib.sha256(f"{self.conversation}\n{self.ids[0]}".encode()).hexdigest()[:24]


class Renewal(Value):
    """What a renewed lease says of the turn: to be stopped, or of messages that are not as they were taken."""

    stopped: bool
    changed: bool


class DeadLetter(Value):
    """A turn that was given up."""

    id: str
    platform: str
    conversation: str
    message_ids: tuple[str, ...]
    questions: tuple[str, ...]
    error: str
    tries: int
    buried_at: datetime
    posted: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])


class QueueState(Value):
    """How a platform's queue stands: conversations by workspace, the oldest's age in seconds, and where they are."""

    conversations: int
    oldest: float
    by_workspace: dict[str, int]
    in_stream: int
    delayed: int
    dead: int
