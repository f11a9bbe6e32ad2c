"""Charts of the page of quality: what is drawn where, what it says to those who can't see it, and that nothing in a
text becomes markup."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bots.web.quality import sayings
from bots.web.quality.charts import (
    HEIGHT,
    LEFT,
    PLOT_HEIGHT,
    PLOT_WIDTH,
    TOP,
    WIDTH,
    Axis,
    Chart,
    Series,
    bars,
    lines,
    ranges,
    ticks_up_to,
)
from bots.web.quality.spans import SPANS, look
from bots.web.quality.words import WORDS
from core.conversations import Conversations
from core.messages import Author
from core.quality.feedback import Feedback
from core.quality.history import Happening, QualityHistory


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Conversations]:
    store = await Conversations.open("", tmp_path)
    yield store
    await store.close()


SVG = "{http://www.w3.org/2000/svg}"
AXIS = Axis(["Mon", "Tue", "Wed"], ["Mon", "", "Wed"])
BOTTOM = TOP + PLOT_HEIGHT


def drawn(chart: Chart) -> ElementTree.Element:
    """The drawing, which is well-formed, and has neither styles nor scripts, which the page forbids."""
    assert not re.search(r"\bstyle=|<script|<style|\bon\w+=", chart.drawing)
    return ElementTree.fromstring(str(chart.drawing))  # noqa: S314 - our own


def boxes(svg: ElementTree.Element, shade: str) -> list[tuple[float, float, float, float]]:
    """Left, top, width and height of the bars of one colour."""
    found = [one for one in svg.iter(f"{SVG}rect") if one.get("class") == shade]
    return [tuple(float(one.get(name, "")) for name in ("x", "y", "width", "height")) for one in found]  # type: ignore[misc]


def test_bars_stand_upon_one_another_and_reach_as_high_as_their_numbers() -> None:
    series = (Series("Answered", [2, 0, 8], "c1"), Series("Declined", [2, None, 0], "c2"))
    chart = bars("ends", "Ends", "Bars.", AXIS, series, sayings.number)
    svg = drawn(chart)
    (first, last), (upon,) = boxes(svg, "c1"), boxes(svg, "c2")
    assert first[1] + first[3] == pytest.approx(BOTTOM, abs=0.1)
    assert upon[1] + upon[3] == pytest.approx(first[1], abs=0.1)
    assert last[3] == pytest.approx(4 * first[3], abs=0.3)
    assert first[3] == upon[3] == pytest.approx(PLOT_HEIGHT * 2 / 8, abs=0.1)
    assert first[0] >= LEFT and last[0] + last[2] <= WIDTH
    assert last[0] - first[0] == pytest.approx(2 * PLOT_WIDTH / 3, abs=0.2)
    assert [one.text for one in svg.iter(f"{SVG}text")] == ["0", "2", "4", "6", "8", "Mon", "Wed"]


def test_a_chart_says_what_it_is_and_stands_in_a_table_too() -> None:
    chart = bars("ends", "Ends", "Of 4.", AXIS, (Series("Answered", [1, None, 1500], "c1"),), sayings.number)
    svg = drawn(chart)
    assert svg.get("role") == "img"
    labelled = [one.text for one in svg if one.get("id") in (svg.get("aria-labelledby") or "").split()]
    assert labelled == ["Ends", "Of 4."]
    assert chart.columns == ("Answered",)
    assert chart.table == (("Mon", "1"), ("Tue", "–"), ("Wed", "1,500"))
    tips = [one.text for group in svg.iter(f"{SVG}g") for one in group.iter(f"{SVG}title")]
    assert tips == ["Mon\nAnswered: 1", "Tue", "Wed\nAnswered: 1,500"]


def test_a_line_is_interrupted_where_nothing_was_measured_and_a_lone_point_is_a_dot() -> None:
    axis = Axis([str(at) for at in range(20)], [""] * 20)
    values = [1.0, 2.0, None, 4.0, *[None] * 16]
    svg = drawn(lines("wait", "Wait", "", axis, (Series("Whole", values, "c1"),), sayings.seconds))
    (path,) = svg.iter(f"{SVG}path")
    steps = re.findall(r"([ML])([\d.]+) ([\d.]+)", path.get("d") or "")
    assert [step for step, *_ in steps] == ["M", "L", "M"]
    heights = [BOTTOM - float(y) for *_, y in steps]
    assert heights == pytest.approx([PLOT_HEIGHT / 4, PLOT_HEIGHT / 2, PLOT_HEIGHT], abs=0.1)
    (dot,) = svg.iter(f"{SVG}circle")
    assert (dot.get("cx"), dot.get("cy")) == steps[2][1:]


def test_an_axis_may_begin_above_nothing() -> None:
    series = (Series("Recall", [0.6, 0.8, 1.0], "c1"),)
    svg = drawn(lines("runs", "Runs", "", AXIS, series, sayings.percent, ticks=[0.4, 0.6, 0.8, 1.0]))
    assert [one.text for one in svg.iter(f"{SVG}text")][:4] == ["40%", "60%", "80%", "100%"]
    steps = re.findall(r"[ML][\d.]+ ([\d.]+)", next(svg.iter(f"{SVG}path")).get("d") or "")
    assert [BOTTOM - float(y) for y in steps] == pytest.approx([PLOT_HEIGHT * at / 3 for at in (1, 2, 3)], abs=0.1)


def test_ranges_are_as_long_as_their_times() -> None:
    inner, outer = Series("Half", [1.0, None], "c1"), Series("95%", [4.0, None], "c1")
    svg = drawn(ranges("stages", "Stages", "", ["Model", "Looking"], inner, outer, sayings.seconds))
    (low,), (high,) = boxes(svg, "c1"), boxes(svg, "pale c1")
    assert high[2] == pytest.approx(4 * low[2], abs=0.3)
    assert [one.text for one in svg.iter(f"{SVG}text")] == ["Model", "4 s", "Looking", "–"]
    assert float((svg.get("viewBox") or "").split()[3]) < HEIGHT


def test_texts_in_a_chart_are_texts() -> None:
    evil = '"><script>alert(1)</script>&'
    chart = bars("x", evil, evil, Axis([evil], [evil]), (Series(evil, [1], "c1"),), lambda value: f"{value} {evil}")
    svg = drawn(chart)
    assert next(svg.iter(f"{SVG}title")).text == evil


def test_nothing_to_draw_is_said() -> None:
    assert bars("x", "X", "", AXIS, (Series("A", [0, None, 0], "c1"),), sayings.number).is_empty
    assert not bars("x", "X", "", AXIS, (Series("A", [0, None, 1], "c1"),), sayings.number).is_empty
    assert not list(drawn(lines("x", "X", "", AXIS, (Series("A", [None] * 3, "c1"),), sayings.number)).iter("circle"))


@pytest.mark.parametrize(
    ("most", "whole", "ticks"),
    [
        (0, True, [0, 1]),
        (1, True, [0, 1]),
        (3, True, [0, 1, 2, 3]),
        (7, False, [0, 2, 4, 6, 8]),
        (0.45, False, [0, 0.2, 0.4, 0.6]),
        (1000, True, [0, 500, 1000]),
        (38, True, [0, 10, 20, 30, 40]),
    ],
)
def test_marks_along_an_axis_are_round(most: float, whole: bool, ticks: list[float]) -> None:
    assert ticks_up_to(most, whole=whole) == ticks


@pytest.mark.parametrize("name", SPANS)
async def test_a_span_ends_now_and_is_compared_with_the_one_before(store: Conversations, name: str) -> None:
    span = SPANS[name]  # type: ignore[index]
    now = datetime(2026, 11, 24, 20, 15, tzinfo=UTC)
    history = QualityHistory(store)
    length = span.period * span.periods
    for at in (now, now - length + span.period, now - length, now - 2 * length + span.period):
        await history.count(Happening(platform="web", ending="answered"), at)
    said = Feedback(
        conversation="web/web/a/1", message_id="q", person=Author(id="a"), helpful=False, given_at=now - length
    )
    looked = await look(history, span, now, [said])
    assert len(looked.periods) == span.periods
    assert looked.periods[-1].start <= now < looked.periods[-1].end == looked.all.end
    assert all(one.end == two.start for one, two in zip(looked.periods, looked.periods[1:], strict=False))
    assert looked.all.end - looked.all.start == length == looked.before.end - looked.before.start
    assert (looked.all.counts.answered, looked.before.counts.answered) == (2, 2)
    assert (looked.all.unhelpful, looked.before.unhelpful) == (0, 1)
    assert (await look(history, span, now, [], "slack")).all.counts.replies == 0


def test_numbers_and_times_are_said_briefly() -> None:
    assert [sayings.seconds(one) for one in (0, 0.004, 0.25, 1.26, 12.4, 125)] == [
        "0 s", "4 ms", "0.25 s", "1.3 s", "12 s", "2 min",
    ]  # fmt: skip
    assert [sayings.percent(one) for one in (0, 0.004, 0.5, 0.9999, 1)] == ["0%", "0.4%", "50%", "99.9%", "100%"]
    assert [sayings.brief_number(one) for one in (0, 999, 1500, 2e6)] == ["0", "999", "1.5k", "2M"]
    assert [sayings.change(*one) for one in ((3, 0), (2, 2), (3, 2), (1, 2), (9, 1))] == ["", "", "+50%", "−50%", "×9"]
    assert [sayings.points(*one) for one in ((0.5, 0.5), (0.5, 0.45), (0.1, 0.125))] == ["", "+5", "−2.5"]
    now = datetime(2026, 11, 24, tzinfo=UTC)
    said = [sayings.ago(now - timedelta(minutes=one), now, WORDS["en"]) for one in (0, 1, 59, 60, 600, 1500, 9000)]
    assert said == ["just now", "a minute ago", "59 minutes ago", "an hour ago", "10 hours ago", "yesterday",
                    "6 days ago"]  # fmt: skip


def test_both_languages_have_words_for_the_same() -> None:
    of_figures = {name for name in WORDS["zh"] if name.startswith("metric_")}  # the others are English already
    assert set(WORDS["en"]) == set(WORDS["zh"]) - of_figures
    for name, text in WORDS["en"].items():
        assert set(re.findall(r"{\w*}", text)) == set(re.findall(r"{\w*}", WORDS["zh"][name])), name
