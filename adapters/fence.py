"""A fence for the calls that change something: what is not on its way when the lease may run out is not sent.

A process may be paused between its asking for the lease and its sending. So the time is looked at once more right
before a request's head is written to its connection, deep in aiohttp.
"""

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import SimpleNamespace

import aiohttp

from core.errors import LeaseLostError


@dataclass
class Fence:
    """Until when (`time.monotonic`) something may be sent; moved on while the lease is renewed.

    With `once`, a client that tries again by itself is kept from sending what it has sent already. `landed` is unset
    while a request is on its way: whether it is done is not known.
    """

    until: float
    once: bool = False
    sent: bool = False
    landed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.landed.set()


_FENCE: ContextVar[Fence | None] = ContextVar("lorelens_fence", default=None)


@contextmanager
def fenced(fence: Fence) -> Generator[None]:
    """Requests that are begun within, and in tasks that are started within, are sent before its end or not at all."""
    token = _FENCE.set(fence)
    try:
        yield
    finally:
        _FENCE.reset(token)


def fence_trace() -> aiohttp.TraceConfig:
    """What a session looks at the fence with."""
    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(_look)
    trace.on_request_end.append(_landed)
    trace.on_request_exception.append(_landed)
    return trace


async def _look(
    _session: aiohttp.ClientSession, _context: SimpleNamespace, _sent: aiohttp.TraceRequestHeadersSentParams
) -> None:
    """aiohttp calls this when the head is made up, right before it is written."""
    fence = _FENCE.get()
    if fence is None:
        return
    if fence.once and fence.sent:
        raise ConnectionAbortedError("It was sent once, and whether it was done is not known.")
    fence.sent = True
    if time.monotonic() >= fence.until:
        raise LeaseLostError("The lease ran out before the platform was told anything.")
    fence.landed.clear()


async def _landed(_session: aiohttp.ClientSession, _context: SimpleNamespace, _told: object) -> None:
    """aiohttp calls this when the head of the answer is there, or there will be none."""
    if (fence := _FENCE.get()) is not None:
        fence.landed.set()
