"""Discord's channels as a source of knowledge: `lorelens sources add discord [SERVER]`."""

import asyncio
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from adapters.discord.addresses import Plain
from adapters.discord.channel_history import DiscordHistory
from adapters.discord.intake import Intake
from adapters.discord.patience import Sleep
from bots.channel_history import Close, OpenedHistory
from bots.discord.platform import addresses_of, log_in, token_of
from core.application import Application
from core.errors import QuestionError, SettingsError
from core.messages import EVERYONE
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
        shared = self._shared.get(given)

        async def open_it() -> tuple[DiscordHistory, Close]:
            intake, close = (shared, _leave_open) if shared is not None else await _connected(given)
            return DiscordHistory(intake, guild=spec.location, sleep=self.sleep), close

        return ChannelConnector(OpenedHistory("discord", spec.location, open_it), spec)

    def share(self, application: Application, intake: Intake) -> None:
        """Ask with this from now on, for as long as the application is there; whoever made it closes it."""
        self._shared[application] = intake


async def _connected(application: Application) -> tuple[Intake, Close]:
    """What Discord is asked with by a process that does not listen to it."""
    settings = application.settings
    token = token_of(settings)
    if not token:
        raise SettingsError(
            "Discord is not set up: there is no token.",
            hint="Set LORELENS_DISCORD_TOKEN. docs/discord.md leads through it.",
        )
    client = Plain(addresses_of(settings))
    await log_in(client, token)
    intake = Intake.of(client, api_url=settings.discord_api_url)

    async def close() -> None:
        await intake.close()
        await client.close()

    return intake, close


async def _leave_open() -> None:
    """What is shared is closed by whoever made it."""


discord = DiscordChannels()
"""As the entry point names it."""
