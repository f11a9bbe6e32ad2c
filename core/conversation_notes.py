"""What a platform notes of a conversation beside its messages: that something was done once, what is in view there.

It goes with its conversation, or after `KEEP` seconds without another note.
"""

from core.conversations import Conversations

KEEP = 90 * 86_400


class ConversationNotes:
    """The notes of all conversations. Raises `StoreUnavailableError` when Redis is away."""

    def __init__(self, store: Conversations) -> None:
        self._store = store

    async def get(self, conversation: str, name: str) -> str:
        """What was noted; empty if nothing was."""
        noted = await self._store.redis.execute("HGET", self._store.keys.noted(conversation), name)
        return noted.decode() if noted else ""

    async def put(self, conversation: str, name: str, text: str) -> None:
        """Note it, in the place of what was noted."""
        key = self._store.keys.noted(conversation)
        await self._store.redis.execute_all([("HSET", key, name, text), ("EXPIRE", key, KEEP)])

    async def claim(self, conversation: str, name: str) -> bool:
        """Whether this is the first to claim it: of several who would do something, one shall."""
        key = self._store.keys.noted(conversation)
        first, _ = await self._store.redis.execute_all([("HSETNX", key, name, "1"), ("EXPIRE", key, KEEP)])
        return bool(first)

    async def give_up(self, conversation: str, name: str) -> None:
        """It came to nothing: another may claim it."""
        await self._store.redis.execute("HDEL", self._store.keys.noted(conversation), name)
