"""What to do next, as far as the figures of an evaluation say it."""

from core.evaluation.report import EvaluationReport

GAP = 0.1
"""So much more is found further down before it is worth to rank again."""
LITTLE_FOUND = 0.8
OFTEN = 0.15
FEW = 30
"""Of fewer questions a figure says little."""


def next_steps(report: EvaluationReport, most: int = 4) -> list[str]:
    """Sentences for whoever runs Lorelens, what matters most first."""
    steps = [*_of_retrieval(report), *_of_answers(report)]
    if report.asked < FEW:
        steps.append(f"{report.asked} questions say little: write down {FEW} or more, of every kind that people ask.")
    return steps[:most]


def _of_retrieval(report: EvaluationReport) -> list[str]:
    first, all_of = (_value(report, "retrieval", f"document recall@{depth}") for depth in (1, 10))
    if first is None or all_of is None:
        return []
    if all_of < LITTLE_FOUND:
        return [
            "Documents are often not found at all: see the worst questions; do the documents use the words that "
            "people ask with, and does the encoder read their language (docs/models.md)?"
        ]
    if all_of - first >= GAP and not report.setup.reranker:
        return ["What is wanted is found, but not first: a reranker would rank it again (`reranker`, docs/models.md)."]
    return []


def _of_answers(report: EvaluationReport) -> list[str]:
    steps: list[str] = []
    declined = _value(report, "declining", "answerable declined")
    guessed = _value(report, "declining", "unanswerable answered")
    if guessed is not None and guessed >= OFTEN:
        steps.append(
            "Questions without an answer are answered: look at their quotes, and tell people to check sources."
        )
    if declined is not None and declined >= OFTEN:
        steps.append("Answerable questions are declined: ask them with `lorelens ask --why` to see what lacked.")
    if guessed is None and report.only != "retrieval":
        steps.append('Add questions that have no answer ("unanswerable": true), to see whether they are declined.')
    if report.setup.model == "extractive" and _value(report, "answers", "exact match") is not None:
        steps.append(
            "The extractive reader quotes whole sentences: exact match is rare, so look at `holds a reference`."
        )
    return steps


def _value(report: EvaluationReport, group: str, name: str) -> float | None:
    found = report.figure(group, name)
    return found.value if found is not None else None
