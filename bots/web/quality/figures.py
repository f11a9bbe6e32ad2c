"""The tiles and the charts of a span of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bots.web.quality import sayings
from bots.web.quality.charts import Axis, Chart, Series, bars, lines, ranges
from bots.web.quality.spans import Looked, Period
from bots.web.visitors import Language
from core.mailbox_values import QueueState
from core.quality.history import STAGES, Counts, Stage

TELLING = 0.02
"""A smaller change of a share is neither good nor bad news; of a time, five times that."""


@dataclass(frozen=True)
class Tile:
    """One figure: what it is, how much, what else there is to say of it, and how it changed since the span before.

    `mood` is "good" or "bad" where that is told by the change, or by the figure itself; else empty.
    """

    name: str
    value: str
    note: str
    change: str = ""
    mood: str = ""


@dataclass(frozen=True)
class Now:
    """What does not depend on the span: answers of today and of the last seven days, and how the queues stand."""

    today: int
    week: int
    queue: QueueState


def queue_of(states: Sequence[QueueState]) -> QueueState:
    """Several queues as one."""
    return QueueState(
        conversations=sum(one.conversations for one in states),
        oldest=max((one.oldest for one in states), default=0.0),
        by_workspace={},
        in_stream=sum(one.in_stream for one in states),
        delayed=sum(one.delayed for one in states),
        dead=sum(one.dead for one in states),
    )


def tiles(looked: Looked, now: Now, words: Mapping[str, str]) -> tuple[Tile, ...]:
    """What there is to say at a glance."""
    counts, before = looked.all.counts, looked.before.counts
    return (
        Tile(
            words["answers"],
            sayings.number(counts.answered),
            words["answers_note"].format(today=sayings.number(now.today), week=sayings.number(now.week)),
            sayings.change(counts.answered, before.answered),
        ),
        _share_tile(
            words["declined"],
            (counts.declined, counts.answered + counts.declined),
            (before.declined, before.answered + before.declined),
            words["declined_note"].format(count=sayings.number(counts.declined)),
            better="lower",
        ),
        _share_tile(
            words["helpful"],
            (looked.all.helpful, looked.all.helpful + looked.all.unhelpful),
            (looked.before.helpful, looked.before.helpful + looked.before.unhelpful),
            words["helpful_note"].format(up=looked.all.helpful, down=looked.all.unhelpful),
            better="higher",
        ),
        _wait(counts, before, words),
        Tile(
            words["waiting_now"],
            sayings.number(now.queue.conversations),
            words["waiting_note"].format(oldest=sayings.seconds(now.queue.oldest), delayed=now.queue.delayed)
            if now.queue.conversations
            else words["waiting_none"],
        ),
        Tile(
            words["dead_now"],
            sayings.number(now.queue.dead),
            words["dead_note"].format(count=sayings.number(counts.dead)),
            mood="bad" if now.queue.dead else "",
        ),
    )


def _share_tile(name: str, now: tuple[int, int], before: tuple[int, int], note: str, *, better: str) -> Tile:
    grown = ""
    mood = ""
    if now[1] and before[1]:
        was, is_now = before[0] / before[1], now[0] / now[1]
        grown = sayings.points(is_now, was)
        if abs(is_now - was) >= TELLING:
            mood = "good" if (is_now > was) == (better == "higher") else "bad"
    return Tile(name, sayings.share(*now), note, f"{grown} pp" if grown else "", mood)


def _wait(counts: Counts, before: Counts, words: Mapping[str, str]) -> Tile:
    half, most = counts.percentile("whole", 0.5), counts.percentile("whole", 0.95)
    if half is None or most is None:
        return Tile(words["wait"], "–", words["wait_none"])
    was = before.percentile("whole", 0.5)
    grown = sayings.change(half, was) if was is not None and abs(half / was - 1) >= TELLING else ""
    mood = "" if was is None or abs(half / was - 1) < 5 * TELLING else "good" if half < was else "bad"
    return Tile(words["wait"], sayings.seconds(half), words["wait_note"].format(p95=sayings.seconds(most)), grown, mood)


def charts(looked: Looked, words: Mapping[str, str], language: Language) -> tuple[Chart, ...]:
    """What happened over time."""
    periods = looked.periods
    axis = Axis([sayings.period(one, language) for one in periods], _marks(periods, language))
    return (
        _endings(looked, axis, words),
        _votes(looked, axis, words),
        _waiting(periods, axis, words),
        _stages(looked.all.counts, words),
        _queue(periods, axis, words),
        _troubles(looked, axis, words),
    )


def _endings(looked: Looked, axis: Axis, words: Mapping[str, str]) -> Chart:
    shades = {"answered": "c1", "declined": "c2", "failed": "c3", "stopped": "c4"}
    series = [
        Series(words[f"ending_{name}"], [one.counts.endings.get(name, 0) for one in looked.periods], shade)
        for name, shade in shades.items()
    ]
    counts = looked.all.counts
    said = words["chart_endings_text"].format(
        all=counts.replies,
        **{name: counts.endings.get(name, 0) for name in shades},
    )
    return bars("endings", words["chart_endings"], said, axis, series, sayings.brief_number)


def _votes(looked: Looked, axis: Axis, words: Mapping[str, str]) -> Chart:
    series = [
        Series(words["vote_up"], [one.helpful for one in looked.periods], "c5"),
        Series(words["vote_down"], [one.unhelpful for one in looked.periods], "c3"),
    ]
    up, down = looked.all.helpful, looked.all.unhelpful
    said = words["chart_votes_text"].format(up=up, down=down, share=sayings.share(up, up + down))
    return bars("votes", words["chart_votes"], said, axis, series, sayings.brief_number)


def _waiting(periods: Sequence[Period], axis: Axis, words: Mapping[str, str]) -> Chart:
    def timed(stage: Stage, share: float) -> list[float | None]:
        return [one.counts.percentile(stage, share) for one in periods]

    series = [
        Series(words["p50_first"], timed("first", 0.5), "c5"),
        Series(words["p50_whole"], timed("whole", 0.5), "c1"),
        Series(words["p95_whole"], timed("whole", 0.95), "c2 dashed"),
    ]
    return lines("waiting", words["chart_waiting"], words["chart_waiting_text"], axis, series, sayings.seconds)


def _stages(counts: Counts, words: Mapping[str, str]) -> Chart:
    inner = Series(words["p50"], [counts.percentile(stage, 0.5) for stage in STAGES], "c1")
    outer = Series(words["p95"], [counts.percentile(stage, 0.95) for stage in STAGES], "c1")
    labels = [words[f"stage_{stage}"] for stage in STAGES]
    said = words["chart_stages_text"]
    return ranges("stages", words["chart_stages"], said, labels, inner, outer, sayings.seconds)


def _queue(periods: Sequence[Period], axis: Axis, words: Mapping[str, str]) -> Chart:
    sampled = [one.counts if one.counts.samples else None for one in periods]
    series = [
        Series(words["queue_mean"], [one.queue if one else None for one in sampled], "c1"),
        Series(words["queue_most"], [float(one.queue_most) if one else None for one in sampled], "c2 dashed"),
    ]
    said = words["chart_queue_text"]
    return lines("queue", words["chart_queue"], said, axis, series, sayings.number, whole=True)


def _troubles(looked: Looked, axis: Axis, words: Mapping[str, str]) -> Chart:
    series = [
        Series(words["ending_dead"], [one.counts.dead for one in looked.periods], "c3"),
        Series(words["ending_postponed"], [one.counts.endings.get("postponed", 0) for one in looked.periods], "c4"),
    ]
    counts = looked.all.counts
    said = words["chart_troubles_text"].format(dead=counts.dead, postponed=counts.endings.get("postponed", 0))
    return bars("troubles", words["chart_troubles"], said, axis, series, sayings.brief_number)


def _marks(periods: Sequence[Period], language: Language) -> list[str]:
    """What stands below the axis: some hours of a day, every day of a week, else each so many days."""
    length = periods[0].end - periods[0].start
    if length <= timedelta(hours=1):
        return [f"{one.start:%H:%M}" if one.start.hour % 6 == 0 else "" for one in periods]
    if length < timedelta(days=1):
        return [sayings.day(one.start, language) if one.start.hour == 0 else "" for one in periods]
    every = 7 if length == timedelta(days=1) else 4
    return [
        sayings.day(one.start, language) if (len(periods) - 1 - at) % every == 0 else ""
        for at, one in enumerate(periods)
    ]
