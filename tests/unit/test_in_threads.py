"""Work in threads that must not outlive what it works with."""

import asyncio
import threading

import pytest

from core.knowledge.in_threads import to_the_end


async def test_who_is_cancelled_waits_until_the_thread_is_done() -> None:
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(5)
        done.set()

    waiting = asyncio.create_task(to_the_end(work))
    await asyncio.to_thread(begun.wait, 5)
    waiting.cancel()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not waiting.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert done.is_set()


async def test_what_the_thread_gives_or_raises_comes_back() -> None:
    assert await to_the_end(sorted, [2, 1], reverse=True) == [2, 1]
    with pytest.raises(ZeroDivisionError):
        await to_the_end(divmod, 1, 0)
