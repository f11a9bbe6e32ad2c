"""Lines of a batch."""

import pytest

from bots.batch import parse
from core.errors import QuestionError


def test_a_plain_line_is_a_question() -> None:
    assert parse("How do I roll back?\n") == ("How do I roll back?", None)


def test_an_object_may_carry_a_picture() -> None:
    assert parse('{"question": "哪里错了？", "picture": "a.png"}') == ("哪里错了？", "a.png")


@pytest.mark.parametrize("line", ["{not json}", "{", '{"unfinished": '])
def test_what_only_looks_like_an_object_is_a_question(line: str) -> None:
    assert parse(line) == (line.strip(), None)


def test_fields_of_the_wrong_kind_are_refused() -> None:
    with pytest.raises(QuestionError, match="strings"):
        parse('{"question": 7}')
