"""The posting side of Slack: a reply becomes visible there once, be the worker killed at any moment."""

import logging
from collections.abc import AsyncIterator

from adapters.slack.answer import Look
from adapters.slack.api import Clients
from adapters.slack.arriving import Arriving, reading_ahead
from adapters.slack.calls import Calls
from adapters.slack.delivery import Delivery, about
from adapters.slack.lacking import Lacking
from adapters.slack.live import LiveReply
from adapters.slack.messages import Messages
from adapters.slack.uploads import FindPicture, Uploads
from core.posting import Posting
from core.reply import ReplyPart

_log = logging.getLogger(__name__)


class SlackOutlet:
    """Posts replies to Slack, for all workspaces that `clients` knows; `picture` finds the bytes of what is shown."""

    platform = "slack"

    def __init__(self, clients: Clients, picture: FindPicture) -> None:
        self._clients = clients
        self._picture = picture
        self._lacking = Lacking()

    async def post(self, posting: Posting, parts: AsyncIterator[ReplyPart]) -> str:
        """Show the parts as they come; the id of the reply, `<channel>:<ts>` of its first message.

        Raises:
            PlatformUnavailableError: Slack is away or asks for patience.
            SlackRefusedError: Slack does not know the token any more, or the like.
        """
        async with reading_ahead(parts) as arriving:
            return await self._post(posting, arriving)

    async def _post(self, posting: Posting, arriving: Arriving) -> str:
        delivery = Delivery.of(posting)
        calls = Calls(await self._clients.client(delivery.team, delivery.enterprise), posting)
        installed = await self._clients.installed(delivery.team, delivery.enterprise)
        look = Look(delivery.texts(posting), about(posting))
        messages = Messages(calls, delivery.spot, installed)
        uploads = Uploads(calls, self._picture, delivery.team, self._lacking)
        return await LiveReply(calls, delivery, messages, look, self._lacking, uploads).run(arriving)

    async def withdraw(self, posting: Posting) -> None:
        """Delete the messages of the reply and the files it shared; fine if they are gone."""
        delivery = Delivery.of(posting)
        calls = Calls(await self._clients.client(delivery.team, delivery.enterprise), posting)
        installed = await self._clients.installed(delivery.team, delivery.enterprise)
        await Messages(calls, delivery.spot, installed).remove()
        await Uploads(calls, self._picture, delivery.team, self._lacking).remove()

    async def close(self) -> None:
        """Nothing is held: connections belong to `clients`."""
