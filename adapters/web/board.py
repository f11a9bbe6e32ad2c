"""The board: what stands of the replies on Lorelens' own page, in Redis beside the conversation.

A worker writes a reply while it grows, in whatever process it lives; whoever looks at the conversation reads it there
and is told when it changes. A reply stands under its question's message: one a question, whatever is written twice, and
gone with the message when that is deleted, forgotten or older than its retention (`core.conversations`).
"""

import secrets
from collections.abc import Sequence
from typing import Protocol, cast

from core.conversation_keys import Command, KeySpace, script
from core.messages import Value
from core.reply import Finished, Reply, ReplyPart, Status, Text, gather

CHANGES = 10_000
"""So many changes are remembered; who looks looks at once, or again after a moment (`adapters.web.watching`)."""

_WRITE = """
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return -1
end
local before = redis.call('HGET', KEYS[2], ARGV[1])
local stands = before and string.sub(before, 1, 16) or ''
if stands ~= ARGV[3] and stands ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. ARGV[4])
return 1
"""
"""1 if it stands, be it sent again since the connection broke before the answer came; 0 if what stands is neither of
this attempt (ARGV[2]) nor of the one that was there before (ARGV[3]); -1 if the question is kept no more."""


class Shown(Value):
    """A reply as it stands: to which question's message, by which attempt, and how often it was written in that.

    `parts` are what it adds up to so far: the last status alone, and texts that follow one another in one.
    """

    question: str
    attempt: str
    revision: int = 0
    parts: tuple[ReplyPart, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return any(isinstance(part, Finished) for part in self.parts)

    @property
    def status(self) -> Status | None:
        """What the assistant is doing now; None once there is something to read."""
        last = self.parts[-1] if self.parts else None
        return last if isinstance(last, Status) else None

    @property
    def reply(self) -> Reply:
        """What it adds up to."""
        return gather(self.parts)


class Executing(Protocol):
    """The Redis of the conversation store (`core.redis_client.ConnectedRedis`)."""

    async def execute(self, *command: str | bytes | float) -> object:
        """One command, and Redis's plain answer to it."""
        ...

    async def execute_all(self, commands: Sequence[Command]) -> list[object]:
        """Commands sent together, and the answers to them."""
        ...


class Board:
    """The replies of all conversations. Raises `StoreUnavailableError` when Redis is away."""

    def __init__(self, redis: Executing, keys: KeySpace) -> None:
        self.redis = redis
        self.keys = keys

    async def begin(
        self, conversation: str, question: str, parts: Sequence[ReplyPart] = (), *, instead_of: Shown | None = None
    ) -> Shown | None:
        """Write a reply anew, in the place of what stood; None if the question is kept no more, or something else
        stands.

        Who was told what stood, and then that nobody else answers, can't write over what others began since, however
        long it was paused in between.
        """
        shown = Shown(question=question, attempt=secrets.token_hex(8), parts=compacted(parts))
        before = instead_of.attempt if instead_of is not None else ""
        return shown if await self._write(conversation, shown, before=before) else None

    async def go_on(self, conversation: str, shown: Shown, parts: Sequence[ReplyPart]) -> Shown | None:
        """Write all parts that there are by now; None if another attempt has begun since, or the question is gone."""
        shown = shown.model_copy(update={"revision": shown.revision + 1, "parts": compacted(parts)})
        return shown if await self._write(conversation, shown, before=shown.attempt) else None

    async def keeps(self, conversation: str, question: str) -> bool:
        """Whether a question is kept (still)."""
        return bool(await self.redis.execute("HEXISTS", self.keys.conversation(conversation).messages, question))

    async def remove(self, conversation: str, question: str) -> None:
        """Let nothing stand in answer to a question."""
        shown = self.keys.conversation(conversation).shown
        await self.redis.execute_all([("HDEL", shown, question), self._change(conversation)])

    async def standing(self, conversation: str, question: str) -> Shown | None:
        """What stands in answer to a question."""
        kept = await self.redis.execute("HGET", self.keys.conversation(conversation).shown, question)
        return _read(question, kept) if isinstance(kept, bytes) else None

    async def all_standing(self, conversation: str) -> dict[str, Shown]:
        """What stands in a conversation, by the ids of the questions' messages."""
        kept = await self.redis.execute("HGETALL", self.keys.conversation(conversation).shown)
        entries = cast("dict[bytes, bytes]", kept) if isinstance(kept, dict) else {}
        return {one.decode(): _read(one.decode(), entry) for one, entry in entries.items()}

    async def _write(self, conversation: str, shown: Shown, *, before: str) -> bool:
        keys = self.keys.conversation(conversation)
        entry = shown.model_dump_json(include={"revision", "parts"})
        arguments = (shown.question, shown.attempt, before, entry)
        step = script(_WRITE, (keys.messages, keys.shown), arguments)
        # In this order: whoever is told of a change finds it written.
        written, _ = await self.redis.execute_all([step, self._change(conversation)])
        return written == 1

    def _change(self, conversation: str) -> Command:
        return ("XADD", self.keys.shown_changes, "MAXLEN", "~", CHANGES, "*", "conversation", conversation)


def compacted(parts: Sequence[ReplyPart]) -> tuple[ReplyPart, ...]:
    """The same reply in fewer parts: texts that follow one another in one, and a status only at the end."""
    found: list[ReplyPart] = []
    for part in parts:
        if found and isinstance(found[-1], Status):
            found.pop()
        if found and isinstance(part, Text) and isinstance(found[-1], Text):
            found[-1] = Text(text=found[-1].text + part.text)
        else:
            found.append(part)
    return tuple(found)


def _read(question: str, entry: bytes) -> Shown:
    written = Shown.model_validate_json(b'{"question":"","attempt":"",' + entry[17:])
    return written.model_copy(update={"question": question, "attempt": entry[:16].decode()})
