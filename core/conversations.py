"""The conversation store in Redis: what was said, remembered once; its pictures; and how all of it is forgotten.

Every method raises `StoreUnavailableError` when Redis is away or can't write; what returned is written.
"""

import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from core.conversation_keys import (
    ATTEMPT_LENGTH,
    COMPLETE_SCRIPT,
    DELETE_SCRIPT,
    EDIT_SCRIPT,
    FORGET_ANSWERS_SCRIPT,
    RELEASE_PICTURE_SCRIPT,
    REMEMBER_SCRIPT,
    Command,
    ConversationKeys,
    KeySpace,
    read_entry,
    read_reference,
    reference,
    script,
    write_entry,
)
from core.feedback_keys import forgetting, forgetting_person, unindexing
from core.messages import Message, Picture, Value
from core.tokens import estimate_tokens

if TYPE_CHECKING:
    from core.pictures import NormalizedPicture
    from core.redis_client import ConnectedRedis

MESSAGE_OVERHEAD = 4
"""Tokens a message costs beside its text: who speaks, and where it begins and ends."""

EditStep = Callable[[bytes], Awaitable[Command]]
"""Gives what keeps an entry in the place of an older one, as an atomic step: it answers 1, 0 if there is no older one,
and below that if it is to be made once more, since it stands on what has changed."""

_PAGE = 64
_DAY = 86_400.0


class StoreStatistics(Value):
    """What the store holds."""

    conversations: int
    messages: int
    pictures: int


class Forgotten(Value):
    """What was forgotten."""

    messages: int = 0
    pictures: int = 0


class Conversations:
    """Conversations in one Redis. Days of retention are counted by `sweep`; 0 keeps for ever."""

    def __init__(
        self, redis: "ConnectedRedis", *, conversation_days: int = 0, picture_days: int = 0, prefix: str = "lorelens"
    ) -> None:
        self.redis = redis
        self._conversation_days = conversation_days
        self._picture_days = picture_days
        self.keys = KeySpace(prefix)

    @classmethod
    async def open(cls, redis_url: str, data: Path, *, conversation_days: int = 0, picture_days: int = 0) -> Self:
        """The store in the Redis at this URL, or in the embedded one of the data folder where the URL is empty."""
        from core.redis_client import connect  # redis-py takes a quarter of a second to import

        redis = await connect(redis_url, data)
        return cls(redis, conversation_days=conversation_days, picture_days=picture_days)

    async def close(self) -> None:
        """Let go of Redis; an embedded one ends with its last user."""
        await self.redis.close()

    async def version(self) -> str:
        """Which Redis this is."""
        return (await self.redis.execute("INFO", "server"))["redis_version"]

    # --- messages --------------------------------------------------------------------------------------------------

    async def remember(self, message: Message) -> bool:
        """Keep a message; True the first time, False for one that was seen before, be it deleted since."""
        keys = self.keys.conversation(message.place.conversation)
        known, gone = await self.redis.execute_all(
            [("HEXISTS", keys.messages, message.id), ("ZSCORE", keys.gone, message.id)]
        )
        if known or gone is not None:
            return False
        entry = write_entry(message, secrets.token_hex(ATTEMPT_LENGTH // 2))
        step = script(REMEMBER_SCRIPT, keys, (message.id, entry, _microseconds(message)))
        # In one go, so that an embedded server waits for its disk once.
        *_, new = await self.redis.execute_all([*self.index(message), step])
        return bool(new)

    async def edit(self, message: Message, step_of: EditStep | None = None) -> bool:
        """Replace a message that is kept; it stays at its place. False, and nothing is kept, if there is none.

        `step_of` gives a step that does more than that.
        """
        conversation = message.place.conversation
        before = await self._message(conversation, message.id)
        entry = write_entry(message, secrets.token_hex(ATTEMPT_LENGTH // 2))
        edited = -1
        while edited < 0:
            step = (
                await step_of(entry)
                if step_of is not None
                else script(EDIT_SCRIPT, self.keys.conversation(conversation), (message.id, entry))
            )
            *_, edited = await self.redis.execute_all([*self.index(message), step])
        if not edited:
            await self._unindex([message])
        elif before is not None:
            kept = {picture.sha256 for picture in message.pictures}
            await self._release_pictures((before, one) for one in before.pictures if one.sha256 not in kept)
        return bool(edited)

    async def complete(self, before: Message, after: Message) -> bool:
        """Keep a message with more known of it (its pictures, say): no edit, so an answer under way goes on.

        False, and nothing is kept, if it is not kept any more as it was before.
        """
        conversation = after.place.conversation
        bodies = (before.model_dump_json(), after.model_dump_json())
        step = script(COMPLETE_SCRIPT, self.keys.conversation(conversation), (after.id, f" {bodies[0]}", bodies[1]))
        *_, completed = await self.redis.execute_all([*self.index(after), step])
        if not completed and await self._message(conversation, after.id) is None:
            await self._unindex([after])  # deleted meanwhile
        return bool(completed)

    async def delete(self, conversation: str, message_id: str) -> bool:
        """Delete a message; only that there was one is remembered. False if it is not kept."""
        before = await self._message(conversation, message_id)
        if before is not None:
            await self._unindex([before])
        step = script(DELETE_SCRIPT, self.keys.conversation(conversation), (message_id, time.time()))
        deleted, said = await self.redis.execute_all([step, forgetting(self.keys, conversation, [message_id])])
        await self.redis.execute_all(unindexing(self.keys, conversation, said))
        return bool(deleted)

    async def history(self, conversation: str, token_budget: int, *, before: Message | None = None) -> list[Message]:
        """The newest messages that fit the budget (tokens, by `core.tokens`), oldest first.

        With `before`, only what was said before that message, whether it is kept or not.
        """
        keys = self.keys.conversation(conversation)
        start = 0 if before is None else await self._rank_below(keys, before)
        newest_first: dict[str, Message] = {}
        left = token_budget
        while ids := await self.redis.execute("ZREVRANGE", keys.order, start, start + _PAGE - 1):
            for message in await self._messages(conversation, ids):
                if message.id in newest_first:  # pages shift when something new is said meanwhile
                    continue
                left -= estimate_tokens(message.text) + MESSAGE_OVERHEAD
                if left < 0:
                    return list(newest_first.values())[::-1]
                newest_first[message.id] = message
            start += _PAGE
        return list(newest_first.values())[::-1]

    async def _rank_below(self, keys: ConversationKeys, message: Message) -> int:
        rank = await self.redis.execute("ZREVRANK", keys.order, message.id)
        if rank is not None:
            return int(rank) + 1
        return int(await self.redis.execute("ZCOUNT", keys.order, _microseconds(message), "+inf"))

    async def _message(self, conversation: str, message_id: str) -> Message | None:
        entry = await self.redis.execute("HGET", self.keys.conversation(conversation).messages, message_id)
        return read_entry(entry, conversation, message_id)

    async def messages(self, conversation: str, ids: Sequence[str]) -> list[Message]:
        """Those of these messages that are kept, in this order."""
        return await self._messages(conversation, [one.encode() for one in ids]) if ids else []

    async def _messages(self, conversation: str, ids: Sequence[bytes]) -> list[Message]:
        """Those of these messages that are kept and can be read."""
        entries = await self.redis.execute("HMGET", self.keys.conversation(conversation).messages, *ids)
        read = (read_entry(entry, conversation, one.decode()) for one, entry in zip(ids, entries, strict=True))
        return [message for message in read if message is not None]

    # --- pictures --------------------------------------------------------------------------------------------------

    async def keep_picture(self, normalized: "NormalizedPicture") -> None:
        """Keep a picture's bytes under its sha256; keeping it again begins its retention anew."""
        sha256 = normalized.picture.sha256
        await self.redis.execute("ZADD", self.keys.pictures, time.time(), sha256)
        await self.redis.execute("SET", self.keys.picture(sha256), normalized.data)

    async def picture(self, sha256: str) -> bytes | None:
        """The bytes of a picture; None if it is kept no more."""
        return await self.redis.execute("GET", self.keys.picture(sha256))

    # --- forgetting ------------------------------------------------------------------------------------------------

    async def forget_conversation(self, conversation: str) -> Forgotten:
        """Forget all that was said in a conversation, and the pictures that no other message carries."""
        keys = self.keys.conversation(conversation)
        forgotten = await self._forget(conversation, await self.redis.execute("HKEYS", keys.messages))
        said = await self.redis.execute("HKEYS", self.keys.feedback(conversation))
        await self.redis.execute(
            "DEL", keys.gone, keys.answers, keys.stood_on, keys.replies, keys.shown, self.keys.feedback(conversation)
        )
        await self.redis.execute("DEL", self.keys.noted(conversation))
        await self.redis.execute_all(unindexing(self.keys, conversation, said))
        await self.redis.erase()
        return forgotten

    async def forget_person(self, platform: str, workspace: str, author_id: str) -> Forgotten:
        """Forget what a person said in every conversation, of its answers too, pictures that no other message carries,
        and the language they chose."""
        await self.redis.execute("HDEL", self.keys.languages(platform, workspace), author_id)
        person = self.keys.person(platform, workspace, author_id)
        said: dict[str, list[bytes]] = {}
        for member in await self.redis.execute("SMEMBERS", person):
            conversation, message_id = read_reference(member)
            said.setdefault(conversation, []).append(message_id.encode())
        forgotten = [await self._forget(conversation, ids) for conversation, ids in said.items()]
        for conversation, ids in said.items():  # also what pointed at messages that are kept no more
            await self.redis.execute("SREM", person, *(reference(conversation, one.decode()) for one in ids))
        judged = await self.redis.execute("SMEMBERS", self.keys.feedback_by(platform, workspace, author_id))
        await self.redis.execute_all(forgetting_person(self.keys, platform, workspace, author_id, list(judged)))
        await self.redis.erase()
        return _sum(forgotten)

    async def sweep(self) -> Forgotten:
        """Forget what is older than its retention: messages by when they were sent, pictures by when last kept."""
        forgotten = [await self._sweep_pictures()]
        if self._conversation_days:
            oldest = time.time() - self._conversation_days * _DAY
            async for page in self.all_conversations():
                forgotten += [await self._sweep_conversation(one, oldest) for one in page]
        if any(one != Forgotten() for one in forgotten):
            await self.redis.erase()
        return _sum(forgotten)

    async def _sweep_conversation(self, conversation: str, oldest: float) -> Forgotten:
        keys = self.keys.conversation(conversation)
        ids = await self.redis.execute("ZRANGEBYSCORE", keys.order, "-inf", f"({oldest * 1e6:.0f}")
        await self.redis.execute("ZREMRANGEBYSCORE", keys.gone, "-inf", oldest)
        return await self._forget(conversation, ids)

    async def _sweep_pictures(self) -> Forgotten:
        if not self._picture_days:
            return Forgotten()
        oldest = time.time() - self._picture_days * _DAY
        old = await self.redis.execute("ZRANGEBYSCORE", self.keys.pictures, "-inf", f"({oldest}")
        gone = 0
        for sha256 in old:
            gone += await self.redis.execute("DEL", self.keys.picture(sha256.decode()))
            await self.redis.execute("ZREM", self.keys.pictures, sha256)
        return Forgotten(pictures=gone)

    async def _forget(self, conversation: str, ids: Sequence[bytes]) -> Forgotten:
        """Remove messages: first what points to them, so that one that is interrupted can be done again."""
        keys = self.keys.conversation(conversation)
        messages = pictures = 0
        for start in range(0, len(ids), _PAGE):
            page = ids[start : start + _PAGE]
            pictures += await self._unindex(await self._messages(conversation, page))
            removed, *_, said = await self.redis.execute_all(
                [
                    ("HDEL", keys.messages, *page),
                    ("ZREM", keys.order, *page),
                    ("HDEL", keys.asked, *page),
                    ("HDEL", keys.questions, *page),
                    ("HDEL", keys.replies, *page),
                    ("HDEL", keys.shown, *page),
                    script(FORGET_ANSWERS_SCRIPT, keys, page),
                    forgetting(self.keys, conversation, page),
                ]
            )
            await self.redis.execute_all(unindexing(self.keys, conversation, said))
            messages += removed
        if not await self.redis.execute("EXISTS", keys.messages):
            await self.redis.execute("ZREM", self.keys.conversations, conversation)
        return Forgotten(messages=messages, pictures=pictures)

    # --- indexes ---------------------------------------------------------------------------------------------------

    def index(self, message: Message) -> list[Command]:
        """What makes a message found, to be sent before it: by its person, its pictures, and its conversation."""
        commands: list[Command] = [
            ("SADD", self._person(message), _reference(message)),
            ("ZADD", self.keys.conversations, time.time(), message.place.conversation),
        ]
        commands += [("SADD", self.keys.picture_uses(one.sha256), _reference(message)) for one in message.pictures]
        return commands

    async def _unindex(self, messages: Sequence[Message]) -> int:
        """Let nothing point to these messages any more; answer how many pictures went with their last use."""
        gone = await self._release_pictures((one, picture) for one in messages for picture in one.pictures)
        commands: list[Command] = [("SREM", self._person(one), _reference(one)) for one in messages]
        commands += [("ZREM", self.keys.declined, *map(_reference, messages))] if messages else []
        files = [file.reference for one in messages for file in one.attachments if file.reference]
        await self.redis.execute_all([*commands, *(("DEL", self.keys.upload(file)) for file in files)])
        return gone

    async def _release_pictures(self, uses: Iterable[tuple[Message, Picture]]) -> int:
        users: dict[str, list[str]] = {}
        for message, picture in uses:
            users.setdefault(picture.sha256, []).append(_reference(message))
        gone = 0
        for sha256, references in users.items():
            keys = (self.keys.picture(sha256), self.keys.picture_uses(sha256))
            if await self.redis.execute(*script(RELEASE_PICTURE_SCRIPT, keys, references)):
                gone += await self.redis.execute("ZREM", self.keys.pictures, sha256)
        return gone

    def _person(self, message: Message) -> str:
        return self.keys.person(message.place.platform, message.place.workspace, message.author.id)

    # --- counting --------------------------------------------------------------------------------------------------

    async def statistics(self) -> StoreStatistics:
        """How much is kept."""
        conversations = messages = 0
        async for page in self.all_conversations():
            counts = await self.redis.execute_all([("ZCARD", self.keys.conversation(one).order) for one in page])
            conversations += sum(count > 0 for count in counts)
            messages += sum(counts)
        pictures = await self.redis.execute("ZCARD", self.keys.pictures)
        return StoreStatistics(conversations=conversations, messages=messages, pictures=pictures)

    async def all_conversations(self) -> AsyncIterator[list[str]]:
        """The names of all conversations, page by page."""
        position = -1
        seen: set[str] = set()
        while position != 0:
            position, found = await self.redis.execute(
                "ZSCAN", self.keys.conversations, max(position, 0), "COUNT", _PAGE
            )
            new = {name.decode() for name, _ in found} - seen  # a scan may tell one twice
            seen |= new
            yield sorted(new)


def _reference(message: Message) -> str:
    return reference(message.place.conversation, message.id)


def _microseconds(message: Message) -> int:
    """When a message was sent, since 1970; exact as a sorted set's score."""
    return round(message.sent_at.timestamp() * 1e6)


def _sum(parts: Iterable[Forgotten]) -> Forgotten:
    parts = list(parts)
    return Forgotten(messages=sum(one.messages for one in parts), pictures=sum(one.pictures for one in parts))
