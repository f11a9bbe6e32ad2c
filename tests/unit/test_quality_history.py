"""What happened over time, counted by workers on a real Redis: each turn once, by the hour and by the day."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from bots.quality_history import HistoryWatcher
from bots.worker import Worker
from core.conversations import Conversations
from core.mailbox import Mailbox
from core.mailbox_values import QueueState
from core.quality.declined import DeclinedIndex
from core.quality.history import BUCKETS, Counts, Happening, QualityHistory, bound, bucket_of, summed
from core.question import Question
from core.reply import Failure, Finished, ReplyPart, Status, Text
from tests.scenario.test_worker import SOON, Board, asked

NOON = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
SENTENCE = 5


async def told(questions: Sequence[Question]) -> AsyncIterator[ReplyPart]:
    """Answers as the question's first word says."""
    word = questions[-1].message.text.partition(" ")[0]
    if word == "break":
        raise ValueError("/srv/secret is broken")
    for stage in ("thinking", "looking", "searching", "reading"):
        yield Status(stage=stage)
    if word == "limit":
        yield Failure(code="limit", message="Too many questions.")
    else:
        yield Text(text="I don't know." if word == "decline" else "So it is.")
    yield Finished(declined=word == "decline", tokens=0 if word == "limit" else SENTENCE)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Conversations]:
    store = await Conversations.open("", tmp_path)
    yield store
    await store.close()


@asynccontextmanager
async def working(store: Conversations, board: Board) -> AsyncGenerator[HistoryWatcher]:
    """A worker that counts, until all it took has ended and is counted."""
    mailbox, watcher = Mailbox(store, "board", lease=1.0), HistoryWatcher(store)
    worker = Worker(mailbox, board, told, limits=SOON, watcher=watcher)
    async with watcher.running([mailbox]):
        running = asyncio.create_task(worker.run())
        try:
            yield watcher
        finally:
            worker.stop()
            await running
            await watcher.counted()


async def today(store: Conversations, platform: str = "") -> Counts:
    hours = await QualityHistory(store).read("hour", datetime.now(UTC), 2)
    days = await QualityHistory(store).read("day", datetime.now(UTC), 2)
    by_hour, by_day = (summed(one.counts(platform) for one in slices) for slices in (hours, days))
    assert by_hour == by_day
    return by_hour


async def test_what_comes_of_each_question_is_counted_by_how_it_ended(store: Conversations) -> None:
    board, mailbox = Board(), Mailbox(store, "board")
    async with working(store, board):
        for at, text in enumerate(("parcels", "decline this", "limit", "break")):
            await mailbox.submit(asked(text, at=at))
            await board.until(lambda board, at=at: len(board.answers) > at)

    counts = await today(store)
    assert counts.endings == {"answered": 1, "declined": 1, "failed": 1, "postponed": 1, "dead": 1}
    assert counts.reasons("failed") == {"limit": 1}
    assert counts.reasons("dead") == {"ValueError": 1}
    assert counts.tokens == 2 * SENTENCE
    assert counts.replies == 3
    assert {stage: sum(times.values()) for stage, times in counts.latency.items()} == {
        "waiting": 3, "looking": 3, "searching": 3, "model": 3, "first": 3, "whole": 3,
    }  # fmt: skip
    assert counts.samples >= 1
    assert (await today(store, "board")) == counts
    assert (await today(store, "slack")).endings == {}


async def test_a_question_that_was_declined_is_noted_until_it_is_answered(store: Conversations) -> None:
    board, mailbox = Board(), Mailbox(store, "board")
    index, long_ago = DeclinedIndex(store), datetime.now(UTC) - timedelta(days=1)
    question = asked("decline this", "1")
    async with working(store, board):
        await mailbox.submit(question)
        await board.until(lambda board: board.answers)
    assert [one.message_id for one in await index.since(long_ago)] == ["1"]
    await mailbox.edited(question.message.model_copy(update={"text": "parcels"}))
    async with working(store, board):
        await board.until(lambda board: len(board.answers) == 2)
    assert await index.since(long_ago) == []
    assert (await today(store)).endings == {"declined": 1, "answered": 1}


async def test_what_two_workers_count_adds_up(store: Conversations) -> None:
    board, mailbox = Board(), Mailbox(store, "board")
    async with working(store, board), working(store, board):
        for number in range(12):
            place = asked("x").message.place.model_copy(update={"thread": str(number)})
            await mailbox.submit(asked(f"parcel {number}", place=place))
        await board.until(lambda board: len(board.answers) == 12)
    assert (await today(store)).answered == 12


async def test_neither_names_nor_texts_are_in_what_is_counted_and_it_expires(store: Conversations) -> None:
    board, mailbox = Board(), Mailbox(store, "board")
    async with working(store, board):
        await mailbox.submit(asked("where does Hildegard keep her parcels"))
        await board.until(lambda board: board.answers)
    keys = await store.redis.execute("KEYS", "*quality*")
    kept = str(keys) + str(await store.redis.execute_all([("TYPE", key) for key in keys]))
    for key in keys:
        if b":step:" not in key:
            kept += str(await store.redis.execute("HGETALL", key))
            assert 0 < await store.redis.execute("TTL", key) <= 401 * 86_400
    assert "board" in kept
    assert not any(word in kept for word in ("Hildegard", "ada", "general", "parcels"))


async def test_redis_being_away_fails_no_turn_and_is_only_logged(
    store: Conversations, caplog: pytest.LogCaptureFixture
) -> None:
    board, mailbox = Board(), Mailbox(store, "board")
    history = store.keys.quality("hour", f"{datetime.now(UTC):%Y-%m-%dT%H}")
    await store.redis.execute("SET", history, "no hash")
    async with working(store, board):
        await mailbox.submit(asked("parcels"))
        await board.until(lambda board: board.answers)
    assert list(board.standing.values()) == ["So it is."]
    assert "Counting a turn did not work" in caplog.text


async def test_a_step_that_is_sent_twice_counts_once_and_another_again(store: Conversations) -> None:
    history = QualityHistory(store)
    step = history.counting(Happening(platform="web", ending="answered", tokens=3), NOON)
    assert await store.redis.execute_all([step, step]) == [1, 0]
    await history.count(Happening(platform="web", ending="answered", tokens=4), NOON)
    (hour,) = await history.read("hour", NOON, 1)
    assert (hour.counts().answered, hour.counts().tokens) == (2, 7)


async def test_hours_and_days_stand_where_they_belong(store: Conversations) -> None:
    history = QualityHistory(store)
    for back in (0, 1, 30):
        await history.count(Happening(platform="web", ending="answered"), NOON - timedelta(hours=back))
    hours = await history.read("hour", NOON, 3)
    assert [(one.start.hour, one.counts().answered) for one in hours] == [(10, 0), (11, 1), (12, 1)]
    days = await history.read("day", NOON.astimezone(), 2)
    assert [(one.start.day, one.counts().answered) for one in days] == [(22, 1), (23, 2)]


async def test_the_longest_queue_is_kept_and_those_of_platforms_add_up(store: Conversations) -> None:
    history = QualityHistory(store)
    for platform, waiting in (("web", 3), ("web", 1), ("slack", 4), ("slack", 2)):
        state = QueueState(
            conversations=waiting, oldest=waiting / 2, by_workspace={}, in_stream=0, delayed=0, dead=0
        )  # fmt: skip
        await history.sample(platform, state, NOON)
    (hour,) = await history.read("hour", NOON, 1)
    assert (hour.counts("web").queue_most, hour.counts("web").queue) == (3, 2.0)
    assert (hour.counts().queue_most, hour.counts().queue, hour.counts().oldest_most) == (7, 5.0, 2.0)
    assert summed([hour.counts(), hour.counts("web")]).queue_most == 7


def test_percentiles_are_near_what_was_timed() -> None:
    assert Counts().percentile("whole", 0.5) is None
    times = [0.2 * 1.02**at for at in range(200)]
    histogram: dict[int, int] = {}
    for seconds in times:
        histogram[bucket_of(seconds)] = histogram.get(bucket_of(seconds), 0) + 1
    counts = Counts(latency={"whole": histogram})
    for share in (0.1, 0.5, 0.95):
        found = counts.percentile("whole", share)
        assert found is not None and abs(found / sorted(times)[round(share * 200) - 1] - 1) < 0.2
    assert [bucket_of(one) for one in (0, 0.001, 1e9)] == [0, 0, BUCKETS - 1]
    assert bound(bucket_of(3.0) - 1) < 3.0 <= bound(bucket_of(3.0))


def _work_until_killed(data: Path, url: str, line: Connection) -> None:
    """A worker that says that it began an answer, and hangs."""

    async def hanging(questions: Sequence[Question]) -> AsyncIterator[ReplyPart]:
        yield Status(stage="thinking")
        line.send_bytes(b"began")
        await asyncio.Event().wait()

    async def work() -> None:
        store = await Conversations.open(url, data)
        worker = Worker(Mailbox(store, "board", lease=1.0), Board(), hanging, watcher=HistoryWatcher(store))
        await worker.run()

    asyncio.run(work())


@pytest.mark.fault
async def test_the_turn_of_a_killed_worker_is_counted_once_by_who_takes_it_over(
    store: Conversations, tmp_path: Path
) -> None:
    assert store.redis.embedded is not None
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_work_until_killed, args=(tmp_path, store.redis.embedded.url, theirs)
    )
    process.start()
    board = Board()
    await Mailbox(store, "board").submit(asked("parcels"))
    assert await asyncio.to_thread(ours.recv_bytes) == b"began"
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    await asyncio.to_thread(process.join)
    async with working(store, board):
        await board.until(lambda board: board.answers)
    counts = await today(store)
    assert counts.endings == {"answered": 1}
    waited = counts.percentile("waiting", 1.0)
    assert waited is not None and waited > 0.9
