"""A Slack channel as a source in tests: fetched and read in with what the application has, and followed live."""

import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from adapters.slack.pacing import Pacing
from bots.slack.channels import SlackChannels
from core.application import Application
from core.knowledge.ingest import ingest
from core.knowledge.sources import source_states
from core.sources.channels.connector import ChannelConnector
from core.sources.channels.follower import ChannelFollower, Followed, Spot
from core.sources.connector import SourceSpec
from core.sources.mirror import Mirror

SOON = 0.05


@dataclass
class Watched:
    """Who watched a fetching, and a reading in."""

    items: list[str] = field(default_factory=list[str])
    problems: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def fetched(self, item: str, *, total: int | None = None) -> None:
        self.items.append(item)

    def problem(self, item: str, reason: str) -> None:
        self.problems.append((item, reason))

    def begin(self, stage: str, total: int) -> None:
        return

    def advance(self, stage: str, item: str) -> None:
        return


async def no_sleep(seconds: float) -> None:
    return


class ChannelSource:
    """One source of Slack's channels in an application's data folder."""

    def __init__(self, application: Application, **options: str) -> None:
        self.application = application
        self.kind = SlackChannels(pacing=Pacing(scale=1000), sleep=no_sleep)
        self.spec = self.kind.check(SourceSpec(name="slack", kind="slack", options=options))

    def folder(self, channel: str) -> Path:
        return self.application.data / "mirrors" / channel

    def open(self) -> ChannelConnector:
        return self.kind.open(self.spec, self.application)

    async def sync(self) -> Watched:
        """All of its channels, as `lorelens sources sync` does."""
        watched = Watched()
        connector = self.open()
        try:
            parts = [part async for part in connector.parts()]
            for part in parts:
                mirror = Mirror(self.folder(part.key))
                await connector.fetch(part, mirror, watched)
                if mirror.folder.is_dir():
                    reader = await self.application.reader()
                    await ingest(
                        mirror.folder,
                        reader,
                        source=f"slack/{part.key}",
                        audience=part.audience,
                        about=mirror.facts,
                        progress=watched,
                    )
        finally:
            await connector.close()
        return watched

    async def find(self, spot: Spot) -> Sequence[Followed]:
        source, folder = f"slack/{spot.channel}", self.folder(spot.channel)
        return [
            Followed(source, folder, self.open, lambda _: source, lambda: shutil.rmtree(folder, ignore_errors=True))
        ]

    def follower(self) -> ChannelFollower:
        return ChannelFollower(self.application.data, self.find, self.application.reader, pause=SOON, beat=SOON)

    def documents(self, channel: str) -> dict[str, str]:
        """The documents in a channel's mirror by their paths."""
        mirror = Mirror(self.folder(channel))
        return {path: (mirror.read(path) or b"").decode() for path in sorted(mirror.paths()) if path.endswith(".md")}

    def files(self, channel: str) -> list[str]:
        return sorted(path for path in Mirror(self.folder(channel)).paths() if not path.endswith(".md"))

    def known(self) -> set[str]:
        return {state.record.source for state in source_states(self.application.ledger)}


@asynccontextmanager
async def followed(source: ChannelSource) -> AsyncGenerator[ChannelFollower]:
    """The source, followed live by the application that it is of."""
    follower = source.follower()
    source.application.__dict__["channel_follower"] = follower
    await follower.start()
    yield follower
    await follower.close()


def own_copy(data: Path, to: Path) -> Path:
    return Path(shutil.copytree(data, to))
