"""How far a figure could differ by chance alone: bootstrap intervals over questions (Efron and Tibshirani, 1993).

Questions are drawn again with replacement, the figure is computed of each draw, and the interval holds the middle 95%.
Draws come from a seed, so that the same scores always give the same interval. Between two runs the same questions are
drawn for both (Koehn, "Statistical Significance Tests for Machine Translation Evaluation", 2004).
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
SEED = 8
COVERED = 95
ENOUGH_CHANGES = 6
"""So many questions must have changed before a change can be told from chance at 5%: 5 that all change the same way
happen in 1 of 16 cases (two-sided sign test)."""

Rows = NDArray[np.float64]
"""Shape (questions, columns): what each question contributes."""
Weights = NDArray[np.float64]
"""Shape (draws, questions): how often each question was drawn."""
Compute = Callable[[Rows, Weights], NDArray[np.float64]]
"""From the rows and several draws of them to a figure for each draw; not a number where it is undefined."""


def figure(rows: Rows, compute: Compute) -> float | None:
    """The figure of all questions; None where it is undefined."""
    value = float(compute(rows, np.ones((1, len(rows))))[0])
    return None if np.isnan(value) else value


def interval(rows: Rows, compute: Compute) -> tuple[float, float] | None:
    """The interval of a figure; None for a single question."""
    return _middle(compute(rows, _draws(len(rows)))) if len(rows) > 1 else None


def difference(before: Rows, after: Rows, compute: Compute) -> tuple[float, float] | None:
    """The interval of a figure's change; row by row both are of the same question."""
    if len(before) < 2:
        return None
    weights = _draws(len(before))
    return _middle(compute(after, weights) - compute(before, weights))


def is_beyond_chance(before: Rows, after: Rows, bounds: tuple[float, float] | None) -> bool:
    """Whether a change is more than chance would explain: enough questions changed, and 0 is not in its interval."""
    changed = int(np.any(before != after, axis=1).sum())
    return bounds is not None and changed >= ENOUGH_CHANGES and not bounds[0] <= 0 <= bounds[1]


@lru_cache(maxsize=4)
def _draws(questions: int) -> Weights:
    """The same for each figure of so many questions; they take longer to draw than to add up."""
    random = np.random.default_rng(SEED)
    weights = random.multinomial(questions, np.full(questions, 1 / questions), size=DRAWS).astype(np.float64)
    weights.setflags(write=False)
    return weights


def _middle(values: NDArray[np.float64]) -> tuple[float, float] | None:
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.percentile(known, [(100 - COVERED) / 2, (100 + COVERED) / 2])
    return float(low), float(high)
