"""The questions that came out worst, and in a few words why: what somebody should look at first."""

from collections.abc import Iterable, Mapping

from core.evaluation.report import QuestionScores
from core.messages import Value

GOOD = 0.5
"""Below this F1, an answer that does not hold its reference is worth a look."""


class Worst(Value):
    """A question that came out badly: the line that it stands in, and why it is here."""

    line: int
    why: str


def worst(scores: Iterable[QuestionScores], most: int = 10) -> list[Worst]:
    """The worst questions, worst first; one that came out well is not among them."""
    judged = ((*_judged(one), one.line) for one in scores)
    bad = sorted((rank, line, why) for rank, why, line in judged if why)
    return [Worst(line=line, why=why) for _, line, why in bad[:most]]


def _judged(one: QuestionScores) -> tuple[float, str]:
    """How bad it is (least is worst), and why; nothing for what is good."""
    if one.failed:
        return 0.0, "failed"
    return next((judged for judged in (_as_answered(one.scores), _as_found(one.scores)) if judged[1]), (9.0, ""))


def _as_answered(scores: Mapping[str, float]) -> tuple[float, str]:
    if scores.get("declining/unanswerable answered"):
        return 1.0, "answered, but has no answer"
    f1 = scores.get("answers/F1")
    found = scores.get("retrieval/document recall@5", scores.get("retrieval/quote recall@5"))
    if scores.get("declining/answerable declined"):
        where = "" if found is None else ", though found" if found else ", not found"
        return 2.0, f"declined{where}"
    if scores.get("citations/any expected") == 0:
        return 3.0, "cites no expected document"
    if f1 is not None and f1 < GOOD and not scores.get("answers/holds a reference"):
        return 5.0 + f1, f"F1 {f1:.2f}, no reference held"
    if scores.get("pictures/shown", 1.0) < 1:
        return 6.5, "expected picture not shown"
    return 9.0, ""


def _as_found(scores: Mapping[str, float]) -> tuple[float, str]:
    for name, what in (
        ("retrieval/document recall@10", "document not among the first 10"),
        ("retrieval/quote recall@10", "quote not among the first 10"),
        ("pictures/picture recall@5", "picture not among the first 5"),
    ):
        if scores.get(name) == 0:
            return 4.0, what
    return 9.0, ""
