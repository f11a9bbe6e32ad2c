"""The client of the recording platform, written as an adapter ought to be: one reply, be it killed at any moment.

The first part is posted as soon as it is there and edited as more come. What the platform may have accepted without
our learning of it is found by its nonce, or looked for by its key, before anything is posted again.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from core.errors import LeaseLostError, PlatformUnavailableError
from core.posting import Posting
from core.reply import Failure, ReplyPart, Text
from tests.faults.platform_server import WORKER, Mode

TRIES = 3
"""How often a call is tried before the turn is given back to be tried later, as the platforms' own clients do."""
PAUSE = 0.05
LONGEST_PAUSE = 0.5
"""Seconds. Who is asked to wait for longer gives the turn back meanwhile."""
UNFINISHED = " …"
"""Stands after what is not the whole reply yet."""


class _UncertainError(Exception):
    """The platform may have done what it was asked for, or not."""


class PlatformOutlet:
    """Posts to the recording platform. `timeout` (seconds) must be below the part of a lease that `ready` leaves."""

    platform = "fake"

    def __init__(self, url: str, mode: Mode, *, timeout: float) -> None:
        self._url = url
        self._mode = mode
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=timeout), headers={WORKER: str(os.getpid())}
        )

    async def post(self, posting: Posting, parts: AsyncIterator[ReplyPart]) -> str:
        """Show the parts as they come; the id of the reply."""
        reply = _Reply(self, posting)
        text = ""
        async for part in parts:
            more = _shown(part)
            if more:
                text += more
                await reply.show(text + UNFINISHED)
        return await reply.show(text)

    async def withdraw(self, posting: Posting) -> None:
        """Remove the reply, noted or not."""
        noted = posting.posted.get("id")
        ids = [str(noted)] if noted else await self.find(posting)
        for one in ids:
            await self.call(posting, "DELETE", f"/messages/{one}")

    async def close(self) -> None:
        """Let go of connections."""
        await self._session.close()

    async def find(self, posting: Posting) -> list[str]:
        """The replies of this turn that stand there, the oldest first."""
        query = _where(posting) | {"key": posting.key}
        for attempt in range(TRIES):
            try:
                _, found = await self._ask("GET", "/messages", params=query)
            except _UncertainError:
                await asyncio.sleep(PAUSE * 2**attempt)
            else:
                return found["ids"]
        raise PlatformUnavailableError("The platform does not say what it has.")

    async def call(self, posting: Posting, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Change something; a change that is done twice must be as if it were done once."""
        for attempt in range(TRIES):
            fence = _fenced(body or {}, await posting.ready())
            try:
                status, answer = await self._ask(method, path, data=fence)
            except _UncertainError:
                await asyncio.sleep(PAUSE * 2**attempt)
            else:
                return answer if status != 404 else None
        raise PlatformUnavailableError("The platform does not answer.")

    async def post_once(self, posting: Posting, text: str) -> tuple[str, bool]:
        """Post the reply if it does not stand there; its id, and whether it stands there with this text."""
        body = _where(posting) | {
            "thread": posting.place.thread,
            "text": text,
            "nonce": posting.key,
            "replies_to": [question.message.id for question in posting.questions],
        }
        may_be_there = posting.taken_over
        for attempt in range(TRIES):
            if may_be_there and self._mode == "metadata" and (found := await self.find(posting)):
                return found[0], False
            fence = _fenced(body, await posting.ready())
            try:
                _, answer = await self._ask("POST", "/messages", data=fence)
            except _UncertainError:
                may_be_there = True
                await asyncio.sleep(PAUSE * 2**attempt)
            else:
                if may_be_there and self._mode == "metadata":
                    return await self._only_one(posting, answer["id"])
                return answer["id"], answer["new"]
        raise PlatformUnavailableError("The platform does not answer.")

    async def _only_one(self, posting: Posting, new: str) -> tuple[str, bool]:
        """Look again: what was sent before may have come to stand there between our looking and our posting.

        The oldest stays.
        """
        oldest, *others = await self.find(posting) or [new]
        for one in others:
            await self.call(posting, "DELETE", f"/messages/{one}")
        return oldest, oldest == new

    async def _ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        try:
            async with self._session.request(method, self._url + path, **more) as response:
                if response.status == 429:
                    await self._wait_as_asked(float(response.headers["Retry-After"]))
                    raise _UncertainError
                if response.status >= 500:
                    raise _UncertainError
                return response.status, await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _UncertainError from error

    async def _wait_as_asked(self, seconds: float) -> None:
        if seconds > LONGEST_PAUSE:
            raise PlatformUnavailableError("The platform asks for patience.", retry_after=seconds)
        await asyncio.sleep(seconds)


class _Reply:
    """One reply as it comes to stand on the platform."""

    def __init__(self, outlet: PlatformOutlet, posting: Posting) -> None:
        self._outlet = outlet
        self._posting = posting
        self._id = str(posting.posted.get("id", ""))
        self._text: str | None = None

    async def show(self, text: str) -> str:
        """Let the reply read so; its id."""
        if not self._id:
            self._id, is_new = await self._outlet.post_once(self._posting, text)
            self._text = text if is_new else None
            await self._posting.note(id=self._id)
        if text != self._text:
            await self._outlet.call(self._posting, "PATCH", f"/messages/{self._id}", {"text": text})
            self._text = text
        return self._id


class _FencedBody(aiohttp.JsonPayload):
    """A request's body that is not sent, and its headers with it, once the lease may have run out.

    Looked at right before the socket is written to, since this process may have been paused since `ready`.
    """

    until = 0.0

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        if time.monotonic() >= self.until:
            raise LeaseLostError("The lease ran out before the platform was told anything.")
        await super().write_with_length(writer, content_length)


def _fenced(body: Mapping[str, Any], seconds: float) -> _FencedBody:
    fenced = _FencedBody(body)
    fenced.until = time.monotonic() + seconds / 2  # the other half is for the way, and for the platform to take it
    return fenced


def _where(posting: Posting) -> dict[str, Any]:
    place = posting.place
    return {"channel": place.channel} | ({"thread": place.thread} if place.thread else {})


def _shown(part: ReplyPart) -> str:
    if isinstance(part, Text):
        return part.text
    if isinstance(part, Failure):
        return f"[{part.code}] {part.message}"
    return ""
