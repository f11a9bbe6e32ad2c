"""Charts as inline SVG made on the server: stacked bars, lines and ranges, with axes.

The drawing says what it is in a <title> and a <desc> for screen readers; the numbers stand in a table beside it
(templates/quality/chart.html). Colours are classes, so that a style sheet decides, by day and by night. All lengths are
in the units of the view box, which a card shows about one to one.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise

from markupsafe import Markup

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 24
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
ROW = 26
"""The height of one row of a chart of ranges."""
NAMES = 104
"""The width of its names."""
DOTS = 12
"""Up to so many points of a line are marked by dots."""

Format = Callable[[float], str]


@dataclass(frozen=True)
class Series:
    """One row of numbers; `shade` is the class of its colour ("c1", "c2", ...; of a line also "dashed")."""

    name: str
    values: Sequence[float | None]
    shade: str


@dataclass(frozen=True)
class Axis:
    """What stands along a chart: a label for each value, said where one points and in the table, and the marks below
    the axis, empty where there is none."""

    labels: Sequence[str]
    marks: Sequence[str]


@dataclass(frozen=True)
class Chart:
    """A chart: its drawing, and the same as a table. `is_empty` where there is nothing to draw."""

    name: str
    title: str
    description: str
    drawing: Markup
    columns: tuple[str, ...]
    table: tuple[tuple[str, ...], ...]
    legend: tuple[tuple[str, str], ...] = ()
    is_empty: bool = False


def bars(name: str, title: str, description: str, axis: Axis, series: Sequence[Series], said: Format) -> Chart:
    """Bars along the axis, the series stacked upon one another from the bottom; None counts as nothing."""
    labels = axis.labels
    totals = [sum(one.values[at] or 0 for one in series) for at in range(len(labels))]
    ticks = ticks_up_to(max(totals, default=0), whole=True)
    step = PLOT_WIDTH / max(1, len(labels))
    width = max(1.0, min(step * 0.72, 28.0))
    shapes: list[str] = []
    for at, label in enumerate(labels):
        left, bottom, pieces = LEFT + step * at + (step - width) / 2, TOP + PLOT_HEIGHT, list[str]()
        for one in series:
            height = PLOT_HEIGHT * (one.values[at] or 0) / ticks[-1]
            bottom -= height
            if height:
                pieces.append(f'<rect class="{one.shade}" {_box(left, bottom, width, height)}/>')
        tip = _tip(label, [(one.name, one.values[at]) for one in series], said)
        # What can be pointed at is as high as the chart: a small bar is hard to hit.
        pieces.append(f'<rect class="hit" {_box(LEFT + step * at, TOP, step, PLOT_HEIGHT)}/>')
        shapes.append(f"<g>{tip}{''.join(pieces)}</g>")
    body = _grid(ticks, said) + "".join(shapes) + _along(axis, step)
    chart = _chart(name, title, description, body, labels, series, said)
    return replace(chart, is_empty=not any(totals))


def lines(
    name: str,
    title: str,
    description: str,
    axis: Axis,
    series: Sequence[Series],
    said: Format,
    *,
    ticks: Sequence[float] = (),
    whole: bool = False,
) -> Chart:
    """A line for each series; where a value is missing it is interrupted.

    `ticks` are what stands along the axis, if that is not to follow from the values; `whole` says that only whole
    numbers stand along it.
    """
    labels = axis.labels
    top = max((value for one in series for value in one.values if value is not None), default=0.0)
    ticks = ticks or ticks_up_to(top, whole=whole)
    step = PLOT_WIDTH / max(1, len(labels))
    shapes: list[str] = []
    for one in series:
        points = [
            None if value is None else (LEFT + step * (at + 0.5), _height(value, ticks))
            for at, value in enumerate(one.values)
        ]
        shapes.append(f'<path class="line {one.shade}" d="{_path(points)}"/>')
        alone = [at for at, point in enumerate(points) if point and not _neighbour(points, at)]
        dots = [point for at, point in enumerate(points) if point and (len(points) <= DOTS or at in alone)]
        shapes += [f'<circle class="{one.shade}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in dots]
    for at, label in enumerate(labels):
        tip = _tip(label, [(one.name, one.values[at]) for one in series], said)
        shapes.append(f'<g>{tip}<rect class="hit" {_box(LEFT + step * at, TOP, step, PLOT_HEIGHT)}/></g>')
    body = _grid(ticks, said) + "".join(shapes) + _along(axis, step)
    return _chart(name, title, description, body, labels, series, said)


def ranges(
    name: str,
    title: str,
    description: str,
    labels: Sequence[str],
    inner: Series,
    outer: Series,
    said: Format,
) -> Chart:
    """A bar for each label from the left: solid as far as `inner`, pale as far as `outer`, which is not shorter."""
    top = max((value for value in outer.values if value is not None), default=0.0) or 1.0
    room = WIDTH - NAMES - 52
    shapes: list[str] = []
    for at, label in enumerate(labels):
        low, high, y = inner.values[at], outer.values[at], TOP + ROW * at
        shapes.append(f'<text class="name" x="{NAMES - 8}" y="{y + 14}">{escape(label)}</text>')
        if low is None or high is None:
            shapes.append(f'<text class="value" x="{NAMES}" y="{y + 14}">–</text>')
            continue
        tip = _tip(label, [(inner.name, low), (outer.name, high)], said)
        end = NAMES + room * high / top
        shapes.append(
            f'<g>{tip}<rect class="pale {outer.shade}" {_box(NAMES, y + 3, max(1.0, room * high / top), 14)}/>'
            f'<rect class="{inner.shade}" {_box(NAMES, y + 3, max(1.0, room * low / top), 14)}/>'
            f'<text class="value" x="{end + 6:.1f}" y="{y + 14}">{escape(said(high))}</text></g>'
        )
    return _chart(name, title, description, "".join(shapes), labels, (inner, outer), said, TOP + ROW * len(labels))


def ticks_up_to(most: float, *, whole: bool = False, number: int = 4) -> list[float]:
    """Round numbers from 0 to the first that is not below `most`, about so many, evenly spaced by 1, 2 or 5 · 10ⁿ."""
    if most <= 0:
        return [0.0, 1.0]
    rough = most / number
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    if whole:
        step = max(1.0, step)
    count = max(1, math.ceil(most / step - 1e-9))
    return [round(step * at, 10) for at in range(count + 1)]


def _grid(ticks: Sequence[float], said: Format) -> str:
    marks: list[str] = []
    for tick in ticks:
        y = _height(tick, ticks)
        kind = "axis" if tick == ticks[0] else "grid"
        marks.append(f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        marks.append(f'<text class="up" x="{LEFT - 6}" y="{y + 3.5:.1f}">{escape(said(tick))}</text>')
    return "".join(marks)


def _height(value: float, ticks: Sequence[float]) -> float:
    return TOP + PLOT_HEIGHT * (1 - (value - ticks[0]) / (ticks[-1] - ticks[0]))


def _along(axis: Axis, step: float) -> str:
    marks: list[str] = []
    for at, mark in enumerate(axis.marks):
        x = LEFT + step * (at + 0.5)
        if mark:  # near the edge it ends with the plot
            anchor, x = ("end", WIDTH - RIGHT) if x > WIDTH - 30 else ("middle", x)
            marks.append(f'<text class="along {anchor}" x="{x:.1f}" y="{HEIGHT - 7}">{escape(mark)}</text>')
    return "".join(marks)


def _chart(
    name: str,
    title: str,
    description: str,
    body: str,
    labels: Sequence[str],
    series: Sequence[Series],
    said: Format,
    height: int = HEIGHT,
) -> Chart:
    drawing = (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="{name}-title {name}-text" xmlns="http://www.w3.org/2000/svg">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-text">{escape(description)}</desc>'
        f"{body}</svg>"
    )
    table = tuple(
        (label, *("–" if (value := one.values[at]) is None else said(value) for one in series))
        for at, label in enumerate(labels)
    )
    return Chart(
        name=name,
        title=title,
        description=description,
        drawing=Markup(drawing),  # noqa: S704 - made above, with all texts escaped
        columns=tuple(one.name for one in series),
        table=table,
        legend=tuple((one.name, one.shade) for one in series),
        is_empty=all(value is None for one in series for value in one.values),
    )


def _tip(label: str, values: Sequence[tuple[str, float | None]], said: Format) -> str:
    """What is shown where one points."""
    lines = [label, *(f"{name}: {said(value)}" for name, value in values if value is not None)]
    return f"<title>{escape(chr(10).join(lines))}</title>"


def _box(x: float, y: float, width: float, height: float) -> str:
    return f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    steps: list[str] = []
    for before, point in pairwise([None, *points]):
        if point is not None:
            steps.append(f"{'L' if before is not None else 'M'}{point[0]:.1f} {point[1]:.1f}")
    return "".join(steps)


def _neighbour(points: Sequence[tuple[float, float] | None], at: int) -> bool:
    return (at > 0 and points[at - 1] is not None) or (at + 1 < len(points) and points[at + 1] is not None)
