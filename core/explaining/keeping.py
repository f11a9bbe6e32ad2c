"""Keeping what answers stood on: those of conversations in Redis beside their messages, the last one in a small file.

A record lies in the same shard as its conversation and goes with any message that the answer was made from: when that
is edited, deleted, forgotten or older than its retention (`core.conversation_keys`).
"""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from pydantic import ConfigDict, Field, ValidationError

from core.conversation_keys import KEEP_ANSWER_SCRIPT, script
from core.conversations import Conversations
from core.explaining.record import AnswerRecord
from core.messages import Value
from core.whole_files import write_whole

_log = logging.getLogger(__name__)

_SCHEMA = b"1 "
_PAGE = 64


class KeptAnswers:
    """What the answers of conversations stood on, by the id of the message that was answered."""

    def __init__(self, store: Conversations) -> None:
        self._store = store

    async def keep(self, record: AnswerRecord) -> bool:
        """Keep a record; False, and nothing is kept, if one of its messages was deleted meanwhile."""
        keys = self._store.keys.conversation(record.question.place.conversation)
        entry = _SCHEMA + record.model_dump_json().encode()
        step = script(KEEP_ANSWER_SCRIPT, keys, (record.id, entry, json.dumps(record.stood_on)))
        return bool(await self._store.redis.execute(*step))

    async def find(self, conversation: str, message_id: str) -> AnswerRecord | None:
        """What the answer to a message stood on; None if it is not kept."""
        keys = self._store.keys.conversation(conversation)
        return _read(await self._store.redis.execute("HGET", keys.answers, message_id), message_id)

    async def several(self, conversation: str, message_ids: Sequence[str]) -> list[AnswerRecord]:
        """What the answers to these messages stood on, as far as it is kept."""
        if not message_ids:
            return []
        keys = self._store.keys.conversation(conversation)
        entries: Sequence[bytes | None] = await self._store.redis.execute("HMGET", keys.answers, *message_ids)
        found = [_read(*one) for one in zip(entries, message_ids, strict=True)]
        return [record for record in found if record is not None]

    async def find_anywhere(self, message_id: str) -> AnswerRecord | None:
        """The same, where it is not known in which conversation; of several the newest."""
        found: list[AnswerRecord] = []
        async for page in self._store.all_conversations():
            commands = [("HGET", self._store.keys.conversation(one).answers, message_id) for one in page]
            records = [_read(entry, message_id) for entry in await self._store.redis.execute_all(commands)]
            found += [record for record in records if record is not None]
        return max(found, key=lambda record: record.answered_at, default=None)

    async def last(self, conversation: str) -> AnswerRecord | None:
        """What the newest answer of a conversation stood on."""
        keys = self._store.keys.conversation(conversation)
        start = 0
        while ids := await self._store.redis.execute("ZREVRANGE", keys.order, start, start + _PAGE - 1):
            kept: Sequence[bytes | None] = await self._store.redis.execute("HMGET", keys.stood_on, *ids)
            for message_id, entry in zip(ids, kept, strict=True):
                if entry is not None:
                    return await self.find(conversation, message_id.decode())
            start += _PAGE
        return None


class LastAnswer(Value):
    """The last answer of a data folder: its record, with the pictures of its question by hash, or where it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

    record: AnswerRecord | None = None
    pictures: dict[str, bytes] = Field(default_factory=dict[str, bytes])
    conversation: str = ""
    message_id: str = ""


class LastAnswerFile:
    """A file of one's own that holds the last answer that was given at this machine's terminal."""

    def __init__(self, data: Path) -> None:
        self._file = data / "last-answer.json"

    def keep(self, last: LastAnswer) -> None:
        """Put this answer in the place of the last. What can't be written is logged: the answer itself was given."""
        try:
            write_whole(self._file, last.model_dump_json(exclude_defaults=True).encode())
        except OSError as error:
            _log.warning("What the answer stood on could not be kept in %s: %s", self._file, error.strerror)

    def read(self) -> LastAnswer | None:
        """The last answer; None if there was none, or if it can't be understood."""
        try:
            return LastAnswer.model_validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            _log.warning("%s can't be read: %s", self._file, type(error).__name__)
            return None

    def forget(self, source: str = "") -> None:
        """Forget the last answer; with a source, only if the answer stood on it."""
        last = self.read() if source else None
        passages = last.record.evidence.passages if last is not None and last.record is not None else ()
        if not source or any(one.passage.source == source for one in passages):
            self._file.unlink(missing_ok=True)


def _read(entry: bytes | None, message_id: str) -> AnswerRecord | None:
    """A stored record; None, with a line in the log that quotes nothing of it, for one that can't be understood."""
    if entry is None:
        return None
    try:
        if not entry.startswith(_SCHEMA):
            raise ValueError("its schema is unknown; was it written by a newer Lorelens?")
        return AnswerRecord.model_validate_json(entry.removeprefix(_SCHEMA))
    except ValidationError as error:
        wrong = [".".join(map(str, one["loc"])) for one in error.errors(include_input=False, include_url=False)]
        _log.warning("What the answer to %s stood on is passed over: %s can't be read", message_id, wrong)
    except ValueError as error:
        _log.warning("What the answer to %s stood on is passed over: %s", message_id, error)
    return None
