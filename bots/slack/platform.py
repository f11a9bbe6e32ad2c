"""Slack made from the settings: with one workspace's token, or for all that installed the app."""

from adapters.slack.adapter import SlackAdapter, Workspaces
from adapters.slack.api import OneWorkspace
from adapters.slack.intake import Intake
from adapters.slack.outlet import SlackOutlet
from core.application import Application


async def slack(application: Application) -> SlackAdapter | None:
    """The adapter; None where neither a bot token nor a client id for OAuth is set."""
    clients = await _clients(application)
    if clients is None:
        return None
    store = await application.conversations()

    async def picture(sha256: str) -> bytes | None:
        kept = await store.picture(sha256)
        return kept if kept is not None else application.pictures.get(sha256)

    intake = Intake.of(clients, api_url=application.settings.slack_api_url)
    return SlackAdapter(clients, intake, SlackOutlet(clients, picture), keep=store.keep_picture)


async def _clients(application: Application) -> Workspaces | None:
    settings = application.settings
    if settings.slack_bot_token is not None and settings.slack_bot_token.get_secret_value():
        return OneWorkspace(settings.slack_bot_token.get_secret_value(), url=settings.slack_api_url)
    return None
