"""Which lines of a picture an answer quotes, and where they stand.

OCR and model may differ in spaces, punctuation and a letter or two, so lines are compared by their letters and digits
alone, and a line counts as quoted when most of them stand in the answer in order. Where only part of a line is quoted
(an error code within a sentence), the part is boxed, its ends reckoned from its share of the line's letters.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from core.evidence import OcrLine
from core.explaining.explanation import Box, QuotedLine

ALIKE = 0.8
"""Share of a line's letters that must stand in the answer for the whole line to count as quoted."""
WORDS = 12
"""Letters in a row that count as quoted though the rest of the line is not."""
HAN = 4
"""The same for Han characters, each of which is a syllable."""
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class _Letters:
    """The letters and digits of a text; `places` are their offsets in it, `begins` and `ends` mark words."""

    text: str
    places: tuple[int, ...]
    begins: tuple[bool, ...]
    ends: tuple[bool, ...]


def quoted_lines(answer: str, lines: Sequence[OcrLine]) -> tuple[QuotedLine, ...]:
    """The lines that an answer quotes, in reading order."""
    said = _letters_of(answer)
    matcher = SequenceMatcher(autojunk=False, b=said.text)
    quoted = (_quoted(line, _letters_of(line.text), said, matcher) for line in lines)
    return tuple(one for one in quoted if one is not None)


def _quoted(line: OcrLine, its: _Letters, said: _Letters, matcher: "SequenceMatcher[str]") -> QuotedLine | None:
    if not its.text:
        return None
    matcher.set_seq1(its.text)
    longest = matcher.find_longest_match()
    likeness = _likeness(its.text, said.text, longest.a, longest.b) if longest.size else 0.0
    whole = len(its.text)
    apart = longest.size < whole or _between_words(said, longest.b, whole)
    if likeness >= ALIKE and apart and _tells(line.text, its.text):
        return QuotedLine(line=line.text, part=line.text, box=line.box, likeness=likeness)
    start, end = _whole_words(its, said, longest.a, longest.b, longest.size)
    part = its.text[start:end]
    if not _tells_alone(part):
        return None
    first, last = its.places[start], its.places[end - 1] + 1
    return QuotedLine(
        line=line.text, part=line.text[first:last], box=_part_of(line, first, last), likeness=len(part) / whole
    )


def _letters_of(text: str) -> _Letters:
    letters: list[str] = []
    places: list[int] = []
    for at, character in enumerate(text):
        for letter in unicodedata.normalize("NFKC", character).casefold():
            if letter.isalnum():
                letters.append(letter)
                places.append(at)
    count = len(letters)
    apart = [
        at == 0 or at == count or places[at] > places[at - 1] + 1 or _is_han(letters[at]) or _is_han(letters[at - 1])
        for at in range(count + 1)
    ]
    return _Letters("".join(letters), tuple(places), tuple(apart[:count]), tuple(apart[1:]))


def _likeness(line: str, answer: str, in_line: int, in_answer: int) -> float:
    """The share of the line's letters found in order in the stretch of the answer where its longest run stands."""
    slack = max(2, len(line) // 4)
    start = max(0, in_answer - in_line - slack)
    stretch = answer[start : in_answer - in_line + len(line) + slack]
    blocks = SequenceMatcher(None, line, stretch, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(line)


def _between_words(said: _Letters, start: int, size: int) -> bool:
    return said.begins[start] and said.ends[start + size - 1]


def _whole_words(its: _Letters, said: _Letters, in_line: int, in_answer: int, size: int) -> tuple[int, int]:
    """A run cut down to whole words, on both sides."""
    start, end, shift = in_line, in_line + size, in_answer - in_line
    while start < end and not (its.begins[start] and said.begins[start + shift]):
        start += 1
    while start < end and not (its.ends[end - 1] and said.ends[end - 1 + shift]):
        end -= 1
    return start, end


def _tells(line: str, letters: str) -> bool:
    """Whether a whole line says enough for its standing in the answer to be no accident."""
    if _is_han(letters[0]) or any(letter.isdigit() for letter in letters):
        return len(letters) >= 2
    return any(len(word) >= 4 for word in _WORD.findall(line))


def _tells_alone(part: str) -> bool:
    """The same for a part of a line: several words, or one that holds a number of three digits or letters."""
    if any(letter.isdigit() for letter in part):
        return len(part) >= 3
    return len(part) >= (HAN if any(_is_han(letter) for letter in part) else WORDS)


def _is_han(letter: str) -> bool:
    return "\u3400" <= letter <= "\u9fff" or "\uf900" <= letter <= "\ufaff"


def _part_of(line: OcrLine, first: int, last: int) -> Box:
    """The box of some characters of a line; wide ones (Han, full-width) take twice the room of others."""
    widths = [2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line.text]
    left, top, right, bottom = line.box
    unit = (right - left) / max(1, sum(widths))
    return left + unit * sum(widths[:first]), top, left + unit * sum(widths[:last]), bottom
