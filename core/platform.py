"""What a chat platform is to Lorelens: where replies are posted, and what only it knows of messages, places and people.

Each platform implements `PlatformAdapter` once, in `adapters/`; the contract in `tests/contract/platform_adapter.py`
holds for all of them.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from core.messages import Attachment, Message
from core.pictures import NormalizedPicture
from core.posting import Outlet
from core.question import Question

KeepPicture = Callable[[NormalizedPicture], Awaitable[None]]
"""Keeps the bytes of a picture, so that whoever knows its hash finds them."""


class PlatformAdapter(Outlet, Protocol):
    """One platform, for the worker. What it can't learn because the platform is away raises
    `PlatformUnavailableError`; then the turn is tried again later."""

    async def complete(self, question: Question, keep: KeepPicture) -> Message:
        """The question's message with what its platform still holds of it.

        Attachments that are pictures are fetched, normalized, given to `keep` and moved to `Message.pictures`; one that
        can't be had stays an attachment and says why in its `problem`. A message that is complete comes back as it is.
        """
        ...

    async def document(self, question: Question, attachment: Attachment) -> bytes:
        """The bytes of a document that came with a message of the question's conversation.

        Raises:
            DocumentError: it can't be had; says why.
        """
        ...

    async def earlier(self, question: Question, keep: KeepPicture) -> list[Message]:
        """What was said before the question in its thread, oldest first and bounded; Lorelens' own replies have the
        role `assistant`. The newest messages come with their pictures, as in `complete`.

        Asked once, when a conversation begins in a thread that others began.
        """
        ...

    async def audience(self, question: Question) -> tuple[str, ...]:
        """The principals (`core.audience`) on whose documents the answer may draw: what everybody may see who will be
        able to read it. Where the platform does not say, less rather than more."""
        ...
