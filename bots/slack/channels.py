"""Slack's channels as a source of knowledge: `lorelens sources add slack [WORKSPACE]`."""

import asyncio
from dataclasses import dataclass

from adapters.slack.adapter import Workspaces
from adapters.slack.api import OneWorkspace
from adapters.slack.channel_history import SlackHistory, Sleep
from adapters.slack.intake import Intake
from adapters.slack.pacing import Pacing
from bots.channel_history import Close, OpenedHistory
from bots.slack.oauth import has_oauth, many_workspaces
from bots.slack.serve import not_set_up
from core.application import Application
from core.errors import QuestionError
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

        async def open_it() -> tuple[SlackHistory, Close]:
            clients = await _clients(given, self.pacing)
            intake = Intake.of(clients, api_url=given.settings.slack_api_url)

            async def close() -> None:
                await intake.close()
                await clients.close()

            history = SlackHistory(clients, intake.membership, intake.files, team=spec.location, sleep=self.sleep)
            return history, close

        return ChannelConnector(OpenedHistory("slack", spec.location, open_it), spec)


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
