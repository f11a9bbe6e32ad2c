"""What the team should write down next: whose words are shown, what is grouped, and what goes with its message."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from core.conversations import Conversations
from core.messages import Author, Message, Place
from core.models.encoder import Encoder
from core.models.minilm import MiniLM
from core.quality.asked import Person
from core.quality.declined import DeclinedIndex
from core.quality.feedback import FeedbackBook
from core.quality.grouping import encoded, grouped
from core.quality.shared_words import common_wording
from core.quality.unanswered import Unanswered, UnansweredQuestions

OPERATOR = Person("web", "web", "olga")
NOW = datetime.now(UTC)
Visibility = Literal["public", "private", "direct"]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Conversations]:
    store = await Conversations.open("", tmp_path)
    yield store
    await store.close()


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return MiniLM()


async def declined(
    store: Conversations, text: str, by: str, visibility: Visibility = "direct", *, platform: str = "web", days: int = 0
) -> Message:
    """A question that was declined so many days ago."""
    channel = by if visibility == "direct" else "C1"
    at = NOW - timedelta(days=days)
    place = Place(platform=platform, workspace=platform, channel=channel, thread=text[:40], visibility=visibility)
    message = Message(id=f"q-{by}-{text}", place=place, author=Author(id=by, name=by.title()), text=text, sent_at=at)
    assert await store.remember(message)
    await store.redis.execute_all(DeclinedIndex(store).noting(place.conversation, message.id, at))
    return message


async def found(
    store: Conversations, *, encoder: Encoder | None = None, platform: str = "", days: int = 30
) -> Unanswered:
    judged = await FeedbackBook(store).newest()
    since = NOW - timedelta(days=days)
    return await UnansweredQuestions(store).find(
        since, judged, viewer=OPERATOR, platform=platform, encoder=encoder
    )  # fmt: skip


async def test_what_was_asked_most_comes_first_in_both_languages(store: Conversations, encoder: Encoder) -> None:
    for number, text in enumerate(("How do I get a parking permit?", "where can I request a parking permit")):
        await declined(store, text, f"p{number}", "public", platform="slack", days=number)
    for number, text in enumerate(("怎么申请停车证？", "停车证在哪里申请", "如何办理停车证")):
        await declined(store, text, f"z{number}", "public", platform="discord", days=number + 1)
    await declined(store, "Who feeds the office cat?", "p0", "public", platform="slack")
    await declined(store, "What was the wifi password in 2019?", "p0", "public", platform="slack", days=31)

    chinese, permit, cat = (await found(store, encoder=encoder)).groups
    assert (chinese.wording, chinese.asked, chinese.people) == ("怎么申请停车证？", 3, 3)
    assert (permit.asked, permit.people, permit.last) == (2, 2, NOW)
    assert (permit.wording, permit.others) == (
        "How do I get a parking permit?",
        ("where can I request a parking permit",),
    )
    assert cat.wording == "Who feeds the office cat?"
    assert {one.wording for one in (await found(store, encoder=encoder, platform="slack")).groups} == {
        permit.wording,
        cat.wording,
    }


async def test_private_words_are_only_counted_beside_what_was_asked_in_public(
    store: Conversations, encoder: Encoder
) -> None:
    await declined(store, "How do I get a parking permit?", "ann", "public", platform="slack")
    await declined(store, "How do I get a parking permit for Hildegard?", "bob")
    await declined(store, "where to get a parking permit, secretly", "cem", "private", platform="slack")

    (group,) = (await found(store, encoder=encoder)).groups
    assert (group.wording, group.others, group.words) == ("How do I get a parking permit?", (), "asked")
    assert (group.asked, group.people, group.private) == (3, 3, 2)


async def test_questions_of_one_or_two_people_in_private_show_no_word(store: Conversations, encoder: Encoder) -> None:
    for text in ("Is Hildegard being dismissed?", "is hildegard dismissed", "Hildegard dismissed?"):
        await declined(store, text, "bob")
    await declined(store, "Is Hildegard dismissed?", "cem")
    await declined(store, "Why does my salary differ from Cem's?", "bob", "private", platform="slack")

    unanswered = await found(store, encoder=encoder)
    assert unanswered.groups == ()
    assert (unanswered.hidden, unanswered.hidden_people) == (5, 3)
    assert "ildegard" not in repr(unanswered) and "salary" not in repr(unanswered)


async def test_one_person_on_three_platforms_is_not_three_people(store: Conversations, encoder: Encoder) -> None:
    for platform in ("web", "slack", "discord"):
        await declined(store, "How do I get a parking permit?", "bob", platform=platform)
    assert (await found(store, encoder=encoder)).groups == ()


async def test_three_people_in_private_show_the_words_that_they_share_and_no_others(
    store: Conversations, encoder: Encoder
) -> None:
    await declined(store, "How do I get a parking permit for Hildegard?", "bob")
    await declined(store, "How do I get a parking permit?  My plate is KX-4711", "cem")
    await declined(store, "How do I get that parking permit, dammit", "dan")

    (group,) = (await found(store, encoder=encoder)).groups
    assert (group.wording, group.words) == ("How do I get … parking permit …", "shared")
    assert (group.asked, group.people, group.private) == (3, 3, 3)
    assert not any(word in repr(group) for word in ("Hildegard", "4711", "dammit"))


async def test_the_operators_own_questions_are_shown_to_them_alone(store: Conversations, encoder: Encoder) -> None:
    await declined(store, "Where do I renew the certificate?", "olga")
    await declined(store, "Which printer is mine?", "olga", platform="slack")  # another who is called so there

    unanswered = await found(store, encoder=encoder)
    assert [one.wording for one in unanswered.groups] == ["Where do I renew the certificate?"]
    assert unanswered.hidden == 1


@pytest.mark.parametrize("way", ["deleted", "person forgotten", "conversation forgotten", "answered"])
async def test_what_is_gone_is_not_listed_and_nothing_points_to_it(store: Conversations, way: str) -> None:
    message = await declined(store, "How do I get a parking permit?", "ann", "public")
    index, conversation = DeclinedIndex(store), message.place.conversation
    assert (await found(store)).asked == 1
    if way == "deleted":
        await store.delete(conversation, message.id)
    elif way == "person forgotten":
        await store.forget_person("web", "web", "ann")
    elif way == "conversation forgotten":
        await store.forget_conversation(conversation)
    else:
        await store.redis.execute_all(index.clearing(conversation, message.id, NOW))
    assert await index.since(NOW - timedelta(days=90)) == []
    assert await found(store) == Unanswered()


async def test_what_points_at_nothing_is_taken_out(store: Conversations) -> None:
    await store.redis.execute_all(DeclinedIndex(store).noting("web/web/ann/1", "gone", NOW))
    assert (await found(store)).asked == 0
    assert await DeclinedIndex(store).since(NOW - timedelta(days=90)) == []


async def test_an_edited_question_is_listed_as_it_reads_now(store: Conversations) -> None:
    message = await declined(store, "How do I get a parkign permit?", "ann", "public")
    await store.edit(message.model_copy(update={"text": "How do I get a parking permit?"}))
    assert [one.wording for one in (await found(store)).groups] == ["How do I get a parking permit?"]


async def test_what_did_not_help_is_listed_once_and_until_minds_change(store: Conversations) -> None:
    message = await declined(store, "How do I get a parking permit?", "ann", "public")
    other = Message(
        id="q2", place=message.place, author=message.author, text="Which gate is mine?", sent_at=NOW
    )  # fmt: skip
    await store.remember(other)
    book, conversation = FeedbackBook(store), message.place.conversation
    for one in (message.id, other.id):
        await book.give(conversation, one, Author(id="bob"), helpful=False, reason="wrong")

    groups = (await found(store)).groups
    assert [(one.asked, one.declined, one.unhelpful) for one in groups] == [(1, 0, 1), (1, 1, 1)]
    await book.vote(conversation, other.id, Author(id="bob"), helpful=True)
    assert [one.wording for one in (await found(store)).groups] == [message.text]


@pytest.mark.parametrize("with_encoder", [True, False])
def test_paraphrases_are_grouped_and_different_matters_are_not(encoder: Encoder, with_encoder: bool) -> None:
    matters = (
        ("How do I reset my VPN password?", "VPN password reset", "I forgot my vpn password, how do I reset it?"),
        ("What does ERR-9000 mean?", "what is ERR-9000"),
        ("What does ERR-4031 mean?", "what is ERR-4031"),
        ("When is the office closed over Christmas?", "Is the office closed over Christmas?"),
        ("怎么重置VPN密码？", "VPN 密码忘了怎么办", "vpn密码重置"),
        ("年假有多少天？", "每年有几天年假"),
    )
    texts = [text for matter in matters for text in matter]
    vectors = encoded(texts, encoder if with_encoder else None, {})
    assert len(vectors) == (9 if with_encoder else 0)
    groups = {frozenset(texts[at] for at in one) for one in grouped(texts, vectors)}
    assert groups == {frozenset(matter) for matter in matters}
    assert grouped([], {}) == []


@pytest.mark.parametrize(
    ("said", "wording"),
    [
        (("where is 王小明 的停车证", "停车证在哪里", "我的停车证呢"), "…停车证…"),
        (("reset VPN", "reset VPN"), ""),
        (("what now", "what is this", "what then"), ""),
        (("Ask Mia about taxis", "Are taxis paid?", "Taxi by night"), "… taxis …"),
        (("a Müller-Lüdenscheidt visit", "b visit", "c visit x"), "… visit"),
    ],
)
def test_what_is_common_is_said_without_what_is_one_persons(said: Sequence[str], wording: str) -> None:
    assert common_wording({str(at): [text] for at, text in enumerate(said)}) == wording
