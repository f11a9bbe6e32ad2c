"""Changes that a posting makes: each asks first whether the turn is still held, and lasts no longer than that."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from adapters.fence import Fence, fenced
from core.errors import LeaseLostError, PlatformUnavailableError
from core.posting import Posting

TRIES = 3
"""How often a change is tried that may be done twice; after that the turn is given back to be tried later."""
PAUSE = 0.3
"""Seconds before it is tried again, doubling."""
SENDING = 0.75
"""The part of the time for which nobody else takes over in which a request must be on its way."""
LONGEST = 20.0
"""Seconds for one change, with the pauses that the platform asks for."""
LANDING = 2.0
"""Seconds for which what is on its way is waited for when it is broken off, at most: the platform may do it still."""

T = TypeVar("T")


async def send_while_held(
    posting: Posting, sending: Callable[[], Awaitable[T]], *, too_long: PlatformUnavailableError, once: bool = False
) -> T:
    """Send something that changes something; what it gives. `once`: a client that tries by itself sends it only once.

    For as long as the platform takes, the lease is asked for again and again. When it is broken off while the turn is
    held (its question was edited, say), it ends when the platform has done what is on its way, so that this does not
    come after what is sent next, and replace it.

    Raises:
        LeaseLostError: another worker has the turn, or may have.
        PlatformUnavailableError: `too_long`, after `LONGEST` seconds.
        Exception: what `sending` raises.
    """
    begun, landing = time.monotonic(), LANDING
    seconds = SENDING * await posting.ready()
    fence = Fence(time.monotonic() + seconds, once=once)
    with fenced(fence):
        calling = asyncio.ensure_future(sending())
    try:
        while not calling.done():
            await asyncio.wait({calling}, timeout=seconds / 2)
            if not calling.done():
                if time.monotonic() - begun > LONGEST:
                    raise too_long
                seconds = SENDING * await posting.ready()
                fence.until = time.monotonic() + seconds
        return calling.result()
    except (LeaseLostError, PlatformUnavailableError):
        landing = 0.0
        raise
    finally:
        if not calling.done():
            await _break_off(calling, fence, landing)


async def _break_off(calling: "asyncio.Future[Any]", fence: Fence, landing: float) -> None:
    """Send nothing more, and let land what is on its way while nobody else takes over."""
    landing = min(landing, fence.until - time.monotonic())
    fence.until = 0.0
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(landing):
                await fence.landed.wait()
    finally:
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
