"""Slack as a platform: what is learned of it and what is posted there, in one."""

from collections.abc import AsyncIterator
from typing import Protocol

from adapters.slack.api import Clients
from adapters.slack.documents import document
from adapters.slack.intake import Intake
from adapters.slack.membership import Membership
from adapters.slack.outlet import SlackOutlet
from core.messages import Attachment, Message
from core.platform import KeepPicture
from core.posting import Posting
from core.question import Question
from core.reply import ReplyPart


class Workspaces(Clients, Protocol):
    """Clients that are closed by whoever made them."""

    async def close(self) -> None:
        """Let go of connections."""
        ...


class SlackAdapter:
    """`core.platform.PlatformAdapter` for Slack, for all workspaces that `clients` reach."""

    platform = "slack"

    def __init__(self, clients: Workspaces, intake: Intake, outlet: SlackOutlet) -> None:
        self.clients = clients
        self.intake = intake
        self.outlet = outlet

    @property
    def membership(self) -> Membership:
        """Who people are, which channels there are, and who is in them."""
        return self.intake.membership

    async def complete(self, question: Question, keep: KeepPicture) -> Message:
        """The question's message with its pictures and names."""
        return await self.intake.complete(question, keep)

    async def document(self, question: Question, attachment: Attachment) -> bytes:
        """The bytes of a document that came with a message."""
        return await document(question, attachment, self.clients, self.intake.files)

    async def earlier(self, question: Question, keep: KeepPicture) -> list[Message]:
        """What was said before the question in its thread."""
        return await self.intake.earlier(question, keep)

    async def audience(self, question: Question) -> tuple[str, ...]:
        """On what the answer may draw."""
        return await self.intake.audience(question)

    async def post(self, posting: Posting, parts: AsyncIterator[ReplyPart]) -> str:
        """Show the parts as they come; the id of the reply."""
        return await self.outlet.post(posting, parts)

    async def withdraw(self, posting: Posting) -> None:
        """Remove what was posted."""
        await self.outlet.withdraw(posting)

    async def close(self) -> None:
        """Let go of connections."""
        await self.outlet.close()
        await self.intake.close()
        await self.clients.close()
