"""Which conversation a message of a server's channel belongs to: that of the chain of replies that it goes on.

The conversation of a chain is named by its first message, "re-<id>". Lorelens' own answers carry that name in their
buttons, so a chain is followed no further than to the last of them.
"""

import logging
from collections import OrderedDict

from discord.http import HTTPClient

from adapters.discord.api import ask, messages_after
from adapters.discord.buttons import pressed
from adapters.discord.heard import Heard
from adapters.payloads import mapping
from core.errors import PlatformRefusedError, PlatformUnavailableError

MOST_REPLIES = 25
"""So many replies back a chain is followed."""
_REMEMBERED = 20_000
_LOOKED_AT = 50

_log = logging.getLogger(__name__)


class Chains:
    """Chains of replies, and which messages are of which; asked of Discord and remembered."""

    def __init__(self, http: HTTPClient, *, most: int = _REMEMBERED) -> None:
        self._http = http
        self._most = most
        self._threads: OrderedDict[str, str] = OrderedDict()

    def remember(self, message: str, thread: str) -> None:
        """A message is of this conversation; of none, if `thread` is empty."""
        self._threads[message] = thread
        self._threads.move_to_end(message)
        while len(self._threads) > self._most:
            self._threads.popitem(last=False)

    def known(self, message: str) -> str | None:
        """The conversation of a message, "" if it is of none; None where that is not known."""
        return self._threads.get(message)

    async def thread(self, heard: Heard, own: str) -> str:
        """The name of the conversation that a message goes on, or begins; `own` is the app's user."""
        walked = [heard.id]
        current, thread = heard, ""
        while not thread:
            thread = self.known(current.id) or _carried(current, own)
            if thread:
                break
            if not current.reference or len(walked) > MOST_REPLIES:
                thread = f"re-{current.id}"
                break
            walked.append(current.reference)
            parent = current.referenced or await self.fetch(current.channel, current.reference)
            if parent is None:
                thread = self.known(current.reference) or f"re-{current.reference}"
                break
            current = parent
        for message in walked:
            self.remember(message, thread)
        return thread

    async def before(self, heard: Heard, most: int = MOST_REPLIES) -> list[Heard]:
        """The messages that a message goes on from, oldest first: what it replies to, what that replies to, ..."""
        found: list[Heard] = []
        current = heard
        while current.reference and len(found) < most:
            parent = await self.fetch(current.channel, current.reference)
            if parent is None:
                break
            found.append(parent)
            current = parent
        return found[::-1]

    async def fetch(self, channel: str, message: str) -> Heard | None:
        """A message, or None where there is none or it can't be read."""
        path = "/channels/{channel_id}/messages/{message_id}"
        try:
            found = mapping(await ask(self._http, path, channel_id=channel, message_id=message))
        except (PlatformRefusedError, PlatformUnavailableError) as error:
            _log.info("A message can't be read: %s", error)
            return None
        return Heard.of(found) if found else None

    async def of_deleted(self, channel: str, message: str, own: str) -> str:
        """The conversation of a message that is gone: as it was known, or as the answer to it says."""
        known = self.known(message)
        if known is not None:
            return known
        try:
            async for one in messages_after(self._http, channel, message, most=_LOOKED_AT):
                heard = Heard.of(one)
                if heard.author == own and heard.reference == message and (carried := _carried(heard, own)):
                    return carried
        except (PlatformRefusedError, PlatformUnavailableError) as error:
            _log.info("Whether a deleted message was answered can't be read: %s", error)
        return f"re-{message}"


def _carried(heard: Heard, own: str) -> str:
    """The conversation that an answer of ours names in its buttons."""
    if heard.author != own:
        return ""
    found = (pressed(custom_id) for custom_id in heard.buttons)
    return next((one.thread for one in found if one is not None and one.thread.startswith("re-")), "")
