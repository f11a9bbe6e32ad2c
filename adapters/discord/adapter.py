"""Discord as a platform: what is learned of it and what is posted there, in one."""

from collections.abc import AsyncIterator

import discord

from adapters.discord.addresses import OWN, Addresses, Plain
from adapters.discord.events import Chosen
from adapters.discord.intake import Intake
from adapters.discord.outlet import DiscordOutlet, FindPicture
from adapters.discord.paces import Paces
from adapters.discord.refusals import FAILURES, as_error
from core.errors import PlatformRefusedError
from core.messages import Attachment, Message
from core.platform import KeepPicture
from core.posting import Posting
from core.question import Question
from core.reply import ReplyPart


class DiscordAdapter:
    """`core.platform.PlatformAdapter` for Discord, asking and posting with one client.

    The client is logged in, or will be before anything is asked; it needs no gateway. Whoever made it closes it,
    unless the adapter did (`logged_in`).
    """

    platform = "discord"

    def __init__(self, client: discord.Client, intake: Intake, outlet: DiscordOutlet, *, owns: bool = False) -> None:
        self.client = client
        self.intake = intake
        self.outlet = outlet
        self._owns = owns

    @classmethod
    def of(
        cls,
        client: discord.Client,
        picture: FindPicture,
        *,
        addresses: Addresses = OWN,
        chosen: Chosen | None = None,
        paces: Paces | None = None,
    ) -> "DiscordAdapter":
        """The adapter over a client; `picture` finds the bytes of what is shown, by their sha256."""
        intake = Intake.of(client, api_url=addresses.api, chosen=chosen)
        return cls(client, intake, DiscordOutlet(client, intake.servers, picture, paces=paces))

    @classmethod
    async def logged_in(
        cls,
        token: str,
        picture: FindPicture,
        *,
        addresses: Addresses = OWN,
        chosen: Chosen | None = None,
        paces: Paces | None = None,
    ) -> "DiscordAdapter":
        """The adapter with a client of its own, without a gateway.

        Raises:
            PlatformRefusedError: Discord does not know the token.
            PlatformUnavailableError: Discord is away.
        """
        client = Plain(addresses)
        try:
            await client.login(token)
        except discord.LoginFailure as error:
            await client.close()
            raise PlatformRefusedError(
                "Discord does not know the token.", hint="Check LORELENS_DISCORD_TOKEN.", reason="401"
            ) from error
        except FAILURES as error:
            await client.close()
            raise as_error(error, "logging in") from error
        made = cls.of(client, picture, addresses=addresses, chosen=chosen, paces=paces)
        made._owns = True
        return made

    async def complete(self, question: Question, keep: KeepPicture) -> Message:
        """The question's message with its pictures."""
        return await self.intake.complete(question, keep)

    async def document(self, question: Question, attachment: Attachment) -> bytes:
        """The bytes of a document that came with a message."""
        return await self.intake.document(question, attachment)

    async def earlier(self, question: Question, keep: KeepPicture) -> list[Message]:
        """What was said before the question in its thread or chain of replies."""
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
        if self._owns:
            await self.client.close()
