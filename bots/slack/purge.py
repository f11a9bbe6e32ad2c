"""What is kept of a workspace is forgotten when the app was removed from it."""

import logging

from adapters.slack.api import OneWorkspace, who_is
from adapters.slack.refusals import SlackRefusedError
from bots.slack.desk import Desk
from core.messages import Place

_log = logging.getLogger(__name__)


async def purge(desk: Desk, team: str) -> None:
    """Forget the conversations of a workspace with their pictures and what was said of answers, and its saved notes.

    What is interrupted can be done again, and what is left then goes when its time is over.

    Raises:
        StoreUnavailableError: Redis is away.
        PlatformUnavailableError: Slack does not say whether the app was removed.
    """
    if await _is_still_there(desk):
        _log.warning("Slack says that the app was removed from %s, but takes its token: nothing is forgotten", team)
        return
    platform = desk.platform.platform
    conversations = messages = pictures = 0
    async for page in desk.store.all_conversations():
        for name in page:
            place = Place.named(name)
            if place.platform == platform and place.workspace == team:
                forgotten = await desk.store.forget_conversation(name)
                conversations += 1
                messages, pictures = messages + forgotten.messages, pictures + forgotten.pictures
    notes = await desk.application.saved_notes.forget_workspace(platform, team)
    _log.info(
        "Forgot what was kept of %s: %d conversations with %d messages and %d pictures, %d saved notes",
        *(team, conversations, messages, pictures, notes),
    )


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
