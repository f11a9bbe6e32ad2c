"""Discord's channels as a source of knowledge: `lorelens sources add discord [SERVER]`."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from adapters.discord.addresses import Plain
from adapters.discord.channel_history import DiscordHistory
from adapters.discord.intake import Intake
from adapters.discord.patience import Sleep
from bots.discord.platform import addresses_of, log_in, token_of
from core.application import Application
from core.channel_history import ChannelInfo, Said
from core.errors import QuestionError, SettingsError
from core.messages import EVERYONE, Attachment
from core.sources.channels.connector import ChannelConnector, ChannelOptions
from core.sources.connector import SourceSpec


@dataclass(frozen=True)
class DiscordChannels:
    """`core.sources.connector.ConnectorKind` for Discord; `sleep` is for tests.

    A process that listens to Discord `shares` what it asks with: its client knows servers and permissions already.
    """

    summary: str = "The Discord channels that Lorelens may read: threads, posts, pictures and files, followed live."
    sleep: Sleep = asyncio.sleep
    _shared: WeakKeyDictionary[Application, Intake] = field(default_factory=WeakKeyDictionary[Application, Intake])

    def check(self, spec: SourceSpec) -> SourceSpec:
        """The spec, if its location is a server's id, or empty, and its options are understood."""
        if spec.location and not (spec.location.isascii() and spec.location.isdecimal()):
            raise QuestionError(
                f'"{spec.location}" is no id of a Discord server.',
                hint="Leave it out for all servers that Lorelens is on; an id has digits alone "
                "(Developer Mode, right-click the server, Copy Server ID).",
            )
        if spec.audience != (EVERYONE,):
            raise QuestionError(
                "Who may see what is said on Discord is what Discord says, each time that somebody asks.",
                hint="Leave --audience out, and choose channels with --option channels=NAME,NAME.",
            )
        ChannelOptions.of(spec)
        return spec

    def open(self, spec: SourceSpec, given: Application) -> ChannelConnector:
        """Its connector; nothing is asked of Discord yet."""
        return ChannelConnector(_History(given, spec.location, self._shared.get(given), self.sleep), spec)

    def share(self, application: Application, intake: Intake) -> None:
        """Ask with this from now on, for as long as the application is there; whoever made it closes it."""
        self._shared[application] = intake


@dataclass
class _History:
    """The history of a server, or of all, with a connection that is made when it is needed, unless one is shared."""

    application: Application
    workspace: str
    shared: Intake | None
    sleep: Sleep
    platform: str = "discord"
    _opened: tuple[DiscordHistory, Intake | None, Plain | None] | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def channels(self) -> list[ChannelInfo]:
        return await (await self._history()).channels()

    async def channel(self, channel: str) -> ChannelInfo | None:
        return await (await self._history()).channel(channel)

    async def messages(self, channel: ChannelInfo, *, after: float, before: float) -> AsyncIterator[list[Said]]:
        async for page in (await self._history()).messages(channel, after=after, before=before):
            yield page

    async def thread(self, channel: ChannelInfo, key: str) -> list[Said]:
        return await (await self._history()).thread(channel, key)

    async def file(self, attachment: Attachment) -> bytes:
        return await (await self._history()).file(attachment)

    async def close(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            _, intake, client = opened
            if intake is not None:
                await intake.close()
            if client is not None:
                await client.close()

    async def _history(self) -> DiscordHistory:
        async with self._opening:
            if self._opened is None:
                self._opened = await self._open()
            return self._opened[0]

    async def _open(self) -> tuple[DiscordHistory, Intake | None, Plain | None]:
        if self.shared is not None:
            return DiscordHistory(self.shared, guild=self.workspace, sleep=self.sleep), None, None
        settings = self.application.settings
        token = token_of(settings)
        if not token:
            raise SettingsError(
                "Discord is not set up: there is no token.",
                hint="Set LORELENS_DISCORD_TOKEN. docs/discord.md leads through it.",
            )
        client = Plain(addresses_of(settings))
        await log_in(client, token)
        intake = Intake.of(client, api_url=settings.discord_api_url)
        return DiscordHistory(intake, guild=self.workspace, sleep=self.sleep), intake, client


discord = DiscordChannels()
"""As the entry point names it."""
