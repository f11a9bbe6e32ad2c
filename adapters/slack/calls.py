"""The calls of one posting: each change asks first whether the turn is still ours, and lasts no longer than that."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.fence import Fence, fenced
from adapters.slack.refusals import SlackUncertainError, answer_of
from core.posting import Posting

TRIES = 3
"""How often a change is tried that may be done twice; after that the turn is given back to be tried later."""
PAUSE = 0.3
SENDING = 0.75
"""The part of the time for which nobody else takes over in which a request must be on its way."""
LONGEST = 20.0
"""Seconds for one change, with the pauses that Slack asks for."""

_BY_QUERY = {"files.getUploadURLExternal", "files.completeUploadExternal"}
"""What is asked with its arguments in the URL, as slack_sdk does; everything else in JSON."""


class Calls:
    """Calls to Slack for one posting, made with the client of its workspace."""

    def __init__(self, client: AsyncWebClient, posting: Posting) -> None:
        self.client = client
        self.posting = posting

    async def change(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Call a method that changes something, once; its answer.

        Raises:
            LeaseLostError: another worker has the turn, or may have.
            SlackRefusedError: Slack said no.
            SlackUncertainError: it may be done, or not.
            PlatformUnavailableError: it is not done; Slack is away or asks for patience.
        """
        client: Any = self.client  # slack_sdk's annotations are partly unknown types
        given: dict[str, Any] = {"json": arguments}
        if method in _BY_QUERY:
            simple = (str, int, float)
            given = {"params": {k: v if isinstance(v, simple) else json.dumps(v) for k, v in arguments.items()}}
        return answer_of(await self.send(lambda: client.api_call(method, **given)))

    async def send(self, sending: Callable[[], Awaitable[Any]]) -> Any:
        """Send something that changes something; raises as `change` does, and what it raises.

        For as long as Slack takes, the lease is asked for again and again.
        """
        begun = time.monotonic()
        seconds = SENDING * await self.posting.ready()
        fence = Fence(time.monotonic() + seconds)
        with fenced(fence):
            calling = asyncio.ensure_future(sending())
        try:
            while not calling.done():
                await asyncio.wait({calling}, timeout=seconds / 2)
                if not calling.done():
                    if time.monotonic() - begun > LONGEST:
                        raise SlackUncertainError("Slack takes too long.", hint="It is tried again later.")
                    seconds = SENDING * await self.posting.ready()
                    fence.until = time.monotonic() + seconds
            return calling.result()
        finally:
            if not calling.done():
                calling.cancel()
                await asyncio.gather(calling, return_exceptions=True)

    async def repeat(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Change something that is as if done once when it is done twice; raises as `change` does."""
        for attempt in range(1, TRIES):
            try:
                return await self.change(method, **arguments)
            except SlackUncertainError:
                await asyncio.sleep(PAUSE * 2 ** (attempt - 1))
        return await self.change(method, **arguments)
