"""The messages of one reply in a channel: posted once each, edited, and removed when there are fewer.

Be the worker killed at any moment, each part of the reply ends as one message; see `adapters.slack.standing`.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from adapters.payloads import mapping, string
from adapters.sending import PAUSE, TRIES
from adapters.slack.api import Installed
from adapters.slack.blocks import SlackMessage
from adapters.slack.calls import Calls
from adapters.slack.refusals import SlackRefusedError, SlackUncertainError
from adapters.slack.standing import Found, Spot, find, metadata, noted, now
from core.errors import PlatformUnavailableError

_log = logging.getLogger(__name__)

_QUIET = {"unfurl_links": False, "unfurl_media": False}
_NOT_EDITABLE = {"message_not_found", "cant_update_message", "edit_window_closed"}
_NOT_THERE = {"message_not_found", "channel_not_found", "not_in_channel", "thread_not_found", "is_archived"}


class Messages:
    """The messages that stand for one posting, or will."""

    def __init__(self, calls: Calls, spot: Spot, installed: Installed) -> None:
        self._calls = calls
        self._posting = calls.posting
        self._spot = spot
        self._installed = installed
        self._ts = noted(self._posting, spot.channel)
        self._shown: dict[str, SlackMessage] = {}
        self._unsure = self._must_look = self._posting.taken_over and "starting" in self._posting.posted

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the messages, part by part."""
        return tuple(self._ts)

    async def recognize(self) -> None:
        """Learn what stands already: what was noted, and, where somebody may have posted without noting it, what is
        found. A stream that is under way is ended; its message is edited from then on."""
        await self._look()
        if self._ts and self._posting.posted.get("streaming"):
            await self._end_stream(self._ts[0])
            await self._posting.note(streaming=False)

    async def begin(self) -> None:
        """Note that something is about to be posted; without that note nobody looks for anything."""
        if not self._unsure and not self._ts:
            await self._posting.note(ts=[], starting=now(), **self._spot.noted())

    async def show(self, messages: Sequence[SlackMessage | None]) -> None:
        """Let the reply read so: post what is missing, edit what differs, delete what is too much. None stands for a
        message that is right as it is.

        Raises:
            SlackRefusedError: Slack does not take a message as it is, or does not let the app post there.
            PlatformUnavailableError: Slack does not answer.
        """
        for part, message in enumerate(messages):
            if message is None:
                continue
            if part < len(self._ts) and not await self._edit(part, message):
                await self._delete_from(part)
            if part >= len(self._ts):
                await self._post_once(part, message)
        await self._delete_from(len(messages))

    async def stands(self, part: int, ts: str, **more: Any) -> None:
        """A part stands there now, however it came to."""
        self._ts[part:] = [ts]
        await self._posting.note(ts=list(self._ts), **more)

    async def doubt(self) -> None:
        """Something may have come to stand there that nobody noted: look for it, and once more after posting."""
        self._unsure = self._must_look = True
        await self.recognize()

    async def remove(self) -> None:
        """Delete all that stands, noted or not."""
        await self.recognize()
        await self._delete_from(0)

    async def _look(self) -> None:
        """Find what nobody noted, if there may be something."""
        if self._must_look:
            await self._adopt(await self._find())
            self._must_look = False

    async def _find(self) -> Found:
        for attempt in range(TRIES):
            try:
                return await find(self._calls.client, self._spot, self._posting, self._installed)
            except SlackUncertainError:
                await asyncio.sleep(PAUSE * 2**attempt)
        raise PlatformUnavailableError("Slack does not say what it has.", hint="It is tried again later.")

    async def _adopt(self, found: Found) -> None:
        """Take up what was found. Of each part the oldest stays; a stream that was begun becomes part 0, or goes."""
        for part in sorted(found.parts):
            oldest, *later = found.parts[part]
            if part == len(self._ts):
                await self.stands(part, oldest)
            elif part > len(self._ts):
                later.insert(0, oldest)
            elif oldest != self._ts[part]:
                later = [ts for ts in later if ts != self._ts[part]] + [self._ts[part]]
                self._ts[part] = oldest
                await self._posting.note(ts=list(self._ts))
            for ts in later:
                await self._delete(ts)
        for ts in found.streams:
            if not self._ts:
                await self.stands(0, ts, streaming=True)
            elif ts not in self._ts:
                await self._delete(ts)
        if found.unclaimed and not self._ts:
            await self.stands(0, found.unclaimed[0])

    async def _post_once(self, part: int, message: SlackMessage) -> None:
        """Post a part if it does not stand there."""
        for attempt in range(TRIES):
            try:
                await self._look()
                if part >= len(self._ts):
                    await self.begin()
                    ts = await self._post(part, message)
                    self._shown[ts] = message
                    await self.stands(part, ts)
                    self._must_look = self._unsure  # what was sent before may have come to stand there meanwhile
                    await self._look()
                await self._edit(part, message)
                return
            except SlackUncertainError:
                self._unsure = self._must_look = True
                await asyncio.sleep(PAUSE * 2**attempt)
        raise PlatformUnavailableError("Slack does not answer.", hint="It is tried again later.")

    async def _post(self, part: int, message: SlackMessage) -> str:
        where: dict[str, Any] = {"channel": self._spot.channel, "metadata": metadata(self._posting, part), **_QUIET}
        if self._spot.thread:
            where["thread_ts"] = self._spot.thread
        answer = await self._calls.change("chat.postMessage", **where, **_said(message))
        return string(answer.get("ts")) or string(mapping(answer.get("message")).get("ts"))

    async def _edit(self, part: int, message: SlackMessage) -> bool:
        """Let a part read so; False if it is not there any more."""
        ts = self._ts[part]
        if self._shown.get(ts) == message:
            return True
        arguments = {"channel": self._spot.channel, "ts": ts, "metadata": metadata(self._posting, part)}
        try:
            try:
                await self._calls.repeat("chat.update", **arguments, **_said(message))
            except SlackRefusedError as error:
                if error.reason != "streaming_state_conflict":
                    raise
                await self._end_stream(ts)
                await self._calls.repeat("chat.update", **arguments, **_said(message))
        except SlackRefusedError as error:
            if error.reason not in _NOT_EDITABLE:
                raise
            return False
        self._shown[ts] = message
        return True

    async def _delete_from(self, part: int) -> None:
        """Delete the parts from this one on."""
        while len(self._ts) > part:
            await self._delete(self._ts[-1])
            self._ts.pop()
            await self._posting.note(ts=list(self._ts))

    async def _delete(self, ts: str) -> None:
        try:
            try:
                await self._calls.repeat("chat.delete", channel=self._spot.channel, ts=ts)
            except SlackRefusedError as error:
                if error.reason != "cant_delete_message":
                    raise
                await self._end_stream(ts)  # as long as it streams, it can't be deleted
                await self._calls.repeat("chat.delete", channel=self._spot.channel, ts=ts)
        except SlackRefusedError as error:
            if error.reason not in _NOT_THERE:
                _log.warning("A message could not be deleted: %s", error)
        self._shown.pop(ts, None)

    async def _end_stream(self, ts: str) -> None:
        """End a stream; whatever it is now, `chat.update` says whether it can be edited."""
        try:
            await self._calls.repeat("chat.stopStream", channel=self._spot.channel, ts=ts)
        except SlackRefusedError as error:
            _log.info("A stream had ended: %s", error.reason)


def _said(message: SlackMessage) -> dict[str, Any]:
    return {"text": message.text, "blocks": list(message.blocks)}
