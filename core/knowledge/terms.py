"""The terms a text is indexed and searched by: one function for both sides, the same in every index.

Case, width and accents are folded (NFKC), English words are stemmed (Snowball), identifiers are kept whole and in their
parts, Chinese is cut into characters and pairs of characters, other scripts into words.
"""

import re
import threading
import unicodedata
from functools import lru_cache
from typing import Any

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_KANA = "\u3040-\u30ff\u31f0-\u31ff"
_WORD = rf"[^\W_{_HAN}{_KANA}]+"
_TOKEN = re.compile(rf"[{_HAN}{_KANA}]+|{_WORD}(?:(?:[._:/@\-'’]|_+|(?<=\d),(?=\d{{3}})){_WORD})*")
_GROUPED_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_IS_CJK = re.compile(rf"[{_HAN}{_KANA}]")
_PARTS = re.compile(r"[._:/@\-'’_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
LONGEST = 64
"""A run longer than this is not a word anybody searches for; it is indexed by its parts alone."""


def index_terms(text: str) -> list[str]:
    """The terms of a text in order, repetitions included."""
    terms: list[str] = []
    for match in _TOKEN.finditer(unicodedata.normalize("NFKC", text)):
        token = match.group()
        if _IS_CJK.match(token):
            terms.extend(token)
            terms.extend(token[at : at + 2] for at in range(len(token) - 1))
        else:
            terms.extend(_word_terms(token))
    return terms


@lru_cache(maxsize=200_000)
def _word_terms(token: str) -> tuple[str, ...]:
    if _GROUPED_NUMBER.fullmatch(token):
        return (token.replace(",", ""),)
    parts = [part for piece in _PARTS.split(token) for part in _CAMEL.split(piece) if part]
    terms = [stem(part) for part in parts if len(part) <= LONGEST]
    if len(parts) > 1 and len(token) <= LONGEST:
        whole = fold(token).replace("’", "'")
        # A possessive or a contraction is its word; an identifier is also found as a whole.
        if not re.fullmatch(r"\w+'(?:s|t|re|ve|ll|d|m)", whole):
            terms.append(whole)
    return tuple(term for term in terms if term != "s")


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """A word without case and accents."""
    folded = unicodedata.normalize("NFKD", word.casefold())
    return "".join(character for character in folded if not unicodedata.combining(character))


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The stem of an English word; words with digits or of other scripts are only folded."""
    folded = fold(word)
    if not folded.isascii() or not folded.isalpha() or len(folded) < 3:
        return folded
    return _OF_THIS_THREAD.stemmer().stemWord(folded)


class _Stemmer(threading.local):
    """A stemmer for each thread: it holds the word that it works on, and several questions are searched at once."""

    _made: Any = None

    def stemmer(self) -> Any:
        """This thread's stemmer."""
        if self._made is None:
            import snowballstemmer

            module: Any = snowballstemmer  # untyped
            self._made = module.stemmer("english")
        return self._made


_OF_THIS_THREAD = _Stemmer()
