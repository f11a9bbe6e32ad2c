"""Texts for people on chat platforms, in the language of the person who reads them."""

from adapters.texts.chinese import CHINESE
from adapters.texts.english import ENGLISH
from adapters.texts.form import Texts
from core.language import is_chinese

__all__ = ["CHINESE", "ENGLISH", "LANGUAGES", "Texts", "texts_for"]

LANGUAGES = (ENGLISH, CHINESE)


def texts_for(locale: str, text: str = "") -> Texts:
    """The texts for a locale such as "zh-CN" or "en_US"; where it is not known, for the language of a text."""
    if not locale:
        return CHINESE if is_chinese(text) else ENGLISH
    return CHINESE if locale.lower().replace("_", "-").split("-")[0] == "zh" else ENGLISH
