"""A question as the page puts it."""

from datetime import UTC, datetime

from bots.web.visitors import PLATFORM, WORKSPACE
from core.messages import Author, Message, Place
from core.question import Question


def question_of(person: str) -> Question:
    """Somebody's question, in a conversation of theirs."""
    place = Place(platform=PLATFORM, workspace=WORKSPACE, channel=person, thread="a-conversation")
    message = Message(id="q-1", place=place, author=Author(id=person), text="?", sent_at=datetime.now(UTC))
    return Question(message=message, alone=True)
