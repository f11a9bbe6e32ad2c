"""What was said in a conversation: each question with what stands of its reply."""

import asyncio
from collections.abc import Sequence

from adapters.web.board import Shown
from bots.web.desk import WebDesk
from core.messages import Message, Place, Value
from core.quality.feedback import FeedbackBook

AT_A_TIME = 30
"""So many questions are shown; those before them when they are asked for."""
_REPLY = "reply-"
"""What the ids of replies begin with (`adapters.web.outlet`)."""


class Exchange(Value):
    """A question and its reply: `is_waited_for` says that a reply comes, `vote` what its asker said of it."""

    question: Message
    shown: Shown | None
    is_waited_for: bool
    vote: bool | None = None

    @property
    def is_growing(self) -> bool:
        """Whether the reply is not whole yet."""
        return self.is_waited_for or (self.shown is not None and not self.shown.is_over)


async def exchanges(desk: WebDesk, place: Place, *, before: str = "") -> tuple[list[Exchange], bool]:
    """The last questions of a conversation with their replies, or the last before one of them; and whether there are
    more before these. Raises `StoreUnavailableError`."""
    keys = desk.store.keys.conversation(place.conversation)
    ids = [one.decode() for one in await desk.store.redis.execute("ZRANGE", keys.order, 0, -1)]
    asked = [one for one in ids if not one.startswith(_REPLY)]
    if before in asked:
        asked = asked[: asked.index(before)]
    return await _read(desk, place, asked[-AT_A_TIME:]), len(asked) > AT_A_TIME


async def exchange(desk: WebDesk, place: Place, question: Message) -> Exchange:
    """One question with its reply."""
    keys = desk.store.keys.conversation(place.conversation)
    waited_for = bool(await desk.store.redis.execute("HEXISTS", keys.questions, question.id))
    shown = await desk.board.standing(
        place.conversation, question.id
    )  # after it: a reply is waited for until it stands
    return _exchange(question, shown, waited_for, await vote_on(desk, place, question))


async def vote_on(desk: WebDesk, place: Place, question: Message) -> bool | None:
    """What whoever asked said of the reply: that it helped, that it did not, or nothing."""
    said = await FeedbackBook(desk.store).of(place.conversation, question.id)
    return next((one.helpful for one in said if one.person.id == question.author.id), None)


async def _read(desk: WebDesk, place: Place, ids: Sequence[str]) -> list[Exchange]:
    keys = desk.store.keys.conversation(place.conversation)
    messages = [one for one in await desk.store.messages(place.conversation, ids) if one.role == "person"]
    waiting = {one.decode() for one in await desk.store.redis.execute("HKEYS", keys.questions)}
    shown = await asyncio.gather(*(desk.board.standing(place.conversation, one.id) for one in messages))
    votes = await asyncio.gather(*(vote_on(desk, place, one) for one in messages))
    return [
        _exchange(message, stands, message.id in waiting, vote)
        for message, stands, vote in zip(messages, shown, votes, strict=True)
    ]


def _exchange(question: Message, shown: Shown | None, waited_for: bool, vote: bool | None) -> Exchange:
    is_waited_for = shown is None and waited_for
    return Exchange(question=question, shown=shown, is_waited_for=is_waited_for, vote=vote)
