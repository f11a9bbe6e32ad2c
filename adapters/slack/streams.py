"""An answer that grows by itself: chat.startStream, appendStream, stopStream.

https://docs.slack.dev/messaging/sending-and-scheduling-messages#text-streaming

Text can only be appended. While a stream is open, its message takes neither `chat.update` nor `chat.delete`. Slack
closes one by itself, after some five minutes or a long silence; then the message is edited.
"""

import logging
from collections.abc import Sequence
from typing import Any

from adapters.payloads import string
from adapters.slack.blocks import Block
from adapters.slack.calls import Calls
from adapters.slack.delivery import Delivery
from adapters.slack.lacking import Lacking
from adapters.slack.messages import Messages
from adapters.slack.refusals import SlackRefusedError, SlackUncertainError
from adapters.slack.standing import metadata, stream_block_id

_log = logging.getLogger(__name__)

_THIS_ONCE = {
    "cannot_reply_to_message",
    "channel_not_found",
    "invalid_thread_ts",
    "is_archived",
    "message_not_found",
    "missing_recipient_team_id",
    "missing_recipient_user_id",
    "msg_too_long",
    "not_in_channel",
    "restricted_action",
    "team_not_found",
    "thread_not_found",
    "user_not_found",
}
"""Refusals that say nothing of the next answer."""


class Stream:
    """The stream of one reply; it becomes the first of its messages."""

    def __init__(self, calls: Calls, messages: Messages, delivery: Delivery, lacking: Lacking) -> None:
        self._calls = calls
        self._messages = messages
        self._delivery = delivery
        self._lacking = lacking
        self._where = f"{delivery.team}/{delivery.surface}"
        self._ts = ""
        self.has_blocks = False
        self._broken = False

    @property
    def is_open(self) -> bool:
        """Whether it was started and not stopped."""
        return bool(self._ts)

    @property
    def is_offered(self) -> bool:
        """Whether one may be started: in a thread, where nothing of the reply stands yet."""
        return (
            bool(self._delivery.spot.thread)
            and not self._broken
            and not self._messages.ids
            and self._lacking.has(self._where, "streams")
        )

    @property
    def takes_blocks(self) -> bool:
        """Whether it may begin with blocks, as far as is known."""
        return self._lacking.has(self._where, "blocks in streams")

    async def start(self, text: str, above: Sequence[Block]) -> bool:
        """Start it with a text, or without, below blocks where Slack takes them in streams; False if it can't be.

        Raises `PlatformUnavailableError`, `LeaseLostError`.
        """
        await self._messages.begin()
        said = [{"type": "markdown_text", "text": text}] if text else []
        if above and self.takes_blocks:
            first, *others = above
            blocks = [{**first, "block_id": stream_block_id(self._calls.posting)}, *others]
            refusal = await self._start({"chunks": [{"type": "blocks", "blocks": blocks}, *said]})
            self.has_blocks = self.is_open
            if not refusal.startswith("invalid_"):
                return self.is_open
            self._lacking.note(self._where, "blocks in streams")
        if text and not self._broken:
            await self._start({"markdown_text": text})
        return self.is_open

    async def _start(self, form: dict[str, Any]) -> str:
        """Try to start it; answers why it was refused, if it was."""
        spot = self._delivery.spot
        arguments: dict[str, Any] = {"channel": spot.channel, "thread_ts": spot.thread}
        if self._delivery.surface == "thread":
            arguments |= {"recipient_team_id": self._delivery.team, "recipient_user_id": self._delivery.user}
        try:
            answer = await self._calls.change("chat.startStream", **arguments, **form)
        except SlackUncertainError:
            self._broken = True
            await self._messages.doubt()
        except SlackRefusedError as error:
            _log.info("No stream: %s", error)
            if "chunks" in form and error.reason.startswith("invalid_"):
                return error.reason
            self._broken = True
            if error.reason not in _THIS_ONCE:
                self._lacking.note(self._where, "streams")
            return error.reason
        else:
            self._ts = string(answer.get("ts"))
            await self._messages.stands(0, self._ts, streaming=True)
        return ""

    async def append(self, text: str) -> bool:
        """Append a text; False if the stream is over, or it is not sure what it holds: then edit its message."""
        try:
            await self._calls.change(
                "chat.appendStream",
                channel=self._delivery.spot.channel,
                ts=self._ts,
                **self._more(text),
            )
        except (SlackRefusedError, SlackUncertainError) as error:
            _log.info("A stream is over: %s", error)
            await self.give_up()
            return False
        return True

    async def stop(self, text: str, blocks: Sequence[Block]) -> bool:
        """End it with the rest of the text, blocks below, and the reply's key; False if its message is to be edited."""
        rest = self._more(text) if text else {}
        ts, self._ts = self._ts, ""
        await self._calls.posting.note(streaming=False)
        try:
            await self._calls.repeat(
                "chat.stopStream",
                channel=self._delivery.spot.channel,
                ts=ts,
                metadata=metadata(self._calls.posting, 0),
                **rest,
                **({"blocks": list(blocks)} if blocks else {}),
            )
        except SlackRefusedError as error:
            _log.info("A stream was not stopped: %s", error)
            return False
        return True

    async def give_up(self) -> None:
        """Go on without it: its message is edited from now on."""
        self._ts, self._broken = "", True
        await self._messages.recognize()

    def _more(self, text: str) -> dict[str, Any]:
        """A text in the manner in which the stream was started; Slack does not take both in one stream."""
        return {"chunks": [{"type": "markdown_text", "text": text}]} if self.has_blocks else {"markdown_text": text}
