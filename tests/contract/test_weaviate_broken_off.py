"""What was broken off in Weaviate after any step: nothing is lost or shown to others, and the next run mends it.

Broken off as by a kill: a call that changes something is done, its answer never comes, and no call is made after it.
The emulator's alone.
"""

from collections.abc import AsyncIterator
from itertools import count

import numpy as np
import pytest
import pytest_asyncio

from core.errors import IndexUnavailableError
from core.knowledge.index import SearchQuery
from core.knowledge.weaviate import collection, moving
from core.knowledge.weaviate import index as weaviate_index
from core.knowledge.weaviate.index import WeaviateIndex
from tests.contract.knowledge_index import DIMENSION, direction, ids, looking_like, passage, picture, vectors
from tests.contract.weaviate_server import Server
from tests.weaviate_emulator import WeaviateEmulator

pytestmark = pytest.mark.slow
ALL = [f"p{at}" for at in range(5)]


@pytest_asyncio.fixture
async def emulator() -> AsyncIterator[WeaviateEmulator]:
    async with WeaviateEmulator() as emulator:
        yield emulator


@pytest_asyncio.fixture
async def index(emulator: WeaviateEmulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WeaviateIndex]:
    """An index that does few at once, so that there are many steps."""
    monkeypatch.setattr(collection, "OBJECTS_AT_ONCE", 2)
    monkeypatch.setattr(moving, "OBJECTS_AT_ONCE", 2)
    monkeypatch.setattr(weaviate_index, "REWRITTEN_AT_ONCE", 3)
    server = Server(emulator.http_url, emulator.grpc_address, emulator=emulator)
    index = await server.open("Broken", DIMENSION, "test")
    yield index
    await index.close()


async def seen_by(index: WeaviateIndex, *audience: str) -> list[str]:
    return sorted(ids(await index.search(SearchQuery(text="word", dense_weight=0.0, audience=audience))))


async def held(index: WeaviateIndex) -> list[str]:
    """All that it holds, twice what is in two tenants."""
    found: list[str] = []
    after = ""
    while page := await index.stored(after):
        found += [one.passage.id for one in page]
        after = page[-1].position
    return sorted(found)


@pytest.mark.parametrize(
    ("before", "then"),
    [(("slack/T1",), ("slack/T2",)), (("everyone",), ("slack/T2",)), (("slack/T1", "slack/T2"), ("slack/T1",))],
    ids=["to another workspace", "from everyone", "somebody left out"],
)
async def test_a_source_that_was_given_to_others_half_way(
    emulator: WeaviateEmulator, index: WeaviateIndex, before: tuple[str, ...], then: tuple[str, ...]
) -> None:
    rows = [passage(name, "a word", audience=before, ordinal=at) for at, name in enumerate(ALL)]
    broken = 0
    for step in count():
        await index.upsert(rows, vectors(*[direction(0)] * len(rows)))
        emulator.faults.add("Batch", "500", skip=step, count=1000, done_before=True)
        try:
            await index.set_audience("docs", then)
            break
        except IndexUnavailableError:
            emulator.faults.clear()
        old, new = [set(await seen_by(index, *audience)) for audience in (before, then)]
        assert set(await held(index)) == set(ALL), "nothing is lost, though nobody may see it until it is mended"
        assert await seen_by(index, "slack/T3") == []
        if not set(before) & set(then):
            assert not old & new, "somebody sees what the others see, too"
        await index.set_audience("docs", then)
        assert await held(index) == ALL
        assert await seen_by(index, *then) == ALL
        assert await seen_by(index, *(set(before) - set(then))) == []
        broken += 1
    assert broken > 2


CHANGES = ("PUT /v1/schema", "POST /v1/schema", "BatchObjects", "PUT /v1/aliases", "DELETE /v1/schema")


async def test_a_move_that_was_broken_off_goes_on_with_the_next_reading_in(
    emulator: WeaviateEmulator, index: WeaviateIndex
) -> None:
    await index.hold_images("eyes", 2)
    rows = [picture(name, "a word", audience=("slack/T1",)) for name in ALL]
    await index.upsert(rows, vectors(*[direction(0)] * len(rows)), np.asarray([[1, 0]] * len(rows), dtype=np.float32))
    broken = 0
    for call in CHANGES:
        for step in count():
            eyes = f"eyes {call} {step}"
            fault = emulator.faults.add(call, "500", skip=step, done_before=True)
            try:
                await index.hold_images(eyes, 2)
            except IndexUnavailableError:
                broken += 1
            emulator.faults.clear()
            assert await seen_by(index, "slack/T1") == ALL, "whoever asks meanwhile is answered"
            await index.resume()  # what the next reading in begins with, whatever encoder it has
            await index.upsert(rows[:1], vectors(direction(0)))
            assert await held(index) == ALL
            assert len(emulator.database.collections) == 1
            if not fault.hits:
                break
    assert broken > 8
    await index.hold_images("last eyes", 2)
    await index.upsert(rows[:1], None, np.asarray([[0, 1]], dtype=np.float32))
    seen = looking_like(0, 1, encoder="last eyes").model_copy(update={"audience": ("slack/T1",)})
    assert ids(await index.search(seen)) == ["p0"]
