"""The posting side of a platform: how a reply becomes visible there once, be the worker killed at any moment.

A platform's adapter implements `Outlet`. It gets a `Posting`, which says where the reply goes and what was posted
before, and keeps what is posted now.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Protocol

from pydantic import JsonValue

from core.messages import Place
from core.question import Question
from core.reply import ReplyPart

Posted = Mapping[str, JsonValue]
"""What a platform's adapter keeps of its posting: ids of messages, how far it came. Opaque to everybody else."""


class Posting:
    """One reply on its way to a platform.

    It goes to `place`; `questions` are what it answers, oldest first, and none where all were deleted. `key` is the
    same at every try: give it to the platform as its nonce, or in the message's metadata. With `taken_over`, a reply
    that was not noted may stand there already, or be on its way: where the platform does not dedupe by a nonce, look
    for the key before anything is posted, and once more afterwards; the oldest stays. `posted` is what was noted.
    """

    def __init__(
        self,
        *,
        place: Place,
        questions: tuple[Question, ...],
        key: str,
        taken_over: bool,
        posted: Posted,
        ready: Callable[[], Awaitable[float]],
        note: Callable[[Posted], Awaitable[None]],
    ) -> None:
        self.place = place
        self.questions = questions
        self.key = key
        self.taken_over = taken_over
        self.posted = posted
        self._ready = ready
        self._note = note

    async def ready(self) -> float:
        """To be called right before every call that changes something on the platform.

        Answers for how many seconds nobody else takes over. What the platform does not have by then must not be sent
        any more: a process may be paused between this and its sending, and go on when another has long answered.

        Raises `LeaseLostError` if another worker has taken over, or may have.
        """
        return await self._ready()

    async def note(self, **posted: JsonValue) -> None:
        """Keep what was posted, right after the platform accepted it; adds to what was noted before."""
        self.posted = {**self.posted, **posted}
        await self._note(self.posted)


class Outlet(Protocol):
    """Where the replies of one platform are posted.

    Raises `PlatformUnavailableError` where the platform is away or asks for patience; then it is tried again later.
    """

    @property
    def platform(self) -> str:
        """The platform's name, as in `Place.platform`."""
        ...

    async def post(self, posting: Posting, parts: AsyncIterator[ReplyPart]) -> str:
        """Show the parts as they come; return when the last one stands, with the platform's id of the reply.

        With something in `posting.posted`, that is edited or continued.
        """
        ...

    async def withdraw(self, posting: Posting) -> None:
        """Remove what was posted, if anything was: the questions were deleted."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
