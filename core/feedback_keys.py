"""How feedback lies in Redis beside its conversation, and how it is forgotten with that (`core.quality.feedback`)."""

from collections.abc import Sequence

from core.conversation_keys import Command, KeySpace, read_reference, reference, script
from core.messages import Place

_FORGET = """
local going, gone = {}, {}
for _, id in ipairs(ARGV) do
  going[id] = true
end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if going[cjson.decode(field)[1]] then
    redis.call('HDEL', KEYS[1], field)
    gone[#gone + 1] = field
  end
end
return gone
"""
"""The fields that went with these questions."""


def forgetting(keys: KeySpace, conversation: str, message_ids: Sequence[str | bytes]) -> Command:
    """The command that forgets what was said of the answers to these questions; for `unindexing` it answers what went.

    To be sent after the questions' messages are gone: then nothing can be said of them any more.
    """
    return script(_FORGET, [keys.feedback(conversation)], message_ids)


def unindexing(keys: KeySpace, conversation: str, fields: Sequence[bytes]) -> list[Command]:
    """The commands that let the persons of forgotten feedback not point to it any more."""
    said = [read_reference(field) for field in fields]
    return [
        ("SREM", of_person(keys, conversation, person_id), reference(conversation, message_id))
        for message_id, person_id in said
    ]


def forgetting_person(
    keys: KeySpace, platform: str, workspace: str, person_id: str, members: Sequence[bytes]
) -> list[Command]:
    """The commands that forget what a person said of these answers (members of their index)."""
    commands: list[Command] = []
    for conversation, message_id in map(read_reference, members):
        commands.append(("HDEL", keys.feedback(conversation), reference(message_id, person_id)))
    if members:
        commands.append(("SREM", keys.feedback_by(platform, workspace, person_id), *members))
    return commands


def of_person(keys: KeySpace, conversation: str, person_id: str) -> str:
    """The index of what a person of a conversation's workspace said of answers."""
    place = Place.named(conversation)
    return keys.feedback_by(place.platform, place.workspace, person_id)
