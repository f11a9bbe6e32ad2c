"""The terms a text is found by."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.knowledge.terms import index_terms, stem


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("rolling back deploys", "roll back a deploy"),
        ("ＡＢＣ", "abc"),
        ("cafe", "Café"),
        ("the team's", "team"),
        ("10000 euros", "10,000 euro"),
        ("webhookSecret", "the webhook secret"),
        ("bootstrap", "apollo.bootstrap.enabled"),
        ("apollo.bootstrap.enabled", "Set `apollo.bootstrap.enabled`."),
        ("ERR_4031", "error err_4031 again"),
        ("10.32.21.19", "the host 10.32.21.19"),
        ("带薪休假", "每年有带薪休假"),
        ("Москве", "в москве"),
    ],
)
def test_what_is_asked_meets_what_is_written(asked: str, written: str) -> None:
    assert set(index_terms(asked)) & set(index_terms(written)) - {"the", "a"}


def test_an_identifier_is_kept_whole_and_in_parts() -> None:
    assert index_terms("apollo.bootstrap.enabled") == ["apollo", "bootstrap", "enabl", "apollo.bootstrap.enabled"]


def test_chinese_is_characters_and_pairs() -> None:
    assert index_terms("部署流") == ["部", "署", "流", "部署", "署流"]


@given(st.text(max_size=200))
def test_any_text_has_terms_without_white_space_the_same_each_time(text: str) -> None:
    terms = index_terms(text)
    assert terms == index_terms(text)
    assert all(term and not any(map(str.isspace, term)) for term in terms)


@given(st.text(alphabet="abcxyz ._-", max_size=60))
def test_case_says_nothing_in_plain_words(text: str) -> None:
    assert index_terms(text) == index_terms(text.upper())


def test_words_have_the_same_stems_when_several_questions_are_asked_at_once() -> None:
    """Snowball's stemmer holds the word that it works on: two threads with one stemmer cut each other's words."""
    words = [f"{begin}{end}" for begin in ("rolling", "deploy", "nation", "relation") for end in _endings(500)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(stem.__wrapped__, words))
    finally:
        sys.setswitchinterval(before)

    assert found == [stem.__wrapped__(word) for word in words]


def _endings(many: int) -> list[str]:
    return [
        "".join(("ally", "ness", "ization", "ing", "ed")[int(digit) % 5] for digit in str(at)) for at in range(many)
    ]
