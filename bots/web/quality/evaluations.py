"""The last evaluation as a table and as a plot over the runs (`core.evaluation`)."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path

from bots.web.quality import sayings
from bots.web.quality.charts import Axis, Chart, Series, lines
from bots.web.visitors import Language
from core.evaluation.comparing import Change, changes, previous
from core.evaluation.report import EvaluationReport, Metric, reports

RUNS = 20
"""So many of the newest runs are plotted."""
_HEADLINES = (
    ("retrieval", "quote recall@5", "c1"),
    ("pictures", "picture recall@5", "c5"),
    ("declining", "F1", "c2"),
    ("answers", "holds a reference", "c3"),
    ("citations", "all expected", "c4"),
)
"""What is plotted, with its colour; all are shares."""


@dataclass(frozen=True)
class Row:
    """One figure: its value, the interval of that, the change since the run before, and whether that is good or bad."""

    name: str
    value: str
    interval: str
    questions: int
    change: str
    mood: str


@dataclass(frozen=True)
class Evaluation:
    """The newest run. `compared` is when the run was made that it is compared with, None where there is none."""

    report: EvaluationReport
    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    parts: tuple[tuple[str, tuple[tuple[str, str, int], ...]], ...]
    compared: datetime | None
    plot: Chart | None


async def last_evaluation(data: Path, words: Mapping[str, str], language: Language) -> Evaluation | None:
    """The newest run of the data folder, compared with the one before; None where nothing was evaluated yet."""
    return await asyncio.to_thread(_last, data, words, language)


def _last(data: Path, words: Mapping[str, str], language: Language) -> Evaluation | None:
    kept = list(islice(reports(data), RUNS))
    if not kept:
        return None
    report = kept[0]
    before = previous(report, kept[1:])
    changed = {(one.group, one.name): one for one in changes(before, report)} if before is not None else {}
    of_all = [one for one in report.metrics if not one.part]
    return Evaluation(
        report=report,
        groups=tuple(
            (words[f"group_{group}"], tuple(_row(one, changed.get((one.group, one.name)), words) for one in metrics))
            for group, metrics in groupby(of_all, key=lambda one: one.group)
        ),
        parts=_parts(report, words),
        compared=before.made_at if before is not None else None,
        plot=_plot(kept, words, language) if len(kept) > 1 else None,
    )


def _row(metric: Metric, change: Change | None, words: Mapping[str, str]) -> Row:
    interval = ""
    if metric.low is not None and metric.high is not None:
        interval = f"{_said(metric.low, metric.unit)} – {_said(metric.high, metric.unit)}"
    return Row(
        name=_named(metric.name, words),
        value=_said(metric.value, metric.unit),
        interval=interval,
        questions=metric.n,
        change=_changed(change) if change is not None else "",
        mood={"better": "good", "worse": "bad", "": ""}[change.verdict] if change is not None else "",
    )


def _parts(
    report: EvaluationReport, words: Mapping[str, str]
) -> tuple[tuple[str, tuple[tuple[str, str, int], ...]], ...]:
    """Some figures of each language and tag."""
    chosen = {(group, name) for group, name, _ in _HEADLINES}
    return tuple(
        (
            words.get(f"part_{part}", part.partition(":")[2]),
            tuple(
                (_named(one.name, words), _said(one.value, one.unit), one.n)
                for one in report.metrics
                if one.part == part and (one.group, one.name) in chosen
            ),
        )
        for part in report.parts
    )


def _plot(kept: Sequence[EvaluationReport], words: Mapping[str, str], language: Language) -> Chart:
    runs = list(reversed(kept))
    series: list[Series] = []
    for group, name, shade in _HEADLINES:
        figures = [run.figure(group, name) for run in runs]
        if any(figures):
            values = [figure.value if figure is not None else None for figure in figures]
            series.append(Series(f"{words[f'group_{group}']}: {_named(name, words)}", values, shade))
    labels = [sayings.moment(run.made_at, language) for run in runs]
    every = -(-len(runs) // 5)
    marks = [
        sayings.day(run.made_at, language) if (len(runs) - 1 - at) % every == 0 else "" for at, run in enumerate(runs)
    ]
    lowest = min((value for one in series for value in one.values if value is not None), default=0.0)
    # From as high as can be, so that lines which lie close together can be told apart.
    ticks = [at / 5 for at in range(min(4, math.floor(5 * lowest)), 6)]
    said = words["chart_runs_text"].format(count=len(runs))
    return lines("runs", words["chart_runs"], said, Axis(labels, marks), series, sayings.percent, ticks=ticks)


def _named(name: str, words: Mapping[str, str]) -> str:
    """A figure's name; those that are the same in every language stand for themselves."""
    return words.get(f"metric_{name}", name)


def _said(value: float, unit: str) -> str:
    if unit == "share":
        return sayings.percent(value)
    if unit == "seconds":
        return sayings.seconds(value)
    return sayings.number(round(value)) if unit == "tokens" else f"{value:.1f}"


def _changed(change: Change) -> str:
    if change.unit == "share":
        grown = sayings.points(change.after, change.before)
        return f"{grown} pp" if grown else "±0"
    grown = change.after - change.before
    sign = "+" if grown > 0 else "−"
    said = _said(abs(grown), change.unit)
    return f"{sign}{said}" if abs(grown) > 1e-9 else "±0"
