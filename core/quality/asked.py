"""Questions read again for those who look after the answers, and the one rule of whose words these are shown.

A question's words are shown if it was asked in a public place, or by whoever looks. Everything else was said to
Lorelens and to nobody else: it is counted, and no more (but see `core.quality.shared_words`).
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from core.conversation_keys import Command
from core.conversations import Conversations
from core.messages import Message, Place, Value
from core.quality.declined import Reference

_PAGE = 128


class Person(NamedTuple):
    """Somebody on a platform."""

    platform: str
    workspace: str
    id: str


class AskedQuestion(Value):
    """A question as it is kept now: what its author said in the messages that were answered together.

    `at` is when it was asked; `declined` and `unhelpful` say why it is here.
    """

    conversation: str
    message_id: str
    place: Place
    person: Person
    is_bot: bool = False
    text: str
    at: datetime
    declined: bool = False
    unhelpful: bool = False

    def is_open_to(self, viewer: Person) -> bool:
        """Whether its words may be shown to somebody."""
        return is_open(self.place, self.person, viewer)


def is_open(place: Place, author: Person, viewer: Person) -> bool:
    """Whether what this author said in this place may be shown to somebody who looks after the answers."""
    return place.visibility == "public" or author == viewer


def author_of(message: Message) -> Person:
    """Who wrote a message."""
    return Person(platform=message.place.platform, workspace=message.place.workspace, id=message.author.id)


async def read_questions(
    store: Conversations, references: Sequence[Reference]
) -> tuple[list[AskedQuestion], list[Reference]]:
    """The questions that are still kept, and the references that point at nothing. Raises `StoreUnavailableError`."""
    found: list[AskedQuestion] = []
    gone: list[Reference] = []
    for start in range(0, len(references), _PAGE):
        page = references[start : start + _PAGE]
        commands: list[Command] = [
            ("HGET", store.keys.conversation(one.conversation).replies, one.message_id) for one in page
        ]
        for one, record in zip(page, await store.redis.execute_all(commands), strict=True):
            ids: list[str] = json.loads(record)["ids"] if record else [one.message_id]
            messages = await store.messages(one.conversation, ids)
            question = next((message for message in messages if message.id == one.message_id), None)
            if question is None:
                gone.append(one)
            else:
                found.append(_asked(one, question, messages))
    return found, gone


def _asked(one: Reference, question: Message, together: Sequence[Message]) -> AskedQuestion:
    said = [message.text.strip() for message in together if message.author.id == question.author.id]
    return AskedQuestion(
        conversation=one.conversation,
        message_id=one.message_id,
        place=question.place,
        person=author_of(question),
        is_bot=question.author.is_bot,
        text="\n".join(part for part in said if part),
        at=question.sent_at,
    )
