"""One run of the mailbox under a fault: the load, the parts that it goes through, and the count of what came of it."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from bots.turn_handling import WorkLimits
from core.conversations import Conversations
from core.errors import StoreUnavailableError
from core.mailbox import Mailbox
from core.messages import Author, Message, Place
from core.question import Question
from tests.faults.platform_outlet import UNFINISHED, PlatformOutlet
from tests.faults.platform_server import Mode, Mood, RecordingPlatform, Standing
from tests.faults.redis_process import BadLine, RedisProcess
from tests.faults.worker_fleet import Fleet
from tests.faults.worker_process import WorkerOrders, whole_answer

LEASE = 2.0
LIMITS = WorkLimits(turns=8, turn_time=30, tries=5, patience=60, grace=10, pause=0.1)
PATIENCE = 90.0
"""Seconds for which the last answer is waited for; what is not there then is lost."""
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Load:
    """What is asked: so many messages in each conversation, on average `pause` seconds apart, in bursts.

    The part `duplicates` of them is sent more than once: at the same moment, or later, as the same event or another.
    """

    conversations: int = 200
    each: int = 10
    pause: float = 0.5
    workspaces: int = 5
    duplicates: float = 0.3

    @property
    def messages(self) -> int:
        """How many there are, duplicates not counted."""
        return self.conversations * self.each


@dataclass(frozen=True)
class Fault:
    """What happens during a run, and how it is told.

    `strike` makes it happen and says how often it did. `marks` says how many messages have a text that the workers are
    told by; those may be answered with a reason.
    """

    name: str
    strike: Callable[["MailboxRun"], Coroutine[Any, Any, int]]
    mode: Mode = "nonce"
    mood: Mood = field(default_factory=Mood)
    limits: WorkLimits = LIMITS
    marks: Mapping[str, int] = field(default_factory=dict[str, int])
    redis: Literal["own", "embedded", "line"] = "own"
    workers: int = 4
    strikes_at_least: int = 0
    is_taken_over: bool = False
    """Whether turns must have been taken over, or else the fault did not hit work under way."""


@dataclass(frozen=True)
class Figures:
    """What came of a run; `sent` counts duplicates too.

    `refused` are submits that failed, `slowest_refusal` is after how many seconds one did at most;
    `failed_workers` are exit codes of workers that nobody killed.
    """

    fault: str
    mode: Mode
    struck: int
    messages: int
    sent: int
    refused: int
    slowest_refusal: float
    accepted: int
    replies: int
    lost: int
    doubled: int
    disordered: int
    wrong: int
    reasons: int
    dead_letters: int
    takeovers: int
    failed_workers: tuple[int, ...]
    seconds: float
    misread: tuple[str, ...]
    """The replies that are counted as wrong: what stands there, and what is remembered."""

    def failures(self) -> dict[str, object]:
        """What must be nothing, where it is something."""
        promised = ("lost", "doubled", "disordered", "wrong", "misread", "failed_workers")
        return {name: value for name in promised if (value := getattr(self, name))}


class MailboxRun:
    """A load on its way through Redis and workers to the platform."""

    def __init__(
        self, load: Load, fault: Fault, store: Conversations, platform: RecordingPlatform, fleet: Fleet
    ) -> None:
        self.load = load
        self.fault = fault
        self.platform = platform
        self.fleet = fleet
        self.store = store
        self.mailbox = Mailbox(store, PlatformOutlet.platform, lease=LEASE)
        self.server: RedisProcess | None = None
        self.line: BadLine | None = None
        self.chance = random.Random(7)
        self.is_loading = False
        self.has_asked = asyncio.Event()
        self._marked = self._choose_marked()
        self._submitted: Counter[str] = Counter()
        self._refused = 0
        self._slowest_refusal = 0.0

    async def measure(self) -> Figures:
        """Ask everything while the fault strikes, wait for the end, and count."""
        began = time.monotonic()
        self.platform.mood = self.fault.mood
        async with asyncio.TaskGroup() as both:
            both.create_task(self._ask_everything())
            striking = both.create_task(self.fault.strike(self))
        await self._until_quiet()
        seconds = time.monotonic() - began
        await self.fleet.stop_all()
        return await self._figures(striking.result() + self.platform.struck, seconds)

    # --- asking ----------------------------------------------------------------------------------------------------

    async def _ask_everything(self) -> None:
        self.is_loading = True
        try:
            async with asyncio.TaskGroup() as people:
                for number in range(self.load.conversations):
                    people.create_task(self._talk(number))
        finally:
            self.is_loading = False
            self.has_asked.set()

    async def _talk(self, conversation: int) -> None:
        """One conversation: each message once the one before is accepted."""
        await asyncio.sleep(self.chance.uniform(0, self.load.pause))
        for number in range(self.load.each):
            copies = [self._submit(conversation, number)]
            if self.chance.random() < self.load.duplicates / 2:
                copies += [self._submit(conversation, number) for _ in range(self.chance.randint(1, 3))]
            if self.chance.random() < self.load.duplicates / 2:
                copies += [self._submit(conversation, self.chance.randint(0, number), event="again")]
            await asyncio.gather(*copies)
            if self.chance.random() < 0.5:  # else it is a burst
                await asyncio.sleep(self.chance.uniform(0, 4 * self.load.pause))

    async def _submit(self, conversation: int, number: int, event: str = "Ev") -> None:
        """Send it, again and again, until it is accepted, as a platform does."""
        question = self._question(conversation, number)
        while True:
            began = time.monotonic()
            try:
                told = await self.mailbox.submit(question, event_id=f"{event}-{question.message.id}")
            except StoreUnavailableError:
                self._refused += 1
                self._slowest_refusal = max(self._slowest_refusal, time.monotonic() - began)
                await asyncio.sleep(self.chance.uniform(0.2, 0.6))
            else:
                self._submitted[told] += 1
                return

    def _question(self, conversation: int, number: int) -> Question:
        name = message_id(conversation, number)
        message = Message(
            id=name,
            place=self._place(conversation),
            author=Author(id=f"U{conversation % 17}"),
            text=self._marked.get(name, f"question {number}"),
            sent_at=NOON + timedelta(seconds=number),
        )
        return Question(message=message)

    def _place(self, conversation: int) -> Place:
        # A workspace has a channel of its own for each of its conversations; the first is busier than the others.
        workspace = max(0, conversation % (2 * self.load.workspaces) - self.load.workspaces)
        return Place(
            platform=PlatformOutlet.platform, workspace=f"T{workspace}", channel=f"C{conversation}", thread="1"
        )

    def _choose_marked(self) -> dict[str, str]:
        names = [message_id(one, number) for one in range(self.load.conversations) for number in range(self.load.each)]
        self.chance.shuffle(names)
        marks = [text for text, count in self.fault.marks.items() for _ in range(count)]
        return dict(zip(names, marks, strict=False))

    # --- counting --------------------------------------------------------------------------------------------------

    async def _until_quiet(self) -> None:
        """Wait until nothing is left to answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while True:
                    with suppress(StoreUnavailableError):
                        if (await self.mailbox.state()).conversations == 0:
                            return
                    await self.fleet.replace_the_dead()
                    await asyncio.sleep(0.05)

    async def _figures(self, struck: int, seconds: float) -> Figures:
        replies: dict[str, list[Standing]] = {}
        for one in sorted(self.platform.standing.values(), key=lambda one: one.number):
            replies.setdefault(one.channel, []).append(one)
        lost = doubled = disordered = 0
        misread: list[str] = []
        for conversation in range(self.load.conversations):
            asked = [message_id(conversation, number) for number in range(self.load.each)]
            found = replies.get(f"C{conversation}", [])
            covered = [name for one in found for name in one.replies_to]
            times = Counter(covered)
            lost += sum(times[name] == 0 for name in asked)
            doubled += sum(count - 1 for count in times.values())
            once = list(dict.fromkeys(covered))
            disordered += once != [name for name in asked if name in times]
            misread += await self._misread(conversation, found)
        standing = self.platform.standing.values()
        return Figures(
            fault=self.fault.name,
            mode=self.platform.mode,
            struck=struck,
            messages=self.load.messages,
            sent=self._submitted.total(),
            refused=self._refused,
            slowest_refusal=self._slowest_refusal,
            accepted=self._submitted["new"],
            replies=len(standing),
            lost=lost,
            doubled=doubled,
            disordered=disordered,
            wrong=len(misread),
            reasons=sum(one.text.startswith("[failed]") for one in standing),
            dead_letters=len(await self.mailbox.dead_letters()),
            takeovers=self.fleet.takeovers,
            failed_workers=tuple(self.fleet.failed),
            seconds=seconds,
            misread=tuple(misread),
        )

    async def _misread(self, conversation: int, replies: list[Standing]) -> list[str]:
        """The replies that don't read as they should, or are not remembered as they read."""
        history = await self.store.history(self._place(conversation).conversation, 1_000_000)
        remembered = {one.id: one.text for one in history if one.role == "assistant"}
        misread: list[str] = []
        for one in replies:
            if one.text.startswith("[failed]"):
                is_marked = any(name in self._marked for name in one.replies_to)
                is_right = is_marked and not one.text.endswith(UNFINISHED)
            else:
                is_right = one.text == remembered.get(one.id) == whole_answer(one.replies_to)
            if not is_right:
                misread.append(f"{one}, remembered as {remembered.get(one.id)!r}")
        return misread


def message_id(conversation: int, number: int) -> str:
    """The id of a message of the load."""
    return f"m{conversation}.{number}"


@asynccontextmanager
async def prepared(place: Path, load: Load, fault: Fault) -> AsyncGenerator[MailboxRun]:
    """Everything that a run needs, started; and ended afterwards, whatever came of it."""
    async with AsyncExitStack() as stack:
        platform = RecordingPlatform(fault.mode)
        await platform.start()
        stack.push_async_callback(platform.close)
        server: RedisProcess | None = None
        line: BadLine | None = None
        url = ""
        if fault.redis != "embedded":
            server = RedisProcess(place / "redis-server")
            stack.push_async_callback(server.kill)
            await server.start()
            url = server.url
        if server is not None and fault.redis == "line":
            line = BadLine(server.port)
            await line.start()
            stack.push_async_callback(line.close)
            url = line.url
        store = await Conversations.open(url, place)
        stack.push_async_callback(store.close)
        orders = WorkerOrders(url, place, platform.url, fault.mode, LEASE, fault.limits)
        fleet = Fleet(orders)
        stack.push_async_callback(fleet.kill_all)
        run = MailboxRun(load, fault, store, platform, fleet)
        run.server, run.line = server, line
        yield run


async def measured(place: Path, load: Load, fault: Fault) -> Figures:
    """The figures of one run in a folder of its own."""
    async with prepared(place, load, fault) as run:
        return await run.measure()
