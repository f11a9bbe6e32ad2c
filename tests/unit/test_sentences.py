"""Where sentences begin and end."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reading.sentences import LONGEST, split_sentences


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It works. It is fast!  Is it free?", ["It works.", "It is fast!", "Is it free?"]),
        ("Dr. Smith met J. R. Green at 5 p.m. in St. Paul.", ["Dr. Smith met J. R. Green at 5 p.m. in St. Paul."]),
        ("Version 2.13.0 costs $3.50. See https://x.org/a.b?c=d.", None),
        ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
        ("Use e.g. Redis, i.e. a store. Done.", ["Use e.g. Redis, i.e. a store.", "Done."]),
        ("今天下雨。你带伞了吗？“带了！”他说。", ["今天下雨。", "你带伞了吗？", "“带了！”", "他说。"]),
        ("等等……好了。", ["等等……", "好了。"]),
        ("版本是3.5，价格¥9.9。结束", ["版本是3.5，价格¥9.9。", "结束"]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_prose(text: str, expected: list[str] | None) -> None:
    if expected is None:
        expected = ["Version 2.13.0 costs $3.50.", "See https://x.org/a.b?c=d."]
    assert sentences(text) == expected


def test_headings_list_items_and_table_rows_stand_for_themselves() -> None:
    text = "# Deploying\nBefore you start:\n- Log in\n- Pull main\n1. Run make\n\n| key | value |\n| a | b |\n"
    text += "一、准备\n二、执行"
    assert sentences(text) == [
        "# Deploying",
        "Before you start:",
        "- Log in",
        "- Pull main",
        "1. Run make",
        "| key | value |",
        "| a | b |",
        "一、准备",
        "二、执行",
    ]


def test_a_wrapped_paragraph_goes_on_over_the_line_break() -> None:
    text = "The release is built every night from the main branch and is\ntested on three systems before it goes out."
    assert len(sentences(text)) == 1


def test_a_run_without_an_end_is_bounded_at_clauses() -> None:
    parts = sentences("and then, " * 400)
    assert all(len(part) <= LONGEST for part in parts)
    assert all(part.startswith("and then,") for part in parts)


@given(st.text(alphabet=st.sampled_from("aB1 .。！?\n-|#“”…,，中文:\t\u3000é🙂"), max_size=300))
def test_every_character_is_in_one_sentence_in_order(text: str) -> None:
    spans = split_sentences(text)
    position = 0
    for start, end in spans:
        assert position <= start < end
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip()
        assert end - start <= LONGEST
        position = end
    assert not text[position:].strip()


@pytest.mark.parametrize("unit", ["a", "a. ", "文，", "\n", "- x\n", "a.b.c.", "e.g. ", '."', "x | y\n"])
def test_a_hundred_thousand_characters_take_no_longer_than_a_moment(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    started = time.perf_counter()
    split_sentences(text)
    assert time.perf_counter() - started < 20, "quadratic: linear time is far below a second"
