"""A worker in a process of its own, as `lorelens worker` runs one, that is to be killed, paused and starved.

It answers from the questions alone, in a few parts, and is told by a question's text to hang, to fail or to die. What
it begins is said to whoever started it; when that one is gone, it goes too.
"""

import asyncio
import logging
import os
import random
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from bots.turn_handling import Watcher, WorkLimits
from bots.worker import Worker
from core.conversations import Conversations
from core.errors import LorelensError
from core.mailbox import Mailbox, Turn
from core.question import Question
from core.reply import Finished, ReplyPart, Status, Text
from tests.faults.platform_outlet import PlatformOutlet
from tests.faults.platform_server import Mode

HANG, FAIL, DIE = "hang", "fail", "die"
"""What a question's text may ask for; anything else is answered."""
READY, TOOK_OVER = b"ready", b"took over"
REQUEST_TIME = 0.25
"""The part of a lease within which the platform must have answered; less than `ready` leaves."""


@dataclass(frozen=True)
class WorkerOrders:
    """What a worker process is told; `lease` in seconds."""

    redis_url: str
    data: Path
    platform_url: str
    mode: Mode
    lease: float
    limits: WorkLimits
    slowness: float = 0.03
    """Seconds between two parts of an answer, on average."""


def whole_answer(ids: Sequence[str]) -> str:
    """What is answered to messages, known by their ids, that are taken together."""
    return "".join(_pieces(ids))


def work(orders: WorkerOrders, line: Connection) -> None:
    """Be a worker until SIGTERM; `line` is to the one who started it."""
    logging.basicConfig(
        filename=orders.data / f"worker-{os.getpid()}.log", format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        asyncio.run(_work(orders, line))
    except LorelensError:
        logging.exception("This worker could not work")
        raise SystemExit(1) from None


async def _work(orders: WorkerOrders, line: Connection) -> None:
    loop = asyncio.get_running_loop()
    loop.add_reader(line.fileno(), os._exit, 1)  # nothing is ever said to a worker: the line is down
    store = await Conversations.open(orders.redis_url, orders.data)
    outlet = PlatformOutlet(orders.platform_url, orders.mode, timeout=REQUEST_TIME * orders.lease)
    worker = Worker(
        Mailbox(store, PlatformOutlet.platform, lease=orders.lease),
        outlet,
        _Answers(orders.slowness),
        limits=orders.limits,
        watcher=_Telling(line),
    )
    loop.add_signal_handler(signal.SIGTERM, worker.stop)
    line.send_bytes(READY)
    try:
        await worker.run()
    finally:
        await outlet.close()
        await store.close()


class _Answers:
    """Answers from the ids of the questions, with pauses that differ."""

    def __init__(self, slowness: float) -> None:
        self._slowness = slowness

    async def __call__(self, questions: Sequence[Question]) -> AsyncIterator[ReplyPart]:
        """The parts as they are made."""
        yield Status(stage="thinking")
        texts = {question.message.text for question in questions}
        for piece in _pieces([question.message.id for question in questions]):
            await asyncio.sleep(random.uniform(0, 2 * self._slowness))
            yield Text(text=piece)
            if FAIL in texts:
                raise ValueError("asked to fail")
            if DIE in texts:
                os.kill(os.getpid(), signal.SIGKILL)
            if HANG in texts:
                await asyncio.Event().wait()
        yield Finished()


class _Telling(Watcher):
    """Says which turns were begun by another worker before."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def took(self, turn: Turn) -> None:
        if turn.taken_over:
            self._line.send_bytes(TOOK_OVER)


def _pieces(ids: Sequence[str]) -> list[str]:
    return [f"To {', '.join(ids)}:", " this is", " the answer."]
