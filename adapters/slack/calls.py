"""The calls of one posting: each change asks first whether the turn is still ours, and lasts no longer than that."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.sending import PAUSE, TRIES, send_while_held
from adapters.slack.refusals import SlackUncertainError, answer_of
from core.posting import Posting

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
        too_long = SlackUncertainError("Slack takes too long.", hint="It is tried again later.")
        return await send_while_held(self.posting, sending, too_long=too_long)

    async def repeat(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Change something that is as if done once when it is done twice; raises as `change` does."""
        for attempt in range(1, TRIES):
            try:
                return await self.change(method, **arguments)
            except SlackUncertainError:
                await asyncio.sleep(PAUSE * 2 ** (attempt - 1))
        return await self.change(method, **arguments)
