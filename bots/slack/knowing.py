"""What happens to everything that arrives before a listener sees it: whose installation it is, and who changed."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext

from adapters.payloads import mapping, string
from bots.slack.desk import Desk
from core.errors import PlatformRefusedError

_OF_REMOVED_APPS = {"app_uninstalled", "tokens_revoked", "team_access_revoked"}

Authorize = Callable[..., Awaitable[AuthorizeResult]]
Middleware = Callable[..., Awaitable[None]]


def authorize_with(desk: Desk) -> Authorize:
    """Bolt's `authorize`, from what is known of installations; without a call to Slack once it is."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        clients = desk.platform.clients
        try:
            installed = await clients.installed(team_id or "", enterprise_id or "")
            client = await clients.client(team_id or "", enterprise_id or "")
        except PlatformRefusedError:
            # The second of the two events of a removal comes when the tokens are forgotten; any other listener asks
            # for the installation and is refused.
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)
        return AuthorizeResult(
            enterprise_id=installed.enterprise or enterprise_id,
            team_id=installed.team,
            bot_user_id=installed.user,
            bot_id=installed.bot or None,
            bot_token=client.token,
        )

    return authorize


def hear_with(desk: Desk) -> Middleware:
    """Let what is remembered of people and channels follow the events."""

    async def hear(body: dict[str, Any], context: AsyncBoltContext, next: Callable[[], Awaitable[Any]]) -> None:
        event = mapping(body.get("event"))
        if event and string(event.get("type")) not in _OF_REMOVED_APPS:
            desk.platform.intake.heard(event, await desk.installed(context))
        await next()

    return hear
