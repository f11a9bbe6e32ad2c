"""Which questions were declined: references by time. Their words are read where the conversation is kept.

A reference goes with its question's message (`core.conversations`), when the question is answered after all, and after
`KEPT`. Like every index it may point at nothing: then whoever reads it takes it out.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from core.conversation_keys import Command, read_reference, reference
from core.conversations import Conversations
from core.messages import Value

KEPT = timedelta(days=100)
MOST = 20_000
"""So many of the newest are kept."""


class Reference(Value):
    """A question by its message, and when it was declined or judged."""

    conversation: str
    message_id: str
    at: datetime


class DeclinedIndex:
    """The index of the conversation store. Raises `StoreUnavailableError`."""

    def __init__(self, store: Conversations) -> None:
        self._redis = store.redis
        self._key = store.keys.declined

    def noting(self, conversation: str, message_id: str, at: datetime) -> list[Command]:
        """The commands that note that a question was declined."""
        oldest = (at - KEPT).timestamp()
        return [
            ("ZADD", self._key, at.timestamp(), reference(conversation, message_id)),
            ("ZREMRANGEBYSCORE", self._key, "-inf", f"({oldest}"),
            ("ZREMRANGEBYRANK", self._key, 0, -MOST - 1),
        ]

    def clearing(self, conversation: str, message_id: str, at: datetime) -> list[Command]:
        """The commands that take a question out, since it was answered then."""
        return [("ZREM", self._key, reference(conversation, message_id))]

    async def since(self, at: datetime) -> list[Reference]:
        """What was declined since then, newest first."""
        found = await self._redis.execute("ZRANGE", self._key, "+inf", at.timestamp(), "BYSCORE", "REV", "WITHSCORES")
        pairs = found if not found or isinstance(found[0], tuple | list) else zip(found[::2], found[1::2], strict=True)
        references: list[Reference] = []
        for member, score in pairs:
            conversation, message_id = read_reference(member)
            when = datetime.fromtimestamp(float(score), UTC)
            references.append(Reference(conversation=conversation, message_id=message_id, at=when))
        return references

    async def remove(self, gone: Sequence[Reference]) -> None:
        """Take out what points at nothing."""
        if gone:
            members = [reference(one.conversation, one.message_id) for one in gone]
            await self._redis.execute("ZREM", self._key, *members)
