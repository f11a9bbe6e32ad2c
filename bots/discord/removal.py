"""What is kept of a server is forgotten when Lorelens was removed from it, at once."""

import logging

from adapters.discord.api import ask
from adapters.discord.heard import snowflake
from adapters.discord.refusals import MISSING_ACCESS, UNKNOWN_GUILD, DiscordRefusedError
from adapters.payloads import Payload
from bots.discord.desk import Desk
from bots.forgetting import forget_workspace

_log = logging.getLogger(__name__)


async def register(desk: Desk) -> None:
    """Listen for removals; `unavailable` says that Discord has an outage there, which is none.

    https://discord.com/developers/docs/events/gateway-events#guild-delete
    """

    def removed(payload: Payload) -> None:
        guild = snowflake(payload.get("id"))
        if guild and not payload.get("unavailable"):
            desk.spawn(forget_if_removed(desk, guild), f"Forgetting what was kept of the server {guild}")

    desk.client.hear("GUILD_DELETE", removed)


async def forget_if_removed(desk: Desk, guild: str) -> None:
    """Forget a server, unless Discord says that Lorelens is on it: an event may come late.

    Raises:
        StoreUnavailableError: Redis is away.
        PlatformUnavailableError: Discord does not say.
    """
    try:
        await ask(desk.client.http, "/guilds/{guild_id}", guild_id=guild)
    except DiscordRefusedError as error:
        if error.number not in {UNKNOWN_GUILD, MISSING_ACCESS} and error.status not in {403, 404}:
            raise
        await forget_workspace(desk.application, desk.platform.platform, guild)
        return
    _log.warning("Discord says that Lorelens was removed from %s, but shows it still: nothing is forgotten", guild)
