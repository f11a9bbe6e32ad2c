"""The posting side of Slack: a reply becomes visible there once, be the worker killed at any moment."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from adapters.arriving import Arriving, reading_ahead
from adapters.slack.answer import Look
from adapters.slack.api import Clients, Installed
from adapters.slack.calls import Calls
from adapters.slack.delivery import Delivery, about
from adapters.slack.direct import UNPOSTABLE, DirectMessages
from adapters.slack.ephemeral import EphemeralReply
from adapters.slack.lacking import Lacking
from adapters.slack.live import LiveReply
from adapters.slack.messages import Messages
from adapters.slack.paces import Paces
from adapters.slack.refusals import SlackRefusedError
from adapters.slack.uploads import FindPicture, Uploads
from core.posting import Posting
from core.reply import ReplyPart

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Post:
    """What everything that is done for one posting needs."""

    calls: Calls
    delivery: Delivery
    installed: Installed
    uploads: Uploads


class SlackOutlet:
    """Posts replies to Slack, for all workspaces that `clients` knows; `picture` finds the bytes of what is shown."""

    platform = "slack"

    def __init__(self, clients: Clients, picture: FindPicture, *, paces: Paces | None = None) -> None:
        self._clients = clients
        self._picture = picture
        self._paces = paces or Paces()
        self._lacking = Lacking()

    async def post(self, posting: Posting, parts: AsyncIterator[ReplyPart]) -> str:
        """Show the parts as they come; the id of the reply, `<channel>:<ts>` of its first message.

        Where the app may not write, the asker is told so directly.

        Raises:
            PlatformUnavailableError: Slack is away or asks for patience.
            PlatformRefusedError: Slack does not know the token any more, or the like.
        """
        post = await self._begin(posting)
        look = Look(
            post.delivery.texts(posting),
            about(posting),
            ephemeral=post.delivery.surface == "ephemeral",
            asked=post.delivery.asked,
            asked_by=post.delivery.asked_by,
            shared_by=post.delivery.shared_by,
        )
        direct = DirectMessages(post.calls, post.delivery, post.installed, self._lacking)
        async with reading_ahead(parts) as arriving:
            try:
                return await self._show(post, direct, look, arriving)
            except SlackRefusedError as error:
                if error.reason not in UNPOSTABLE or post.delivery.surface == "ephemeral":
                    raise
                _log.info("A reply can't be posted where it was asked for: %s", error)
                return await direct.explain(error, look)

    async def withdraw(self, posting: Posting) -> None:
        """Delete the messages of the reply and the files it shared; fine if they are gone."""
        post = await self._begin(posting)
        await Messages(post.calls, post.delivery.spot, post.installed).remove()
        await post.uploads.remove()

    async def close(self) -> None:
        """Nothing is held: connections belong to `clients`."""

    async def _begin(self, posting: Posting) -> _Post:
        delivery = Delivery.of(posting)
        calls = Calls(await self._clients.client(delivery.team, delivery.enterprise), posting)
        installed = await self._clients.installed(delivery.team, delivery.enterprise)
        return _Post(calls, delivery, installed, Uploads(calls, self._picture, delivery.team, self._lacking))

    async def _show(self, post: _Post, direct: DirectMessages, look: Look, arriving: Arriving) -> str:
        if post.delivery.surface == "ephemeral":
            answer = EphemeralReply(post.calls, post.delivery, direct, look, self._lacking, post.uploads, self._paces)
            return await answer.run(arriving)
        messages = Messages(post.calls, post.delivery.spot, post.installed)
        reply = LiveReply(post.calls, post.delivery, messages, look, self._lacking, post.uploads, self._paces)
        return await reply.run(arriving)
