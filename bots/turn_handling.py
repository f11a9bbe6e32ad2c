"""One turn from its taking to its end, which is one of these:

answered     the reply stands on the platform, and is remembered
withdrawn    its questions were deleted; what was posted is removed
postponed    something failed; it is tried again after a while
buried       it failed too often; the person was told, an operator finds it among the dead letters
handed back  this worker stops; another may begin at once
lost         another worker has it or will, because this one could not renew its lease in time
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from core.answering import Answerer
from core.errors import (
    IndexUnavailableError,
    LeaseLostError,
    LorelensError,
    PlatformUnavailableError,
    StoreUnavailableError,
    UnavailableError,
)
from core.language import is_chinese
from core.lease import Lease
from core.mailbox import Mailbox, Turn, TurnChangedError
from core.messages import Author, Message, Place
from core.posting import Outlet, Posted, Posting
from core.reply import Failure, Finished, ReplyPart, Status, gather

_log = logging.getLogger(__name__)

LORELENS = Author(id="lorelens", name="Lorelens", is_bot=True)
LONGEST_PAUSE = 30.0
"""Seconds between two tries, at most."""
IN_PLACE = (1, 2, 4)
"""Pauses, in those of the limits, before a question is asked again in place while the knowledge can't be looked up.

Whoever asked is told so meanwhile, for long enough to be shown it; then the turn is postponed, and others get their
turn.
"""
PATIENCE_WITH_THE_CANCELLED = 5.0
"""Seconds for which a cancelled handler may tidy up before it is left behind."""

Outcome = Literal["answered", "withdrawn", "postponed", "buried", "handed back", "lost"]


@dataclass(frozen=True)
class WorkLimits:
    """How much a worker takes on, and how long it is patient; times are in seconds.

    `turns` are answered side by side. A turn that takes longer than `turn_time` has failed; after `tries` that failed
    it is buried. A service that is away is waited for up to `patience`. A worker that is asked to stop has `grace`.
    `pause` is the wait after a first failure, doubled after each further one, and between two looks at an idle shard.
    """

    turns: int = 4
    turn_time: float = 300.0
    tries: int = 5
    patience: float = 600.0
    grace: float = 25.0
    pause: float = 1.0


class Watcher:
    """What is told of each turn; this one tells nobody. `bots.telemetry` counts and traces."""

    def took(self, turn: Turn) -> None:
        """A turn begins."""

    def part(self, turn: Turn, part: ReplyPart) -> None:
        """A part of its reply is about to be shown."""

    def ended(self, turn: Turn, outcome: Outcome, error: BaseException | None) -> None:
        """It ended; `error` is why it is postponed, buried or lost."""


class Watchers(Watcher):
    """Several watchers as one."""

    def __init__(self, *watchers: Watcher) -> None:
        self._watchers = watchers

    def took(self, turn: Turn) -> None:
        """A turn begins."""
        for watcher in self._watchers:
            watcher.took(turn)

    def part(self, turn: Turn, part: ReplyPart) -> None:
        """A part of its reply is about to be shown."""
        for watcher in self._watchers:
            watcher.part(turn, part)

    def ended(self, turn: Turn, outcome: Outcome, error: BaseException | None) -> None:
        """It ended."""
        for watcher in self._watchers:
            watcher.ended(turn, outcome, error)


class _OutOfGraceError(Exception):
    """The worker stops, and its grace is over."""


class TurnHandler:
    """Brings turns to their end, each in a task of its own. `out_of_grace` says that they are to be handed back."""

    def __init__(
        self,
        mailbox: Mailbox,
        outlet: Outlet,
        answer: Answerer,
        limits: WorkLimits,
        watcher: Watcher,
        out_of_grace: asyncio.Event,
    ) -> None:
        self._mailbox = mailbox
        self._outlet = outlet
        self._answer = answer
        self._limits = limits
        self._watcher = watcher
        self._out_of_grace = out_of_grace

    async def handle(self, turn: Turn) -> None:
        """Bring a turn to its end. What goes wrong is logged and counted, never raised."""
        self._watcher.took(turn)
        lease = Lease(self._mailbox, turn)
        try:
            outcome, error = await self._to_its_end(lease)
        except (LeaseLostError, StoreUnavailableError) as lost:
            # Nothing can be noted: whoever takes the turn next goes on from what was.
            outcome, error = "lost", lost
        finally:
            lease.let_go()
        _log.log(
            logging.INFO if error is None else logging.WARNING,
            "A turn was %s%s",
            outcome,
            f": {_said(error)}" if error is not None else "",
            extra={"conversation": turn.conversation, "messages": list(turn.ids), "tries": turn.tries},
            exc_info=error if error is not None and not isinstance(error, LorelensError | TimeoutError) else None,
        )
        self._watcher.ended(turn, outcome, error)

    async def _to_its_end(self, lease: Lease) -> tuple[Outcome, Exception | None]:
        try:
            try:
                return await self._try(lease), None
            except (LeaseLostError, _OutOfGraceError):
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the person is owed an answer or a reason
                return await self._failed(lease, error), error
        except _OutOfGraceError:
            await self._mailbox.hand_back(lease.turn)
            return "handed back", None

    async def _try(self, lease: Lease) -> Outcome:
        if lease.turn.tries > self._limits.tries:
            raise LorelensError("Each worker that took it died of it.")
        while True:
            try:
                if lease.turn.questions:
                    async with asyncio.timeout(self._limits.turn_time):
                        await self._guarded(lease, self._show(lease, self._parts(lease)))
                    return "answered"
                await self._guarded(lease, self._outlet.withdraw(self._posting(lease)))
                await self._mailbox.finish(lease.turn, None)
                return "withdrawn"
            except TurnChangedError:
                await lease.read_again()

    async def _failed(self, lease: Lease, error: Exception) -> Outcome:
        turn, limits = lease.turn, self._limits
        if isinstance(error, UnavailableError) and turn.failing < limits.patience:
            return await self._wait(turn, error)
        if not isinstance(error, UnavailableError) and turn.tries < limits.tries:
            await self._mailbox.postpone(turn, _bounded(limits.pause, limits.pause * 2 ** (turn.tries - 1)))
            return "postponed"
        try:
            await self._tell(lease, error)
        except (LeaseLostError, _OutOfGraceError):
            raise
        except Exception as untold:  # noqa: BLE001 - whatever it is, the operator finds the letter
            if isinstance(untold, UnavailableError) and turn.failing < limits.patience:
                return await self._wait(turn, untold)
            _log.exception("The reason could not be posted", extra={"conversation": turn.conversation})
        await self._mailbox.bury(lease.turn, f"{type(error).__name__}: {error}"[:1000])
        return "buried"

    async def _wait(self, turn: Turn, away: UnavailableError) -> Outcome:
        """Try again when what is away may be back; that costs no try."""
        asked = away.retry_after if isinstance(away, PlatformUnavailableError) else None
        await self._mailbox.postpone(turn, asked or _bounded(self._limits.pause, turn.failing), counts=False)
        return "postponed"

    async def _tell(self, lease: Lease, error: Exception) -> None:
        """Post the reason, to whoever is still there to read it."""
        while lease.turn.questions:
            try:
                async with asyncio.timeout(self._limits.turn_time):
                    reason = _reason(lease.turn, error)
                    await self._guarded(lease, self._outlet.post(self._posting(lease), reason))
                return
            except TurnChangedError:
                await lease.read_again()

    async def _guarded(self, lease: Lease, work: Coroutine[Any, Any, object]) -> None:
        """Do the work for as long as the turn is ours and unchanged, and the worker not out of grace."""
        doing = asyncio.create_task(work)
        keeping = asyncio.create_task(lease.keep())
        leaving = asyncio.create_task(self._out_of_grace.wait())
        try:
            done, _ = await asyncio.wait({doing, keeping, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if doing in done:
                doing.result()
            elif keeping in done:
                keeping.result()
            else:
                raise _OutOfGraceError
        finally:
            await _end(doing, keeping, leaving)

    async def _show(self, lease: Lease, parts: AsyncIterator[ReplyPart]) -> None:
        """Post the reply, and close the turn."""
        turn = lease.turn
        shown: list[ReplyPart] = []

        async def noticed() -> AsyncGenerator[ReplyPart]:
            async for part in parts:
                shown.append(part)
                self._watcher.part(turn, part)
                yield part

        async with aclosing(noticed()) as stream:
            message_id = await self._outlet.post(self._posting(lease), stream)
        await self._mailbox.finish(turn, _as_message(message_id, turn.questions[-1].message.place, shown))

    async def _parts(self, lease: Lease) -> AsyncIterator[ReplyPart]:
        """The parts of the reply; a new one is kept before its end is shown, one that was kept is shown again."""
        turn = lease.turn
        if turn.stopped or turn.reply:
            for part in turn.reply or _stopped(turn):
                yield part
            return
        for pause in (*IN_PLACE, None):
            try:
                async with aclosing(self._fresh(turn)) as parts:
                    async for part in parts:
                        yield part
                return
            except IndexUnavailableError:
                if pause is None:
                    raise
                yield Status(stage="waiting")
                await asyncio.sleep(pause * self._limits.pause)

    async def _fresh(self, turn: Turn) -> AsyncGenerator[ReplyPart]:
        """The parts of a new reply.

        Raises:
            IndexUnavailableError: the knowledge can't be looked up, and nothing was said yet.
        """
        made: list[ReplyPart] = []
        async for part in self._answer(turn.questions):
            if isinstance(part, Failure) and part.code == IndexUnavailableError.code and not made:
                raise IndexUnavailableError(part.message, hint=part.hint)  # it may be back before anybody minds
            if not isinstance(part, Status):
                made.append(part)
            if isinstance(part, Finished):
                await self._mailbox.note_reply(turn, made)
            yield part

    def _posting(self, lease: Lease) -> Posting:
        turn = lease.turn

        async def note(posted: Posted) -> None:
            await self._mailbox.note_posted(turn, posted)

        return Posting(
            place=turn.questions[-1].message.place if turn.questions else Place.named(turn.conversation),
            questions=turn.questions,
            key=turn.key,
            taken_over=turn.taken_over,
            posted=turn.posted,
            ready=lease.ready,
            note=note,
        )


def _said(error: Exception) -> str:
    """An error for the log: our own in its words; of others only the kind, since their words may quote a message."""
    return str(error) if isinstance(error, LorelensError) else type(error).__name__


async def _end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel what still runs; what does not heed that is left behind."""
    running = {task for task in tasks if not task.done()}
    for task in running:
        task.cancel()
    if running:
        _, deaf = await asyncio.wait(running, timeout=PATIENCE_WITH_THE_CANCELLED)
        for task in deaf:
            _log.error("A handler does not heed its cancellation and is left behind: %r", task)
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain that nobody did


def _bounded(least: float, seconds: float) -> float:
    return min(LONGEST_PAUSE, max(least, seconds))


def _as_message(message_id: str, place: Place, parts: Sequence[ReplyPart]) -> Message:
    reply = gather(parts)
    return Message(
        id=message_id,
        place=place,
        author=LORELENS,
        role="assistant",
        text=reply.text or (reply.failure.message if reply.failure else ""),
        pictures=tuple(shown.picture for shown in reply.pictures),
        sent_at=datetime.now(UTC),
    )


def _stopped(turn: Turn) -> tuple[ReplyPart, ...]:
    chinese = is_chinese(turn.questions[-1].message.text)
    said = "已按要求停止。" if chinese else "Stopped, as asked."
    return Failure(code="stopped", message=said), Finished()


async def _reason(turn: Turn, error: Exception) -> AsyncIterator[ReplyPart]:
    """Why there is no answer. What an unexpected error says is for the operator, not for the channel."""
    chinese = is_chinese(turn.questions[-1].message.text)
    if isinstance(error, IndexUnavailableError):  # it names addresses and folders
        message = "我现在查不了团队文档。" if chinese else "I can't look into the team's documents right now."
        hint = "请过一会儿再试。" if chinese else "Try again in a while."
    elif isinstance(error, UnavailableError):
        message, hint = error.message, error.hint
    elif isinstance(error, TimeoutError):
        message = "回答这个问题用时过长，已经停止。" if chinese else "Answering this took too long, so I stopped."
        hint = "请换一个更小的问题试试。" if chinese else "Try a smaller question."
    else:
        message = (
            "我没能回答这个问题，已经试了几次。"
            if chinese
            else "I could not answer this, though I tried several times."
        )
        hint = "已记录下来，供管理员查看。" if chinese else "It was noted for whoever runs Lorelens."
    yield Failure(code="failed", message=message, hint=hint)
    yield Finished()
