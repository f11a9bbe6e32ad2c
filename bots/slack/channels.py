"""Slack's channels as a source of knowledge: `lorelens sources add slack [WORKSPACE]`."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from adapters.slack.adapter import Workspaces
from adapters.slack.api import OneWorkspace
from adapters.slack.channel_history import SlackHistory, Sleep
from adapters.slack.intake import Intake
from adapters.slack.pacing import Pacing
from bots.slack.oauth import has_oauth, many_workspaces
from bots.slack.serve import not_set_up
from core.application import Application
from core.channel_history import ChannelInfo, Said
from core.errors import QuestionError
from core.messages import Attachment
from core.sources.channels.connector import ChannelConnector, ChannelOptions
from core.sources.connector import SourceSpec


@dataclass(frozen=True)
class SlackChannels:
    """`core.sources.connector.ConnectorKind` for Slack; `pacing` and `sleep` are for tests."""

    summary: str = "The Slack channels that Lorelens is invited to: threads, pictures and files, followed live."
    pacing: Pacing | None = None
    sleep: Sleep = asyncio.sleep

    def check(self, spec: SourceSpec) -> SourceSpec:
        """The spec, if its location is a workspace's id, or empty, and its options are understood."""
        if spec.location and not (spec.location.startswith("T") and spec.location.isalnum()):
            raise QuestionError(
                f'"{spec.location}" is no id of a Slack workspace.',
                hint="Leave it out for the workspace of LORELENS_SLACK_BOT_TOKEN; an id begins with T.",
            )
        ChannelOptions.of(spec)
        return spec

    def open(self, spec: SourceSpec, given: Application) -> ChannelConnector:
        """Its connector; nothing is asked of Slack yet."""
        return ChannelConnector(_History(given, spec.location, self.pacing, self.sleep), spec)


@dataclass
class _History:
    """The history of a workspace, with connections that are made when they are needed."""

    application: Application
    workspace: str
    pacing: Pacing | None
    sleep: Sleep
    platform: str = "slack"
    _opened: tuple[SlackHistory, Intake, Workspaces] | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def channels(self) -> list[ChannelInfo]:
        history = await self._history()
        found = await history.channels()
        self.workspace = history.workspace
        return found

    async def channel(self, channel: str) -> ChannelInfo | None:
        history = await self._history()
        found = await history.channel(channel)
        self.workspace = history.workspace
        return found

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
            _, intake, clients = opened
            await intake.close()
            await clients.close()

    async def _history(self) -> SlackHistory:
        async with self._opening:
            if self._opened is None:
                clients = await _clients(self.application, self.pacing)
                intake = Intake.of(clients, api_url=self.application.settings.slack_api_url)
                history = SlackHistory(clients, intake.membership, intake.files, team=self.workspace, sleep=self.sleep)
                self._opened = (history, intake, clients)
            return self._opened[0]


async def _clients(application: Application, pacing: Pacing | None) -> Workspaces:
    settings = application.settings
    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    if token:
        return OneWorkspace(token, url=settings.slack_api_url, pacing=pacing)
    if has_oauth(settings):
        return await many_workspaces(application)
    raise not_set_up()


slack = SlackChannels()
"""As the entry point names it."""
