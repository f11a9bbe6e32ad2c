"""What a worker adds to the history of quality (`core.quality.history`): each turn, and each minute its queues."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bots.background import Background, log_failure
from bots.turn_handling import Outcome, Watcher
from core.conversations import Conversations
from core.errors import LorelensError
from core.mailbox import Mailbox, Turn
from core.quality.declined import DeclinedIndex
from core.quality.history import Ending, Happening, QualityHistory, Stage
from core.reply import Failure, Finished, ReplyPart, Status, Text

SAMPLED_EVERY = 60.0
"""Seconds between two looks at the queues."""
GRACE = 3.0
"""Seconds for which the end of a worker waits for what is still to be counted."""


class HistoryWatcher(Watcher):
    """Counts the turns of one process. What can't be counted is logged: no turn waits for it, and none fails of it."""

    def __init__(self, store: Conversations) -> None:
        self._redis = store.redis
        self._history = QualityHistory(store)
        self._declined = DeclinedIndex(store)
        self._open: dict[str, _Timing] = {}
        self._counting = Background()

    def took(self, turn: Turn) -> None:
        """A turn begins."""
        self._open[turn.conversation] = _Timing(turn.waited)

    def part(self, turn: Turn, part: ReplyPart) -> None:
        """A part of its reply is about to be shown."""
        if timing := self._open.get(turn.conversation):
            timing.part(part)

    def ended(self, turn: Turn, outcome: Outcome, error: BaseException | None) -> None:
        """It ended."""
        timing = self._open.pop(turn.conversation, None)
        if timing is None or outcome not in {"answered", "postponed", "buried"}:
            return  # withdrawn, or whoever goes on with it counts it
        happening = timing.happening(turn.platform, outcome, error)
        now = datetime.now(UTC)
        steps = [self._history.counting(happening, now)]
        if turn.questions and happening.ending in ("answered", "declined"):
            of = self._declined.noting if happening.ending == "declined" else self._declined.clearing
            steps += of(turn.conversation, turn.questions[-1].message.id, now)
        self._counting.spawn(self._redis.execute_all(steps), "Counting a turn")

    async def counted(self) -> None:
        """Return when all that ended is counted."""
        await self._counting.idle()

    @asynccontextmanager
    async def running(self, mailboxes: Sequence[Mailbox]) -> AsyncGenerator[None]:
        """Look at the queues every minute while the block runs; after it, what ended is counted."""
        sampling = asyncio.create_task(self._sample(mailboxes), name="Looking at the queues")
        try:
            yield
        finally:
            sampling.cancel()
            await asyncio.gather(sampling, return_exceptions=True)
            await self._counting.close(GRACE)

    async def _sample(self, mailboxes: Sequence[Mailbox]) -> None:
        while True:
            try:
                for mailbox in mailboxes:
                    await self._history.sample(mailbox.platform, await mailbox.state())
            except LorelensError as error:
                log_failure("Looking at the queues", error)
            await asyncio.sleep(SAMPLED_EVERY)


@dataclass
class _Timing:
    """One turn as it goes on."""

    waited: float
    began: float = field(default_factory=time.monotonic)
    stage: Stage | None = None
    since: float = 0.0
    seconds: dict[Stage, float] = field(default_factory=dict[Stage, float])
    reading_since: float | None = None
    failure: str = ""
    finished: Finished | None = None

    def part(self, part: ReplyPart) -> None:
        now = time.monotonic()
        if isinstance(part, Status):
            self._status(part, now)
        elif isinstance(part, Text | Failure):
            if "first" not in self.seconds:
                self.seconds["first"] = self.waited + now - self.began
                if self.reading_since is not None:
                    self.seconds["model"] = now - self.reading_since
            if isinstance(part, Failure):
                self.failure = part.code
        elif isinstance(part, Finished):
            self.finished = part
            self.seconds["whole"] = self.waited + now - self.began

    def _status(self, status: Status, now: float) -> None:
        if status.stage == "thinking":  # all begins, or begins anew because a question was edited
            self.failure, self.finished, self.stage, self.reading_since = "", None, None, None
            self.seconds.clear()
            return
        if self.reading_since is not None:
            return  # what is searched and looked at from now on is the model's own doing
        if self.stage is not None:
            self.seconds[self.stage] = self.seconds.get(self.stage, 0.0) + now - self.since
        self.stage = status.stage if status.stage in ("searching", "looking") else None
        self.since = now
        if status.stage == "reading":
            self.reading_since = now

    def happening(self, platform: str, outcome: Outcome, error: BaseException | None) -> Happening:
        if outcome != "answered":
            code = error.code if isinstance(error, LorelensError) else type(error).__name__
            ending: Ending = "postponed" if outcome == "postponed" else "dead"
            return Happening(platform=platform, ending=ending, code=code)
        finished = self.finished or Finished()
        if self.failure:
            ending = "stopped" if self.failure == "stopped" else "failed"
        else:
            ending = "declined" if finished.declined else "answered"
        return Happening(
            platform=platform,
            ending=ending,
            code=self.failure if ending == "failed" else "",
            tokens=finished.tokens,
            seconds={"waiting": self.waited, **self.seconds},
        )
