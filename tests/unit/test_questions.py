"""What a question asks for."""

import pytest

from core.reading.questions import Asked, asked_for, content_terms, could_answer


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who approves a production deploy?", "person"),
        ("Where is the staging database?", "place"),
        ("When does the maintenance window start?", "time"),
        ("How many replicas do we run?", "number"),
        ("How long is a session kept?", "number"),
        ("Why did the build fail?", "reason"),
        ("How do I roll back?", "way"),
        ("What is Lorelens?", "thing"),
        ("谁负责值班？", "person"),
        ("办公室在哪里？", "place"),
        ("什么时候发布？", "time"),
        ("一共有多少台服务器？", "number"),
        ("为什么会超时？", "reason"),
        ("怎么回滚？", "way"),
        ("缓存是什么？", "thing"),
        ("", "thing"),
    ],
)
def test_kind(question: str, kind: Asked) -> None:
    assert asked_for(question) == kind


@pytest.mark.parametrize(
    ("kind", "sentence", "fits"),
    [
        ("number", "We run three replicas.", True),
        ("number", "We run replicas.", False),
        ("number", "共有二十台服务器。", True),
        ("time", "The window opens on Sunday at 02:00.", True),
        ("time", "The window is short.", False),
        ("reason", "It fails because the disk is full.", True),
        ("reason", "由于磁盘已满，构建失败。", True),
        ("thing", "Anything.", True),
    ],
)
def test_shape(kind: Asked, sentence: str, fits: bool) -> None:
    assert could_answer(kind, sentence) is fits


def test_words_that_only_ask_are_not_looked_for() -> None:
    assert content_terms("According to the handbook, what is the timeout of the gateway?") == [
        "handbook",
        "timeout",
        "gateway",
    ]
    assert "什么" not in content_terms("网关的超时是什么？")
    assert {"网关", "超时"} <= set(content_terms("网关的超时是什么？"))


def test_a_question_of_such_words_alone_keeps_them() -> None:
    assert content_terms("What is it?")
