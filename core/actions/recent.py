"""The last answers that a person got, for themselves: from the index of persons, newest first."""

from datetime import UTC, datetime

from core.conversation_keys import Command, read_reference
from core.conversations import Conversations
from core.messages import Value

MOST = 5
QUESTION_CHARACTERS = 120
_PAGE = 256


class RecentAnswer(Value):
    """An answer: the first line of its question, its conversation, the question's message id, and when it was asked."""

    question: str
    conversation: str
    message_id: str
    asked_at: datetime


async def recent(
    store: Conversations, platform: str, workspace: str, person_id: str, *, limit: int = MOST
) -> list[RecentAnswer]:
    """The last questions of a person that were answered, newest first. Raises `StoreUnavailableError`."""
    members = await store.redis.execute("SMEMBERS", store.keys.person(platform, workspace, person_id))
    newest = await _by_time(store, [read_reference(member) for member in members])
    found: list[RecentAnswer] = []
    for start in range(0, len(newest), _PAGE):
        page = newest[start : start + _PAGE]
        commands: list[Command] = []
        for conversation, message_id, _ in page:
            keys = store.keys.conversation(conversation)
            commands += [("HEXISTS", keys.replies, message_id), ("HEXISTS", keys.answers, message_id)]
        answered = await store.redis.execute_all(commands)
        for (conversation, message_id, sent_at), *states in zip(page, answered[::2], answered[1::2], strict=True):
            if not any(states):
                continue
            for message in await store.messages(conversation, [message_id]):
                found.append(
                    RecentAnswer(
                        question=_first_line(message.text),
                        conversation=conversation,
                        message_id=message_id,
                        asked_at=datetime.fromtimestamp(sent_at / 1e6, UTC),
                    )
                )
            if len(found) >= limit:
                return found
    return found


async def _by_time(store: Conversations, references: list[tuple[str, str]]) -> list[tuple[str, str, float]]:
    """What is still kept, with when it was sent (microseconds since 1970), newest first."""
    found: list[tuple[str, str, float]] = []
    for start in range(0, len(references), _PAGE):
        page = references[start : start + _PAGE]
        scores = await store.redis.execute_all(
            [("ZSCORE", store.keys.conversation(conversation).order, message_id) for conversation, message_id in page]
        )
        found += [(*one, float(score)) for one, score in zip(page, scores, strict=True) if score is not None]
    return sorted(found, key=lambda one: one[2], reverse=True)


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= QUESTION_CHARACTERS else line[:QUESTION_CHARACTERS].rstrip() + "…"
