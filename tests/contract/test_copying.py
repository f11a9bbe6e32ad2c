"""Everything goes from one index into another, once and whole, also when it was broken off."""

from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from core.errors import IndexUnavailableError
from core.knowledge.copying import AT_ONCE, copy
from core.knowledge.index import SearchQuery
from core.knowledge.lance import LanceIndex
from tests.contract.knowledge_index import DIMENSION, direction, ids, looking_like, passage, picture, vectors

COUNT = AT_ONCE * 2 + 9


async def filled(folder: Path) -> LanceIndex:
    """An index with three pages of passages."""
    index = await LanceIndex.open(folder, DIMENSION, "test")
    await index.hold_images("eyes", 2)
    rows = [passage(f"p{at:04}", f"part {at}", audience=(f"slack/T{at % 3}",)) for at in range(COUNT)]
    images = np.zeros((COUNT + 1, 2), dtype=np.float32)
    images[-1] = (0.6, 0.8)
    seen = picture("seen", "a picture")
    await index.upsert([*rows, seen], vectors(*[direction(at % 8) for at in range(COUNT)], None), images)
    return index


async def test_a_copy_that_was_broken_off_goes_on_where_it_was(tmp_path: Path) -> None:
    source = await filled(tmp_path / "old")
    target = await LanceIndex.open(tmp_path / "new", DIMENSION, "test")
    progress = tmp_path / "progress.json"
    async with aclosing(copy(source, target, progress)) as copying:
        async for done in copying:
            if done.passages == AT_ONCE:
                break
    assert (await target.statistics()).passages == AT_ONCE

    steps = [done.passages async for done in copy(source, target, progress)]

    assert steps == [AT_ONCE, AT_ONCE * 2, COUNT + 1]
    assert not progress.exists()
    assert (await target.statistics()).sources == (await source.statistics()).sources
    assert await target.picture_encoder() == "eyes"
    assert ids(await target.search(looking_like(0.6, 0.8))) == ["seen"]
    query = SearchQuery(text="part", vector=tuple(direction(2)), dense_weight=1.0, audience=("slack/T1",))
    assert [hit.passage for hit in await target.search(query)] == [hit.passage for hit in await source.search(query)]
    for index in (source, target):
        await index.close()


async def test_an_index_that_held_something_else_is_told_of(tmp_path: Path) -> None:
    source = await filled(tmp_path / "old")
    target = await LanceIndex.open(tmp_path / "new", DIMENSION, "test")
    await target.upsert([passage("other", "word", source="wiki")], None)
    with pytest.raises(IndexUnavailableError, match=f"{COUNT + 1} passages are in the one index, and {COUNT + 2}"):
        async for _ in copy(source, target, tmp_path / "progress.json"):
            pass
    for index in (source, target):
        await index.close()
