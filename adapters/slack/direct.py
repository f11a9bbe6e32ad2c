"""What a person is told directly, since it can't be told where they asked."""

import logging
from dataclasses import replace

from adapters.payloads import mapping, string
from adapters.slack.answer import Look
from adapters.slack.api import Installed
from adapters.slack.blocks import SlackMessage, section
from adapters.slack.calls import Calls
from adapters.slack.converting import escaped
from adapters.slack.delivery import Delivery
from adapters.slack.forms import Forms, Render
from adapters.slack.lacking import Lacking
from adapters.slack.messages import Messages
from adapters.slack.refusals import SlackRefusedError
from adapters.slack.standing import Spot

_log = logging.getLogger(__name__)

UNPOSTABLE = {
    "cannot_reply_to_message": "unpostable_thread",
    "channel_not_found": "unpostable_stranger",
    "ekm_access_denied": "unpostable_restricted",
    "invalid_thread_ts": "unpostable_thread",
    "is_archived": "unpostable_archived",
    "message_not_found": "unpostable_thread",
    "not_in_channel": "unpostable_stranger",
    "restricted_action": "unpostable_restricted",
    "restricted_action_non_threadable_channel": "unpostable_restricted",
    "restricted_action_read_only_channel": "unpostable_restricted",
    "restricted_action_thread_locked": "unpostable_restricted",
    "restricted_action_thread_only_channel": "unpostable_restricted",
    "thread_not_found": "unpostable_thread",
}
"""Refusals that concern one place, and the name of the text that says why."""


class DirectMessages:
    """Direct messages to whoever asked, for one posting; posted once each, as in a channel."""

    def __init__(self, calls: Calls, delivery: Delivery, installed: Installed, lacking: Lacking) -> None:
        self._calls = calls
        self._delivery = delivery
        self._installed = installed
        self._lacking = lacking
        self.id = ""

    async def show(self, render: Render, look: Look) -> bool:
        """Show it in the direct conversation with the asker; False if there is nobody to tell.

        Raises:
            SlackRefusedError: Slack does not let the app write there.
        """
        if not self._delivery.user:
            return False
        opened = await self._calls.change("conversations.open", users=self._delivery.user)
        spot = Spot(
            string(mapping(opened.get("channel")).get("id")),
            after=self._delivery.spot.after,
            enterprise=self._delivery.enterprise,
        )
        messages = Messages(self._calls, spot, self._installed)
        await messages.recognize()
        await Forms(look, self._lacking, self._delivery.team).show(render, messages.show)
        self.id = f"{spot.channel}:{messages.ids[0]}"
        return True

    async def explain(self, refusal: SlackRefusedError, look: Look) -> str:
        """Tell the asker why there is no answer in the channel; the id of that message, or of none."""
        texts = look.texts
        channel = self._delivery.spot.channel
        reason: str = getattr(texts, UNPOSTABLE[refusal.reason])
        said = texts.unpostable.format(channel=f"<#{channel}>", reason=escaped(reason))
        try:
            await self.show(lambda _look: (SlackMessage(said, (section(said),)),), replace(look, about=None))
        except SlackRefusedError as error:
            _log.warning("Nobody could be told why there is no answer in %s: %s", channel, error)
        return self.id or f"{channel}:none-{self._calls.posting.key}"
