"""Figures, their intervals and what changed between two runs: reproducible, bounded, and no louder than chance."""

import logging
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import QuestionError
from core.evaluation.advice import next_steps
from core.evaluation.bootstrap import interval
from core.evaluation.comparing import changes, previous, shared
from core.evaluation.measures import mean, metrics_of, quantile
from core.evaluation.plot import draw_plot
from core.evaluation.report import (
    FOLDER,
    EvaluationReport,
    Metric,
    QuestionScores,
    Setup,
    keep_report,
    reports,
)
from core.evaluation.worst import worst

MADE = datetime(2026, 11, 24, 20, tzinfo=UTC)


def scored(line: int, language: str = "en", tags: tuple[str, ...] = (), **scores: float) -> QuestionScores:
    named = {name.replace("__", "/").replace("_", " "): score for name, score in scores.items()}
    return QuestionScores(key=str(line), line=line, language=language, tags=tags, scores=named)


def report_of(scores: list[QuestionScores], *, made_at: datetime = MADE, complete: bool = True) -> EvaluationReport:
    return EvaluationReport(
        made_at=made_at,
        file="q.jsonl",
        file_sha256="0" * 64,
        questions=len(scores),
        asked=len(scores),
        complete=complete,
        setup=Setup(model="extractive", encoder="minilm", audience=("everyone",)),
        metrics=metrics_of(scores),
        scores=tuple(scores),
    )


def figure(report: EvaluationReport, group: str, name: str, part: str = "") -> Metric:
    found = report.figure(group, name, part)
    assert found is not None
    return found


def judged(line: int, *, declined: bool, unanswerable: bool) -> QuestionScores:
    return scored(
        line,
        declining__declined=declined,
        declining__unanswerable=unanswerable,
        declining__both=declined and unanswerable,
    )


def test_declining_has_the_precision_recall_and_f1_that_its_confusion_gives() -> None:
    table = [(True, True)] * 3 + [(True, False)] * 1 + [(False, True)] * 2 + [(False, False)] * 6
    report = report_of([judged(at, declined=yes, unanswerable=un) for at, (yes, un) in enumerate(table)])

    assert figure(report, "declining", "precision").value == pytest.approx(3 / 4)
    assert figure(report, "declining", "recall").value == pytest.approx(3 / 5)
    assert figure(report, "declining", "F1").value == pytest.approx(2 * 3 / (4 + 5))
    assert figure(report, "declining", "F1").n == 12


def test_a_figure_that_is_undefined_is_left_out() -> None:
    report = report_of([judged(at, declined=at == 0, unanswerable=False) for at in range(3)])

    assert report.figure("declining", "precision") is None
    assert report.figure("declining", "recall") is None
    assert report.figure("declining", "F1") is None
    never = report_of([judged(at, declined=False, unanswerable=at == 0) for at in range(3)])
    assert never.figure("declining", "precision") is None
    assert (figure(never, "declining", "recall").value, figure(never, "declining", "F1").value) == (0, 0)
    assert metrics_of([]) == ()


def test_perplexity_is_of_all_tokens_together() -> None:
    scores = [
        scored(1, perplexity__unlikelihood=2.0, perplexity__tokens=4.0),
        scored(2, perplexity__unlikelihood=7.0, perplexity__tokens=2.0),
    ]

    assert figure(report_of(scores), "perplexity", "reference answers").value == pytest.approx(math.exp(9 / 6))


def test_half_and_nineteen_of_twenty_are_not_slower_than_the_figures_say() -> None:
    report = report_of([scored(at, speed__answer=at / 10) for at in range(1, 21)])

    assert figure(report, "speed", "answer p50").value == 1.0
    assert figure(report, "speed", "answer p95").value == 1.9
    assert figure(report, "speed", "answer p50").better == "lower"


def test_languages_and_tags_have_figures_of_their_own() -> None:
    scores = [
        scored(1, "en", ("new",), answers__F1=1.0),
        scored(2, "zh", ("new", "old"), answers__F1=0.0),
        scored(3, "zh", answers__F1=0.5),
    ]
    report = report_of(scores)

    assert report.parts == ("language:en", "language:zh", "tag:new", "tag:old")
    assert figure(report, "answers", "F1").value == pytest.approx(0.5)
    assert figure(report, "answers", "F1", "language:zh").value == pytest.approx(0.25)
    assert figure(report, "answers", "F1", "tag:new").n == 2
    alone = figure(report, "answers", "F1", "language:en")
    assert (alone.low, alone.high, alone.n) == (None, None, 1)
    assert report_of(scores[1:]).parts == ("tag:new", "tag:old")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_an_interval_is_within_bounds_and_the_same_each_time(values: list[float]) -> None:
    rows = np.array(values)[:, None]
    bounds = interval(rows, mean)

    assert bounds is not None
    assert min(values) - 1e-9 <= bounds[0] <= bounds[1] <= max(values) + 1e-9
    assert interval(rows, mean) == bounds


@settings(max_examples=40)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=40), st.sampled_from([0.5, 0.95]))
def test_a_quantile_is_numpys(values: list[float], share: float) -> None:
    rows = np.array(values)[:, None]
    found = quantile(rows, np.ones((1, len(values))), share=share)[0]

    assert found == np.quantile(values, share, method="inverted_cdf")


def test_an_interval_of_a_share_is_about_as_wide_as_the_binomial_one() -> None:
    rows = np.array([1.0] * 80 + [0.0] * 20)[:, None]
    bounds = interval(rows, mean)

    assert bounds is not None
    wide = 1.96 * math.sqrt(0.8 * 0.2 / 100)
    assert bounds[0] == pytest.approx(0.8 - wide, abs=0.02)
    assert bounds[1] == pytest.approx(0.8 + wide, abs=0.02)


def test_what_got_better_throughout_is_told_from_what_may_be_chance() -> None:
    before = report_of(
        [scored(at, answers__F1=0.2, answers__exact_match=float(at % 2), speed__answer=1.0) for at in range(40)]
    )
    after = report_of(
        [
            scored(at, answers__F1=0.4, answers__exact_match=float(at % 2 or at == 0), speed__answer=2.0)
            for at in range(40)
        ],
        made_at=MADE + timedelta(hours=1),
    )

    verdicts = {one.name: one.verdict for one in changes(before, after)}

    assert verdicts["F1"] == "better"
    assert verdicts["exact match"] == ""
    assert verdicts["answer p50"] == "worse"
    assert all(not one.verdict for one in changes(before, before))
    assert all((one.low, one.high) == (0, 0) for one in changes(before, before))


def test_few_questions_can_not_show_a_change() -> None:
    few = [report_of([scored(at, answers__F1=value) for at in range(5)]) for value in (0.0, 1.0)]
    enough = [report_of([scored(at, answers__F1=value) for at in range(6)]) for value in (0.0, 1.0)]

    assert changes(*few)[0].verdict == ""
    assert changes(*enough)[0].verdict == "better"


def test_only_questions_that_both_asked_are_compared() -> None:
    before = report_of([scored(at, answers__F1=0.0) for at in range(10)])
    after = report_of([scored(at, answers__F1=1.0) for at in range(5, 20)], made_at=MADE + timedelta(hours=1))

    [change] = changes(before, after)

    assert (change.n, change.before, change.after) == (5, 0, 1)
    assert shared(before, after) == 5


def test_the_last_finished_run_of_these_questions_is_the_one_to_compare_with() -> None:
    def at_hour(hour: int, line: int, *, complete: bool = True) -> EvaluationReport:
        return report_of([scored(line, answers__F1=1.0)], made_at=MADE + timedelta(hours=hour), complete=complete)

    kept = [at_hour(5, 1), at_hour(4, 1, complete=False), at_hour(3, 2), at_hour(2, 1), at_hour(1, 1)]

    assert previous(kept[0], kept) == kept[3]
    assert previous(kept[4], kept) is None
    failed = kept[3].model_copy(update={"scores": (QuestionScores(key="1", line=1, failed=True),)})
    assert previous(kept[0], [failed, kept[4]]) == kept[4]


def test_reports_are_kept_and_read_newest_first_and_a_broken_one_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    older, newer = (report_of([scored(1, answers__F1=1.0)], made_at=MADE + timedelta(minutes=at)) for at in (0, 5))
    for one in (older, newer):
        file = keep_report(one, tmp_path)
        assert file.stat().st_mode & 0o077 == 0
    folder = tmp_path / FOLDER
    (folder / "2026-11-30T00-00-00.000000Z.json").write_text("{")
    (folder / "2026-11-29T00-00-00.000000Z.json").write_text(
        newer.model_dump_json().replace('"schema_number":1', '"schema_number":2')
    )
    (folder / "notes.txt").write_text("mine")

    with caplog.at_level(logging.WARNING):
        assert list(reports(tmp_path)) == [newer, older]

    assert len(caplog.records) == 2
    assert "newer Lorelens" in caplog.text
    assert list(reports(tmp_path / "nothing")) == []


def test_the_worst_come_first_with_the_reason() -> None:
    scores = [
        scored(1, answers__F1=0.9),
        scored(2, answers__F1=0.1),
        scored(3, declining__unanswerable_answered=1.0),
        scored(4, declining__answerable_declined=1.0),
        QuestionScores(key="5", line=5, failed=True),
        scored(6, answers__F1=0.1, answers__holds_a_reference=1.0),
    ]

    assert [(one.line, one.why) for one in worst(scores)] == [
        (5, "failed"),
        (3, "answered, but has no answer"),
        (4, "declined"),
        (2, "F1 0.10, no reference held"),
    ]
    assert [one.line for one in worst(scores, most=1)] == [5]


def test_what_to_do_next_follows_from_the_figures() -> None:
    found = {"retrieval/document recall@1": 0.0, "retrieval/document recall@10": 1.0}
    scores = [QuestionScores(key=str(at), line=at, scores=found) for at in range(40)]
    report = report_of(scores)

    assert any("reranker" in step for step in next_steps(report))
    ranked = report.model_copy(update={"setup": report.setup.model_copy(update={"reranker": "some"})})
    assert not any("a reranker" in step for step in next_steps(ranked))


@pytest.mark.parametrize("name", ["figures.png", "figures.svg"])
def test_figures_are_drawn_the_same_for_the_same_report(tmp_path: Path, name: str) -> None:
    scores = [scored(at, "zh" if at % 3 else "en", ("值班",), answers__F1=at / 10) for at in range(10)]
    before, after = report_of(scores[:5]), report_of(scores)

    drawn: list[bytes] = []
    for _ in range(2):
        draw_plot(after, tmp_path / name, before)
        drawn.append((tmp_path / name).read_bytes())

    assert drawn[0].startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")
    assert drawn[0] == drawn[1]


def test_a_plot_of_another_kind_or_of_no_figures_is_no_surprise(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match=r"figures\.doc"):
        draw_plot(report_of([]), tmp_path / "figures.doc")
    draw_plot(report_of([]), tmp_path / "empty.png")
    assert (tmp_path / "empty.png").stat().st_size
