"""The mailbox: every message that wants an answer is answered once, whatever dies in between.

A message is submitted in one atomic step (`core.mailbox_scripts`), and acknowledged to its platform when that returns.
Workers take whole conversations: one worker at a time has one, in order, and what arrives meanwhile is taken together
with its next turn. A lease that is renewed says that the worker lives; a fence, that nobody else took over.

Streams, consumer groups and their idle times do the keeping of leases; Redis's clock is the only one.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal, cast

from pydantic import JsonValue

from core import mailbox_scripts as steps
from core.conversation_keys import ATTEMPT_LENGTH, SHARDS, Command, read_entry, script, shard_of, write_entry
from core.conversations import Conversations
from core.errors import LeaseLostError, StoreUnavailableError
from core.intent import wants_stop
from core.mailbox_again import AGAIN, EDIT
from core.mailbox_values import DeadLetter, QueueState, Renewal, Turn
from core.messages import Message, Value
from core.question import Question
from core.reply import ReplyPart
from core.tracing import trace_of_now, tracer

__all__ = ["DeadLetter", "Mailbox", "QueueState", "Renewal", "Turn", "TurnChangedError", "mailboxes"]

LEASE = 5.0
"""Seconds without renewal after which a conversation is taken from its worker."""
SUBMIT_TIME = 2.0
"""Seconds after which a platform is told to send again; Slack waits for three."""
TOGETHER = 20
"""At most so many messages are answered in one turn."""
KEEP_EVENTS = 2 * 86_400
"""Seconds for which a platform's event is known again; Slack sends one again for an hour, in the worst case a day."""

ALL_OF_ONE_WORKSPACE = frozenset({"web"})
"""Platforms where everybody is of one workspace, and has conversations of their own alone."""

Submitted = Literal["new", "duplicate", "deleted", "stopping"]
"""`stopping`: the message asked to stop what is being answered. `deleted`: its author took it back already."""


class TurnChangedError(Exception):
    """A question of the turn was edited or deleted, or the turn is to be stopped. Read it again."""


class _MadeReply(Value):
    """A whole reply, and by which attempts the messages that it answers were written."""

    writes: tuple[str, ...]
    parts: tuple[ReplyPart, ...]


_WRITE = ATTEMPT_LENGTH + 2
"""Characters of an entry that differ with each time a message is written."""


class Mailbox:
    """One platform's mailbox in the Redis of the conversation store.

    Its methods raise `StoreUnavailableError` when Redis is away, and those that a worker calls with a turn
    `LeaseLostError` when the turn is not its own any more.
    """

    def __init__(self, store: Conversations, platform: str, *, lease: float = LEASE) -> None:
        self.store = store
        self.platform = platform
        self.lease = lease
        self._redis = store.redis
        self._is_known = False

    # --- ingress ---------------------------------------------------------------------------------------------------

    async def submit(self, question: Question, *, event_id: str = "") -> Submitted:
        """Remember a message and line it up for an answer; once, however often the platform sends it.

        When this returns, it is in Redis; acknowledge to the platform then, and not before.
        """
        message = question.message
        if message.place.platform != self.platform:
            raise ValueError(f"a message of {message.place.platform} does not belong into {self.platform}'s mailbox")
        attributes = {"lorelens.platform": self.platform, "lorelens.message": message.id}
        with tracer.start_as_current_span("submit", attributes=attributes):
            if not question.trace:
                question = question.model_copy(update={"trace": trace_of_now()})
            return await self._submit(question, event_id)

    async def _submit(self, question: Question, event_id: str) -> Submitted:
        message = question.message
        conversation = message.place.conversation
        attempt = secrets.token_hex(ATTEMPT_LENGTH // 2)
        arguments = (
            conversation,
            _share_of(conversation),
            message.id,
            write_entry(message, attempt),
            round(message.sent_at.timestamp() * 1e6),
            attempt,
            _write_question(question),
            event_id,
            KEEP_EVENTS,
            int(wants_stop(message.text)),
        )
        step = script(steps.SUBMIT, self._keys(shard_of(conversation)), arguments)
        try:
            async with asyncio.timeout(SUBMIT_TIME):
                *_, submitted = await self._redis.execute_all([*self._introduction(), *self.store.index(message), step])
                self._is_known = True
        except TimeoutError:
            raise StoreUnavailableError(
                f"The {self._redis.where} did not take the message within {SUBMIT_TIME:.0f} s.",
                hint="It may have been taken all the same; sending it again does no harm.",
            ) from None
        return cast(Submitted, submitted.decode())

    def _introduction(self) -> list[Command]:
        """Once a process, this platform's name, so that an operator's commands find its mailbox."""
        return [] if self._is_known else [("SADD", self.store.keys.platforms, self.platform)]

    async def edited(self, message: Message) -> bool:
        """Keep the new text of a message; what was answered already is answered anew, in place of its reply.

        Both in one step: whoever is killed leaves nothing that is kept as it reads now, and answered as it read before.
        False if the message is not kept.
        """
        conversation = message.place.conversation
        if not await self.store.messages(conversation, [message.id]):
            return False

        async def step(entry: bytes) -> Command:
            kept, questions = await self._answered(conversation, message.id)
            arguments = (conversation, _share_of(conversation), message.id, kept, entry, *questions)
            return script(EDIT, self._keys(shard_of(conversation)), arguments)

        return await self.store.edit(message, step)

    async def deleted(self, conversation: str, message_id: str) -> bool:
        """Delete a message, and the reply to it; where others were answered with it, they are answered anew in place.

        False if it was not kept.
        """
        was_kept = await self.store.delete(conversation, message_id)
        await self.again(conversation, message_id)
        return was_kept

    async def again(self, conversation: str, message_id: str, delivery: Mapping[str, JsonValue] | None = None) -> bool:
        """Answer again what was answered, in place of its reply; False if there is none, or it is being made.

        `delivery` says where the platform is to post now (a new interaction's token, say), if not where it did.
        """
        while True:
            kept, questions = await self._answered(conversation, message_id, delivery)
            arguments = (conversation, _share_of(conversation), message_id, kept, *questions)
            if not kept:
                return False
            if await self._run(AGAIN, shard_of(conversation), *arguments):
                return True

    async def _answered(
        self, conversation: str, message_id: str, delivery: Mapping[str, JsonValue] | None = None
    ) -> tuple[bytes, list[str]]:
        """The record of the reply to a message, empty if there is none, and what is to be asked again with it: ids and
        questions in turn."""
        key = self.store.keys.conversation(conversation).replies
        kept: bytes = await self._redis.execute("HGET", key, message_id) or b""
        if not kept:
            return b"", []
        record = json.loads(kept)
        posted: dict[str, JsonValue] = json.loads(record["posted"])
        questions = [json.loads(question) for question in record["questions"]]
        for question in questions:
            question["group"] = record["ids"][0]
            if delivery is not None:
                question["delivery"] = dict(delivery)
        questions[0]["posted"] = posted
        pairs = zip(record["ids"], map(json.dumps, questions), strict=True)
        return kept, [item for one in pairs for item in one]

    async def takes_part(self, conversation: str, at: datetime) -> bool:
        """Whether something that is kept was asked in a conversation before this time.

        What was said before that was not said to Lorelens, even if it arrives later.
        """
        keys = self.store.keys.conversation(conversation)
        asked: list[bytes] = await self._redis.execute("HKEYS", keys.asked)
        scores: list[float | None] = await self._redis.execute("ZMSCORE", keys.order, *asked) if asked else []
        return any(score is not None and float(score) < at.timestamp() * 1e6 for score in scores)

    async def stop(self, conversation: str) -> bool:
        """Stop what is being answered, or about to be; False if nothing is."""
        return bool(await self._run(steps.STOP, shard_of(conversation), conversation))

    # --- work ------------------------------------------------------------------------------------------------------

    async def take(self, shard: int) -> "Turn | str":
        """The next turn of a shard; where nothing is to do, the id after which `wait` is to look."""
        asked = time.monotonic()
        found = await self._run(steps.TAKE, shard, round(self.lease * 1000), TOGETHER)
        if not found[0]:
            return found[1].decode()
        _, name, fence, tries, begun, ids, (posted, reply, stop, failing), waiting, now = found
        conversation = name.decode()
        turn = Turn(
            shard=shard,
            platform=self.platform,
            conversation=conversation,
            fence=fence.decode(),
            tries=tries,
            taken_over=begun > 1,
            ids=tuple(json.loads(ids)),
            questions=(),
            writes=(),
            posted=json.loads(posted) if posted else {},
            stopped=stop is not None,
            until=asked + self.lease,
            waited=waiting / 1000,
            failing=(now - int(failing)) / 1000 if failing else 0.0,
        )
        turn = await self.read(turn)
        made = _MadeReply.model_validate_json(reply) if reply else None
        # Made for what the questions were; where whoever made it died before they changed, it is not theirs any more.
        return replace(turn, reply=made.parts) if made and made.writes == turn.writes else turn

    async def read(self, turn: Turn) -> Turn:
        """The turn with its messages as they are now; those deleted meanwhile are left out."""
        command = script(steps.READ, (self.store.keys.talks(turn.shard),), (turn.conversation, json.dumps(turn.ids)))
        entries, notes = await self._redis.execute(*command)
        questions: list[Question] = []
        posted = turn.posted
        for message_id, entry, note in zip(turn.ids, entries, notes, strict=True):
            known: dict[str, Any] = json.loads(note) if note else {}
            known.pop("group", None)
            posted = known.pop("posted", {}) | posted
            message = read_entry(entry, turn.conversation, message_id)
            if message is None:
                continue
            questions.append(Question(message=message, **known))
        writes = tuple(entry[:_WRITE].decode() if entry else "" for entry in entries)
        return replace(turn, questions=tuple(questions), writes=writes, posted=posted)

    async def wait(self, shard: int, after: str, seconds: float) -> None:
        """Return when something new may be in the shard, at the latest after so many seconds."""
        stream = f"{self._keys(shard)[0]}work"
        await self._redis.execute("XREAD", "COUNT", 1, "BLOCK", max(1, round(seconds * 1000)), "STREAMS", stream, after)

    async def renew(self, turn: Turn) -> Renewal:
        """Keep the turn for another lease."""
        stop, writes = await self._of(turn, steps.RENEW)
        return Renewal(stopped=stop != b"", changed=tuple(one.decode() for one in writes) != turn.writes)

    async def note_posted(self, turn: Turn, posted: Mapping[str, JsonValue]) -> None:
        """Keep what was posted, with what was noted of it before."""
        turn.posted.update(posted)
        await self._of(turn, steps.NOTE, "posted", json.dumps(turn.posted))

    async def note_reply(self, turn: Turn, reply: Sequence[ReplyPart]) -> None:
        """Keep the whole reply, so that whoever takes over posts the same, unless a question changed since."""
        made = _MadeReply(writes=turn.writes, parts=tuple(reply))
        await self._of(turn, steps.NOTE, "reply", made.model_dump_json())

    async def forget_reply(self, turn: Turn) -> None:
        """The reply that was kept is not to be used: the question was edited."""
        await self._of(turn, steps.NOTE, "reply", b"")

    async def finish(self, turn: Turn, reply: Message | None) -> None:
        """The turn is answered, and the reply remembered in the conversation; the next turn may begin.

        The reply stands right after the last of its questions, whatever else was said while it was made: that is read
        after it.

        Raises:
            TurnChangedError: a question was edited or deleted after it was answered; the turn goes on.
        """
        arguments: tuple[str | bytes | float, ...] = ("", b"", 0)
        if reply is not None:
            await self._redis.execute_all(self.store.index(reply))
            entry = write_entry(reply, secrets.token_hex(ATTEMPT_LENGTH // 2))
            said_last = turn.questions[-1].message.sent_at if turn.questions else reply.sent_at
            arguments = (reply.id, entry, round(said_last.timestamp() * 1e6) + 1)
        done = await self._of(turn, steps.FINISH, json.dumps(turn.writes), json.dumps(turn.posted), *arguments)
        if done < 0:
            raise TurnChangedError

    async def postpone(self, turn: Turn, delay: float, *, counts: bool = True) -> None:
        """Try again after `delay` seconds; `counts` says whether this was one of a bounded number of tries."""
        await self._of(turn, steps.POSTPONE, round(delay * 1000), int(counts))

    async def hand_back(self, turn: Turn) -> None:
        """Let another worker take the turn at once."""
        await self._of(turn, steps.HAND_BACK)

    # --- dead letters ----------------------------------------------------------------------------------------------

    async def bury(self, turn: Turn, error: str) -> DeadLetter:
        """Give the turn up; an operator finds it among the dead letters."""
        letter = DeadLetter(
            id=turn.key,
            platform=self.platform,
            conversation=turn.conversation,
            message_ids=tuple(question.message.id for question in turn.questions) or turn.ids,
            questions=tuple(
                _write_question(question, turn.key, turn.posted if at == 0 else {})
                for at, question in enumerate(turn.questions)
            ),
            error=error,
            tries=turn.tries,
            buried_at=datetime.now(UTC),
            posted=turn.posted,
        )
        await self._of(turn, steps.BURY, json.dumps(turn.posted), letter.id, letter.model_dump_json())
        return letter

    async def dead_letters(self) -> list[DeadLetter]:
        """All of them, the oldest first."""
        found: list[DeadLetter] = []
        for shard in range(SHARDS):
            records: dict[bytes, bytes] = await self._redis.execute("HGETALL", f"{self._keys(shard)[0]}dead")
            found += [DeadLetter.model_validate_json(record) for record in records.values()]
        return sorted(found, key=lambda letter: letter.buried_at)

    async def retry(self, letter: DeadLetter) -> bool:
        """Ask the questions of a dead letter again; False if it is there no more.

        The answer takes the place of the reason that was posted.
        """
        pairs = [item for pair in zip(letter.message_ids, letter.questions, strict=False) for item in pair]
        arguments = (letter.conversation, _share_of(letter.conversation), letter.id, *pairs)
        return bool(await self._run(steps.RETRY, shard_of(letter.conversation), *arguments))

    async def drop(self, letter: DeadLetter) -> bool:
        """Remove a dead letter; False if it is there no more."""
        key = f"{self._keys(shard_of(letter.conversation))[0]}dead"
        return bool(await self._redis.execute("HDEL", key, letter.id))

    # --- looking ---------------------------------------------------------------------------------------------------

    async def state(self) -> QueueState:
        """How the queue stands."""
        stream = delayed = dead = 0
        oldest = 0.0
        by_workspace: dict[str, int] = {}
        for shard in range(SHARDS):
            now, in_stream, later, buried, waiting = await self._run(steps.COUNT, shard)
            stream, delayed, dead = stream + in_stream, delayed + later, dead + buried
            for name, since in zip(waiting[::2], waiting[1::2], strict=True):
                workspace = _workspace_of(name.decode())
                by_workspace[workspace] = by_workspace.get(workspace, 0) + 1
                oldest = max(oldest, (now - float(since)) / 1000)
        return QueueState(
            conversations=sum(by_workspace.values()),
            oldest=oldest,
            by_workspace=dict(sorted(by_workspace.items(), key=lambda one: (-one[1], one[0]))),
            in_stream=stream,
            delayed=delayed,
            dead=dead,
        )

    # --- scripts ---------------------------------------------------------------------------------------------------

    def _keys(self, shard: int) -> tuple[str, str]:
        return self.store.keys.box(shard, self.platform), self.store.keys.talks(shard)

    async def _run(self, source: str, shard: int, *arguments: str | bytes | float) -> Any:
        return await self._redis.execute(*script(source, self._keys(shard), arguments))

    async def _of(self, turn: Turn, source: str, *arguments: str | bytes | float) -> Any:
        """A step that only the one who has the turn may do."""
        done = await self._run(source, turn.shard, turn.conversation, turn.fence, *arguments)
        if not done:
            raise LeaseLostError(f"The turn of {turn.conversation} was taken over by another worker.")
        return done


async def mailboxes(store: Conversations) -> list[Mailbox]:
    """The mailboxes of all platforms that ever submitted a message."""
    names: set[bytes] = await store.redis.execute("SMEMBERS", store.keys.platforms)
    return [Mailbox(store, name.decode()) for name in sorted(names)]


def _share_of(conversation: str) -> str:
    """Whose share of the queue it takes: its workspace's, or its person's where all are of one workspace."""
    platform, workspace, channel, _ = conversation.split("/")
    return f"{workspace}/{channel}" if platform in ALL_OF_ONE_WORKSPACE else workspace


def _workspace_of(conversation: str) -> str:
    """As it stands in the conversation's name."""
    return conversation.split("/")[1]


def _write_question(question: Question, group: str = "", posted: Mapping[str, JsonValue] | None = None) -> str:
    """What is known of a question beside its message: of one that is asked again, also which are answered with it
    and nothing else (`group`), and what was posted."""
    fields: dict[str, Any] = question.model_dump(mode="json", exclude={"message"}, exclude_defaults=True)
    again = {"group": group} | ({"posted": dict(posted)} if posted else {}) if group else {}
    return json.dumps({**fields, **again})
