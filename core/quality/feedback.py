"""What people say of answers: helpful or not, with a reason if they like; one word a person and answer.

It lies beside the conversation and goes with what it is about: with the question's message when that is deleted,
forgotten or older than its retention, with its conversation, and with the person who gave it. The index by person is
written before what it points to and may point at nothing (`core.conversation_keys`).
"""

import json
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import ValidationError

from core.conversation_keys import Command, read_reference, reference, script
from core.conversations import Conversations
from core.feedback_keys import of_person
from core.messages import Author, Value

REASON_CHARACTERS = 100
TEXT_CHARACTERS = 2000

_log = logging.getLogger(__name__)

_GIVE = """
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 1
"""
"""1 if the feedback is kept; 0 if the question is kept no more."""


class Feedback(Value):
    """What one person said of the answer to one question (`message_id`); `reason` is one of a platform's own list."""

    conversation: str
    message_id: str
    person: Author
    helpful: bool
    reason: str = ""
    text: str = ""
    given_at: datetime


Vote = Literal["kept", "as before", "too late"]
"""What came of a vote: it is kept; it says what the person said before; the question is kept no more."""


class FeedbackBook:
    """The feedback of all conversations. Raises `StoreUnavailableError` when Redis is away."""

    def __init__(self, store: Conversations) -> None:
        self._redis = store.redis
        self._keys = store.keys
        self._store = store

    async def give(
        self, conversation: str, message_id: str, person: Author, *, helpful: bool, reason: str = "", text: str = ""
    ) -> bool:
        """Keep what a person says, in the place of what they said before; False if the question is kept no more.

        A long reason or text is cut (`REASON_CHARACTERS`, `TEXT_CHARACTERS`).
        """
        feedback = Feedback(
            conversation=conversation,
            message_id=message_id,
            person=person,
            helpful=helpful,
            reason=reason.strip()[:REASON_CHARACTERS],
            text=text.strip()[:TEXT_CHARACTERS],
            given_at=datetime.now(UTC),
        )
        index = of_person(self._keys, conversation, person.id)
        keys = (self._keys.conversation(conversation).messages, self._keys.feedback(conversation))
        entry = feedback.model_dump_json(exclude={"conversation", "message_id"})
        step = script(_GIVE, keys, (message_id, reference(message_id, person.id), entry))
        *_, kept = await self._redis.execute_all([("SADD", index, reference(conversation, message_id)), step])
        if not kept:
            await self._redis.execute("SREM", index, reference(conversation, message_id))
        return bool(kept)

    async def vote(self, conversation: str, message_id: str, person: Author, *, helpful: bool) -> Vote:
        """Keep what a person clicked; where they said the same before, with a reason or without, that stays."""
        before = [one for one in await self.of(conversation, message_id) if one.person.id == person.id]
        if before and before[0].helpful == helpful:
            return "as before"
        return "kept" if await self.give(conversation, message_id, person, helpful=helpful) else "too late"

    async def withdraw(self, conversation: str, message_id: str, person_id: str) -> bool:
        """Forget what a person said of an answer; False if they said nothing."""
        field = reference(message_id, person_id)
        gone = await self._redis.execute("HDEL", self._keys.feedback(conversation), field)
        await self._redis.execute(
            "SREM", of_person(self._keys, conversation, person_id), reference(conversation, message_id)
        )
        return bool(gone)

    async def of(self, conversation: str, message_id: str) -> list[Feedback]:
        """What was said of one answer, newest first."""
        found = _read_all(conversation, await self._redis.execute("HGETALL", self._keys.feedback(conversation)))
        return _newest([one for one in found if one.message_id == message_id])

    async def newest(self, limit: int = 100, *, only_bad: bool = False) -> list[Feedback]:
        """What was said last of all answers, newest first; `only_bad`: of those that did not help."""
        found: list[Feedback] = []
        async for conversations in self._pages():
            commands: list[Command] = [("HGETALL", self._keys.feedback(one)) for one in conversations]
            kept = await self._redis.execute_all(commands)
            for conversation, fields in zip(conversations, kept, strict=True):
                found += [one for one in _read_all(conversation, fields) if not (only_bad and one.helpful)]
            found = _newest(found)[:limit]
        return found

    async def count_of_person(self, platform: str, workspace: str, person_id: str) -> int:
        """Of how many answers a person said something."""
        return int(await self._redis.execute("SCARD", self._keys.feedback_by(platform, workspace, person_id)))

    def _pages(self) -> AsyncIterator[list[str]]:
        return self._store.all_conversations()


def _read_all(conversation: str, fields: Sequence[bytes] | dict[bytes, bytes]) -> list[Feedback]:
    """What can be understood of a conversation's feedback; what can't is logged without a word of it."""
    pairs = fields.items() if isinstance(fields, dict) else zip(fields[::2], fields[1::2], strict=True)
    found: list[Feedback] = []
    for field, entry in pairs:
        message_id, _ = read_reference(field)
        try:
            known = {"conversation": conversation, "message_id": message_id}
            found.append(Feedback.model_validate({**json.loads(entry), **known}))
        except (ValueError, ValidationError):
            _log.warning("Feedback on the answer to %s is passed over: it can't be read", message_id)
    return found


def _newest(found: Sequence[Feedback]) -> list[Feedback]:
    return sorted(found, key=lambda one: one.given_at, reverse=True)
