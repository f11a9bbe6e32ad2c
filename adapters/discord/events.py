"""Discord's messages as what Lorelens makes of them: a question, an edit, a deletion, or nothing, and why."""

import logging
from collections.abc import Awaitable, Callable

from pydantic import JsonValue

from adapters.discord.chains import Chains
from adapters.discord.heard import SAID, Heard
from adapters.discord.incoming import as_message, message_id, urls_of
from adapters.discord.markup import mentioned
from adapters.discord.servers import DIRECT, Servers, Spot
from adapters.understood import Asked, Deleted, Edited, Ignored
from core.errors import PlatformRefusedError
from core.messages import Place
from core.question import Question

TakesPart = Callable[[str], Awaitable[bool]]
"""Whether Lorelens was asked something in a conversation (`Mailbox.takes_part`)."""
Chosen = Callable[[str, str], Awaitable[str]]
"""The language that somebody chose, by server and person, as a BCP 47 tag; empty for none."""

_log = logging.getLogger(__name__)


class Events:
    """Understands messages, their edits and deletions.

    Where Discord must be asked what a channel is, and is away, all raise `PlatformUnavailableError`.
    """

    def __init__(self, servers: Servers, chains: Chains, chosen: Chosen | None = None) -> None:
        self._servers = servers
        self._chains = chains
        self._chosen = chosen

    async def said(self, heard: Heard, takes_part: TakesPart) -> Asked | Ignored:
        """What a new message means."""
        if ignored := self._not_of_a_person(heard):
            if heard.id and self._chains.known(heard.id) is None:
                self._chains.remember(heard.id, "")
            return ignored
        spot = await self._spot(heard)
        if spot is None:
            return Ignored("no message")
        if not await self._means_us(heard, spot) and (ignored := await self._ignored(heard, spot, takes_part)):
            self._chains.remember(heard.id, "")
            return ignored
        return await self._asked(heard, spot)

    async def changed(self, heard: Heard) -> Asked | Edited | Ignored:
        """What a changed message means; a mention that is added to one that was ignored makes it a question.

        A preview changes a message too, even one that was edited long ago: whether it reads otherwise than before,
        whoever keeps it knows.
        """
        if ignored := self._not_of_a_person(heard):
            return ignored
        if not heard.edited:
            return Ignored("not edited")
        if (spot := await self._spot(heard)) is None:
            return Ignored("no message")
        if self._chains.known(heard.id) == "":
            means_us = await self._means_us(heard, spot)
            return await self._asked(heard, spot) if means_us else Ignored("not addressed")
        return Edited(await as_message(heard, await self._place(heard, spot), self._servers, await self._locale(heard)))

    async def deleted(self, channel: str, message: str) -> Deleted | Ignored:
        """What it means that a message is gone."""
        spot = await self._seen(channel)
        if spot is None:
            return Ignored("no message")
        thread = channel if spot.is_thread else ""
        if spot.guild and not spot.is_thread:
            thread = await self._chains.of_deleted(channel, message, self._servers.own_id)
            if not thread:
                return Ignored("not addressed")
        place = Place(platform="discord", workspace=spot.guild or "@me", channel=spot.channel, thread=thread or None)
        return Deleted(place.conversation, message_id(channel, message))

    async def place(self, heard: Heard) -> Place | None:
        """Where a message stands, as the place of its conversation; None where Lorelens can't see it."""
        spot = await self._spot(heard)
        return await self._place(heard, spot) if spot is not None else None

    async def _spot(self, heard: Heard) -> Spot | None:
        if heard.channel and not heard.guild and not self._servers.is_of_server(heard.channel):
            return Spot(heard.channel, kind=min(DIRECT))
        return await self._seen(heard.channel)

    async def _seen(self, channel: str) -> Spot | None:
        """The channel, if Lorelens can see it."""
        if not channel:
            return None
        try:
            return await self._servers.spot(channel)
        except PlatformRefusedError as error:
            _log.info("A message stands where Lorelens can't look: %s", error)
            return None

    def _not_of_a_person(self, heard: Heard) -> Ignored | None:
        if heard.author == self._servers.own_id or heard.is_bot:
            return Ignored("a bot")
        if heard.kind not in SAID:
            return Ignored("a notice")
        return None if heard.id and heard.author else Ignored("no message")

    async def _means_us(self, heard: Heard, spot: Spot) -> bool:
        """Whether it is said to Lorelens: directly, by a mention, or as a reply to something of its."""
        own = self._servers.own_id
        if not spot.guild or own in heard.people or own in mentioned(heard.text):
            return True
        if heard.referenced is not None and heard.referenced.author == own:
            return True
        if not heard.roles and "<@&" not in heard.text:
            return False
        server = await self._servers.known_server(spot.guild)
        return server is not None and bool(server.own_roles & (heard.roles | mentioned(heard.text)))

    async def _ignored(self, heard: Heard, spot: Spot, takes_part: TakesPart) -> Ignored | None:
        """Why a message is ignored that does not name Lorelens; None in a thread that it takes part in."""
        if not spot.is_thread:
            return Ignored("not addressed")
        place = await self._place(heard, spot)
        if not await takes_part(place.conversation) and not await self._begun_at_answer(spot):
            return Ignored("not addressed")
        if heard.people or heard.roles or (heard.referenced is not None and heard.referenced.author != heard.author):
            return Ignored("to others")
        return None

    async def _begun_at_answer(self, spot: Spot) -> bool:
        """Whether the thread was opened at a message of Lorelens': it has the id of the message it begins with."""
        name = f"begins {spot.id}"
        known = self._chains.known(name)
        if known is None:
            start = await self._chains.fetch(spot.channel, spot.id)
            known = "ours" if start is not None and start.author == self._servers.own_id else ""
            self._chains.remember(name, known)
        return bool(known)

    async def _place(self, heard: Heard, spot: Spot) -> Place:
        if not spot.guild:
            return Place(platform="discord", workspace="@me", channel=heard.channel, visibility="direct")
        hidden = await self._servers.is_hidden(spot)
        return Place(
            platform="discord",
            workspace=spot.guild,
            channel=spot.channel,
            thread=spot.id if spot.is_thread else await self._chains.thread(heard, self._servers.own_id),
            visibility="private" if hidden else "public",
        )

    async def _asked(self, heard: Heard, spot: Spot) -> Asked:
        question = await self._question(heard, spot)
        self._chains.remember(heard.id, question.message.place.thread or spot.id)
        return Asked(question)

    async def _question(self, heard: Heard, spot: Spot) -> Question:
        place = await self._place(heard, spot)
        message = await as_message(heard, place, self._servers, await self._locale(heard))
        delivery: dict[str, JsonValue] = {
            "guild": spot.guild,
            "channel": heard.channel,
            "user": heard.author,
            "locale": message.author.locale,
            "surface": "direct" if not spot.guild else "thread" if spot.is_thread else "reply",
            "message": heard.id,
        }
        if urls := urls_of(heard):
            delivery["files"] = {**urls}
        return Question(message=message, delivery=delivery)

    async def _locale(self, heard: Heard) -> str:
        return await self._chosen(heard.guild or "@me", heard.author) if self._chosen is not None else ""
