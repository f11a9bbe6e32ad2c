"""A reply in a channel, a thread or a direct message, from the first status to its final form.

Where Slack offers it, a status stands below the thread while nothing is said yet, and the text is streamed; else a
message says what is being done, and is edited. When the whole reply is there at once, it is posted at once.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from adapters.arriving import Arriving, has_more, never, says_something
from adapters.markdown.streaming import GrowingText
from adapters.reply_texts import status_text
from adapters.slack.answer import Look, answer_messages, closing_blocks, streams_well, underway_messages
from adapters.slack.blocks import Block, SlackMessage, context
from adapters.slack.buttons import stop_row
from adapters.slack.calls import Calls
from adapters.slack.converting import escaped
from adapters.slack.delivery import Delivery
from adapters.slack.forms import Forms
from adapters.slack.lacking import Lacking
from adapters.slack.messages import Messages
from adapters.slack.paces import Paces
from adapters.slack.streams import Stream
from adapters.slack.thread_status import ThreadStatus
from adapters.slack.uploads import Uploads
from core.errors import LeaseLostError, PlatformUnavailableError
from core.reply import Reply, ReplyPart, Status, Text, gather

_log = logging.getLogger(__name__)


class LiveReply:
    """One reply as it comes to stand in its place."""

    def __init__(
        self,
        calls: Calls,
        delivery: Delivery,
        messages: Messages,
        look: Look,
        lacking: Lacking,
        uploads: Uploads,
        paces: Paces,
    ) -> None:
        self._calls = calls
        self._spot = delivery.spot
        self._messages = messages
        self._forms = Forms(look, lacking, delivery.team)
        self._uploads = uploads
        self._paces = paces
        self._stream = Stream(calls, messages, delivery, lacking)
        self._status = ThreadStatus(calls, delivery, lacking)
        self._growing = GrowingText()
        self._fed = 0
        self._shown_times = 0
        self._pending = ""
        """What is to be appended and was not yet."""

    async def run(self, arriving: Arriving) -> str:
        """Show the parts as they arrive; the id of the reply when the last one stands."""
        await self._messages.recognize()
        await arriving.until(says_something, within=self._paces.grace)
        await arriving.until(never, within=self._paces.together if arriving.says_something else 0.0)
        while not arriving.is_whole:
            seen = len(arriving.parts)
            says = arriving.says_something
            self._shown_times += says
            await self._show_so_far(arriving.parts, says)
            await arriving.until(never if says else says_something, within=self._pace)
            await arriving.until(partial(has_more, seen))
        reply = gather(arriving.parts)
        await self._finish(reply)
        return f"{self._spot.channel}:{self._messages.ids[0]}"

    @property
    def _pace(self) -> float:
        slower = min(self._paces.slower, 1.0 + self._shown_times / 6)
        return slower * (self._paces.stream if self._stream.is_open else self._paces.edit)

    async def _show_so_far(self, parts: Sequence[ReplyPart], says: bool) -> None:
        """Show what there is. Where Slack can't be told now, more will be told later."""
        text = "".join(part.text for part in parts if isinstance(part, Text))
        status = next((part for part in reversed(parts) if isinstance(part, Status)), None)
        try:
            # What begins with a quotation is edited: a stream is the answer's text alone.
            if says and (self._stream.is_open or (self._stream.is_offered and not self._forms.look.asked)):
                await self._grow(text, status)
            elif says or self._messages.ids or not await self._say_doing(status):
                await self._edit(text, status)
        except LeaseLostError:
            raise
        except PlatformUnavailableError as error:
            _log.info("Slack was not told what there is so far: %s", error)

    async def _say_doing(self, status: Status | None) -> bool:
        """Say what is being done where nothing stands yet: by the thread's status, else above a stream."""
        doing = status_text(status, self._forms.look.texts)
        if await self._status.say(doing):
            return True
        if not (self._stream.is_offered and self._stream.takes_blocks):
            return False
        return await self._stream.start("", (context(f"_{escaped(doing)}_"), *self._stop()))

    def _stop(self) -> tuple[Block, ...]:
        look = self._forms.look
        return (stop_row(look.about, look.texts),) if look.about else ()

    async def _grow(self, text: str, status: Status | None) -> None:
        """Append what can be shown by now. A text for which one message is too small goes on in edited ones."""
        additions = self._growing.add(text[self._fed :])
        self._fed = len(text)
        self._pending += "".join(addition.text for addition in additions if addition.part == 0)
        if any(addition.part for addition in additions):
            await self._stream.give_up()
        elif self._pending:
            await self._say(self._pending)
            self._pending = ""
        if not self._stream.is_open and not self._stream.is_offered:
            await self._edit(text, status)

    async def _say(self, more: str) -> None:
        if self._stream.is_open:
            await self._stream.append(more)
        else:
            await self._stream.start(more, self._stop())

    async def _edit(self, text: str, status: Status | None) -> None:
        def render(look: Look) -> Sequence[SlackMessage]:
            return underway_messages(text, status, look)

        await self._forms.show(render, self._messages.show)

    async def _finish(self, reply: Reply) -> None:
        """Let the whole reply stand, in its final form."""
        self._forms.look = replace(self._forms.look, files=await self._uploads.upload(reply.pictures))
        if not (self._stream.is_open and await self._close_stream(reply)):
            await self._forms.show(partial(answer_messages, reply), self._messages.show)
        await self._uploads.remove(shared_only=True)
        if self._forms.without_files:
            await self._uploads.share(reply.pictures, self._spot)

    async def _close_stream(self, reply: Reply) -> bool:
        """End the stream; False if its message is to be edited into the final form."""
        additions = (*self._growing.add(reply.text[self._fed :]), *self._growing.finish())
        if any(addition.part for addition in additions):
            await self._stream.give_up()
            return False
        rest = self._pending + "".join(addition.text for addition in additions)
        if self._stream.has_blocks or not streams_well(reply.text):
            await self._stream.stop(rest, ())
            return False
        blocks, more = closing_blocks(reply, self._forms.look, self._growing.used)
        if not await self._stream.stop(rest, blocks):
            return False
        await self._messages.show((None, *more))
        return True
