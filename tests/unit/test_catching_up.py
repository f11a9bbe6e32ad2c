"""A gap in what was heard is closed once, kept until it is, and found again by the next process."""

import asyncio
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bots.catch_up import CatchUp
from core.conversations import Conversations
from core.errors import StoreUnavailableError


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[Conversations]:
    store = await Conversations.open("", tmp_path)
    yield store
    await store.close()


async def test_gaps_are_closed_and_one_that_comes_meanwhile_is_closed_after_it(store: Conversations) -> None:
    began = time.time()
    read, reading, go_on, twice = list[float](), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def history(since: float) -> None:
        read.append(since)
        reading.set()
        if len(read) == 2:
            twice.set()
        await go_on.wait()

    first = CatchUp(store, "discord", history, beat=0.02, margin=0)
    async with asyncio.timeout(10), first.running(time.time):
        await first.is_up_to_date.wait()
        assert read == []
        first.missed(began - 100)
        await reading.wait()
        first.missed(began - 10)
        await asyncio.sleep(0.1)  # some looks: nothing else is begun while it is read
        assert read == [pytest.approx(began - 100, abs=0.01)]
        go_on.set()
        await twice.wait()
        await first.is_up_to_date.wait()
    assert read[1] == pytest.approx(began - 10, abs=0.01)

    second = CatchUp(store, "discord", history, beat=0.02, margin=0)
    async with asyncio.timeout(10), second.running(time.time):
        await second.is_up_to_date.wait()
    assert len(read) == 3
    assert read[2] >= began


async def test_a_gap_that_is_not_closed_is_left_to_the_next_process(store: Conversations) -> None:
    began = time.time()
    reading, read = asyncio.Event(), list[float]()

    async def dies(since: float) -> None:
        reading.set()
        await asyncio.Event().wait()

    async def history(since: float) -> None:
        read.append(since)

    first = CatchUp(store, "discord", dies, beat=0.02, margin=0)
    async with asyncio.timeout(10), first.running(time.time):
        first.missed(began - 100)
        await reading.wait()
    second = CatchUp(store, "discord", history, beat=0.02, margin=0)
    async with asyncio.timeout(10), second.running(time.time):
        await second.is_up_to_date.wait()
    assert read == [pytest.approx(began - 100, abs=0.01)]


async def test_a_gap_that_could_not_be_closed_is_read_again_soon(store: Conversations) -> None:
    read = list[float]()

    async def history(since: float) -> None:
        read.append(since)
        if len(read) == 1:
            raise StoreUnavailableError("Redis is away.")

    catching_up = CatchUp(store, "discord", history, margin=0)
    async with asyncio.timeout(20), catching_up.running(time.time):
        catching_up.missed(time.time())
        await catching_up.is_up_to_date.wait()
    assert len(read) == 2
