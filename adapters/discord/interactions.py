"""Questions that come by a command, a dialog or a button, as values: where they are answered, and by which token."""

from datetime import UTC, datetime
from typing import Literal

import discord
from pydantic import JsonValue

from adapters.discord.heard import Upload, time_of, uploads_of
from adapters.discord.servers import THREADS
from core.messages import Attachment, Author, Message, Place
from core.question import Question

TOKEN_LIVES = 15 * 60
"""Seconds for which an interaction's token is good."""


def place_of(interaction: discord.Interaction, *, private: bool) -> Place:
    """The place of an interaction's conversation.

    Privately asked, it is the asker's own in that channel; else it goes on in the thread or the direct conversation,
    and in a channel it begins a chain of replies, which the answer is the first message of.
    """
    channel = interaction.channel
    parent = channel.parent_id if isinstance(channel, discord.Thread) else None
    here = str(interaction.channel_id or "")
    workspace = str(interaction.guild_id) if interaction.guild_id else "@me"
    if private:
        thread = f"~{interaction.user.id}" if interaction.guild_id else None
        return Place(platform="discord", workspace=workspace, channel=str(parent or here), thread=thread)
    if not interaction.guild_id:
        return Place(platform="discord", workspace=workspace, channel=here)
    is_thread = isinstance(channel, discord.Thread) or (channel is not None and channel.type.value in THREADS)
    return Place(
        platform="discord",
        workspace=workspace,
        channel=str(parent or here),
        thread=here if is_thread else f"re-{interaction.id}",
        visibility="public" if _everyone_reads(interaction) else "private",
    )


def delivery_of(interaction: discord.Interaction, *, private: bool) -> dict[str, JsonValue]:
    """What is needed to answer an interaction that was deferred."""
    until = time_of(str(interaction.id)).timestamp() + TOKEN_LIVES
    return {
        "guild": str(interaction.guild_id or ""),
        "channel": str(interaction.channel_id or ""),
        "user": str(interaction.user.id),
        "locale": interaction.locale.value,
        "surface": "ephemeral" if private else "interaction",
        "message": "",
        "application": str(interaction.application_id),
        "token": interaction.token,
        "token_until": until,
    }


def question_of(
    interaction: discord.Interaction,
    text: str,
    *,
    private: bool,
    kind: str = "ask",
    attachments: list[discord.Attachment] | None = None,
    alone: bool = False,
) -> Question:
    """A question that was asked by an interaction; `complete` it at once where files came along."""
    place = place_of(interaction, private=private)
    uploads = uploads_of(attachments or [])
    delivery = delivery_of(interaction, private=private)
    if uploads:
        delivery["files"] = {_reference(one): one.url for one in uploads}
    message = Message(
        id=f"{interaction.channel_id}:{kind}-{interaction.id}",
        place=place,
        author=Author(id=str(interaction.user.id), name=interaction.user.display_name, locale=interaction.locale.value),
        text=text,
        attachments=tuple(_attachment(one) for one in uploads),
        sent_at=datetime.now(UTC),
    )
    return Question(message=message, delivery=delivery, alone=alone)


def visibility_of(interaction: discord.Interaction) -> Literal["public", "private", "direct"]:
    """Who can read along where an interaction comes from."""
    return "direct" if not interaction.guild_id else "public" if _everyone_reads(interaction) else "private"


def _everyone_reads(interaction: discord.Interaction) -> bool:
    """Whether the whole server reads there, as far as the gateway's cache tells; without it, no."""
    channel, guild = interaction.channel, interaction.guild
    if isinstance(channel, discord.Thread):
        if channel.is_private():
            return False
        channel = channel.parent
    if guild is None or not isinstance(channel, discord.abc.GuildChannel):
        return False
    known = guild.get_channel(channel.id)
    return known is not None and known.permissions_for(guild.default_role).view_channel


def _reference(one: Upload) -> str:
    return f"command:{one.id}"


def _attachment(one: Upload) -> Attachment:
    return Attachment(name=one.name, media_type=one.media_type, size=one.size, reference=_reference(one))
