"""How conversations lie in Redis: the names of the keys, the form of an entry, and the steps that must be atomic.

Conversations are spread over a fixed number of shards. All keys of a shard share a hash tag, so they stand in one slot
of a Redis Cluster, and one script may change a conversation together with the queue it waits in (`core.mailbox`). What
stands elsewhere (persons, pictures, the list of conversations) is an index: it is written before what it points to and
removed after it, so that a crash leaves it pointing at nothing rather than something unindexed.
"""

import json
import logging
from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

from pydantic import ValidationError

from core.messages import Message, Place

_log = logging.getLogger(__name__)

_SCHEMA = b"1"

SHARDS = 8
"""How many there are; with another number what is kept would not be found again."""


class ConversationKeys(NamedTuple):
    """The keys of one conversation.

    `messages` is a hash from message id to entry; `order` a sorted set of message ids by the time they were sent (a
    reply right after its question); `gone` a sorted set of the ids of deleted messages by the time of the deletion, so
    that they don't come back; `asked` a hash from the id of each message that wanted an answer to the attempt that
    submitted it; `questions` a hash from the ids of those that are not answered yet to what their answer needs.
    `answers` is a hash from the ids of answered messages to what the answer stood on, and `stood_on` one from the same
    ids to those of all messages that it was made from. `replies` is a hash from the ids of answered messages to how
    their reply was posted. `shown` is a hash from the ids of questions to what stands of their replies, for platforms
    that are this store's own (`adapters.web.board`).
    """

    messages: str
    order: str
    gone: str
    asked: str
    questions: str
    answers: str
    stood_on: str
    replies: str
    shown: str


def shard_of(conversation: str) -> int:
    """The shard of a conversation, below `SHARDS`."""
    return crc32(conversation.encode("utf-8", "surrogatepass")) % SHARDS


class KeySpace:
    """The names of all keys; `prefix` keeps apart what shares a Redis."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.conversations = f"{prefix}:conversations"
        self.pictures = f"{prefix}:pictures"
        self.platforms = f"{prefix}:platforms"
        self.shown_changes = f"{prefix}:shown:changes"
        self.declined = f"{prefix}:{{quality}}:declined"

    def conversation(self, conversation: str) -> ConversationKeys:
        """The keys of a conversation."""
        base = f"{self.talks(shard_of(conversation))}{conversation}"
        return ConversationKeys(*(f"{base}:{name}" for name in ConversationKeys._fields))

    def talks(self, shard: int) -> str:
        """What the keys of all conversations of a shard begin with."""
        return f"{self._prefix}:{{{shard}}}:conversation:"

    def heard(self, platform: str) -> str:
        """Until when a platform was listened to."""
        return f"{self._prefix}:heard:{platform}"

    def once(self, platform: str, name: str) -> str:
        """That something was done already, or what is kept for its second half; both for a short while."""
        return f"{self._prefix}:once:{platform}:{name}"

    def begun(self, platform: str) -> str:
        """What the keys begin with of what people began and are shown as being thought about; they share a slot."""
        return f"{self._prefix}:{{begun:{platform}}}:"

    def limit(self, scope: str, name: str) -> str:
        """How much of a limit is used: by whom, or where."""
        return f"{self._prefix}:limit:{scope}:{name}"

    def box(self, shard: int, platform: str) -> str:
        """What the keys of a platform's queue in a shard begin with."""
        return f"{self._prefix}:{{{shard}}}:mailbox:{platform}:"

    def person(self, platform: str, workspace: str, author_id: str) -> str:
        """The set of references to a person's messages."""
        who = Place(platform=platform, workspace=workspace, channel=author_id).conversation
        return f"{self._prefix}:person:{{{_tag(who)}}}:messages"

    def feedback(self, conversation: str) -> str:
        """What people said of a conversation's answers: a hash by question and person, in the conversation's slot."""
        return f"{self.talks(shard_of(conversation))}{conversation}:feedback"

    def feedback_by(self, platform: str, workspace: str, author_id: str) -> str:
        """The set of references to the questions of which a person judged the answer."""
        who = Place(platform=platform, workspace=workspace, channel=author_id).conversation
        return f"{self._prefix}:person:{{{_tag(who)}}}:feedback"

    def languages(self, platform: str, workspace: str) -> str:
        """The languages that people of a workspace chose: a hash by person."""
        where = Place(platform=platform, workspace=workspace, channel="").conversation
        return f"{self._prefix}:languages:{where}"

    def noted(self, conversation: str) -> str:
        """What a platform notes of a conversation beside its messages: a hash, in the conversation's slot."""
        return f"{self.talks(shard_of(conversation))}{conversation}:noted"

    def upload(self, reference: str) -> str:
        """The bytes of a document that came with a message, on platforms that are this store's own; for a while."""
        return f"{self._prefix}:upload:{reference}"

    def web(self, kind: str, name: str) -> str:
        """What the web page keeps of its visitors for a while: a session, what a proxy said of somebody, ..."""
        return f"{self._prefix}:web:{kind}:{name}"

    def quality(self, kind: str, name: str) -> str:
        """What is counted of how good the answers are (`core.quality`); all of it stands in one slot."""
        return f"{self._prefix}:{{quality}}:{kind}:{name}"

    def picture(self, sha256: str) -> str:
        """The bytes of a picture."""
        return f"{self._prefix}:picture:{{{sha256}}}:data"

    def picture_uses(self, sha256: str) -> str:
        """The set of references to the messages that carry a picture."""
        return f"{self._prefix}:picture:{{{sha256}}}:uses"


def _tag(name: str) -> str:
    return name.replace("{", "%7B").replace("}", "%7D")


def reference(conversation: str, message_id: str) -> str:
    """A member of an index: which message of which conversation."""
    return json.dumps([conversation, message_id], ensure_ascii=False)


def read_reference(member: bytes) -> tuple[str, str]:
    """The conversation and message id that an index points to."""
    conversation, message_id = json.loads(member)
    return conversation, message_id


def write_entry(message: Message, attempt: str) -> bytes:
    """A stored message; `attempt` tells a call that is sent again from a second call."""
    return b" ".join((_SCHEMA, attempt.encode(), message.model_dump_json().encode()))


def read_entry(entry: bytes | None, conversation: str, message_id: str) -> Message | None:
    """A stored message; None, with a line in the log, for one that can't be understood."""
    if entry is None:
        return None
    schema, _, rest = entry.partition(b" ")
    try:
        if schema != _SCHEMA:
            raise ValueError(f"schema {schema[:20]!r} is unknown; was it written by a newer Lorelens?")
        return Message.model_validate_json(rest.partition(b" ")[2])
    except ValidationError as error:
        wrong = [".".join(map(str, one["loc"])) for one in error.errors(include_input=False, include_url=False)]
        _log.warning("Message %s of %s is passed over: %s can't be read", message_id, conversation, wrong)
    except ValueError as error:
        _log.warning("Message %s of %s is passed over: %s", message_id, conversation, error)
    return None


Command = tuple[str | bytes | float, ...]
"""A command to Redis: its name, and what it is given."""


def script(source: str, keys: Sequence[str], args: Sequence[str | bytes | float]) -> Command:
    """The command that runs a Lua script; all its keys stand in one slot.

    The source travels along (EVAL): it is short, and a server that was started again does not know it by its hash.
    """
    return ("EVAL", source, len(keys), *keys, *args)


ATTEMPT_LENGTH = 16
"""Characters of an attempt."""

REMEMBER = """
local function remember(messages, order, gone, id, entry, sent_at)
  local known = redis.call('HGET', messages, id)
  if known then
    -- The same attempt, sent again because the connection broke before the answer came, is still the first.
    return string.sub(known, 1, 18) == string.sub(entry, 1, 18) and 1 or 0
  end
  if redis.call('ZSCORE', gone, id) then
    return 0
  end
  redis.call('HSET', messages, id, entry)
  redis.call('ZADD', order, sent_at, id)
  return 1
end
"""
"""1 the first time, 0 for a message seen (or deleted) before; a script may go on from there within the same slot."""

REMEMBER_SCRIPT = REMEMBER + "return remember(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2], ARGV[3])"

FORGET_ANSWERS = """
local function forget_answers(answers, stood_on, ids)
  local going = {}
  for _, id in ipairs(ids) do
    going[id] = true
  end
  local kept = redis.call('HGETALL', stood_on)
  for at = 1, #kept, 2 do
    for _, id in ipairs(cjson.decode(kept[at + 1])) do
      if going[id] then
        redis.call('HDEL', answers, kept[at])
        redis.call('HDEL', stood_on, kept[at])
        break
      end
    end
  end
end
"""
"""What an answer stood on goes with any of the messages that it was made from."""

FORGET_ANSWERS_SCRIPT = FORGET_ANSWERS + "forget_answers(KEYS[6], KEYS[7], ARGV)"

KEEP_ANSWER_SCRIPT = """
for _, id in ipairs(cjson.decode(ARGV[3])) do
  if redis.call('HEXISTS', KEYS[1], id) == 0 then
    return 0
  end
end
redis.call('HSET', KEYS[6], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[7], ARGV[1], ARGV[3])
return 1
"""
"""1 if what an answer stood on is kept; 0 if one of the messages that it was made from is kept no more."""

EDIT_SCRIPT = (
    FORGET_ANSWERS
    + """
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
forget_answers(KEYS[6], KEYS[7], {ARGV[1]})
return 1
"""
)

COMPLETE_SCRIPT = """
local known = redis.call('HGET', KEYS[1], ARGV[1])
if not known or string.sub(known, 19) ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], string.sub(known, 1, 18) .. ' ' .. ARGV[3])
return 1
"""
"""1 if a message is kept as it was (ARGV[2], after its attempt) and now with more known of it: no new writing."""

DELETE_SCRIPT = (
    FORGET_ANSWERS
    + """
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return 0
end
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
for _, hash in ipairs({KEYS[1], KEYS[4], KEYS[5], KEYS[9]}) do
  redis.call('HDEL', hash, ARGV[1])
end
forget_answers(KEYS[6], KEYS[7], {ARGV[1]})
return 1
"""
)

RELEASE_PICTURE_SCRIPT = """
redis.call('SREM', KEYS[2], unpack(ARGV))
if redis.call('EXISTS', KEYS[2]) == 1 then
  return 0
end
redis.call('DEL', KEYS[1])
return 1
"""
"""Take uses away from a picture, and the picture with its last use; 1 if it went."""
