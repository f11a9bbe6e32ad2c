"""A reply from the first sign of life to its final form.

Lorelens is seen typing while nothing is said yet; a first text is posted soon, and edited at the pace that Discord's
headers allow. When the whole reply is there at once, it is posted at once.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from adapters.arriving import Arriving, has_more, never, says_something
from adapters.discord.answer import Look, answer_messages, underway_messages
from adapters.discord.doors import Door
from adapters.discord.messages import Messages
from adapters.discord.paces import Paces
from adapters.discord.pictures import Pictures
from adapters.discord.refusals import INVALID_FORM, MISSING_PERMISSIONS, TOO_LARGE, DiscordRefusedError
from core.errors import LeaseLostError, PlatformUnavailableError
from core.reply import Reply, ReplyPart, Status, Text, gather

_log = logging.getLogger(__name__)


class LiveReply:
    """One reply as it comes to stand behind a door."""

    def __init__(self, door: Door, messages: Messages, pictures: Pictures, look: Look, paces: Paces) -> None:
        self._door = door
        self._messages = messages
        self._pictures = pictures
        self._look = look
        self._paces = paces
        self._shown_times = 0

    async def run(self, arriving: Arriving) -> str:
        """Show the parts as they arrive; the id of the reply when the last one stands."""
        await self._messages.recognize()
        await arriving.until(says_something, within=self._paces.grace)
        if not arriving.is_whole and not arriving.says_something:
            await self._wait_typing(arriving)
        await arriving.until(never, within=self._paces.together if arriving.says_something else 0.0)
        while not arriving.is_whole:
            seen = len(arriving.parts)
            says = arriving.says_something
            self._shown_times += says
            await self._show_so_far(arriving.parts)
            await arriving.until(never if says else says_something, within=self._pace)
            await arriving.until(partial(has_more, seen))
        await self.finish(gather(arriving.parts))
        return f"{self._door.channel}:{self._messages.ids[0]}"

    async def finish(self, reply: Reply) -> None:
        """Let the whole reply stand, in its final form: without its pictures or its buttons, where they are refused."""
        missing = await self._pictures.load(reply.pictures)
        every = frozenset(one.picture.sha256 for one in reply.pictures)
        look = replace(self._look, missing=missing)
        try:
            await self._messages.show(answer_messages(reply, look))
        except DiscordRefusedError as error:
            if error.number == INVALID_FORM:
                look = replace(look, about=None, missing=every)
            elif every - missing and error.number in {MISSING_PERMISSIONS, TOO_LARGE}:
                look = replace(look, missing=every)
            else:
                raise
            _log.warning("A reply is shown in a simpler form: %s", error)
            await self._messages.show(answer_messages(reply, look))

    @property
    def _pace(self) -> float:
        slower = min(self._paces.slower, 1.0 + self._shown_times / 8)
        ids = self._messages.ids
        return max(slower * self._paces.edit, self._door.pause(ids[-1]) if ids else 0.0)

    async def _wait_typing(self, arriving: Arriving) -> None:
        """Be seen typing for a while; where something stands already, it is said there what is done now."""
        left = 0.0 if self._messages.ids else self._paces.a_while
        while left > 0 and not arriving.says_something and not arriving.is_whole:
            await self._type()
            within = min(left, self._paces.typing)
            await arriving.until(says_something, within=within)
            left -= within

    async def _type(self) -> None:
        try:
            await self._door.type()
        except LeaseLostError:
            raise
        except (DiscordRefusedError, PlatformUnavailableError) as error:
            _log.info("Lorelens is not seen typing: %s", error)

    async def _show_so_far(self, parts: Sequence[ReplyPart]) -> None:
        """Show what there is. Where Discord can't be told now, more will be told later."""
        text = "".join(part.text for part in parts if isinstance(part, Text))
        status = next((part for part in reversed(parts) if isinstance(part, Status)), None)
        try:
            await self._messages.show(underway_messages(text, status, self._look))
        except LeaseLostError:
            raise
        except PlatformUnavailableError as error:
            _log.info("Discord was not told what there is so far: %s", error)
