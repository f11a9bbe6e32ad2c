"""Slack made from the settings: with one workspace's token, or for all that installed the app."""

import logging

from adapters.slack.adapter import SlackAdapter, Workspaces
from adapters.slack.api import OneWorkspace
from adapters.slack.intake import Intake
from adapters.slack.outlet import SlackOutlet
from adapters.slack.paces import Paces
from bots.slack.oauth import has_oauth, many_workspaces
from core.application import Application
from core.errors import StoreUnavailableError
from core.languages import ChosenLanguages

_log = logging.getLogger(__name__)


async def slack(application: Application) -> SlackAdapter | None:
    """The adapter; None where neither a bot token nor a client id for OAuth is set."""
    clients = await _clients(application)
    return await adapter_with(application, clients) if clients is not None else None


async def adapter_with(application: Application, clients: Workspaces, *, paces: Paces | None = None) -> SlackAdapter:
    """The adapter over these clients; `paces` says how often a reply that grows is shown anew."""
    store = await application.conversations()

    async def picture(sha256: str) -> bytes | None:
        kept = await store.picture(sha256)
        return kept if kept is not None else application.pictures.get(sha256)

    languages = ChosenLanguages(store)

    async def chosen(team: str, user: str) -> str:
        try:
            return await languages.of(SlackAdapter.platform, team, user)
        except StoreUnavailableError as error:
            _log.warning("The language that somebody chose is not known now: %s", error)
            return ""

    intake = Intake.of(clients, api_url=application.settings.slack_api_url, chosen=chosen)
    return SlackAdapter(clients, intake, SlackOutlet(clients, picture, paces=paces))


async def _clients(application: Application) -> Workspaces | None:
    settings = application.settings
    if settings.slack_bot_token is not None and settings.slack_bot_token.get_secret_value():
        return OneWorkspace(settings.slack_bot_token.get_secret_value(), url=settings.slack_api_url)
    return await many_workspaces(application) if has_oauth(settings) else None
