"""Work in a thread that uses what is closed after it, such as the ledger's file."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def to_the_end(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Run it in a thread, as `asyncio.to_thread` does; whoever is cancelled meanwhile waits until the thread is done.

    A thread can't be stopped, and SQLite crashes the process when a connection is closed under a running statement.
    """
    running = asyncio.ensure_future(asyncio.to_thread(work, *args, **named))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise
