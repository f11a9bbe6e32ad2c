"""Questions of people in the emulated Discord, from a real mailbox, and answered by the outlet; workers may die."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from discord.http import Route
from pydantic import JsonValue

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.addresses import Addresses
from adapters.discord.heard import time_of
from adapters.discord.paces import Paces
from core.conversations import Conversations
from core.mailbox import Mailbox
from core.messages import Author, Place
from core.messages import Message as Said
from core.question import Question
from tests.discord_emulator import DESCRIPTION, Channel, Emulator, Interaction, Message, Person
from tests.postings import PostingDesk

Surface = Literal["reply", "thread", "direct", "interaction", "ephemeral"]
QUICK = Paces(grace=0.05, together=0.05, a_while=0.3, typing=0.1, edit=0.05)
POST = "POST /channels/{channel_id}/messages"
EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"


class Desk(PostingDesk[DiscordAdapter, Message]):
    """A mailbox and the adapter of workers, one server with a channel, and Ada."""

    def __init__(
        self, discord: Emulator, store: Conversations, adapter: DiscordAdapter, pictures: dict[str, bytes]
    ) -> None:
        super().__init__(Mailbox(store, "discord"), adapter)
        self.discord = discord
        self.adapter = adapter
        self.pictures = pictures
        self.guild = discord.guild("Acme")
        self.general = discord.channel(self.guild, "general")
        self.ada = discord.person("ada", self.guild)

    def question(self, asked: Message, person: Person, surface: Surface = "reply", **delivery: JsonValue) -> Question:
        """What the ingress makes of a person's message."""
        channel = asked.channel
        guild = str(channel.guild.id) if channel.guild else ""
        parent = channel.parent if channel.is_thread and channel.parent else channel
        thread = {"reply": f"re-{asked.id}", "thread": str(channel.id), "direct": None}[surface]
        place = Place(
            platform="discord",
            workspace=guild or "@me",
            channel=str(parent.id),
            thread=thread,
            visibility="public" if guild else "direct",
        )
        given: dict[str, JsonValue] = {
            "guild": guild,
            "channel": str(channel.id),
            "user": str(person.user.id),
            "locale": "en-US",
            "surface": surface,
            "message": str(asked.id),
        }
        message = Said(
            id=f"{channel.id}:{asked.id}",
            place=place,
            author=Author(id=str(person.user.id)),
            text=asked.content,
            sent_at=time_of(str(asked.id)),
        )
        return Question(message=message, delivery={**given, **delivery})

    def by_command(self, one: Interaction, *, private: bool = False) -> Question:
        """What the ingress makes of a command that it has deferred."""
        guild, user = str(one.guild.id) if one.guild else "", str(one.user.id)
        place = Place(
            platform="discord",
            workspace=guild or "@me",
            channel=str(one.channel.id),
            thread=f"~{user}" if private else f"re-{one.id}",
            visibility="direct" if private else "public",
        )
        message = Said(
            id=f"{one.channel.id}:ask-{one.id}",
            place=place,
            author=Author(id=user),
            text="Which pump is it?",
            sent_at=time_of(str(one.id)),
        )
        delivery: dict[str, JsonValue] = {
            "guild": guild,
            "channel": str(one.channel.id),
            "user": user,
            "locale": "en-US",
            "surface": "ephemeral" if private else "interaction",
            "message": "",
            "application": str(self.discord.application.id),
            "token": one.token,
            "token_until": time.time() + 900,
        }
        return Question(message=message, delivery=delivery)

    async def runs_ask(
        self, person: Person | None = None, place: Channel | None = None, *, private: bool = False
    ) -> Interaction:
        """A person runs /ask, which is deferred."""
        http = self.adapter.client.http
        if not self.discord.application.commands[None]:
            command = {"name": "ask", "description": "Ask", "integration_types": [0, 1], "contexts": [0, 1, 2]}
            await http.request(Route("PUT", f"/applications/{self.discord.application.id}/commands"), json=[command])
        one = await (person or self.ada).runs("/ask", None, place or self.general)
        path = f"/interactions/{one.id}/{one.token}/callback"
        await http.request(Route("POST", path), json={"type": 5, "data": {"flags": 64 if private else 0}})
        return one

    async def ask(self, text: str = "Which pump is it?") -> tuple[Message, Question]:
        """Ada asks in the channel; her message, and the question, which is in the mailbox."""
        asked = await self.ada.mentions(self.general, text)
        return asked, await self.submit(self.question(asked, self.ada))

    def message(self, reply: str) -> Message:
        channel, message = reply.split(":")
        found = self.discord.channels[int(channel)].messages.get(int(message))
        assert found is not None, reply
        return found

    def replies(self, asked: Message) -> list[Message]:
        """What stands of the bot's in the question's channel after it, oldest first."""
        standing = self.discord.messages(asked.channel)
        return [one for one in standing if one.author is self.discord.bot and one.id > asked.id]

    def of_bot(self) -> list[Message]:
        """All that the bot has said in the channel."""
        return [one for one in self.discord.messages(self.general) if one.author is self.discord.bot]


@asynccontextmanager
async def desk_at(folder: Path) -> AsyncGenerator[Desk]:
    """At its end the server is held to account: no crash, and nothing that Discord's description does not allow."""
    async with Emulator(openapi=DESCRIPTION) as discord:
        store = await Conversations.open("", folder)
        pictures: dict[str, bytes] = {}

        async def picture(sha256: str) -> bytes | None:
            return pictures.get(sha256)

        addresses = Addresses(discord.api_url, discord.gateway_url)
        adapter = await DiscordAdapter.logged_in(discord.token, picture, addresses=addresses, paces=QUICK)
        try:
            yield Desk(discord, store, adapter, pictures)
        finally:
            await adapter.close()
            await store.close()
        assert not discord.crashes
        assert not discord.violations, "\n".join(map(str, discord.violations))
        assert not discord.misanswers, "\n".join(map(str, discord.misanswers))
