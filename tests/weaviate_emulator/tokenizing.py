"""How the server cuts text: its tokenizations, stopwords, and which of them must be turned on."""

from itertools import groupby

from tests.weaviate_emulator.refusals import RefusedError

PLAIN = ("word", "lowercase", "whitespace", "field", "trigram")
FLAGS = {
    "gse": "ENABLE_TOKENIZER_GSE",
    "gse_ch": "ENABLE_TOKENIZER_GSE_CH",
    "kagome_ja": "ENABLE_TOKENIZER_KAGOME_JA",
    "kagome_kr": "ENABLE_TOKENIZER_KAGOME_KR",
}
ENGLISH_STOPWORDS = frozenset(
    """
    a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to
    was will with
    """.split()  # noqa: SIM905
)
"""The preset `en`."""


def check_tokenization(name: str, turned_on: frozenset[str]) -> None:
    """Refuse an unknown tokenization, and one that the server was not started with.

    See "Configuration: Collection definition: Tokenization": GSE and Kagome want their environment variables.
    """
    if name in PLAIN:
        return
    if name not in FLAGS:
        raise RefusedError(f"tokenization '{name}' is not allowed for data type 'text'")
    if name not in turned_on:
        raise RefusedError(f"the {name.upper()} tokenizer is not enabled; set '{FLAGS[name]}' to 'true' to enable")


def tokens(text: str, tokenization: str) -> list[str]:
    """The terms of a text.

    The dictionaries of GSE and Kagome are not here: their Han, kana and Hangul runs are cut into pairs of characters,
    which finds what they find and more.
    """
    match tokenization:
        case "field":
            stripped = text.strip()
            return [stripped] if stripped else []
        case "whitespace":
            return text.split()
        case "lowercase":
            return text.lower().split()
        case "trigram":
            letters = "".join(_words(text))
            return [letters[at : at + 3] for at in range(max(len(letters) - 2, 1))] if letters else []
        case "word":
            return _words(text)
        case _:
            return [term for word in _words(text) for term in _pairs(word)]


def _words(text: str) -> list[str]:
    lowered = text.lower()
    return ["".join(run) for is_word, run in groupby(lowered, key=lambda letter: letter.isalnum()) if is_word]


def _pairs(word: str) -> list[str]:
    terms: list[str] = []
    for wide, run in groupby(word, key=lambda letter: ord(letter) >= 0x2E80):
        letters = "".join(run)
        if not wide or len(letters) == 1:
            terms.append(letters)
        else:
            terms += [letters[at : at + 2] for at in range(len(letters) - 1)]
    return terms
