"""Citations of a streamed answer: renumbered, mapped, and never in code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.citations import DECLINED, CitationStream, claim_of


def stream(text: str, *, known: int = 9, pieces: int = 1) -> tuple[str, CitationStream]:
    citations = CitationStream(lambda number: 0 < number <= known)
    step = max(1, len(text) // pieces)
    shown = [citations.feed(text[at : at + step]) for at in range(0, len(text), step)]
    return "".join([*shown, citations.close()]), citations


def test_markers_are_renumbered_in_order_of_appearance() -> None:
    shown, citations = stream("Roll back first [5]. Then tell the team [2], and again [5].")
    assert shown == "Roll back first [1]. Then tell the team [2], and again [1]."
    assert citations.cited == [5, 2]


def test_several_numbers_in_one_marker_become_markers_of_their_own() -> None:
    assert stream("Both say so [3, 1].")[0] == "Both say so [1][2]."


def test_chinese_brackets_are_markers_too() -> None:
    assert stream("先回滚【4】。")[0] == "先回滚[1]。"


def test_a_number_that_was_never_given_is_left_out() -> None:
    shown, citations = stream("It is so [7].", known=3)
    assert shown == "It is so ."
    assert citations.cited == []


def test_code_is_left_as_it_is() -> None:
    text = "Take `argv[1]` and\n```\nx = rows[2]\n```\nas told [2]."
    assert stream(text)[0] == text.replace("told [2]", "told [1]")


@pytest.mark.parametrize("pieces", [1, 3, 50])
def test_a_declined_answer_is_known_and_its_sign_not_shown(pieces: int) -> None:
    shown, citations = stream(f"{DECLINED} The handbook does not say. [1]", pieces=pieces)
    assert citations.declined
    assert shown == "The handbook does not say. [1]"


@given(st.text(alphabet="ab [](),123`【】\n。", max_size=80), st.integers(min_value=1, max_value=80))
def test_how_a_text_is_cut_while_streaming_changes_nothing(text: str, pieces: int) -> None:
    assert stream(text, pieces=pieces)[0] == stream(text)[0]


def test_the_claim_is_the_sentence_that_carries_the_marker() -> None:
    text = "Deploys run on Tuesdays. A rollback takes four minutes [1]. Ask Mira."
    assert claim_of(text, 1) == "A rollback takes four minutes"
    assert claim_of("部署在周二。回滚需要四分钟[1]。", 1) == "回滚需要四分钟"
    assert claim_of(text, 2) == ""
