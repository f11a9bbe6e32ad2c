"""The posting side of the page: a growing reply stands on the board, written by one worker at a time.

A turn of several questions has one reply, under the last of them; when that one is deleted, the reply moves to the one
that is the last then. What was said before somebody stopped it stays, with the note that it was stopped.
"""

import time
from collections.abc import AsyncIterator, Sequence
from functools import partial

from adapters.arriving import Arriving, has_more, never, reading_ahead, says_something
from adapters.web.board import Board, Shown, compacted
from core.posting import Posting
from core.reply import Failure, ReplyPart

PACE = 0.1
"""Seconds between two writings of a reply that grows; what comes meanwhile is written together. Its first words are
written at once."""
SHARE = 4
"""So many times as long as a writing took is waited, so that a process with much to do has less of this."""
SLOWEST = 1.0
"""Seconds between two writings, at most."""


class WebOutlet:
    """Writes replies on a board, from where every process shows them."""

    platform = "web"

    def __init__(self, board: Board) -> None:
        self._board = board

    async def post(self, posting: Posting, parts: AsyncIterator[ReplyPart]) -> str:
        """Write the parts as they come; the id of the reply, that of the question after `reply-`.

        Where the question was deleted meanwhile, the parts are read and written nowhere: the worker learns of it when
        it renews its lease, and then stops.

        Raises:
            LeaseLostError: another worker has the turn, or may have.
            StoreUnavailableError: Redis is away.
        """
        place, question = posting.place.conversation, posting.questions[-1].message.id
        before = posting.posted.get("question")
        if isinstance(before, str) and before != question:
            await posting.ready()
            await self._board.remove(place, before)
        growing = _Growing(self._board, posting, question)
        async with reading_ahead(parts) as arriving:
            await arriving.until(partial(has_more, 0), within=PACE)
            while not arriving.is_whole:
                seen, says, began = len(arriving.parts), arriving.says_something, time.monotonic()
                await growing.write(arriving)
                pace = min(SLOWEST, max(PACE, SHARE * (time.monotonic() - began)))
                await arriving.until(never if says else says_something, within=pace)
                await arriving.until(partial(has_more, seen))
            await growing.write(arriving)
        return f"reply-{question}"

    async def withdraw(self, posting: Posting) -> None:
        """Remove the reply, if there is one."""
        question = posting.posted.get("question")
        if isinstance(question, str):
            await posting.ready()
            await self._board.remove(posting.place.conversation, question)

    async def close(self) -> None:
        """Nothing is held: the connection belongs to the conversation store."""


class _Growing:
    """One reply and how far it was written."""

    def __init__(self, board: Board, posting: Posting, question: str) -> None:
        self._board = board
        self._posting = posting
        self._conversation = posting.place.conversation
        self._question = question
        self._shown: Shown | None = None
        self._parts: tuple[ReplyPart, ...] = ()
        self._taken = 0
        self._is_gone = False

    async def write(self, arriving: Arriving) -> None:
        """Let all that arrived so far stand."""
        # What was put together before is not put together again: a long answer comes in thousands of parts.
        self._parts = compacted((*self._parts, *arriving.parts[self._taken :]))
        self._taken = len(arriving.parts)
        while not self._is_gone and not await self._written(self._parts):
            self._shown = None
            self._is_gone = not await self._board.keeps(self._conversation, self._question)
            if not self._is_gone:
                # Something else came to stand here. If another worker wrote it, this says so; if a worker did that has
                # lost the turn itself, the reply begins anew in its place.
                await self._posting.note(question=self._question)

    async def _written(self, parts: Sequence[ReplyPart]) -> bool:
        if self._shown is not None:
            await self._posting.ready()
            self._shown = await self._board.go_on(self._conversation, self._shown, parts)
            return self._shown is not None
        # In this order: what others began after this worker was paused is never what was read before it.
        before = await self._board.standing(self._conversation, self._question)
        await self._posting.ready()
        self._parts = _after(before, parts)
        self._shown = await self._board.begin(self._conversation, self._question, self._parts, instead_of=before)
        if self._shown is None:
            return False
        await self._posting.note(question=self._question)
        return True


def _after(before: Shown | None, parts: Sequence[ReplyPart]) -> tuple[ReplyPart, ...]:
    """What comes to stand after what stood: that goes on standing where all there is to say is that it was stopped."""
    is_stopped = parts[:1] and isinstance(parts[0], Failure) and parts[0].code == "stopped"
    if before is None or before.is_over or not is_stopped:
        return tuple(parts)
    return compacted((*before.parts, *parts))
