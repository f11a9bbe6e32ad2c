"""A reply's messages in a channel, a thread or a direct conversation, in which the bot writes."""

import logging
from collections.abc import Sequence
from typing import Any

from adapters.discord.api import messages_after
from adapters.discord.buttons import pressed
from adapters.discord.calls import Calls, File
from adapters.discord.delivery import Delivery
from adapters.discord.doors import MOST_LOOKED_AT, Found
from adapters.discord.heard import Heard
from adapters.discord.refusals import ARCHIVED, NO_HISTORY, UNREADABLE, DiscordRefusedError
from adapters.payloads import Payload

_MESSAGES = "/channels/{channel_id}/messages"
_MESSAGE = "/channels/{channel_id}/messages/{message_id}"

_log = logging.getLogger(__name__)


class ChannelDoor:
    """A channel, thread or direct conversation, in which the bot writes."""

    def __init__(self, calls: Calls, delivery: Delivery, own: str, *, channel: str = "") -> None:
        self.channel = channel or delivery.channel
        self._calls = calls
        self._delivery = delivery
        self._own = own
        self._replies = not channel

    async def post(self, part: int, body: dict[str, Any], files: Sequence[File], *, nonce: str, before: str) -> Payload:
        """Post a part. One that is posted again within minutes is the same to Discord, by its nonce."""
        body = {**body, "nonce": nonce, "enforce_nonce": True}
        if before:
            body["message_reference"] = {"message_id": before, "fail_if_not_exists": False}
        try:
            return await self._calls.change("POST", _MESSAGES, body=body, files=files, channel_id=self.channel)
        except DiscordRefusedError as error:
            if error.number != NO_HISTORY and "message_reference" not in error.words.lower():
                raise
            _log.info("A reply stands without its question: %s", error)
            body.pop("message_reference", None)
            return await self._calls.change("POST", _MESSAGES, body=body, files=files, channel_id=self.channel)

    async def edit(self, message: str, body: dict[str, Any], files: Sequence[File]) -> None:
        """Let a message read so."""
        where = {"channel_id": self.channel, "message_id": message}
        await self._in_open_thread("PATCH", body=body, files=files, **where)

    async def delete(self, message: str) -> None:
        """Delete a message."""
        await self._in_open_thread("DELETE", channel_id=self.channel, message_id=message)

    async def find(self, noted: Sequence[str], nonces: Sequence[str]) -> Found:
        """Look for the reply by its nonces, its references and its buttons."""
        found = Found()
        own: list[Heard] = []
        try:
            async for one in messages_after(self._calls.http, self.channel, self._after(), most=MOST_LOOKED_AT):
                heard = Heard.of(one)
                if heard.author == self._own:
                    own.append(heard)
                    nonce = str(one.get("nonce") or "")
                    if nonce in nonces:
                        found.add(nonces.index(nonce), heard.id)
        except DiscordRefusedError as error:
            if error.number not in UNREADABLE:
                raise
            _log.warning("What was posted before can't be read: %s", error)
        for part, message in enumerate(noted):
            if any(one.id == message for one in own):
                found.add(part, message)
        self._by_reference(own, found)
        return found

    async def type(self) -> None:
        """Be seen typing, for about ten seconds."""
        await self._calls.change("POST", "/channels/{channel_id}/typing", channel_id=self.channel)

    def pause(self, message: str) -> float:
        """Seconds to wait before the next edit of a text that goes on."""
        return self._calls.pause_before("PATCH", _MESSAGE, channel_id=self.channel, message_id=message)

    def _after(self) -> str:
        """The message or time before which nothing of the reply was posted."""
        ids = list(self._delivery.asked if self._replies else ())
        began = self._calls.posting.posted.get("starting")
        if not ids and isinstance(began, str) and began.isdecimal():
            ids.append(began)
        return min(ids, key=int, default="0")

    def _by_reference(self, own: Sequence[Heard], found: Found) -> None:
        """The first part replies to the question, or its buttons name it; each other part replies to the one before."""
        questions = {one.message.id for one in self._calls.posting.questions}
        asked = set(self._delivery.asked)
        for heard in own:
            about = {one.message for custom_id in heard.buttons if (one := pressed(custom_id)) is not None}
            is_first = heard.reference in asked or (not heard.reference and bool(about & questions))
            if is_first and not any(heard.id in ids for ids in found.parts.values()):
                found.add(0, heard.id)
        part = 0
        while (before := set(found.parts.get(part, []))) and part < len(own):
            part += 1
            for heard in own:
                if heard.reference in before:
                    found.add(part, heard.id)

    async def _in_open_thread(self, method: str, **arguments: Any) -> None:
        """A change in a thread that may have been archived since: then it is opened again."""
        try:
            await self._calls.repeat(method, _MESSAGE, **arguments)
        except DiscordRefusedError as error:
            if error.number != ARCHIVED:
                raise
            await self._calls.repeat(
                "PATCH", "/channels/{channel_id}", body={"archived": False}, channel_id=self.channel
            )
            await self._calls.repeat(method, _MESSAGE, **arguments)
