"""Discord made from the settings: for a worker, which asks and posts, or with the client that listens too."""

import logging

import discord as discord_py

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.addresses import Addresses
from adapters.discord.events import Chosen
from adapters.discord.outlet import FindPicture
from adapters.discord.paces import Paces
from adapters.discord.refusals import FAILURES, as_error
from bots.discord.client import DiscordClient
from config.settings import Settings
from core.application import Application
from core.errors import PlatformRefusedError, StoreUnavailableError
from core.languages import ChosenLanguages

_log = logging.getLogger(__name__)


def addresses_of(settings: Settings) -> Addresses:
    """Where Discord is."""
    return Addresses(api=settings.discord_api_url.rstrip("/"), gateway=settings.discord_gateway_url)


def token_of(settings: Settings) -> str:
    """The bot token; empty where none is set."""
    return settings.discord_token.get_secret_value().strip() if settings.discord_token else ""


async def discord(application: Application) -> DiscordAdapter | None:
    """The adapter, logged in; None where no token is set.

    Raises:
        PlatformRefusedError: Discord does not know the token.
        PlatformUnavailableError: Discord is away.
    """
    token = token_of(application.settings)
    if not token:
        return None
    return await DiscordAdapter.logged_in(
        token,
        await _picture_of(application),
        addresses=addresses_of(application.settings),
        chosen=await _chosen_of(application),
    )


async def adapter_with(
    application: Application, client: DiscordClient, *, paces: Paces | None = None
) -> DiscordAdapter:
    """The adapter over a client that listens as well; it logs the client in, and closes it with itself.

    `paces` says how often a reply that grows is shown anew. Raises as `discord` does.
    """
    await log_in(client, token_of(application.settings))
    made = DiscordAdapter.of(
        client,
        await _picture_of(application),
        addresses=addresses_of(application.settings),
        chosen=await _chosen_of(application),
        paces=paces,
    )
    return DiscordAdapter(client, made.intake, made.outlet, owns=True)


async def log_in(client: discord_py.Client, token: str) -> None:
    """Log in; raises as `discord` does, and closes the client then."""
    try:
        await client.login(token)
    except discord_py.LoginFailure as error:
        await client.close()
        raise PlatformRefusedError(
            "Discord does not know the token.", hint="Check LORELENS_DISCORD_TOKEN.", reason="401"
        ) from error
    except FAILURES as error:
        await client.close()
        raise as_error(error, "logging in") from error


async def _picture_of(application: Application) -> FindPicture:
    store = await application.conversations()

    async def picture(sha256: str) -> bytes | None:
        kept = await store.picture(sha256)
        return kept if kept is not None else application.pictures.get(sha256)

    return picture


async def _chosen_of(application: Application) -> Chosen:
    languages = ChosenLanguages(await application.conversations())

    async def chosen(server: str, user: str) -> str:
        try:
            return await languages.of(DiscordAdapter.platform, server, user)
        except StoreUnavailableError as error:
            _log.warning("The language that somebody chose is not known now: %s", error)
            return ""

    return chosen
