"""A Slack workspace's export as a source of knowledge: `lorelens sources add slack_export FILE.zip`."""

from dataclasses import dataclass
from pathlib import Path

from adapters.slack.export import SlackExport
from core.application import Application
from core.errors import QuestionError
from core.messages import EVERYONE
from core.sources.channels.connector import ChannelConnector, ChannelOptions
from core.sources.connector import SourceSpec


@dataclass(frozen=True)
class SlackExports:
    """`core.sources.connector.ConnectorKind` for exports. Documents are as those of live channels."""

    summary: str = "The ZIP of a Slack workspace's export; what is private in it only for an audience that you name."

    def check(self, spec: SourceSpec) -> SourceSpec:
        """The spec, with the file's absolute path."""
        path = Path(spec.location).expanduser().absolute()
        if not spec.location or not path.is_file():
            raise QuestionError(f'There is no file "{spec.location}".', hint="Name the ZIP that Slack made.")
        ChannelOptions.of(spec)
        return spec.model_copy(update={"location": str(path)})

    def open(self, spec: SourceSpec, given: Application) -> ChannelConnector:
        """Its connector; the file is not opened yet."""
        with_private = spec.audience != (EVERYONE,)
        history = SlackExport(Path(spec.location), url=spec.url, with_private=with_private)
        return ChannelConnector(history, spec, elsewhere=given.channel_follower.days_of)


slack_export = SlackExports()
"""As the entry point names it."""
