"""The page as a platform: what is said there is in the store already, so there is nothing to fetch."""

from collections.abc import AsyncIterator, Awaitable, Callable

from adapters.web.board import Board
from adapters.web.files import WebFiles
from adapters.web.outlet import WebOutlet
from core.messages import Attachment, Message
from core.platform import KeepPicture
from core.posting import Posting
from core.question import Question
from core.reply import ReplyPart

Principals = Callable[[Question], Awaitable[tuple[str, ...]]]
"""What whoever asked may see now (`core.audience`)."""


class WebAdapter:
    """`core.platform.PlatformAdapter` for the page and the API.

    `principals` is asked anew for each answer, so that what was taken from somebody is not shown to them any more.
    """

    platform = "web"

    def __init__(self, board: Board, files: WebFiles, principals: Principals) -> None:
        self.board = board
        self.files = files
        self.outlet = WebOutlet(board)
        self._principals = principals

    async def complete(self, question: Question, keep: KeepPicture) -> Message:
        """The question's message; its pictures were kept when they were sent."""
        return question.message

    async def document(self, question: Question, attachment: Attachment) -> bytes:
        """The bytes of a document that came with a message.

        Raises:
            DocumentError: it is kept no more.
        """
        return await self.files.document(attachment)

    async def earlier(self, question: Question, keep: KeepPicture) -> list[Message]:
        """Nothing: all that was said is in the store."""
        return []

    async def audience(self, question: Question) -> tuple[str, ...]:
        """On what the answer may draw: what whoever asked may see, since nobody else reads it."""
        return await self._principals(question)

    async def post(self, posting: Posting, parts: AsyncIterator[ReplyPart]) -> str:
        """Write the parts on the board as they come; the id of the reply."""
        return await self.outlet.post(posting, parts)

    async def withdraw(self, posting: Posting) -> None:
        """Remove what was posted."""
        await self.outlet.withdraw(posting)

    async def close(self) -> None:
        """Let go of nothing: the connection belongs to the conversation store."""
        await self.outlet.close()
