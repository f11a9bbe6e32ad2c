"""All that Lorelens learns of Discord, in one place for whoever posts there or receives from there."""

from dataclasses import dataclass

import discord

from adapters.discord import audience as audiences
from adapters.discord import history
from adapters.discord.addresses import API_URL
from adapters.discord.chains import Chains
from adapters.discord.completing import Completing
from adapters.discord.events import Chosen, Events
from adapters.discord.files import Files
from adapters.discord.incoming import urls_of
from adapters.discord.servers import FRESH, Servers
from adapters.incoming_pictures import urls_in, with_newest_pictures
from core.messages import Attachment, Message
from core.platform import KeepPicture
from core.question import Question


@dataclass(frozen=True)
class Intake:
    """The receiving half of the adapter; `servers` is to be told of what changes (`Servers.heard`)."""

    files: Files
    servers: Servers
    chains: Chains
    events: Events

    @classmethod
    def of(
        cls, client: discord.Client, *, api_url: str = API_URL, fresh: float = FRESH, chosen: Chosen | None = None
    ) -> "Intake":
        """With memories and connections of its own, asking with a client that is logged in, or will be.

        `fresh` is for how many seconds servers and people are known, `chosen` knows the language that somebody chose.
        """
        servers = Servers(client, fresh=fresh)
        chains = Chains(client.http)
        return cls(Files(api_url=api_url), servers, chains, Events(servers, chains, chosen))

    async def complete(self, question: Question, keep: KeepPicture) -> Message:
        """The question's message with its pictures, as `core.platform.PlatformAdapter.complete` says.

        Whoever receives a question does this at once, since the links of files come to an end.
        """
        return await self._completing(urls_in(question)).message(question.message, keep)

    async def document(self, question: Question, attachment: Attachment) -> bytes:
        """The bytes of a document, as `core.platform.PlatformAdapter.document` says."""
        return await self._completing(urls_in(question)).document(attachment)

    async def earlier(self, question: Question, keep: KeepPicture | None = None) -> list[Message]:
        """What was said before it in its thread or its chain of replies.

        With `keep`, the pictures of the newest messages that have some are fetched too.
        """
        found = await history.said_before(question.message, self.servers, self.chains)
        messages = await history.as_messages(found, question.message.place, self.servers)
        if keep is None:
            return messages
        completing = self._completing({file: url for one in found for file, url in urls_of(one).items()})
        await with_newest_pictures(messages, lambda message: completing.message(message, keep))
        return messages

    async def audience(self, question: Question) -> tuple[str, ...]:
        """On what the answer may draw, as `adapters.discord.audience` says."""
        return await audiences.audience(question, self.servers)

    async def close(self) -> None:
        """Let go of connections and of what is being asked; the client is closed by whoever made it."""
        await self.servers.close()
        await self.files.close()

    def _completing(self, urls: dict[str, str]) -> Completing:
        return Completing(self.chains, self.files, urls)
