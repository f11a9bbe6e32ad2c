"""What changed between two evaluations, on the questions that both asked, and what of it is more than chance."""

from collections.abc import Iterable

from core.evaluation.bootstrap import difference, figure, is_beyond_chance
from core.evaluation.measures import MEASURES, Measure
from core.evaluation.report import Better, EvaluationReport, QuestionScores
from core.messages import Value


class Change(Value):
    """One figure in two runs, over the `n` questions that have it in both.

    `low` and `high` bound the 95% paired bootstrap interval of `after - before`.
    """

    group: str
    name: str
    before: float
    after: float
    low: float | None = None
    high: float | None = None
    n: int
    unit: str = "share"
    better: Better = "higher"
    beyond_chance: bool = False

    @property
    def verdict(self) -> str:
        """ "better", "worse", or empty where chance explains it."""
        if not self.beyond_chance:
            return ""
        return "better" if (self.after > self.before) == (self.better == "higher") else "worse"


def changes(before: EvaluationReport, after: EvaluationReport) -> tuple[Change, ...]:
    """Every figure that both have, on the questions that both asked, in the order in which figures are shown."""
    earlier = {one.key: one for one in before.scores}
    pairs = [(earlier[one.key], one) for one in after.scores if one.key in earlier]
    made = (_change(measure, pairs) for measure in MEASURES)
    return tuple(change for change in made if change is not None)


def previous(report: EvaluationReport, kept: Iterable[EvaluationReport]) -> EvaluationReport | None:
    """The newest complete one of the kept reports that was made before and has scores of one of these questions."""
    keys = {one.key for one in report.scores}
    earlier = (one for one in kept if one.complete and one.made_at < report.made_at)
    return next((one for one in earlier if any(score.key in keys and not score.failed for score in one.scores)), None)


def shared(before: EvaluationReport, after: EvaluationReport) -> int:
    """How many questions both asked."""
    return len({one.key for one in before.scores} & {one.key for one in after.scores})


def _change(measure: Measure, pairs: list[tuple[QuestionScores, QuestionScores]]) -> Change | None:
    both = [pair for pair in pairs if all(map(measure.measured, pair))]
    if not both:
        return None
    before, after = measure.rows([one for one, _ in both]), measure.rows([one for _, one in both])
    was, now = figure(before, measure.compute), figure(after, measure.compute)
    if was is None or now is None:
        return None
    bounds = difference(before, after, measure.compute)
    low, high = bounds or (None, None)
    return Change(
        group=measure.group,
        name=measure.name,
        before=was,
        after=now,
        low=low,
        high=high,
        n=len(both),
        unit=measure.unit,
        better=measure.better,
        beyond_chance=is_beyond_chance(before, after, bounds),
    )
