"""From tokens to shown text: whole characters, and nothing of a stop string."""

from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.local.answer_text import AnswerText
from tests.tiny_models.tokenizer import make_tokenizer


@cache
def tokenizer() -> Any:
    return make_tokenizer(["<|end|>"], ["<tool_call>"])


def pieces(text: str, stops: tuple[str, ...] = ()) -> tuple[list[str], AnswerText]:
    """What is shown with each token, and at the end."""
    answer = AnswerText(tokenizer(), stops, frozenset({tokenizer().convert_tokens_to_ids("<|end|>")}))
    shown = [answer.feed(token) for token in tokenizer().encode(text, add_special_tokens=False)]
    return [*shown, answer.finish()], answer


@given(st.text(max_size=40))
def test_the_pieces_are_the_text(text: str) -> None:
    assert "".join(pieces(text)[0]) == text


def test_a_character_of_several_tokens_is_shown_whole() -> None:
    shown, _ = pieces("红色🙂 is red")
    assert "".join(shown) == "红色🙂 is red"
    assert not any("\ufffd" in piece for piece in shown)
    assert shown[2] == "红" and shown[:2] == ["", ""]
    assert [piece for piece in shown if piece][:3] == ["红", "色", "🙂"]


def test_bytes_that_are_no_character_do_not_hold_the_answer_back() -> None:
    lonely = tokenizer().encode("é", add_special_tokens=False)[0]
    answer = AnswerText(tokenizer())
    shown = answer.feed(lonely)
    for token in tokenizer().encode(" is red and blue", add_special_tokens=False):
        shown += answer.feed(token)
    assert shown + answer.finish() == "\ufffd is red and blue"
    assert "is red" in shown


@given(st.text("ab ", max_size=30), st.lists(st.text("ab ", min_size=1, max_size=4), max_size=3))
def test_nothing_of_a_stop_string_is_shown_and_all_before_it(text: str, stops: list[str]) -> None:
    shown, answer = pieces(text, tuple(stops))
    found = [text.index(stop) for stop in stops if stop in text]
    assert answer.stopped == bool(found)
    # Of several the one that is complete first ends the answer.
    assert "".join(shown) in ({text[:at] for at in found} if found else {text})


def test_a_stop_string_across_tokens() -> None:
    shown, answer = pieces("red and blue. STOPPED green", ("blue. STOP",))
    assert "".join(shown) == "red and "
    assert answer.stopped


def test_what_only_looks_like_a_stop_string_is_shown_in_the_end() -> None:
    assert "".join(pieces("red STO", ("STOP",))[0]) == "red STO"


def test_hidden_tokens_have_no_text_and_marks_of_calls_have() -> None:
    assert "".join(pieces("red<|end|> <tool_call> blue")[0]) == "red <tool_call> blue"


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_little_text(text: str) -> None:
    assert "".join(pieces(text)[0]) == text
