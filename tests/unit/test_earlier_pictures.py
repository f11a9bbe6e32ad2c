"""Which pictures of a conversation a question is about."""

from datetime import UTC, datetime
from typing import Literal

import pytest

from core.earlier_pictures import earlier_pictures, pictures_of
from core.messages import Author, Message, Picture, Place

PLACE = Place(platform="terminal", workspace="local", channel="test")


def picture(name: str) -> Picture:
    return Picture(sha256=name * 64, media_type="image/png", width=10, height=10, name=name)


def said(text: str, *names: str, role: Literal["person", "assistant"] = "person") -> Message:
    return Message(
        id=text,
        place=PLACE,
        author=Author(id="mira"),
        role=role,
        text=text,
        pictures=tuple(picture(name) for name in names),
        sent_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


HISTORY = [
    said("What is wrong in the login form?", "a"),
    said("The password is missing.", role="assistant"),
    said("Compare the old and the new dashboard.", "b", "c"),
    said("The new one is wider. See the diagram.", "d", role="assistant"),
]


def about(text: str, *own: str, history: list[Message] = HISTORY) -> str:
    return "".join(one.name for one in pictures_of(said(text, *own), history))


def test_pictures_are_counted_from_the_first_whoever_sent_them() -> None:
    again = [*HISTORY, said("And here it is again.", "a", "e")]
    assert [(one.number, one.picture.name, one.message, one.shown) for one in earlier_pictures(again)] == [
        (1, "a", 0, False),
        (2, "b", 2, False),
        (3, "c", 2, False),
        (4, "d", 3, True),
        (5, "e", 4, False),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("What does the second picture say?", "b"),
        ("Is the button in the first screenshot disabled?", "a"),
        ("What is in picture 3?", "c"),
        ("Read image #2", "b"),
        ("第二张图里写了什么？", "b"),
        ("图3里是什么？", "c"),
        ("What does the last picture show?", "d"),
        ("最后一张图是什么？", "d"),
        ("What is in picture 9?", ""),
        ("What is in that diagram?", "d"),
        ("这张图里的箭头是什么意思？", "d"),
        ("Find pictures like this one", "d"),
        ("and how wide is it?", "bc"),
        ("那怎么修复？", "bc"),
        ("How do I roll back a deploy on the staging cluster?", ""),
        ("Show me the diagram of the deploy pipeline", ""),
        ("Thanks!", ""),
    ],
)
def test_a_question_is_about_the_picture_that_it_means(text: str, names: str) -> None:
    assert about(text) == names


def test_own_pictures_come_before_earlier_ones() -> None:
    assert about("Is this the same as the first picture?", "e", "f") == "ef"


def test_without_earlier_pictures_there_are_none_to_mean() -> None:
    assert about("What does the second picture say?", history=HISTORY[1:2]) == ""
