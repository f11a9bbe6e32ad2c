"""Replies that a test has a platform's adapter post, for turns of a real mailbox; workers may die at any moment."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar

from core.conversation_keys import shard_of
from core.lease import Lease
from core.mailbox import Mailbox, Turn
from core.messages import Author, Message, Place
from core.posting import Outlet, Posted, Posting
from core.question import Question
from core.reply import Citation, Finished, ReplyPart, Status, Text

MessageT = TypeVar("MessageT")
OutletT = TypeVar("OutletT", bound=Outlet)

Parts = Sequence[ReplyPart] | AsyncIterator[ReplyPart]
Dies = Callable[[Posted], bool]
"""Whether the worker is killed before it notes this."""


SEARCHING = Status(stage="searching")
WHOLE: tuple[ReplyPart, ...] = (
    SEARCHING,
    Text(text="The pump is **P-101** [1]."),
    Citation(number=1, source="manual.md", title="Manual", quote="The pump is P-101."),
    Finished(),
)


class KilledError(BaseException):
    """The worker is gone, at once and for good."""


class Script:
    """Parts of a reply that come when the test says so."""

    def __init__(self, *parts: ReplyPart) -> None:
        self._queue: asyncio.Queue[ReplyPart | None] = asyncio.Queue()
        self.say(*parts)

    def say(self, *parts: ReplyPart) -> None:
        for part in parts:
            self._queue.put_nowait(part)

    def end(self, *parts: ReplyPart) -> None:
        self.say(*parts, Finished())
        self._queue.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[ReplyPart]:
        while (part := await self._queue.get()) is not None:
            yield part


async def each(parts: Iterable[ReplyPart]) -> AsyncIterator[ReplyPart]:
    for part in parts:
        yield part


def as_iterator(parts: Parts) -> AsyncIterator[ReplyPart]:
    return each(parts) if isinstance(parts, Sequence) else parts


async def take(mailbox: Mailbox, question: Question) -> Turn:
    """The turn of the question's conversation."""
    turn = await mailbox.take(shard_of(question.message.place.conversation))
    assert isinstance(turn, Turn), turn
    return turn


def posting_of(mailbox: Mailbox, turn: Turn, *, dies: Dies | None = None) -> Posting:
    """The turn as an outlet gets it from a worker."""
    lease = Lease(mailbox, turn)

    async def note(posted: Posted) -> None:
        if dies is not None and dies(posted):
            raise KilledError
        await mailbox.note_posted(turn, posted)

    return Posting(
        place=turn.questions[-1].message.place if turn.questions else Place.named(turn.conversation),
        questions=turn.questions,
        key=turn.key,
        taken_over=turn.taken_over,
        posted=turn.posted,
        ready=lease.ready,
        note=note,
    )


async def answer(mailbox: Mailbox, outlet: Outlet, question: Question, parts: AsyncIterator[ReplyPart]) -> str:
    """A worker takes the question and answers it; the reply's id."""
    turn = await take(mailbox, question)
    reply = await outlet.post(posting_of(mailbox, turn), parts)
    place = question.message.place
    author = Author(id="lorelens", is_bot=True)
    said = Message(id=reply, place=place, author=author, role="assistant", text="", sent_at=datetime.now(UTC))
    await mailbox.finish(turn, said)
    return reply


async def answer_and_die(
    mailbox: Mailbox, outlet: Outlet, question: Question, parts: AsyncIterator[ReplyPart], dies: Dies
) -> None:
    """A worker takes the question and is killed; the turn goes to whoever takes it next."""
    turn = await take(mailbox, question)
    try:
        await outlet.post(posting_of(mailbox, turn, dies=dies), parts)
    except KilledError:
        await mailbox.hand_back(turn)
    else:
        raise AssertionError("it lived on")


class PostingDesk(Generic[OutletT, MessageT]):
    """A mailbox, and the outlet that workers answer with; a platform's desk knows the message that a reply is."""

    def __init__(self, mailbox: Mailbox, outlet: OutletT) -> None:
        self.mailbox = mailbox
        self.outlet = outlet

    def message(self, reply: str) -> MessageT:
        raise NotImplementedError

    async def submit(self, question: Question) -> Question:
        await self.mailbox.submit(question)
        return question

    async def take(self, question: Question) -> Turn:
        return await take(self.mailbox, question)

    def posting(self, turn: Turn) -> Posting:
        return posting_of(self.mailbox, turn)

    async def answer(self, question: Question, parts: Parts = WHOLE) -> MessageT:
        """A worker answers the question; the reply's message."""
        return self.message(await answer(self.mailbox, self.outlet, question, as_iterator(parts)))

    async def answer_and_die(self, question: Question, parts: Parts, dies: Dies) -> None:
        """A worker is killed before it notes something."""
        await answer_and_die(self.mailbox, self.outlet, question, as_iterator(parts), dies)
