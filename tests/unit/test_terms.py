"""The terms a text is found by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.knowledge.terms import index_terms


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
