"""What is kept of a workspace is forgotten when the app was removed from it."""

import logging

from adapters.slack.api import OneWorkspace, who_is
from adapters.slack.refusals import SlackRefusedError
from bots.forgetting import forget_workspace
from bots.slack.desk import Desk

_log = logging.getLogger(__name__)


async def purge(desk: Desk, team: str) -> None:
    """Forget all that is kept of a workspace, as `forget_workspace` says, unless the app is there still.

    Raises:
        StoreUnavailableError: Redis is away.
        PlatformUnavailableError: Slack does not say whether the app was removed.
    """
    if await _is_still_there(desk):
        _log.warning("Slack says that the app was removed from %s, but takes its token: nothing is forgotten", team)
        return
    await forget_workspace(desk.application, desk.platform.platform, team)


async def _is_still_there(desk: Desk) -> bool:
    """With a single token: whether Slack takes it still, since events may come late."""
    clients = desk.platform.clients
    if not isinstance(clients, OneWorkspace):
        return False
    try:
        await who_is(await clients.client())
    except SlackRefusedError:
        return False
    return True
