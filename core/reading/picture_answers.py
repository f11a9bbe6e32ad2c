"""Answering a question about a picture from what OCR read in it: the value beside its label, or the lines that fit."""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.evidence import OcrLine, PictureReading
from core.knowledge.terms import index_terms
from core.language import is_chinese
from core.messages import Value
from core.models.ocr import rows_of
from core.reading.picture_fields import field_asked, rows_of_field
from core.reading.questions import asked_for, content_terms, could_answer

ABOVE, BELOW = 1, 2
"""How many rows above and below the best one are shown with it."""
SHORT = 240
"""A picture that says no more than so many characters is quoted whole."""
SHORT_SUPPORT = 0.4
FIELD_SUPPORT = 0.8
"""Support of a field that was told by its shape."""


class PictureAnswer(Value):
    """What a picture says to a question: the lines read, verbatim, a short reply, and how well it fits (0 to 1)."""

    lines: tuple[str, ...]
    text: str
    support: float


def answer_from_picture(question: str, reading: PictureReading) -> PictureAnswer | None:
    """The rows of a picture's text that answer a question; None if no text was read in it."""
    rows = rows_of(reading.lines)
    if not rows:
        return None
    texts = [_row_text(row) for row in rows]
    field = field_asked(question)
    found = rows_of_field(field, texts, [_height(row) for row in rows]) if field else []
    if found:
        return _answer(question, [texts[at] for at in found], FIELD_SUPPORT)
    if sum(map(len, texts)) <= SHORT:
        return _answer(question, texts, SHORT_SUPPORT)
    scores = _scores(question, texts)
    best = int(np.argmax(scores))
    if scores[best] <= 0:
        return _answer(question, texts[:1], 0.0)
    return _answer(question, [texts[at] for at in _around(best, scores)], min(1.0, float(scores[best])))


def _around(best: int, scores: Sequence[float]) -> list[int]:
    """The best row, what stands above and below it (a label's value often does), and the next best row."""
    second = max((at for at in range(len(scores)) if at != best), key=lambda at: scores[at], default=best)
    near = range(max(0, best - ABOVE), min(best + 1 + BELOW, len(scores)))
    return sorted({*near, second} if scores[second] > 0 else {*near})


def _scores(question: str, rows: Sequence[str]) -> list[float]:
    """How well each row covers the question, rare words counting more; a value of the kind asked for counts too."""
    terms = [set(index_terms(row)) for row in rows]
    frequency = Counter(term for one in terms for term in one)
    weights = {
        term: math.log(1 + len(rows) / (1 + frequency[term])) * (1.5 if len(term) > 1 else 1.0)
        for term in content_terms(question)
        if term in frequency
    }
    total = sum(weights.values()) or 1.0
    kind = asked_for(question)
    said = set(index_terms(question))
    scores: list[float] = []
    for row, its in zip(rows, terms, strict=True):
        covered = sum(weight for term, weight in weights.items() if term in its) / total
        value = bool(its - said) and kind != "thing" and could_answer(kind, row)
        scores.append(covered + (0.2 * value if covered else 0.0))
    return scores


def _height(row: Sequence[OcrLine]) -> float:
    return max(line.box[3] - line.box[1] for line in row)


def _answer(question: str, lines: Sequence[str], support: float) -> PictureAnswer:
    return PictureAnswer(lines=tuple(lines), text=quoting(question, lines), support=support)


def describe(question: str, reading: PictureReading) -> PictureAnswer | None:
    """All that can be read in a picture; None if nothing can."""
    lines = tuple(_row_text(row) for row in rows_of(reading.lines))
    if not lines:
        return None
    return PictureAnswer(lines=lines, text=quoting(question, lines), support=1.0)


def _row_text(row: Sequence[OcrLine]) -> str:
    return re.sub(r"\s+", " ", "  ".join(line.text for line in row)).strip()


def quoting(question: str, lines: Sequence[str]) -> str:
    """Lines of a picture as a reply, in the language of the question."""
    said = "\n".join(f"> {line}" for line in lines)
    return f"图中可读到：\n\n{said}" if is_chinese(question) else f"The picture reads:\n\n{said}"
