"""A small world for the tests of the Discord emulator: a guild, a channel, Ada, and a bot that notes what it hears."""

import io
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import discord
from discord.ext import commands
from PIL import Image

from tests.discord_emulator import DESCRIPTION, Channel, Emulator, Guild, Person
from tests.discord_emulator.client import GUILD_READY_TIMEOUT
from tests.discord_emulator.client import running as client_running

MESSAGES = "POST /channels/{channel_id}/messages"


def picture(colour: str = "red") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(held, "PNG")
    return held.getvalue()


class World:
    """One guild with a channel, Ada in it, and what the bot heard."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.guild: Guild = emulator.guild("Acme")
        self.general: Channel = emulator.channel(self.guild, "general")
        self.ada: Person = emulator.person("ada", self.guild, locale="zh-CN")
        self.heard: list[discord.Message] = []


@asynccontextmanager
async def acme() -> AsyncGenerator[World]:
    """Hold both sides to Discord's description, where it is there."""
    async with Emulator(openapi=DESCRIPTION) as emulator:
        yield World(emulator)
        assert not emulator.crashes
        assert not emulator.violations, "\n".join(map(str, emulator.violations))
        assert not emulator.misanswers, "\n".join(map(str, emulator.misanswers))


def reading() -> discord.Intents:
    """The intents of a bot that reads what is written."""
    intents = discord.Intents.default()
    intents.message_content = True
    return intents


def plain_bot(intents: discord.Intents | None = None, **options: Any) -> commands.Bot:
    """A bot that is ready at once."""
    return commands.Bot("!", intents=intents or reading(), guild_ready_timeout=GUILD_READY_TIMEOUT, **options)


@asynccontextmanager
async def running(
    world: World, bot: commands.Bot | commands.AutoShardedBot | None = None
) -> AsyncGenerator[commands.Bot | commands.AutoShardedBot]:
    """Run a bot that notes what people say."""
    made = bot or plain_bot()

    @made.listen("on_message")
    async def hear(message: discord.Message) -> None:  # pyright: ignore[reportUnusedFunction]
        if not message.author.bot:
            world.heard.append(message)
            world.emulator.touch()

    async with client_running(world.emulator, made):
        yield made


def textual(bot: discord.Client, channel: Channel) -> discord.TextChannel:
    """Return a channel as the bot has it."""
    found = bot.get_channel(channel.id)
    assert isinstance(found, discord.TextChannel)
    return found
