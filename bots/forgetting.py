"""What is kept of a workspace or server is forgotten when the app was removed from it."""

import asyncio
import logging

from core.application import Application
from core.languages import ChosenLanguages
from core.messages import Place
from core.sources.channels.found import known_channels

_log = logging.getLogger(__name__)


async def forget_workspace(application: Application, platform: str, workspace: str) -> None:
    """Forget its conversations with their pictures, what was said of answers, which languages were chosen, its saved
    notes, and what was read of its channels.

    What is interrupted can be done again, and what is left then goes when its time is over.

    Raises:
        StoreUnavailableError: Redis is away.
        UnavailableError: somebody reads documents in, or the index is away.
    """
    store = await application.conversations()
    conversations = messages = pictures = 0
    async for page in store.all_conversations():
        for name in page:
            place = Place.named(name)
            if place.platform == platform and place.workspace == workspace:
                forgotten = await store.forget_conversation(name)
                conversations += 1
                messages, pictures = messages + forgotten.messages, pictures + forgotten.pictures
    await ChosenLanguages(store).forget_workspace(platform, workspace)
    notes = await application.saved_notes.forget_workspace(platform, workspace)
    channels = 0
    for spot in await asyncio.to_thread(known_channels, application, platform, workspace):
        channels += await application.channel_follower.forget(spot)
    _log.info(
        "Forgot what was kept of %s: %d conversations with %d messages and %d pictures, %d saved notes, %d channels",
        *(workspace, conversations, messages, pictures, notes, channels),
    )
