"""A reply's messages as an interaction's response and what follows it, by the interaction's token.

https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages
"""

import logging
from collections.abc import Sequence
from typing import Any

from adapters.discord.api import ask, messages_after
from adapters.discord.blocks import EPHEMERAL
from adapters.discord.calls import Calls, File
from adapters.discord.delivery import Delivery
from adapters.discord.doors import MOST_LOOKED_AT, Found
from adapters.discord.heard import Heard
from adapters.discord.refusals import UNREADABLE, DiscordRefusedError
from adapters.payloads import Payload, mapping, string

_TOKEN = "/webhooks/{webhook_id}/{webhook_token}"  # noqa: S105 - a path, no secret
_ORIGINAL = f"{_TOKEN}/messages/@original"
_BY_TOKEN = f"{_TOKEN}/messages/{{message_id}}"

_log = logging.getLogger(__name__)


class TokenDoor:
    """An interaction's response and what follows it; Discord takes no nonce there, and keeps no list of them."""

    def __init__(self, calls: Calls, delivery: Delivery, own: str) -> None:
        self.channel = delivery.channel
        self._calls = calls
        self._own = own
        self._ephemeral = delivery.surface == "ephemeral"
        self._application = delivery.application
        self._token = delivery.token

    async def post(self, part: int, body: dict[str, Any], files: Sequence[File], *, nonce: str, before: str) -> Payload:
        """The first part is the response that was deferred: it can be filled again and again, so it stands once."""
        if part == 0:
            return await self._calls.repeat(
                "PATCH", _ORIGINAL, body=body, files=files, webhook_id=self._application, webhook_token=self._token
            )
        if self._ephemeral:
            body = {**body, "flags": body["flags"] | EPHEMERAL}
        return await self._calls.change(
            "POST", _TOKEN, body=body, files=files, once=True, webhook_id=self._application, webhook_token=self._token
        )

    async def edit(self, message: str, body: dict[str, Any], files: Sequence[File]) -> None:
        """Let a message read so."""
        await self._calls.repeat(
            "PATCH",
            _BY_TOKEN,
            body=body,
            files=files,
            message_id=message,
            webhook_id=self._application,
            webhook_token=self._token,
        )

    async def delete(self, message: str) -> None:
        """Delete a message."""
        await self._calls.repeat(
            "DELETE", _BY_TOKEN, message_id=message, webhook_id=self._application, webhook_token=self._token
        )

    async def find(self, noted: Sequence[str], nonces: Sequence[str]) -> Found:
        """The response is found by the token; what follows it, in the channel, where it is not ephemeral."""
        found = Found()
        original = mapping(
            await ask(self._calls.http, _ORIGINAL, webhook_id=self._application, webhook_token=self._token)
        )
        first = string(original.get("id"))
        if not first:
            return found
        found.add(0, first)
        for part, message in enumerate(noted[1:], start=1):
            found.add(part, message)
        if not self._ephemeral:
            await self._find_following(first, noted, found)
        return found

    async def _find_following(self, first: str, noted: Sequence[str], found: Found) -> None:
        part = max(1, len(noted))
        try:
            async for one in messages_after(self._calls.http, self.channel, first, most=MOST_LOOKED_AT):
                heard = Heard.of(one)
                if heard.author == self._own and heard.reference == first and heard.id not in noted:
                    found.add(part, heard.id)
                    part += 1
        except DiscordRefusedError as error:
            if error.number not in UNREADABLE:
                raise
            _log.info("What follows a response can't be read: %s", error)

    async def type(self) -> None:
        """It is seen thinking already."""

    def pause(self, message: str) -> float:
        """Seconds to wait before the next edit of a text that goes on."""
        return self._calls.pause_before(
            "PATCH", _BY_TOKEN, message_id=message, webhook_id=self._application, webhook_token=self._token
        )
