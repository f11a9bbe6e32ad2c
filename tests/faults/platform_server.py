"""A platform that is not one: posts, edits and deletes messages over HTTP, records all of it, and misbehaves when told.

It dedupes posts by their nonce (`nonce`, as Discord does with enforce_nonce), or does not and can be asked which
messages of a thread carry a key (`metadata`, as Slack does).
"""

import asyncio
import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

Mode = Literal["nonce", "metadata"]
WORKER = "X-Worker"
"""The header in which a worker names its process id, so that it can be killed at an exact point."""


@dataclass
class Standing:
    """A message on the platform, as it is now; `number` says when it was posted among all."""

    id: str
    number: int
    channel: str
    thread: str | None
    key: str
    replies_to: tuple[str, ...]
    text: str
    edits: int = 0


@dataclass
class Mood:
    """How the platform misbehaves, each with a probability from 0 to 1; times are in seconds."""

    too_many: float = 0.0
    """Answers 429 and asks to come back after `retry_after`."""
    retry_after: float = 0.1
    refuses: float = 0.0
    """Answers 503, and has done nothing."""
    forgets: float = 0.0
    """Answers 500, and has done it all the same."""
    hangs_up: float = 0.0
    """Has done it, and closes the connection without an answer."""
    dawdles: float = 0.0
    """Takes its time before and after it does it, together `slowness`."""
    slowness: float = 0.4
    kills_at_post: float = 0.0
    """Has posted, kills the worker that asked for it, and hangs up."""
    kills_at_edit: float = 0.0
    kills_at_most: int = 0


class RecordingPlatform:
    """Serves on a loopback port; `standing` is what people see, `record` what was accepted, in order."""

    def __init__(self, mode: Mode, seed: int = 0) -> None:
        self.mode: Mode = mode
        self.mood = Mood()
        self.standing: dict[str, Standing] = {}
        self.record: list[tuple[str, str]] = []
        self.struck = 0
        self.killed: list[int] = []
        self.changed = asyncio.Event()
        self.url = ""
        self._chance = random.Random(seed)
        self._by_nonce: dict[str, Standing] = {}
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_get("/messages", self._find)
        app.router.add_post("/messages", self._post)
        app.router.add_patch("/messages/{id}", self._edit)
        app.router.add_delete("/messages/{id}", self._delete)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def close(self) -> None:
        """Hang up on everybody."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _find(self, request: web.Request) -> web.Response:
        if self._happens(self.mood.refuses):
            return web.json_response({}, status=503)
        wanted = (request.query["channel"], request.query.get("thread"), request.query["key"])
        found = [one.id for one in self.standing.values() if (one.channel, one.thread, one.key) == wanted]
        return web.json_response({"ids": found})

    async def _post(self, request: web.Request) -> web.Response:
        said: dict[str, Any] = await request.json()

        def post() -> dict[str, Any]:
            if self.mode == "nonce" and (known := self._by_nonce.get(said["nonce"])) is not None:
                return {"id": known.id, "new": False}
            number = len(self.record)
            one = Standing(
                id=f"p{number}",
                number=number,
                channel=said["channel"],
                thread=said["thread"],
                key=said["nonce"],
                replies_to=tuple(said["replies_to"]),
                text=said["text"],
            )
            self.standing[one.id] = self._by_nonce[one.key] = one
            self._accepted("post", one.id)
            return {"id": one.id, "new": True}

        return await self._act(request, post, self.mood.kills_at_post)

    async def _edit(self, request: web.Request) -> web.Response:
        said: dict[str, Any] = await request.json()

        def edit() -> dict[str, Any] | None:
            one = self.standing.get(request.match_info["id"])
            if one is None:
                return None
            one.text = said["text"]
            one.edits += 1
            self._accepted("edit", one.id)
            return {"id": one.id}

        return await self._act(request, edit, self.mood.kills_at_edit)

    async def _delete(self, request: web.Request) -> web.Response:
        def delete() -> dict[str, Any] | None:
            one = self.standing.pop(request.match_info["id"], None)
            if one is None:
                return None
            self._accepted("delete", one.id)
            return {"id": one.id}

        return await self._act(request, delete, self.mood.kills_at_edit)

    async def _act(
        self, request: web.Request, change: Callable[[], dict[str, Any] | None], kills: float
    ) -> web.Response:
        """Do it, or not, as the mood is."""
        mood = self.mood
        if self._happens(mood.too_many):
            return web.json_response({}, status=429, headers={"Retry-After": str(mood.retry_after)})
        if self._happens(mood.refuses):
            return web.json_response({}, status=503)
        slowness = mood.slowness / 2 if self._happens(mood.dawdles) else 0.0
        await asyncio.sleep(slowness)
        answer = change()
        if answer is None:
            return web.json_response({}, status=404)
        if len(self.killed) < mood.kills_at_most and self._happens(kills):
            worker = int(request.headers[WORKER])
            self.killed.append(worker)
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
            return self._hang_up(request)
        if self._happens(mood.hangs_up):
            return self._hang_up(request)
        await asyncio.sleep(slowness)
        if self._happens(mood.forgets):
            return web.json_response({}, status=500)
        return web.json_response(answer)

    def _hang_up(self, request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _happens(self, probability: float) -> bool:
        happens = probability > 0 and self._chance.random() < probability
        self.struck += happens
        return happens

    def _accepted(self, what: str, message_id: str) -> None:
        self.record.append((what, message_id))
        self.changed.set()
