"""The figures of an evaluation: which scores of a question each is made of, and how they add up.

A measure reads columns of `QuestionScores.scores` and is computed over the questions that have them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.evaluation.bootstrap import Compute, Rows, Weights, figure, interval
from core.evaluation.report import Better, Group, Metric, QuestionScores
from core.evaluation.wording import BLEU_PARTS, bleu_of

RECALL_DEPTHS = (1, 5, 10)
PICTURE_DEPTHS = (1, 5)

Unit = Literal["share", "points", "seconds", "tokens", "perplexity"]


@dataclass(frozen=True)
class Measure:
    """One figure: `columns` are the names under which questions keep what it is made of."""

    group: Group
    name: str
    columns: tuple[str, ...]
    compute: Compute
    unit: Unit = "share"
    better: Better = "higher"

    def rows(self, scores: Sequence[QuestionScores]) -> Rows:
        """What the questions that have it contribute: (questions, columns)."""
        having = [one.scores for one in scores if self.measured(one)]
        rows = [[one[column] for column in self.columns] for one in having]
        return np.asarray(rows, dtype=np.float64).reshape(len(rows), len(self.columns))

    def measured(self, one: QuestionScores) -> bool:
        """Whether a question contributes to it."""
        return all(column in one.scores for column in self.columns)

    def metric(self, scores: Sequence[QuestionScores], part: str = "") -> Metric | None:
        """The figure with its interval; None where no question has it, or where it is undefined."""
        rows = self.rows(scores)
        value = figure(rows, self.compute) if len(rows) else None
        if value is None:
            return None
        low, high = interval(rows, self.compute) or (None, None)
        return Metric(
            group=self.group,
            name=self.name,
            value=value,
            low=low,
            high=high,
            n=len(rows),
            part=part,
            unit=self.unit,
            better=self.better,
        )


def mean(rows: Rows, weights: Weights) -> NDArray[np.float64]:
    """The mean of the first column."""
    return _ratio(weights @ rows[:, 0], weights.sum(axis=1))


def declining_precision(rows: Rows, weights: Weights) -> NDArray[np.float64]:
    """Rightly declined by all declined, then whether each was unanswerable; undefined where none of them is."""
    return np.where((weights @ rows)[:, 2] > 0, share_of(rows[:, :2], weights), np.nan)


def declining_f1(rows: Rows, weights: Weights) -> NDArray[np.float64]:
    """F1 of the same columns: twice the first column's sum by those of the other two; undefined likewise."""
    sums = weights @ rows
    return np.where(sums[:, 2] > 0, _ratio(2 * sums[:, 0], sums[:, 1] + sums[:, 2]), np.nan)


def share_of(rows: Rows, weights: Weights) -> NDArray[np.float64]:
    """The sum of the first column by that of the second; undefined where the latter is 0."""
    sums = weights @ rows
    return _ratio(sums[:, 0], sums[:, 1])


def perplexity(rows: Rows, weights: Weights) -> NDArray[np.float64]:
    """Of summed unlikelihoods (nats) and the tokens that they are of."""
    return np.exp(np.minimum(50.0, share_of(rows, weights)))


def corpus_bleu(rows: Rows, weights: Weights) -> NDArray[np.float64]:
    """The BLEU of all answers together, from what each adds to it."""
    return np.array([bleu_of(sums.tolist()) for sums in weights @ rows])


def quantile(rows: Rows, weights: Weights, *, share: float) -> NDArray[np.float64]:
    """The smallest value of the first column that so large a share of questions do not exceed."""
    order = np.argsort(rows[:, 0], kind="stable")
    reached = np.cumsum(weights[:, order], axis=1)
    # A hair less, so that a share of a whole number of questions is not missed for want of a digit.
    at = np.argmax(reached >= (share - 1e-12) * reached[:, -1:], axis=1)
    return rows[order, 0][at]


def _ratio(over: NDArray[np.float64], under: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(over, under, out=np.full(len(over), np.nan), where=under > 0)


def _of(group: Group, name: str, *, unit: Unit = "share", better: Better = "higher") -> Measure:
    return Measure(group, name, (f"{group}/{name}",), mean, unit, better)


def _ranking(group: Group, what: str, depths: Sequence[int]) -> list[Measure]:
    return [_of(group, f"{what} recall@{depth}") for depth in depths]


_DECLINED, _SHOULD, _BOTH = "declining/declined", "declining/unanswerable", "declining/both"
_P50, _P95 = partial(quantile, share=0.5), partial(quantile, share=0.95)

MEASURES: tuple[Measure, ...] = (
    *_ranking("retrieval", "document", RECALL_DEPTHS),
    _of("retrieval", "document MRR"),
    _of("retrieval", "document nDCG@10"),
    *_ranking("retrieval", "quote", RECALL_DEPTHS),
    _of("retrieval", "quote MRR"),
    _of("retrieval", "quote nDCG@10"),
    *_ranking("pictures", "picture", PICTURE_DEPTHS),
    _of("pictures", "shown"),
    _of("declining", "answerable declined", better="lower"),
    _of("declining", "unanswerable answered", better="lower"),
    Measure("declining", "precision", (_BOTH, _DECLINED, _SHOULD), declining_precision),
    Measure("declining", "recall", (_BOTH, _SHOULD), share_of),
    Measure("declining", "F1", (_BOTH, _DECLINED, _SHOULD), declining_f1),
    _of("answers", "exact match"),
    _of("answers", "holds a reference"),
    _of("answers", "F1"),
    _of("answers", "ROUGE-L"),
    _of("answers", "chrF", unit="points"),
    Measure("answers", "BLEU", tuple(f"answers/{part}" for part in BLEU_PARTS), corpus_bleu, "points"),
    _of("answers", "support"),
    _of("citations", "all expected"),
    _of("citations", "any expected"),
    _of("citations", "precision"),
    Measure(
        "perplexity",
        "reference answers",
        ("perplexity/unlikelihood", "perplexity/tokens"),
        perplexity,
        "perplexity",
        "lower",
    ),
    Measure("speed", "search p50", ("speed/search",), _P50, "seconds", "lower"),
    Measure("speed", "search p95", ("speed/search",), _P95, "seconds", "lower"),
    Measure("speed", "first words p50", ("speed/first words",), _P50, "seconds", "lower"),
    Measure("speed", "first words p95", ("speed/first words",), _P95, "seconds", "lower"),
    Measure("speed", "answer p50", ("speed/answer",), _P50, "seconds", "lower"),
    Measure("speed", "answer p95", ("speed/answer",), _P95, "seconds", "lower"),
    _of("speed", "tokens", unit="tokens", better="lower"),
)
"""All figures, in the order in which they are shown."""


def metrics_of(scores: Sequence[QuestionScores]) -> tuple[Metric, ...]:
    """All figures that these questions have: of all of them, then by language where there are several, and by tag."""
    languages = sorted({one.language for one in scores if one.language})
    parts: dict[str, list[QuestionScores]] = {"": list(scores)}
    if len(languages) > 1:
        parts |= {f"language:{name}": [one for one in scores if one.language == name] for name in languages}
    for tag in sorted({tag for one in scores for tag in one.tags}):
        parts[f"tag:{tag}"] = [one for one in scores if tag in one.tags]
    made = (measure.metric(of_part, part) for part, of_part in parts.items() for measure in MEASURES)
    return tuple(metric for metric in made if metric is not None)
