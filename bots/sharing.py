"""An answer that only its asker saw, posted for all in a channel: once, and only if all there may see its sources."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import JsonValue

from bots.posting_once import post_once
from core.actions.sharing import share
from core.conversation_notes import ConversationNotes
from core.conversations import Conversations
from core.explaining.record import AnswerRecord
from core.knowledge.access import KnowledgeAccess
from core.messages import Author, Message, Place
from core.platform import PlatformAdapter
from core.question import Question
from core.reply import ReplyPart

Shared = Literal["shared", "not posted"] | tuple[ReplyPart, ...]
"""What came of it: it stands there, now or before; it may not be posted there; or a refusal for whoever asked."""


@dataclass(frozen=True)
class Shareable:
    """An answer that was given in a conversation to a question, by its message's id, and is to be shared."""

    record: AnswerRecord
    conversation: str
    message: str

    @property
    def name(self) -> str:
        """What is noted of it; an answer that was made anew is another one."""
        return f"shared {self.message} {self.record.answered_at.isoformat()}"

    @property
    def key(self) -> str:
        """What tells its post from all others."""
        record = self.record
        said = f"{record.question.place.conversation} {record.id} {record.answered_at}"
        return hashlib.sha256(said.encode()).hexdigest()[:24]


def as_asked_in(author: Author, place: Place, channel: str, delivery: Mapping[str, JsonValue]) -> Question:
    """A question whose answer all in a channel or thread would see (`PlatformAdapter.audience`)."""
    message = Message(id=f"{channel}:share", place=place, author=author, text="", sent_at=datetime.now(UTC))
    return Question(message=message, delivery=dict(delivery))


async def share_there(
    answer: Shareable,
    there: Question,
    posted: Mapping[str, JsonValue],
    *,
    platform: PlatformAdapter,
    store: Conversations,
    access: KnowledgeAccess,
    chinese: bool,
) -> Shared:
    """Post it where all can see an answer to the question `there`; `posted` is the delivery, `channel` in it where.

    Raises what the platform and the store raise; then it may be tried again.
    """
    sharing = await share(answer.record, access, await platform.audience(there), chinese=chinese)
    if not sharing.allowed:
        return sharing.parts
    notes = ConversationNotes(store)
    if not await notes.claim(answer.conversation, answer.name):
        return "shared"
    try:
        reply = await post_once(platform, there.message.place, posted, sharing.parts, key=answer.key)
    except BaseException:
        await notes.give_up(answer.conversation, answer.name)
        raise
    if reply.startswith(f"{posted['channel']}:") and ":none-" not in reply:
        return "shared"
    await notes.give_up(answer.conversation, answer.name)
    return "not posted"
