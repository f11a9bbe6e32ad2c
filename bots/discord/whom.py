"""Whoever ran a command, clicked or sent a form: who it is, in which language, where, and how they can be answered."""

from dataclasses import dataclass
from typing import cast

import discord

from adapters.discord.servers import Spot
from adapters.payloads import string
from adapters.texts import CHINESE, ENGLISH, Texts, texts_for
from core.messages import Author

DIRECT = 1
"""The type of a conversation between two."""


@dataclass(frozen=True)
class Whom:
    """A person who did something in Discord.

    `spot` is where: its server is empty in direct messages, and where the app is not on the server but was installed by
    the person for themselves. `is_among_others` says that there they are not alone with the app. `token` answers what
    they did, until `until` (unix seconds), and `response` is the message that is kept open for it; `application` is the
    app's own id, `id` that of what they did.
    """

    id: str
    user: str
    spot: Spot
    application: str = ""
    token: str = ""
    until: float = 0.0
    response: str = ""
    name: str = ""
    locale: str = ""
    is_among_others: bool = False
    texts: Texts = ENGLISH

    @property
    def guild(self) -> str:
        """The server; empty where the app is on none with them here."""
        return self.spot.guild

    @property
    def workspace(self) -> str:
        """As places name it."""
        return self.guild or "@me"

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is where the app itself can't go: on a server without it, or between several people."""
        return self.is_among_others and not self.guild

    @property
    def chinese(self) -> bool:
        """Whether they are answered in Chinese."""
        return self.texts is CHINESE

    @property
    def author(self) -> Author:
        """As whoever wrote a message."""
        return Author(id=self.user, name=self.name, locale=self.locale)


def is_answerable(interaction: discord.Interaction[discord.Client]) -> bool:
    """Whether it has what an answer takes: somebody, and a token."""
    token = cast(object, interaction.token)
    user = cast(object, getattr(interaction, "user", None))
    return getattr(user, "id", None) is not None and isinstance(token, str) and bool(token) and token.isascii()


def whom(interaction: discord.Interaction[discord.Client]) -> Whom:
    """Who sent an interaction; nothing is asked for it."""
    channel = interaction.channel
    guild = interaction.guild_id
    there = guild is not None and interaction.client.get_guild(guild) is not None
    parent = channel.parent_id if isinstance(channel, discord.Thread) else None
    kind = channel.type.value if channel is not None else 0
    locale = string(getattr(interaction.locale, "value", ""))
    return Whom(
        id=str(interaction.id),
        user=str(interaction.user.id),
        spot=Spot(
            id=str(interaction.channel_id or ""),
            guild=str(guild) if there else "",
            name=string(getattr(channel, "name", "")),
            kind=kind,
            parent=str(parent or ""),
        ),
        application=str(interaction.application_id),
        token=interaction.token,
        until=interaction.expires_at.timestamp(),
        name=string(interaction.user.display_name),
        locale=locale,
        is_among_others=guild is not None or not _is_with_us(interaction, kind),
        texts=texts_for(locale),
    )


def _is_with_us(interaction: discord.Interaction[discord.Client], kind: int) -> bool:
    """Whether a conversation without a server is the one with the app: people have such ones with each other, too."""
    context = interaction.context
    if context.guild or context.dm_channel or context.private_channel:
        return bool(context.dm_channel)
    return kind == DIRECT  # from before apps could be installed by people: then there were no others
