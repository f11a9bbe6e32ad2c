"""A question and its answer, found from either of the two."""

from collections.abc import Callable

from core.conversations import Conversations
from core.messages import Message

CONVERSATION_TOKENS = 50_000
"""So much of a conversation is looked at."""

Order = Callable[[str], float]
"""Where a message stands among others, by its id; 0 for one that is no message of the platform."""


async def with_answer(store: Conversations, message: Message, order: Order) -> list[Message]:
    """The message; a question that Lorelens answered with its answer, and an answer with its question.

    The answer is the whole of it, be the message one part of several. Raises `StoreUnavailableError`.
    """
    said = await store.history(message.place.conversation, CONVERSATION_TOKENS)
    if message.role == "assistant":
        return _answered_by(message, said, order)
    following = next((at for at, one in enumerate(said, start=1) if one.id == message.id), len(said))
    answer = said[following] if following < len(said) else None
    return [message, answer] if answer is not None and answer.role == "assistant" else [message]


def _answered_by(answer: Message, said: list[Message], order: Order) -> list[Message]:
    until = order(answer.id)
    at = next(
        (at for at in reversed(range(len(said))) if said[at].role == "assistant" and 0 < order(said[at].id) <= until),
        None,
    )
    if at is None:
        return [answer]
    questions = [one for one in said[:at] if one.role == "person"]
    return [*questions[-1:], said[at]]
