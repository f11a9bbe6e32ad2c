"""The posting side of Discord: a reply becomes visible there once, be the worker killed at any moment.

An interaction is answered by its token, for the quarter of an hour that this is good; after that a public answer is a
message in the channel, and a private one a direct message. Where the app may not write, the asker is told so directly.
"""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import discord

from adapters.arriving import Arriving, reading_ahead
from adapters.discord.answer import Look
from adapters.discord.blocks import DiscordMessage
from adapters.discord.calls import Calls
from adapters.discord.channel_door import ChannelDoor
from adapters.discord.delivery import Delivery, about
from adapters.discord.doors import Door
from adapters.discord.live import LiveReply
from adapters.discord.messages import Messages
from adapters.discord.paces import Paces
from adapters.discord.pictures import FindPicture, Pictures
from adapters.discord.refusals import (
    ARCHIVED,
    BLOCKED,
    GONE_TOKENS,
    LOCKED,
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    NOT_TEXTUAL,
    NOT_TO_THIS_USER,
    UNKNOWN_CHANNEL,
    UNVERIFIED,
    DiscordRefusedError,
)
from adapters.discord.servers import Servers
from adapters.discord.token_door import TokenDoor
from adapters.payloads import string
from core.posting import Posting
from core.reply import ReplyPart

__all__ = ["DiscordOutlet", "FindPicture"]

UNPOSTABLE = {
    ARCHIVED: "unpostable_archived",
    BLOCKED: "unpostable_restricted",
    LOCKED: "unpostable_archived",
    MISSING_ACCESS: "unpostable_stranger",
    MISSING_PERMISSIONS: "unpostable_restricted",
    NOT_TEXTUAL: "unpostable_restricted",
    UNKNOWN_CHANNEL: "unpostable_stranger",
    UNVERIFIED: "unpostable_restricted",
}
"""Refusals that concern one place, and the name of the text that says why."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Post:
    """What everything that is done for one posting needs."""

    calls: Calls
    delivery: Delivery
    pictures: Pictures
    look: Look

    def messages(self, door: Door) -> Messages:
        return Messages(self.calls.posting, door, self.delivery, self.pictures)


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
        """Show the parts as they come; the id of the reply, `<channel>:<id>` of its first message.

        Raises:
            PlatformUnavailableError: Discord is away or asks for patience.
            PlatformRefusedError: Discord does not know the token any more, or the like.
        """
        post = self._begin(posting)
        async with reading_ahead(parts) as arriving:
            try:
                return await self._show(post, arriving)
            except DiscordRefusedError as error:
                if error.number == NOT_TO_THIS_USER:
                    _log.warning("Nobody could be told: %s", error)
                    return _none(post)
                if error.number not in UNPOSTABLE:
                    raise
                _log.info("A reply can't be posted where it was asked for: %s", error)
                return await self._instead(post, arriving, error)

    async def withdraw(self, posting: Posting) -> None:
        """Delete the messages of the reply; fine if they are gone. What only the asker sees stays until they dismiss
        it, once its token is not good any more."""
        post = self._begin(posting)
        delivery = post.delivery
        if delivery.is_by_token:
            try:
                await post.messages(TokenDoor(post.calls, delivery, self._servers.own_id)).remove()
            except DiscordRefusedError as error:
                if error.number not in GONE_TOKENS:
                    _log.warning("A reply was not removed: %s", error)
            else:
                return
        channel = string(posting.posted.get("channel")) or delivery.channel
        try:
            await post.messages(self._door(post, channel)).remove()
        except DiscordRefusedError as error:
            if error.number not in UNPOSTABLE:
                raise
            _log.warning("A reply was not removed: %s", error)

    async def close(self) -> None:
        """Nothing is held: connections belong to the client."""

    def _begin(self, posting: Posting) -> _Post:
        delivery = Delivery.of(posting)
        look = Look(
            delivery.texts(posting),
            about(posting),
            ephemeral=delivery.surface == "ephemeral" and bool(delivery.guild),
            asked=delivery.quoted,
            asked_by=delivery.asked_by,
            shared_by=delivery.shared_by,
        )
        pictures = Pictures(self._picture, self._servers, delivery.guild)
        return _Post(Calls(self._client.http, posting), delivery, pictures, look)

    def _door(self, post: _Post, channel: str) -> ChannelDoor:
        elsewhere = channel if channel != post.delivery.channel else ""
        return ChannelDoor(post.calls, post.delivery, self._servers.own_id, channel=elsewhere)

    async def _show(self, post: _Post, arriving: Arriving) -> str:
        delivery = post.delivery
        if delivery.is_by_token:
            try:
                return await self._live(post, TokenDoor(post.calls, delivery, self._servers.own_id), arriving)
            except DiscordRefusedError as error:
                if error.number not in GONE_TOKENS and error.status != 401:
                    raise
                _log.info("An interaction's token is not good any more: %s", error)
        if delivery.surface == "ephemeral":
            return await self._directly(post, arriving)
        return await self._live(post, self._door(post, delivery.channel), arriving)

    async def _live(self, post: _Post, door: Door, arriving: Arriving) -> str:
        return await LiveReply(door, post.messages(door), post.pictures, post.look, self._paces).run(arriving)

    async def _instead(self, post: _Post, arriving: Arriving, refusal: DiscordRefusedError) -> str:
        """Tell the asker directly: the answer to a command, or why there is none to a message."""
        try:
            if post.delivery.surface == "interaction":
                return await self._directly(post, arriving)
            return await self._explain(post, refusal)
        except DiscordRefusedError as error:
            if error.number != NOT_TO_THIS_USER and error.number not in UNPOSTABLE:
                raise
            _log.warning("Nobody could be told why there is no answer in %s: %s", post.delivery.channel, error)
            return _none(post)

    async def _directly(self, post: _Post, arriving: Arriving) -> str:
        """Answer in the direct conversation with the asker."""
        door = await self._direct_door(post)
        direct = replace(post, delivery=replace(post.delivery, message=""), look=replace(post.look, ephemeral=False))
        return await self._live(direct, door, arriving)

    async def _explain(self, post: _Post, refusal: DiscordRefusedError) -> str:
        texts = post.look.texts
        reason: str = getattr(texts, UNPOSTABLE[refusal.number])
        said = texts.unpostable.format(channel=f"<#{post.delivery.channel}>", reason=reason)
        door = await self._direct_door(post)
        direct = replace(post, delivery=replace(post.delivery, message=""))
        messages = direct.messages(door)
        await messages.recognize()
        await messages.show((DiscordMessage(said),))
        return f"{door.channel}:{messages.ids[0]}"

    async def _direct_door(self, post: _Post) -> ChannelDoor:
        """The direct conversation with the asker; what stands in the channel already is not edited there."""
        opened = await post.calls.repeat("POST", "/users/@me/channels", body={"recipient_id": post.delivery.user})
        return ChannelDoor(post.calls, post.delivery, self._servers.own_id, channel=string(opened.get("id")))


def _none(post: _Post) -> str:
    """The id of a reply that nobody sees."""
    return f"{post.delivery.channel}:none-{post.calls.posting.key}"
