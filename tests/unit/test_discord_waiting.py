"""Events of Discord wait in order until they are kept, and what is too much is let go and read later."""

import asyncio
import time

import pytest

from bots.discord import waiting
from bots.discord.waiting import Waiting
from core.errors import PlatformUnavailableError, StoreUnavailableError


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PAUSE", 0.001)


async def test_one_channel_is_taken_in_in_order_and_others_do_not_wait_for_it() -> None:
    events, done, held = Waiting(), list[str](), asyncio.Event()

    async def slow() -> None:
        await held.wait()
        done.append("slow")

    async def quick(name: str) -> None:
        done.append(name)
        held.set()

    events.put("one", "a message", slow)
    events.put("one", "a message", lambda: quick("after it"))
    events.put("other", "a message", lambda: quick("elsewhere"))
    async with asyncio.timeout(5):
        await events.idle()
    assert done == ["elsewhere", "slow", "after it"]
    assert events.busy == 0


async def test_it_is_tried_again_until_the_store_is_back() -> None:
    events, tries = Waiting(), list[int]()

    async def work() -> None:
        tries.append(1)
        if len(tries) < 4:
            raise StoreUnavailableError("Redis is away.")

    events.put("one", "a message", work)
    async with asyncio.timeout(5):
        await events.idle()
    assert len(tries) == 4


async def test_something_that_can_not_be_taken_in_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    events, done = Waiting(), list[str]()

    async def broken() -> None:
        raise ZeroDivisionError

    async def away() -> None:
        raise PlatformUnavailableError("Discord is away.")

    async def last() -> None:
        done.append("last")

    for work in (broken, away, last):
        events.put("one", "a message", work)
    async with asyncio.timeout(5):
        await events.idle()
    assert done == ["last"]


async def test_what_is_too_much_is_let_go_and_told_of_once() -> None:
    events, missed, held = Waiting(most=2), list[float](), asyncio.Event()
    events.missed = missed.append

    async def slow() -> None:
        await held.wait()

    for channel in "abcd":
        events.put(channel, "a message", slow)
    assert events.busy == 2
    held.set()
    async with asyncio.timeout(5):
        await events.idle()
    assert len(missed) == 1


async def test_it_is_known_since_when_something_waits() -> None:
    began = time.time()
    events, held, first_taken, taken = Waiting(most=3), asyncio.Event(), asyncio.Event(), asyncio.Event()
    events.missed = float

    async def first() -> None:
        await held.wait()
        first_taken.set()

    async def second() -> None:
        await taken.wait()

    assert events.since is None
    events.put("one", "a message", first)
    since = events.since
    assert since is not None
    assert began <= since <= time.time()
    events.put("one", "a message", second)
    events.put("other", "a message", second)
    assert events.since == since
    held.set()
    async with asyncio.timeout(5):
        await first_taken.wait()
    events.put("other", "a message", second)
    events.put("other", "too much", second)
    later = events.since
    assert later is not None
    assert since < later
    taken.set()
    async with asyncio.timeout(5):
        await events.idle()
    assert events.since is None


async def test_what_waits_at_the_end_is_given_up_in_time() -> None:
    events = Waiting()

    async def never() -> None:
        await asyncio.Event().wait()

    events.put("one", "a message", never)
    events.put("one", "a message", never)
    await events.close(0.01)
    assert events.busy == 0
