"""What a message asks for."""

import pytest

from core.intent import what_is_wanted


@pytest.mark.parametrize(
    "question",
    [
        "Show me the diagram of the deploy pipeline",
        "do we have a screenshot of the settings page?",
        "architecture diagram of the ingest service",
        "What does the login page look like?",
        "给我看部署流程图",
        "有没有登录页的截图？",
        "办公室的平面图",
    ],
)
def test_a_picture_is_wanted(question: str) -> None:
    assert what_is_wanted(question, has_pictures=False) == "picture"


@pytest.mark.parametrize(
    "question",
    [
        "How do I roll back a deploy?",
        "Who approves expenses above 500 euros?",
        "图书馆几点开门？",
        "怎么回滚一次部署？",
        "What figure did we reach in March?",
    ],
)
def test_an_answer_is_wanted(question: str) -> None:
    assert what_is_wanted(question, has_pictures=False) == "answer"


@pytest.mark.parametrize(
    "question", ["", "Describe this picture", "what does it say?", "What's in this image?", "图里写了什么？"]
)
def test_a_description_is_wanted(question: str) -> None:
    assert what_is_wanted(question, has_pictures=True) == "description"


def test_a_question_beside_a_picture_wants_an_answer() -> None:
    assert what_is_wanted("What is wrong here?", has_pictures=True) == "answer"
    assert what_is_wanted("What is the total?", has_pictures=True) == "answer"


@pytest.mark.parametrize(
    "question",
    [
        "find pictures like this",
        "Show me more screenshots like this one",
        "do we have any images similar to this?",
        "similar pictures?",
        "Find something like it",
        "Can you find others that look like this?",
        "找类似的图片",
        "有没有和这张相似的截图？",
        "以图搜图",
    ],
)
def test_pictures_like_another_are_wanted(question: str) -> None:
    assert what_is_wanted(question, has_pictures=True) == "similar"
    assert what_is_wanted(question, has_pictures=False) != "similar"


@pytest.mark.parametrize(
    "question",
    [
        "What is wrong here?",
        "Is this like the one from yesterday?",
        "How do I get rid of an error like this?",
        "Which of the pictures is newer?",
        "这个错误怎么解决？",
        "两张图有什么一样的地方？",
    ],
)
def test_a_question_about_pictures_does_not_look_for_others(question: str) -> None:
    assert what_is_wanted(question, has_pictures=True) != "similar"
