"""Answering a question about a picture from what OCR read in it: the value beside its label, or the lines that fit."""

import re
from collections.abc import Sequence

from core.evidence import OcrLine, PictureReading
from core.knowledge.terms import index_terms
from core.language import is_chinese
from core.messages import Value
from core.models.ocr import rows_of
from core.reading.questions import Asked, asked_for, content_terms, could_answer

LINES = 3


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
    asked = content_terms(question)
    kind = asked_for(question)
    scored = [(_score(asked, kind, rows, at), at) for at in range(len(rows))]
    best = sorted(scored, key=lambda one: (-one[0], one[1]))[:LINES]
    chosen = sorted(at for score, at in best if score > 0) or [at for _, at in best[:1]]
    lines = tuple(_row_text(rows[at]) for at in chosen)
    support = max(score for score, _ in best)
    return PictureAnswer(lines=lines, text=quoting(question, lines), support=min(1.0, support))


def describe(question: str, reading: PictureReading) -> PictureAnswer | None:
    """All that can be read in a picture; None if nothing can."""
    lines = tuple(_row_text(row) for row in rows_of(reading.lines))
    if not lines:
        return None
    return PictureAnswer(lines=lines, text=quoting(question, lines), support=1.0)


def _score(asked: Sequence[str], kind: Asked, rows: Sequence[Sequence[OcrLine]], at: int) -> float:
    terms = set(index_terms(_row_text(rows[at])))
    covered = sum(term in terms for term in asked) / max(1, len(asked))
    above = set(index_terms(_row_text(rows[at - 1]))) if at else set[str]()
    from_label = sum(term in above for term in asked) / max(1, len(asked))
    shape = could_answer(kind, _row_text(rows[at])) and kind != "thing"
    return covered + 0.6 * from_label + 0.2 * shape


def _row_text(row: Sequence[OcrLine]) -> str:
    return re.sub(r"\s+", " ", "  ".join(line.text for line in row)).strip()


def quoting(question: str, lines: Sequence[str]) -> str:
    """Lines of a picture as a reply, in the language of the question."""
    said = "\n".join(f"> {line}" for line in lines)
    return f"图中可读到：\n\n{said}" if is_chinese(question) else f"The picture reads:\n\n{said}"
