"""What several people asked in private, shown by the words that they have in common: what one of them alone said (a
name, a number, a project) is left out.

That is k-anonymity (Samarati and Sweeney, 1998) by word: a word is shown if at least `PEOPLE` different people of one
platform used it. Of Chinese, which has no spaces, two characters in a row count as a word.
"""

import re
from collections.abc import Mapping, Sequence

from core.knowledge.terms import fold, stem
from core.reading.questions import has_content

PEOPLE = 3
"""So many different people must have said a word before it is shown."""
GAP = "…"

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff"
_TOKEN = re.compile(rf"[{_HAN}]+|[^\W{_HAN}]+(?:[._:/@'’-][^\W{_HAN}]+)*")
_RUN = re.compile(rf"[{_HAN}]+")


def common_wording(said: Mapping[str, Sequence[str]]) -> str:
    """The words of these people's questions (by person) that enough of them used, as one of the questions has them.

    That of the questions which loses the least, the shortest of such; empty where these words say nothing.
    """
    if len(said) < PEOPLE:
        return ""
    users: dict[str, set[str]] = {}
    for person, texts in said.items():
        for text in texts:
            for word in _words(text):
                users.setdefault(word, set()).add(person)
    common = {word for word, people in users.items() if len(people) >= PEOPLE}
    wordings = [(*_kept(text, common), text) for texts in said.values() for text in texts]
    _, wording, _ = max(wordings, key=lambda one: (one[0], -len(one[2]), one[2]), default=(0.0, "", ""))
    return wording if has_content(wording) else ""


def _kept(text: str, common: set[str]) -> tuple[float, str]:
    """How much of a text may be shown (0 to 1), and that, with gaps where something is left out."""
    pieces: list[str] = []
    position = shown = whole = 0
    for match in _TOKEN.finditer(text):
        between, token = text[position : match.start()], match.group()
        position = match.end()
        whole += len(token)
        masked = _masked(token, common)
        shown += sum(character != GAP for character in masked)
        pieces += [" " if between else "", masked]
    line = "".join(pieces).strip()
    return shown / max(1, whole), re.sub(rf"{GAP}(?:\s*{GAP})+", GAP, line)


def _masked(token: str, common: set[str]) -> str:
    if not _RUN.fullmatch(token):
        return token if _word(token) in common else GAP
    if len(token) == 1:
        return token if token in common else GAP
    shown = [False] * len(token)
    for at in range(len(token) - 1):
        if token[at : at + 2] in common:
            shown[at] = shown[at + 1] = True
    return "".join(character if seen else GAP for character, seen in zip(token, shown, strict=True))


def _words(text: str) -> set[str]:
    words: set[str] = set()
    for token in _TOKEN.findall(text):
        if _RUN.fullmatch(token):
            words |= {token[at : at + 2] for at in range(max(1, len(token) - 1))}
        else:
            words.add(_word(token))
    return words


def _word(token: str) -> str:
    """Two forms of one word are one; a token with signs in it is compared as a whole."""
    return stem(token) if token.isalpha() else fold(token)
