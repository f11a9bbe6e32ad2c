"""A Discord server as a source in tests: fetched and read in with what the application has, and followed live."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from core.application import Application
from core.knowledge.documents import Passage
from core.sources.channels.follower import ChannelFollower
from core.sources.channels.found import finding
from core.sources.configured import Configured, ConfiguredSources
from core.sources.connector import SourceSpec
from core.sources.mirror import Mirror
from core.sources.registry import kind_of
from core.sources.schedule import Unwatched
from core.sources.syncing import SyncReport
from tests.discord_emulator import Channel, Guild

NAME = "chat"
SOON = 0.05


class ChannelSource:
    """The configured source `chat` of an application: a server, or all where none is given."""

    def __init__(self, application: Application, guild: Guild | None = None, **options: str) -> None:
        self.application = application
        self.sources = ConfiguredSources(application.data)
        location = str(guild.id) if guild is not None else ""
        spec = SourceSpec(name=NAME, kind="discord", location=location, options=options)
        self.sources.put(Configured(spec=kind_of("discord").check(spec)))

    async def sync(self, *, error: str = "") -> SyncReport:
        """All of its channels, as `lorelens sources sync` does."""
        report = await self.application.syncing.sync(NAME, Unwatched())
        said = "\n".join((report.error, *(part.error for part in report.parts))).strip()
        assert error in said if error else not said
        return report

    def source(self, channel: Channel) -> str:
        """What the ledger calls what is read of a channel; empty where nothing is."""
        return next((one.source for one in self.sources.parts(NAME) if one.key == str(channel.id)), "")

    def documents(self, channel: Channel) -> dict[str, str]:
        """The documents in a channel's mirror by their paths."""
        mirror = Mirror(self.sources.mirror(NAME, str(channel.id)))
        return {path: (mirror.read(path) or b"").decode() for path in sorted(mirror.paths()) if path.endswith(".md")}

    async def passages(self, channel: Channel) -> list[Passage]:
        """What of a channel is in the index."""
        index, source = await self.application.index(), self.source(channel)
        paths = list(self.application.ledger.files(source)) if source else []
        return [passage for path in paths for passage in await index.passages(source, path)]

    async def words(self, channel: Channel) -> str:
        """All of it."""
        return "\n".join(one.text for one in await self.passages(channel))


@asynccontextmanager
async def followed(application: Application) -> AsyncGenerator[ChannelFollower]:
    """What the application has configured, followed live without the usual pauses."""
    follower = ChannelFollower(application.data, finding(application), application.reader, pause=SOON, beat=SOON)
    application.__dict__["channel_follower"] = follower
    await follower.start()
    yield follower
    await follower.close()
