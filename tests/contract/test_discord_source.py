"""Discord's channels held to the contract of sources; each document is a thread of one channel."""

from collections.abc import AsyncIterator

import pytest

from adapters.discord.addresses import Addresses, Plain
from adapters.discord.channel_history import DiscordHistory
from adapters.discord.intake import Intake
from core.sources.channels.connector import ChannelConnector
from core.sources.connector import Connector, SourceSpec
from tests.contract.connector import ConnectorContract
from tests.discord_emulator import DESCRIPTION, Channel, Emulator, Message


class DiscordWorld:
    """A server with one channel."""

    fetches = True

    def __init__(self, discord: Emulator, intake: Intake) -> None:
        self.discord = discord
        self._intake = intake
        self._guild = discord.guild("Acme")
        self._channel = discord.channel(self._guild, "general")
        self._ada = discord.person("ada", self._guild)
        self._said: dict[str, tuple[Message, Channel]] = {}

    def open(self) -> Connector:
        spec = SourceSpec(name="source", kind="discord", location=str(self._guild.id))
        return ChannelConnector(DiscordHistory(self._intake, guild=str(self._guild.id)), spec)

    async def write(self, name: str, words: str) -> None:
        if name in self._said:
            await self._ada.edits(self._said[name][0], words)
            return
        message = await self._ada.says(self._channel, words)
        thread = await self._ada.opens_thread(self._channel, name, message=message)
        await self._ada.says(thread, "Thanks.")
        self._said[name] = (message, thread)

    async def remove(self, name: str) -> None:
        message, thread = self._said.pop(name)
        await self._ada.deletes(message)
        self.discord.delete_channel(thread)

    async def go_away(self) -> None:
        self.discord.faults.answer("*", 503, times=None)

    async def come_back(self) -> None:
        self.discord.faults.clear()


class TestDiscordSource(ConnectorContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[DiscordWorld]:
        async with Emulator(openapi=DESCRIPTION) as discord:
            client = Plain(Addresses(discord.api_url))
            await client.login(discord.token)
            intake = Intake.of(client, api_url=discord.api_url, fresh=0)
            yield DiscordWorld(discord, intake)
            await intake.close()
            await client.close()
            assert not discord.crashes
            assert not discord.violations, "\n".join(map(str, discord.violations))
