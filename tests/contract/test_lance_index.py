"""LanceDB as a knowledge index, and what is its own."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import IndexUnavailableError, SettingsError
from core.knowledge.index import KnowledgeIndex, SearchQuery
from core.knowledge.lance import LanceIndex
from tests.contract.knowledge_index import DIMENSION, KnowledgeIndexContract, passage


class TestLanceIndex(KnowledgeIndexContract):
    """The contract, on LanceDB."""

    async def open_index(self, place: Path) -> KnowledgeIndex:
        return await LanceIndex.open(place / "index", DIMENSION, "test")


async def test_without_an_encoder_words_alone_are_searched(tmp_path: Path) -> None:
    index = await LanceIndex.open(tmp_path, None, "")
    await index.upsert([passage("a", "a word")], None)
    await index.close()
    again = await LanceIndex.open(tmp_path, None, "")
    assert (await again.statistics()).passages == 1
    await again.close()


async def test_an_index_from_before_documents_had_addresses_still_answers(tmp_path: Path) -> None:
    index = await LanceIndex.open(tmp_path, DIMENSION, "test")
    await index.upsert([passage("a", "Deploys run on Tuesdays."), passage("b", "Lunch is at noon.")], None)
    await index.close()
    lancedb: Any = importlib.import_module("lancedb")
    table = lancedb.connect(str(tmp_path)).open_table("passages")
    rows = table.to_arrow().to_pylist()
    for row in rows:
        written = json.loads(row["passage"])
        del written["url"]
        row["passage"] = json.dumps(written)
    table.merge_insert("id").when_matched_update_all().execute(rows)

    again = await LanceIndex.open(tmp_path, DIMENSION, "test")
    hits = await again.search(SearchQuery(text="deploys", dense_weight=0.0))
    assert [(hit.passage.id, hit.passage.url) for hit in hits] == [("a", "")]
    assert await again.readdress("docs", {"a.md": "https://git/a.md"}) == 1
    await again.upsert([passage("b", "Lunch is at one.", url="https://git/b.md")], None)
    assert [one.url for one in await again.passages("docs", "a.md")] == ["https://git/a.md"]
    assert [one.url for one in await again.passages("docs", "b.md")] == ["https://git/b.md"]
    await again.close()


async def test_an_index_of_another_encoder_is_refused(tmp_path: Path) -> None:
    await (await LanceIndex.open(tmp_path, DIMENSION, "one")).close()
    with pytest.raises(SettingsError, match='"one", not with "two"'):
        await LanceIndex.open(tmp_path, DIMENSION, "two")


async def test_a_folder_that_can_not_be_made_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexUnavailableError, match="file"):
        await LanceIndex.open(tmp_path / "file" / "index", DIMENSION, "test")
