"""What every listener of Slack's events works with."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.adapter import SlackAdapter
from adapters.slack.api import Installed
from bots.background import Background, Tell
from core.application import Application
from core.conversations import Conversations
from core.mailbox import Mailbox


@dataclass(frozen=True)
class Desk:
    """The parts that listeners need; the conversation store and the mailbox are open already."""

    application: Application
    store: Conversations
    mailbox: Mailbox
    platform: SlackAdapter
    background: Background = field(default_factory=Background)
    saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while what is saved follows its messages: one change after the other, in the order they are heard of."""

    @classmethod
    async def of(cls, application: Application, platform: SlackAdapter) -> "Desk":
        """The desk of one process."""
        store = await application.conversations()
        return cls(application, store, Mailbox(store, platform.platform), platform)

    def spawn(self, work: Coroutine[Any, Any, object], what: str, *, tell: Tell | None = None) -> None:
        """Do it after the acknowledgement. An error is logged under `what`, and `tell` gives it to the person
        (`bots.reasons.reason` has the words)."""
        self.background.spawn(work, what, tell=tell)

    async def installed(self, context: AsyncBoltContext) -> Installed:
        """The app in the workspace whose installation received what a listener handles: `team`, `user` (its own user
        id), `bot`, `enterprise`.

        Raises:
            PlatformRefusedError: it is not installed there any more.
        """
        return await self.platform.clients.installed(context.team_id or "", context.enterprise_id or "")

    async def client(self, context: AsyncBoltContext) -> AsyncWebClient:
        """The client of that installation: paced, and with errors that say what to do, unlike Bolt's own.

        Raises:
            PlatformRefusedError: it is not installed there any more.
        """
        return await self.platform.clients.client(context.team_id or "", context.enterprise_id or "")
