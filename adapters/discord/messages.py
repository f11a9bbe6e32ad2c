"""The messages of one reply: posted once each, edited, and removed when there are fewer.

Be the worker killed at any moment, each part of the reply ends as one message. A post carries a nonce, by which Discord
itself takes a post that is repeated within minutes for the same one; after that, whoever takes over looks for it: the
first part replies to the question, and each other part to the one before it.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.discord.blocks import DiscordMessage
from adapters.discord.delivery import Delivery
from adapters.discord.doors import Door, Found, snowflake_now
from adapters.discord.pictures import Pictures
from adapters.discord.refusals import (
    MISSING_ACCESS,
    NOT_OF_OURS,
    TOO_MANY_FOLLOWUPS,
    TOO_OLD_TO_EDIT,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    DiscordRefusedError,
    DiscordUncertainError,
)
from adapters.payloads import Payload, listing, string
from adapters.sending import PAUSE, TRIES
from core.errors import PlatformUnavailableError
from core.posting import Posting

_log = logging.getLogger(__name__)

_NOT_THERE = {UNKNOWN_MESSAGE, UNKNOWN_CHANNEL, MISSING_ACCESS}
_NOT_EDITABLE = {UNKNOWN_MESSAGE, NOT_OF_OURS, TOO_OLD_TO_EDIT}
_PARTS = 60


class Messages:
    """The messages that stand for one posting, or will, behind one door."""

    def __init__(self, posting: Posting, door: Door, delivery: Delivery, pictures: Pictures) -> None:
        self._posting = posting
        self._door = door
        self._delivery = delivery
        self._pictures = pictures
        self._ids = noted(posting, door.channel)
        self._shown: dict[str, DiscordMessage] = {}
        self._unsure = self._must_look = posting.taken_over and "starting" in posting.posted

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the messages, part by part."""
        return tuple(self._ids)

    async def recognize(self) -> None:
        """Learn what stands already: what was noted, and, where somebody may have posted without noting it, what is
        found."""
        if self._must_look:
            await self._adopt(await self._find())
            self._must_look = False

    async def show(self, messages: Sequence[DiscordMessage]) -> None:
        """Let the reply read so: post what is missing, edit what differs, delete what is too much.

        Raises:
            DiscordRefusedError: Discord does not take a message as it is, or does not let the app post there.
            PlatformUnavailableError: Discord does not answer.
        """
        for part, message in enumerate(messages[:_PARTS]):
            if part < len(self._ids) and not await self._edit(part, message):
                await self._gone()
                await self._delete_from(part)
            if part >= len(self._ids):
                try:
                    await self._post_once(part, message)
                except DiscordRefusedError as error:
                    if error.number != TOO_MANY_FOLLOWUPS:
                        raise
                    _log.warning("A long answer stays without its end: %s", error)
                    break
        await self._delete_from(len(messages))

    async def remove(self) -> None:
        """Delete all that stands, noted or not."""
        await self.recognize()
        await self._delete_from(0)

    async def _find(self) -> Found:
        nonces = [self._nonce(part) for part in range(_PARTS)]
        for attempt in range(TRIES):
            try:
                return await self._door.find(self._ids, nonces)
            except DiscordUncertainError:
                await asyncio.sleep(PAUSE * 2**attempt)
        raise PlatformUnavailableError("Discord does not say what it has.", hint="It is tried again later.")

    async def _adopt(self, found: Found) -> None:
        """Take up what was found. Of each part the oldest stays."""
        for part in sorted(found.parts):
            oldest, *later = found.parts[part]
            if part == len(self._ids):
                await self._stands(part, oldest)
            elif part > len(self._ids):
                later.insert(0, oldest)
            elif oldest != self._ids[part]:
                later = [one for one in later if one != self._ids[part]] + [self._ids[part]]
                self._ids[part] = oldest
                await self._posting.note(ids=list(self._ids))
            for one in later:
                await self._delete(one)

    async def _stands(self, part: int, message: str) -> None:
        self._ids[part:] = [message]
        await self._posting.note(ids=list(self._ids))

    async def _begin(self) -> None:
        """Note that something is about to be posted; without that note nobody looks for anything."""
        if not self._unsure and not self._ids:
            await self._posting.note(
                **{**self._delivery.noted(), "channel": self._door.channel}, ids=[], starting=snowflake_now()
            )

    async def _post_once(self, part: int, message: DiscordMessage) -> None:
        """Post a part if it does not stand there."""
        for attempt in range(TRIES):
            try:
                await self.recognize()
                if part >= len(self._ids):
                    await self._begin()
                    posted = await self._post(part, message)
                    await self._stands(part, string(posted.get("id")))
                    if string(posted.get("content")).strip() == message.text.strip():
                        self._shown[self._ids[part]] = message
                    self._must_look = self._unsure  # what was sent before may have come to stand there meanwhile
                    await self.recognize()
                if not await self._edit(part, message):
                    await self._gone()  # the nonce led to a message that was deleted since
                    await self._delete_from(part)
                    continue
                return
            except DiscordUncertainError:
                self._unsure = self._must_look = True
                await asyncio.sleep(PAUSE * 2**attempt)
        raise PlatformUnavailableError("Discord does not answer.", hint="It is tried again later.")

    async def _post(self, part: int, message: DiscordMessage) -> Payload:
        body, files = self._pictures.attached(message.pictures)
        before = self._ids[part - 1] if part else self._delivery.message
        said = message.payload() | ({"attachments": body} if files else {})
        return await self._door.post(part, said, files, nonce=self._nonce(part), before=before)

    async def _edit(self, part: int, message: DiscordMessage) -> bool:
        """Let a part read so; False if it is not there any more."""
        one = self._ids[part]
        before = self._shown.get(one)
        if before == message:
            return True
        said = message.payload()
        files: Sequence[Any] = ()
        if before is None or before.pictures != message.pictures:
            said["attachments"], files = self._pictures.attached(message.pictures)
        try:
            await self._door.edit(one, said, files)
        except DiscordRefusedError as error:
            if error.number not in _NOT_EDITABLE:
                raise
            return False
        self._shown[one] = message
        return True

    async def _delete_from(self, part: int) -> None:
        """Delete the parts from this one on."""
        if len(self._ids) > part:
            await self._gone()
        while len(self._ids) > part:
            await self._delete(self._ids[-1])
            self._ids.pop()
            await self._posting.note(ids=list(self._ids))

    async def _delete(self, message: str) -> None:
        try:
            await self._door.delete(message)
        except DiscordRefusedError as error:
            if error.number not in _NOT_THERE:
                _log.warning("A message could not be deleted: %s", error)
        self._shown.pop(message, None)

    async def _gone(self) -> None:
        """Something of the reply goes, or is gone: what is posted from now on must not be taken for it."""
        await self._posting.note(round=self._round + 1)

    @property
    def _round(self) -> int:
        kept = self._posting.posted.get("round")
        return kept if isinstance(kept, int) else 0

    def _nonce(self, part: int) -> str:
        """What Discord knows a post by, at most 25 characters."""
        return f"{self._posting.key[:16]}-{self._round % 1000}-{part}"


def noted(posting: Posting, channel: str) -> list[str]:
    """The ids of the reply's messages that were noted in a channel, part by part."""
    kept: Mapping[str, Any] = posting.posted
    return [str(one) for one in listing(kept.get("ids"))] if kept.get("channel") == channel else []
