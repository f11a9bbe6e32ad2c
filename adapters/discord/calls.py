"""The calls of one posting: each change asks first whether the turn is still ours, and lasts no longer than that."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from discord.http import HTTPClient, Route

from adapters.discord.addresses import Rest
from adapters.discord.refusals import FAILURES, DiscordUncertainError, as_error
from adapters.fence import Fence, fenced
from adapters.payloads import Payload, mapping
from core.errors import PlatformUnavailableError
from core.posting import Posting

TRIES = 3
"""How often a change is tried that may be done twice; after that the turn is given back to be tried later."""
PAUSE = 0.3
SENDING = 0.75
"""The part of the time for which nobody else takes over in which a request must be on its way."""
SHORT = 5.0
"""Seconds that are waited for here where Discord, or what stands before it, asks for a pause that discord.py does not
keep by itself; after a longer one the turn is given back."""
LONGEST = 20.0
"""Seconds for one change, with the pauses that Discord asks for."""


@dataclass(frozen=True)
class File:
    """A file to be sent with a message."""

    name: str
    media_type: str
    data: bytes


class Calls:
    """Calls to Discord for one posting. discord.py keeps to the rate limits and tries again by itself."""

    def __init__(self, http: HTTPClient, posting: Posting) -> None:
        self.http = http
        self.posting = posting

    async def change(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        files: Sequence[File] = (),
        once: bool = False,
        **parameters: Any,
    ) -> Payload:
        """Call a route that changes something; the object that Discord answers. `once`: it is never sent twice.

        Raises:
            LeaseLostError: another worker has the turn, or may have.
            DiscordRefusedError: Discord said no.
            DiscordUncertainError: it may be done, or not.
            PlatformUnavailableError: it is not done; Discord is away or asks for patience.
        """
        for _ in range(1, TRIES):
            try:
                return await self._change(method, path, body, files, once, parameters)
            except DiscordUncertainError:
                raise
            except PlatformUnavailableError as error:
                if error.retry_after is None or error.retry_after > SHORT:
                    raise
                await asyncio.sleep(error.retry_after)
        return await self._change(method, path, body, files, once, parameters)

    async def _change(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        files: Sequence[File],
        once: bool,
        parameters: Mapping[str, Any],
    ) -> Payload:
        begun = time.monotonic()
        seconds = SENDING * await self.posting.ready()
        fence = Fence(time.monotonic() + seconds, once=once)
        with fenced(fence):
            route = Route(method, path, **parameters)
            calling = asyncio.ensure_future(self.http.request(route, **_content(body, files)))
        try:
            while not calling.done():
                await asyncio.wait({calling}, timeout=seconds / 2)
                if not calling.done():
                    if time.monotonic() - begun > LONGEST:
                        raise DiscordUncertainError("Discord takes too long.", hint="It is tried again later.")
                    seconds = SENDING * await self.posting.ready()
                    fence.until = time.monotonic() + seconds
            return mapping(calling.result())
        except FAILURES as error:
            raise as_error(error, f"{method} {path}") from error
        finally:
            if not calling.done():
                calling.cancel()
                await asyncio.gather(calling, return_exceptions=True)

    async def repeat(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, files: Sequence[File] = (), **names: Any
    ) -> Payload:
        """Change something that is as if done once when it is done twice; raises as `change` does."""
        for attempt in range(1, TRIES):
            try:
                return await self.change(method, path, body=body, files=files, **names)
            except DiscordUncertainError:
                await asyncio.sleep(PAUSE * 2 ** (attempt - 1))
        return await self.change(method, path, body=body, files=files, **names)

    def pause_before(self, method: str, path: str, **parameters: Any) -> float:
        """How many seconds a call that can wait should wait, as the headers of the last ones say."""
        return self.http.pause_before(method, path, **parameters) if isinstance(self.http, Rest) else 0.0


def _content(body: Mapping[str, Any] | None, files: Sequence[File]) -> dict[str, Any]:
    if body is None:
        return {}
    if not files:
        return {"json": dict(body)}
    form: list[dict[str, Any]] = [
        {"name": "payload_json", "value": json.dumps(body, ensure_ascii=False), "content_type": "application/json"}
    ]
    for number, file in enumerate(files):
        form.append(
            {"name": f"files[{number}]", "value": file.data, "filename": file.name, "content_type": file.media_type}
        )
    return {"form": form}
