"""Texts for people: both languages say everything, and are filled in with the same words."""

import dataclasses
import string

import pytest

from adapters.texts import CHINESE, ENGLISH, texts_for
from adapters.texts.form import Texts
from core.language import is_chinese

NAMES = [field.name for field in dataclasses.fields(Texts)]


def filled_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_text_with_the_same_words_to_fill_in(name: str) -> None:
    english, chinese = str(getattr(ENGLISH, name)), str(getattr(CHINESE, name))

    assert english.strip()
    assert chinese.strip()
    assert filled_in(english) == filled_in(chinese)


def test_chinese_texts_are_chinese() -> None:
    untranslated = [name for name in NAMES if not is_chinese(str(getattr(CHINESE, name)))]

    assert set(untranslated) == {"language", "home_title"}


@pytest.mark.parametrize(
    ("locale", "text", "language"),
    [
        ("zh-CN", "", "zh"),
        ("zh_TW", "", "zh"),
        ("zh", "in English", "zh"),
        ("en-GB", "中文", "en"),
        ("de-DE", "", "en"),
        ("", "怎么重启服务？", "zh"),
        ("", "how?", "en"),
        ("", "", "en"),
    ],
)
def test_texts_come_in_the_language_of_the_person(locale: str, text: str, language: str) -> None:
    assert texts_for(locale, text).language == language


def test_buttons_and_titles_fit_where_platforms_put_them() -> None:
    for texts in (ENGLISH, CHINESE):
        assert len(texts.why) <= 75
        assert (
            max(map(len, (texts.ask_title, texts.feedback_title, texts.forget_title, texts.send, texts.cancel))) <= 24
        )
