"""Asking Discord, without changing anything there; what goes wrong is one of Lorelens' errors."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from discord.http import HTTPClient, Route

from adapters.discord.refusals import FAILURES, DiscordUncertainError, as_error
from adapters.payloads import Payload, mappings, string

TIMEOUT = 20.0
"""Seconds for one answer, with the pauses that Discord asks for."""
PAGE = 100
_TRIES = 2
_PAUSE = 0.3


async def ask(http: HTTPClient, path: str, *, query: Mapping[str, str | int] | None = None, **parameters: Any) -> Any:
    """What Discord answers to a GET; `parameters` fill the path, as in `/channels/{channel_id}`.

    Raises:
        DiscordRefusedError: it said no.
        PlatformUnavailableError: it is away or asks for patience.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            async with asyncio.timeout(TIMEOUT):
                return await http.request(Route("GET", path, **parameters), params=dict(query or {}))
        except FAILURES as error:
            found = as_error(error, f"GET {path}")
            if attempt == _TRIES or isinstance(error, TimeoutError) or not isinstance(found, DiscordUncertainError):
                raise found from error
            await asyncio.sleep(_PAUSE)
    raise AssertionError("unreachable")


async def messages_after(http: HTTPClient, channel: str, after: str, *, most: int) -> AsyncIterator[Payload]:
    """The messages of a channel after one, oldest first; empty `after` stands for the beginning.

    Raises as `ask` does.
    """
    at, seen = after or "0", 0
    while seen < most:
        limit = min(PAGE, most - seen)
        query = {"after": at, "limit": limit}
        page = mappings(await ask(http, "/channels/{channel_id}/messages", query=query, channel_id=channel))
        if not page:
            return
        page.sort(key=lambda message: int(message["id"]))
        for message in page:
            yield message
        seen += len(page)
        if len(page) < limit:
            return
        at = string(page[-1].get("id"))


async def messages_before(http: HTTPClient, channel: str, before: str, *, most: int) -> list[Payload]:
    """The newest messages of a channel before one, oldest first; raises as `ask` does."""
    found: list[Payload] = []
    at = before
    while len(found) < most:
        limit = min(PAGE, most - len(found))
        query: dict[str, str | int] = {"limit": limit} | ({"before": at} if at else {})
        page = mappings(await ask(http, "/channels/{channel_id}/messages", query=query, channel_id=channel))
        found += page
        if len(page) < limit:
            break
        at = string(page[-1].get("id"))
    return sorted(found, key=lambda message: int(message["id"]))
