"""The mailbox: what it costs to submit and to answer through it, how soon a killed worker's turn is taken over."""

import asyncio
import itertools
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median

import numpy as np
from rich.console import Console

from bots.knowledge import read_in
from bots.worker import Worker
from config.settings import Settings
from core.answering import AssistantAnswers
from core.application import Application
from core.conversations import Conversations
from core.mailbox import LEASE, Mailbox
from core.messages import Author, Message, Place
from core.posting import Posting
from core.question import Question
from core.reply import Finished, ReplyPart, Text
from tests.bench.tables import Cell, Table

MESSAGES = 1_000
AT_ONCE = 32
CONVERSATIONS = 100
TURNS = 40
KILLS = 5
HANDBOOK = Path(__file__).parents[2] / "demo" / "handbook"
QUESTION = "How do I roll back a deploy?"
"""The kind of question that the demonstration's handbook answers."""

_numbers = itertools.count()
_spawn = multiprocessing.get_context("spawn")


class Desk:
    """A platform that takes everything at once, and says when."""

    platform = "bench"

    def __init__(self) -> None:
        self.posted: asyncio.Queue[float] = asyncio.Queue()

    async def post(self, posting: Posting, parts: AsyncIterator[ReplyPart]) -> str:
        async for _ in parts:
            pass
        await posting.ready()
        await posting.note(id=posting.key)
        self.posted.put_nowait(time.perf_counter())
        return f"reply-{posting.key}"

    async def withdraw(self, posting: Posting) -> None:
        """Nothing stands."""

    async def close(self) -> None:
        """Nothing to let go of."""


async def at_once(questions: Sequence[Question]) -> AsyncIterator[ReplyPart]:
    """An answer that costs nothing."""
    yield Text(text="Yes.")
    yield Finished()


async def measure(data: Path) -> list[Table]:
    """On an embedded Redis and the demonstration's handbook; `data` is not needed."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        async with Application(Settings(data=folder)) as application:
            store = await application.conversations()
            return [
                Table(
                    f"Submitting {MESSAGES:,} messages of {CONVERSATIONS} conversations, each write synced to the disk",
                    ("what", "how", "p50 ms", "p99 ms", "a second"),
                    await _submitting(store, folder),
                ),
                Table(
                    "A question's way to its posted answer, milliseconds (median)",
                    ("answered by", "directly", "by the mailbox and a worker", "more"),
                    [await _instant(store), await _assistant(application, store)],
                ),
                Table(
                    "Workers",
                    ("what", "figure"),
                    [
                        [
                            f"taken over after SIGKILL, lease of {LEASE:.0f} s, median s",
                            *(await _takeover(store, folder)),
                        ],
                        ["memory of an idle worker, MiB", await asyncio.to_thread(_idle_memory, folder)],
                    ],
                ),
            ]


# --- submitting ------------------------------------------------------------------------------------------------------


async def _submitting(store: Conversations, folder: Path) -> list[list[Cell]]:
    mailbox = Mailbox(store, "bench-submit")

    async def xadd() -> None:
        await store.redis.execute("XADD", "bench", "*", "conversation", "a conversation's name")

    async def submit() -> None:
        await mailbox.submit(_question(next(_numbers), platform="bench-submit"))

    rows: list[list[Cell]] = []
    for what, call in (("bare XADD", xadd), ("submit", submit)):
        for how, width in (("one after the other", 1), (f"{AT_ONCE} at once", AT_ONCE)):
            times, whole = await _timed(call, width)
            p50, p99 = np.percentile(times, [50, 99]) * 1000
            rows.append([what, how, float(p50), float(p99), round(MESSAGES / whole)])
    rows.append(["submit", "two processes, 16 at once each", None, None, await asyncio.to_thread(_two, folder)])
    return rows


async def _timed(call: Callable[[], Awaitable[None]], width: int) -> tuple[list[float], float]:
    times: list[float] = []
    left = iter(range(MESSAGES))

    async def one_after_the_other() -> None:
        for _ in left:
            began = time.perf_counter()
            await call()
            times.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(width)))
    return times, time.perf_counter() - began


def _two(folder: Path) -> int:
    """Messages a second of two processes that submit at the same time."""
    barrier = _spawn.Barrier(3)
    processes = [_spawn.Process(target=_submits, args=(folder, at, barrier)) for at in range(2)]
    for process in processes:
        process.start()
    barrier.wait(60)
    began = time.perf_counter()
    barrier.wait(120)
    whole = time.perf_counter() - began
    for process in processes:
        process.join()
    return round(2 * MESSAGES / whole)


def _submits(folder: Path, at: int, barrier: Barrier) -> None:
    async def run() -> None:
        store = await Conversations.open("", folder)
        mailbox = Mailbox(store, "bench-submit")
        numbers = itertools.count((at + 1) * 10**6)

        async def submit() -> None:
            await mailbox.submit(_question(next(numbers), platform="bench-submit"))

        await submit()
        barrier.wait(60)
        await _timed(submit, AT_ONCE // 2)
        barrier.wait(60)
        await store.close()

    asyncio.run(run())


# --- a turn ----------------------------------------------------------------------------------------------------------


async def _instant(store: Conversations) -> list[Cell]:
    directly = await _median_ms(lambda: _drained(at_once([])))
    through = await _through(Mailbox(store, "bench"), at_once)
    return ["nothing, at once", directly, through, through - directly]


async def _assistant(application: Application, store: Conversations) -> list[Cell]:
    await read_in(application, HANDBOOK, "", Console(quiet=True))
    assistant = await application.assistant(store.picture)
    answers = AssistantAnswers(assistant, store, history_tokens=0)
    await _drained(assistant.answer(_question(next(_numbers), QUESTION).message))  # loads what is loaded once
    directly = await _median_ms(lambda: _drained(assistant.answer(_question(next(_numbers), QUESTION).message)))
    through = await _through(Mailbox(store, "bench"), answers)
    return ["the assistant, extractive", directly, through, through - directly]


async def _through(mailbox: Mailbox, answers: Callable[[Sequence[Question]], AsyncIterator[ReplyPart]]) -> float:
    desk = Desk()
    worker = Worker(mailbox, desk, answers)
    running = asyncio.create_task(worker.run())
    times: list[float] = []
    for _ in range(TURNS):
        began = time.perf_counter()
        await mailbox.submit(_question(next(_numbers), QUESTION))
        times.append(await desk.posted.get() - began)
    worker.stop()
    await running
    return median(times) * 1000


async def _median_ms(call: Callable[[], Awaitable[None]]) -> float:
    times: list[float] = []
    for _ in range(TURNS):
        began = time.perf_counter()
        await call()
        times.append(time.perf_counter() - began)
    return median(times) * 1000


async def _drained(parts: AsyncIterator[ReplyPart]) -> None:
    async for _ in parts:
        pass


# --- workers ---------------------------------------------------------------------------------------------------------


async def _takeover(store: Conversations, folder: Path) -> list[Cell]:
    """Seconds from the kill to the answer of the worker that was there all along, on an idle stream."""
    mailbox = Mailbox(store, "bench")
    times: list[float] = []
    for _ in range(KILLS):
        ours, theirs = _spawn.Pipe()
        victim = _spawn.Process(target=_takes_and_waits, args=(folder, theirs))
        victim.start()
        theirs.close()
        await asyncio.to_thread(ours.recv)
        await mailbox.submit(_question(next(_numbers)))
        await asyncio.to_thread(ours.recv)
        desk = Desk()
        other = Worker(mailbox, desk, at_once)
        running = asyncio.create_task(other.run())
        victim.kill()
        began = time.perf_counter()
        times.append(await desk.posted.get() - began)
        other.stop()
        await running
        await asyncio.to_thread(victim.join)
    return [median(times)]


def _takes_and_waits(folder: Path, line: Connection) -> None:
    """A worker that never answers, and tells when it has a turn."""

    async def never(questions: Sequence[Question]) -> AsyncIterator[ReplyPart]:
        line.send("has it")
        await asyncio.sleep(3600)
        yield Finished()

    _worker_process(folder, line, never)


def _idles(folder: Path, line: Connection) -> None:
    _worker_process(folder, line, at_once)


def _worker_process(
    folder: Path, line: Connection, answers: Callable[[Sequence[Question]], AsyncIterator[ReplyPart]]
) -> None:
    async def run() -> None:
        store = await Conversations.open("", folder)
        worker = Worker(Mailbox(store, "bench"), Desk(), answers)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        line.send("ready")
        await worker.run()
        await store.close()

    asyncio.run(run())


def _idle_memory(folder: Path) -> int:
    """Resident MiB of a worker that has nothing to do, the assistant's models not loaded."""
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=_idles, args=(folder, theirs))
    process.start()
    ours.recv()
    time.sleep(2)  # measured while it looks for work
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    process.terminate()
    process.join()
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def _question(number: int, text: str = "How?", platform: str = "bench") -> Question:
    thread = number % CONVERSATIONS
    message = Message(
        id=str(number),
        place=Place(platform=platform, workspace=f"T{thread % 7}", channel="general", thread=str(thread)),
        author=Author(id="ada"),
        text=text,
        sent_at=datetime.now(UTC),
    )
    return Question(message=message)
