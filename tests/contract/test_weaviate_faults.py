"""What goes wrong between us and Weaviate, on the wire: nothing is said to be done that is not, and nothing hangs.

The emulator's alone: a real server does not fail on demand.
"""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from core.errors import IndexUnavailableError, SettingsError
from core.knowledge.index import SearchQuery
from core.knowledge.weaviate import collection, errors
from core.knowledge.weaviate import index as weaviate_index
from core.knowledge.weaviate.index import WeaviateIndex
from tests.contract.knowledge_index import DIMENSION, direction, ids, passage, vectors
from tests.contract.weaviate_server import Server
from tests.weaviate_emulator import WeaviateEmulator, rpc_writing


@pytest_asyncio.fixture
async def emulator() -> AsyncIterator[WeaviateEmulator]:
    async with WeaviateEmulator() as emulator:
        yield emulator


@pytest_asyncio.fixture
async def index(emulator: WeaviateEmulator) -> AsyncIterator[WeaviateIndex]:
    server = Server(emulator.http_url, emulator.grpc_address, emulator=emulator)
    index = await server.open("Faults", DIMENSION, "test")
    yield index
    await index.close()


async def found(index: WeaviateIndex, *audience: str) -> list[str]:
    query = SearchQuery(text="word", vector=tuple(direction(0)), audience=audience or ("everyone",))
    return sorted(ids(await index.search(query)))


async def test_passages_that_are_not_taken_are_counted_with_the_reason(
    emulator: WeaviateEmulator, index: WeaviateIndex, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [passage(f"p{at}", "a word", ordinal=at) for at in range(5)]
    emulator.faults.fail_objects(2, "shard is read-only")
    with pytest.raises(IndexUnavailableError, match=r"did not take 2 of 5 passages: .*read-only"):
        await index.upsert(rows, None)
    emulator.faults.fail_objects(5, "disk is full")
    with pytest.raises(IndexUnavailableError, match=r"did not take 5 of 5 passages: .*disk is full"):
        await index.upsert(rows, None)
    await index.upsert(rows, None)
    assert len(await found(index)) == 5
    assert "a word" not in caplog.text


@pytest.mark.parametrize(
    ("call", "done_before"),
    [
        ("Search", False),
        ("BatchObjects", False),
        ("BatchObjects", True),
        ("BatchDelete", False),
        ("TenantsGet", False),
        ("GET /v1/aliases", False),
    ],
)
async def test_what_fails_for_a_moment_is_tried_again(
    emulator: WeaviateEmulator, index: WeaviateIndex, call: str, *, done_before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "PAUSES", (0.01, 0.02, 0.03))
    await index.upsert([passage("old", "a word")], vectors(direction(0)))
    fault = emulator.faults.add(call, "unavailable", done_before=done_before)
    await index.upsert([passage("new", "a word")], vectors(direction(0)))
    await index.delete_passages(["old"])
    assert await found(index) == ["new"]
    assert fault.hits == 1


async def test_a_server_that_stays_away_is_told_of_and_asked_again_when_it_is_back(
    emulator: WeaviateEmulator, index: WeaviateIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weaviate_index, "CHECK_SECONDS", 0.5)
    await index.upsert([passage("a", "a word")], vectors(direction(0)))
    async with asyncio.timeout(20):
        async with emulator.away():
            with pytest.raises(IndexUnavailableError, match=r"Weaviate at http://127\.0\.0\.1:\d+ does not answer"):
                await index.check()
        assert await found(index) == ["a"]


@pytest.mark.parametrize("call", ["Search", "BatchObjects"])
async def test_a_server_that_hangs_is_not_waited_for_without_end(
    emulator: WeaviateEmulator, index: WeaviateIndex, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "CALL_SECONDS", 0.3)
    monkeypatch.setattr(collection, "WRITE_SECONDS", 0.3)
    emulator.faults.add(call, "hang", count=100)
    async with asyncio.timeout(10):
        with pytest.raises(IndexUnavailableError, match="in time"):
            await (found(index) if call == "Search" else index.upsert([passage("a", "a word")], None))
    emulator.faults.clear()
    await index.upsert([passage("a", "a word")], None)
    assert await found(index) == ["a"]


async def test_more_is_deleted_than_a_call_deletes(index: WeaviateIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    await index.upsert([passage("kept", "a word", source="wiki")], None)
    monkeypatch.setattr(rpc_writing, "MAXIMUM_RESULTS", 10)  # a server's 10,000, for a test's patience
    rows = [passage(f"p{at}", "a word", ordinal=at) for at in range(35)]
    await index.upsert(rows, np.zeros((35, DIMENSION), dtype=np.float32))
    assert await index.delete("docs") == 35
    assert await found(index) == ["kept"]


async def test_a_key_that_was_taken_away_is_the_operators_to_mend(
    emulator: WeaviateEmulator, index: WeaviateIndex
) -> None:
    emulator.api_key = "another"
    for work in (index.check(), index.search(SearchQuery(text="word")), index.upsert([passage("a", "word")], None)):
        with pytest.raises(SettingsError, match="refuses the key"):
            await work
