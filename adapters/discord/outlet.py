"""The posting side of Discord: a reply becomes visible there once, be the worker killed at any moment."""

from collections.abc import AsyncIterator, Awaitable, Callable

import discord

from adapters.discord.paces import Paces
from adapters.discord.servers import Servers
from core.posting import Posting
from core.reply import ReplyPart

FindPicture = Callable[[str], Awaitable[bytes | None]]
"""The bytes of a picture by its sha256, if they are kept still."""


class DiscordOutlet:
    """Posts replies to Discord with one client; `picture` finds the bytes of what is shown."""

    platform = "discord"

    def __init__(
        self, client: discord.Client, servers: Servers, picture: FindPicture, *, paces: Paces | None = None
    ) -> None:
        self._client = client
        self._servers = servers
        self._picture = picture
        self._paces = paces or Paces()

    async def post(self, posting: Posting, parts: AsyncIterator[ReplyPart]) -> str:
        """Show the parts as they come; the id of the reply."""
        raise NotImplementedError

    async def withdraw(self, posting: Posting) -> None:
        """Delete the messages of the reply; fine if they are gone."""
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing is held: connections belong to the client."""
