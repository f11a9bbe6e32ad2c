"""What is forgotten when the app is removed from a workspace, or its tokens are revoked.

Slack tells of a removal twice, by `app_uninstalled` and `tokens_revoked`, in whatever order
(https://docs.slack.dev/reference/events/app_uninstalled). A bot without token can do nothing more, so either is enough.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp

from adapters.payloads import first, listing, mapping, string
from adapters.slack.workspaces import ManyWorkspaces
from bots.slack.desk import Desk
from bots.slack.purge import purge

SKEW = 5
"""Seconds by which Slack's clock and ours may differ."""

_log = logging.getLogger(__name__)


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for both events; they are acknowledged when the tokens are forgotten."""
    listening: Any = app

    def forget(team: str) -> None:
        desk.spawn(purge(desk, team), f"Forgetting what was kept of {team}")

    removed = removing(desk.platform.clients, forget)
    listening.event("app_uninstalled")(removed)
    listening.event("tokens_revoked")(removed)


def removing(clients: object, forget: Callable[[str], None] | None = None) -> Callable[..., Awaitable[None]]:
    """The listener for the clients of this process; `forget` is told of workspaces that the app was removed from.

    A token that was revoked alone may be replaced, so that nothing but it is forgotten; one from the environment the
    operator has to replace.
    """

    async def removed(body: dict[str, Any]) -> None:
        event = mapping(body.get("event"))
        team, enterprise = _whose(body)
        if not isinstance(clients, ManyWorkspaces):
            _log.error("The app was removed from %s, or its tokens were revoked (%s)", team, event.get("type"))
            if forget is not None and event.get("type") == "app_uninstalled":
                forget(team)
            return
        if await _installed_since(clients, team, enterprise, body.get("event_time")):
            _log.info("%s of %s comes late: it was installed again since", event.get("type"), team or enterprise)
            return
        store = clients.installations
        tokens = mapping(event.get("tokens"))
        if event.get("type") == "app_uninstalled" or listing(tokens.get("bot")):
            await store.async_delete_all(enterprise_id=enterprise, team_id=team)
        for user in map(string, listing(tokens.get("oauth"))):
            await store.async_delete_installation(enterprise_id=enterprise, team_id=team, user_id=user)
        clients.forget(team, enterprise)
        if forget is not None and team and event.get("type") == "app_uninstalled":
            forget(team)

    return removed


def _whose(body: Mapping[str, Any]) -> tuple[str, str]:
    """Workspace and organization; no workspace where the organization has the app as a whole."""
    authorized = first(body.get("authorizations"))
    enterprise = string(body.get("enterprise_id")) or string(authorized.get("enterprise_id"))
    if authorized.get("is_enterprise_install") or body.get("is_enterprise_install"):
        return "", enterprise
    return string(body.get("team_id")) or string(authorized.get("team_id")), enterprise


async def _installed_since(clients: ManyWorkspaces, team: str, enterprise: str, sent: object) -> bool:
    """Whether it was installed after the event: Slack sends again for minutes what was not acknowledged."""
    bot = await clients.installations.async_find_bot(enterprise_id=enterprise, team_id=team)
    return bot is not None and isinstance(sent, int) and bot.installed_at > sent + SKEW
