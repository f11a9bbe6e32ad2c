"""What every listener of Discord's events works with."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bots.background import Background, Tell
from bots.discord.client import DiscordClient
from bots.discord.waiting import Waiting
from core.application import Application
from core.conversations import Conversations
from core.mailbox import Mailbox

if TYPE_CHECKING:
    from adapters.discord.adapter import DiscordAdapter


@dataclass(frozen=True)
class Desk:
    """The parts that listeners need; the conversation store and the mailbox are open already, the client logged in."""

    application: Application
    store: Conversations
    mailbox: Mailbox
    platform: "DiscordAdapter"
    client: DiscordClient
    waiting: Waiting = field(default_factory=Waiting)
    background: Background = field(default_factory=Background)
    saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while what is saved follows its messages: one change after the other, in the order they are heard of."""

    @classmethod
    async def of(cls, application: Application, platform: "DiscordAdapter", client: DiscordClient) -> "Desk":
        """The desk of one process."""
        store = await application.conversations()
        return cls(application, store, Mailbox(store, platform.platform), platform, client)

    def spawn(self, work: Coroutine[Any, Any, object], what: str, *, tell: Tell | None = None) -> None:
        """Do it from now on. An error is logged under `what`, and `tell` gives it to the person
        (`bots.reasons.reason` has the words)."""
        self.background.spawn(work, what, tell=tell)
