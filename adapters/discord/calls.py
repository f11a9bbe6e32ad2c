"""The calls of one posting: each change asks first whether the turn is still ours, and lasts no longer than that."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from discord.http import HTTPClient, Route

from adapters.discord.addresses import Rest
from adapters.discord.refusals import FAILURES, DiscordUncertainError, as_error
from adapters.payloads import Payload, mapping
from adapters.sending import PAUSE, TRIES, send_while_held
from core.errors import PlatformUnavailableError
from core.posting import Posting

SHORT = 5.0
"""Seconds that are waited for here where Discord, or what stands before it, asks for a pause that discord.py does not
keep by itself; after a longer one the turn is given back."""


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
        too_long = DiscordUncertainError("Discord takes too long.", hint="It is tried again later.")
        route = Route(method, path, **parameters)
        try:
            answer = await send_while_held(
                self.posting,
                lambda: self.http.request(route, **_content(body, files)),
                too_long=too_long,
                once=once,
            )
        except FAILURES as error:
            raise as_error(error, f"{method} {path}") from error
        return mapping(answer)

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
