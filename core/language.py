"""Which language a short text is in, as far as scripts and a few frequent words tell."""

import re
import unicodedata

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_KANA = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9d]")
_HANGUL = re.compile(r"[\u1100-\u11ff\uac00-\ud7af]")
_OTHER_SCRIPTS = (
    ("ar", re.compile(r"[\u0600-\u06ff\u0750-\u077f]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")

UNKNOWN = "und"


def detect_language(text: str) -> str:
    """An ISO 639-1 code: by script where that settles it, "en" for Latin script, "und" where there are no letters.

    A Han character weighs as much as a Latin word, so that a Chinese sentence full of English product names is Chinese.
    """
    sample = text[:4000]
    han = len(_HAN.findall(sample))
    kana = len(_KANA.findall(sample))
    hangul = len(_HANGUL.findall(sample))
    latin = len(_LATIN.findall(sample))
    counts = {"zh": han, "en": latin, "ko": hangul // 2}
    if kana and kana * 4 >= han:
        counts = {"ja": kana + han, "en": latin}
    for code, script in _OTHER_SCRIPTS:
        counts[code] = len(script.findall(sample)) // 4
    best = max(counts, key=lambda code: counts[code])
    if counts[best] == 0:
        letters = any(unicodedata.category(character).startswith("L") for character in sample)
        return "en" if latin and letters else UNKNOWN
    return best


def is_chinese(text: str) -> bool:
    """Whether a reply to this text should be in Chinese."""
    return detect_language(text) == "zh"
