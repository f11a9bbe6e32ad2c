"""A follow-up is read together with what it follows; a question that stands alone is left alone."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from core.followups import depends_on_history, standalone_question
from core.messages import Author, Message, Place

PLACE = Place(platform="terminal", workspace="local", channel="chat")


def said(*texts: str) -> list[Message]:
    """Person and assistant in turns, the person first."""
    return [
        Message(
            id=str(number),
            place=PLACE,
            author=Author(id="bot" if number % 2 else "ann", is_bot=bool(number % 2)),
            role="assistant" if number % 2 else "person",
            text=text,
            sent_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for number, text in enumerate(texts)
    ]


def standalone(history: Sequence[str], question: str) -> str:
    return standalone_question(said(*history), said(question)[0])


@pytest.mark.parametrize(
    "follow_up",
    [
        "and how do I undo it?",
        "Why?",
        "and in Chinese?",
        "show me the diagram",
        "What about Windows?",
        "Is there a screenshot of that?",
        "who can do this?",
        "how long does it take?",
        "I meant the second one",
    ],
)
def test_follow_up_gets_the_topic_of_the_question_before(follow_up: str) -> None:
    read = standalone(["How do I publish a gray release?", "Press Publish [1]."], follow_up)

    assert read == f"{follow_up} (publish gray release)"


@pytest.mark.parametrize(
    "follow_up", ["那怎么撤销？", "为什么？", "那 Windows 呢？", "它需要多久？", "有截图吗", "谁可以做这个？"]
)
def test_chinese_follow_up_gets_the_topic_of_the_question_before(follow_up: str) -> None:
    read = standalone(["怎么发布灰度版本？", "点击发布 [1]。"], follow_up)

    assert read == f"{follow_up}（发布灰度版本）"


@pytest.mark.parametrize(
    "question",
    [
        "How do I create a new project in the portal?",
        "What is SAML?",
        "Who is Luke Miller?",
        "How do I reset my password?",
        "Show me the diagram of the architecture",
        "If I have an old release, how do I delete it?",
        "Which port does the config service listen on by default?",
        "怎么创建一个新的项目？",
        "配置服务默认监听哪个端口？",
        "如果发布失败了，它的日志在哪里？",
        "请告诉我们生产环境的数据库密码多久更换一次",
    ],
)
def test_question_that_stands_alone_is_left_word_for_word(question: str) -> None:
    assert not depends_on_history(question)
    assert standalone(["How do I roll back the billing service?", "Like so."], question) == question


def test_follow_up_of_a_follow_up_reaches_the_topic() -> None:
    read = standalone(["What are dialog nodes?", "…", "How is it created?", "…"], "are those the only steps?")

    assert read == "are those the only steps? (created dialog nodes)"


def test_topic_goes_back_no_further_than_the_last_question_that_stands_alone() -> None:
    history = ["How do I book a meeting room?", "…", "Where is the holiday calendar for Berlin published?", "…"]

    assert "meeting" not in standalone(history, "and for Munich?")


def test_thanks_is_neither_a_question_nor_a_topic() -> None:
    asked = ["How do I publish a gray release?", "Press Publish.", "Thank you!", "You are welcome."]

    assert standalone(asked, "great, thanks") == "great, thanks"
    assert standalone(asked, "好的，谢谢") == "好的，谢谢"
    assert standalone(asked, "and how do I undo it?") == "and how do I undo it? (publish gray release)"


def test_languages_can_change_within_a_conversation() -> None:
    assert standalone(["怎么发布灰度版本？", "…"], "and how do I undo it?") == "and how do I undo it? (发布灰度版本)"
    assert (
        standalone(["How do I publish a gray release?", "…"], "那怎么撤销？") == "那怎么撤销？（publish gray release）"
    )


def test_first_message_stands_alone() -> None:
    assert standalone([], "why?") == "why?"
    assert standalone([], "") == ""


def test_without_an_earlier_question_the_answer_gives_the_topic() -> None:
    history = said("", "**Rollback** of the billing service is described in the runbook [1].")

    assert standalone_question(history, said("why?")[0]) == "why? (Rollback billing service described)"


def test_known_words_are_not_repeated() -> None:
    read = standalone(["How do I publish a gray release?", "…"], "and who may publish?")

    assert read == "and who may publish? (gray release)"


def test_long_message_is_read_in_time() -> None:
    for text in ("word " * 20_000, "what is " + "a" * 100_000 + " ! x", "ok " * 30_000 + "x", "它" * 100_000):
        assert standalone([text, "…"], text) == text
