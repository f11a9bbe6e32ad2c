"""The figures of an evaluation as a picture: a dot with its interval for each, of all questions and of each language.

Needs matplotlib, which the extra `eval` brings. Nothing is drawn on a screen, and no text of a question stands in it.
"""

import importlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import MissingPartError, QuestionError, SettingsError
from core.evaluation.report import EvaluationReport, Metric
from core.whole_files import write_whole

ENDINGS = (".png", ".svg")
_COLOURS = ("#1f3a5f", "#c8553d", "#2a9d8f", "#8d6a9f", "#b08900", "#4d4d4d")
_GROUPS = {
    "retrieval": "Retrieval",
    "pictures": "Pictures",
    "declining": "Declining",
    "answers": "Answers",
    "citations": "Citations",
}
_ROW, _MARGIN, _WIDTH = 0.27, 1.15, 8.0
"""Inches."""


def check_plot(file: Path) -> None:
    """Make sure, before anything is asked, that a plot can be drawn into this file.

    Raises:
        QuestionError: its ending is none that is drawn.
        MissingPartError: matplotlib is not installed.
    """
    if file.suffix.lower() not in ENDINGS:
        raise QuestionError(f"No plot is drawn as {file.name}.", hint="Name a file that ends in .png or .svg.")
    try:
        importlib.import_module("matplotlib.figure")
    except ImportError as error:
        raise MissingPartError(
            "A plot needs matplotlib, which is not installed.", hint='pip install "lorelens[eval]"'
        ) from error


def draw_plot(report: EvaluationReport, file: Path, before: EvaluationReport | None = None) -> None:
    """Draw all figures that are shares, those of an earlier run beside them as rings.

    Raises:
        QuestionError, MissingPartError: see `check_plot`.
        SettingsError: the file can't be written.
    """
    check_plot(file)
    kind = file.suffix.lower().removeprefix(".")
    data = io.BytesIO()
    figure = _figure(report, before)
    # Without date and random names, the same report gives the same file.
    options: dict[str, Any] = {"metadata": {"Date": None}} if kind == "svg" else {"dpi": 160}
    library: Any = importlib.import_module("matplotlib")
    with library.rc_context({"svg.hashsalt": report.file_sha256}):
        figure.savefig(data, format=kind, **options)
    try:
        write_whole(file, data.getvalue())
    except OSError as error:
        raise SettingsError(
            f"The plot can't be written to {file}: {error.strerror}.", hint="Name another file with --plot."
        ) from error


def _figure(report: EvaluationReport, before: EvaluationReport | None) -> Any:
    of_all = [one for one in report.metrics if not one.part and one.group in _GROUPS]
    shown = [one for one in of_all if one.unit == "share"]
    parts = ["", *(part for part in report.parts if part.startswith("language:"))]
    height = _MARGIN + _ROW * (len(shown) + 1.4 * len({one.group for one in shown})) + 0.3
    figure: Any = importlib.import_module("matplotlib.figure").Figure(
        figsize=(_WIDTH, max(2.2, height)), layout="constrained"
    )
    axes: Any = figure.add_subplot()
    _draw(axes, shown, report, parts, before)
    title = f"{report.file} · {report.asked} questions · {report.made_at:%Y-%m-%d %H:%M} UTC"
    model = " · ".join(filter(None, (report.setup.model, report.setup.encoder, report.setup.reranker)))
    figure.suptitle(f"{title}\n{model}", x=0.01, ha="left", fontsize=9)
    return figure


def _draw(
    axes: Any,
    shown: Sequence[Metric],
    report: EvaluationReport,
    parts: Sequence[str],
    before: EvaluationReport | None,
) -> None:
    places: list[float] = []
    at, group = 0.0, ""
    for one in shown:
        if one.group != group:
            at, group = at + (1.4 if group else 0.7), one.group
            axes.text(0.0, at - 0.75, _GROUPS[group], fontsize=8, fontweight="bold", va="center", color="#555555")
        places.append(at)
        at += 1
    for number, part in enumerate(parts):
        colour = _COLOURS[number % len(_COLOURS)]
        shift = _shift(number, len(parts))
        named = [
            (place + shift, report.figure(one.group, one.name, part)) for place, one in zip(places, shown, strict=True)
        ]
        _dots(axes, [(place, one) for place, one in named if one is not None], colour, part.partition(":")[2] or "all")
    if before is not None:
        earlier = [(place, before.figure(one.group, one.name)) for place, one in zip(places, shown, strict=True)]
        rings = [(place, one.value) for place, one in earlier if one is not None]
        axes.scatter(
            [value for _, value in rings],
            [place + _shift(0, len(parts)) for place, _ in rings],
            s=60,
            facecolors="none",
            edgecolors="#999999",
            label="before, all",
        )
    axes.set_yticks(places, [f"{one.name}{' (less is better)' if one.better == 'lower' else ''}" for one in shown])
    axes.set_ylim(max(at, 1.0) - 0.3, -0.6)
    axes.set_xlim(-0.02, 1.02)
    axes.tick_params(labelsize=8, length=0)
    axes.grid(axis="x", color="#e5e5e5", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if len(parts) > 1 or before is not None:
        axes.figure.legend(loc="outside lower center", ncols=6, fontsize=8, frameon=False)


def _shift(number: int, many: int) -> float:
    """How far from a figure's place one of many dots is drawn, so that they stand below one another."""
    return (number - (many - 1) / 2) * 0.22


def _dots(axes: Any, placed: Sequence[tuple[float, Metric]], colour: str, label: str) -> None:
    values = [one.value for _, one in placed]
    below = [max(0.0, one.value - (one.value if one.low is None else one.low)) for _, one in placed]
    above = [max(0.0, (one.value if one.high is None else one.high) - one.value) for _, one in placed]
    axes.errorbar(
        values,
        [place for place, _ in placed],
        xerr=[below, above],
        fmt="o",
        markersize=4,
        linewidth=1.2,
        color=colour,
        label=label,
    )
