"""What people say of answers is kept beside the conversation, on a real Redis, and goes with it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bots.feedback import fields_of
from core.conversations import Conversations
from core.evidence import Evidence
from core.explaining.record import AnswerRecord
from core.messages import Author, Message, Place
from core.quality.feedback import TEXT_CHARACTERS, FeedbackBook
from core.reply import Citation, Reply

TEAM = Place(platform="slack", workspace="T1", channel="general", thread="1.0")
ADA, BOB = Author(id="ada", name="Ada"), Author(id="bob")
CONVERSATION = TEAM.conversation


@pytest.fixture
def book(store: Conversations) -> FeedbackBook:
    return FeedbackBook(store)


async def asked(store: Conversations, identity: str = "q1", *, by: Author = ADA, days: int = 0) -> Message:
    sent_at = datetime.now(UTC) - timedelta(days=days)
    message = Message(id=identity, place=TEAM, author=by, text="How?", sent_at=sent_at)
    assert await store.remember(message)
    return message


async def test_one_word_a_person_and_answer_and_the_last_one_counts(store: Conversations, book: FeedbackBook) -> None:
    await asked(store)
    assert await book.give(CONVERSATION, "q1", ADA, helpful=True)
    assert await book.give(CONVERSATION, "q1", BOB, helpful=True)
    assert await book.give(CONVERSATION, "q1", ADA, helpful=False, reason="outdated", text="x" * 5000)

    newest, other = await book.of(CONVERSATION, "q1")
    assert (newest.person, newest.helpful, newest.reason) == (ADA, False, "outdated")
    assert len(newest.text) == TEXT_CHARACTERS
    assert (other.person, other.helpful) == (BOB, True)
    assert [one.person.id for one in await book.newest(only_bad=True)] == ["ada"]
    assert await book.count_of_person("slack", "T1", "ada") == 1


async def test_all_is_listed_newest_first_and_bounded(store: Conversations, book: FeedbackBook) -> None:
    for number in range(3):
        await asked(store, f"q{number}")
        await book.give(CONVERSATION, f"q{number}", ADA, helpful=True)

    assert [one.message_id for one in await book.newest(2)] == ["q2", "q1"]


async def test_of_what_is_not_kept_nothing_can_be_said(store: Conversations, book: FeedbackBook) -> None:
    assert not await book.give(CONVERSATION, "never", ADA, helpful=True)
    assert await book.newest() == []
    assert await book.count_of_person("slack", "T1", "ada") == 0


async def test_word_is_taken_back(store: Conversations, book: FeedbackBook) -> None:
    await asked(store)
    await book.give(CONVERSATION, "q1", ADA, helpful=True)

    assert await book.withdraw(CONVERSATION, "q1", "ada")
    assert not await book.withdraw(CONVERSATION, "q1", "ada")
    assert await book.newest() == []


@pytest.mark.parametrize("way", ["deleted", "conversation", "person", "judge", "retention"])
async def test_it_goes_with_what_it_is_about_and_with_who_gave_it(
    store: Conversations, book: FeedbackBook, prefix: str, way: str
) -> None:
    await asked(store, days=400)
    await book.give(CONVERSATION, "q1", BOB, helpful=False, text="My secret reason")
    if way == "deleted":
        await store.delete(CONVERSATION, "q1")
    elif way == "conversation":
        await store.forget_conversation(CONVERSATION)
    elif way == "person":
        await store.forget_person("slack", "T1", "ada")
    elif way == "judge":
        await store.forget_person("slack", "T1", "bob")
    else:
        await store.sweep()

    assert await book.of(CONVERSATION, "q1") == []
    assert await book.newest() == []
    assert not [key for key in await store.redis.execute("KEYS", f"{prefix}*") if b"feedback" in key]


async def test_operator_sees_the_answer_with_its_sources_as_far_as_they_are_kept(
    store: Conversations, book: FeedbackBook
) -> None:
    question = await asked(store)
    await book.give(CONVERSATION, "q1", ADA, helpful=False)
    (one,) = await book.newest()
    cited = Citation(number=1, source="a.md", quote="Run it.", url="https://git/a.md")
    record = AnswerRecord(
        question=question,
        asked=("q1",),
        evidence=Evidence(question="How?", standalone="How?"),
        reply=Reply(text="Run it. [1]", citations=(cited,)),
        answered_at=one.given_at - timedelta(seconds=1),
    )

    shown = fields_of(one, record)
    assert (shown["question"], shown["answer"], shown["helpful"]) == ("How?", "Run it. [1]", False)
    assert shown["sources"] == [{"source": "a.md", "heading": "", "page": None, "url": "https://git/a.md"}]
    anew = record.model_copy(update={"answered_at": one.given_at + timedelta(seconds=1)})
    assert (fields_of(one, anew)["answer"], fields_of(one, anew)["answered_anew"]) == (None, True)
    assert fields_of(one, None)["question"] is None
    assert fields_of(one, None, question)["question"] == "How?"
    json.dumps(shown)
