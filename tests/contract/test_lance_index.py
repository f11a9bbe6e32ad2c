"""LanceDB as a knowledge index, and what is its own."""

from pathlib import Path

import pytest

from core.errors import IndexUnavailableError, SettingsError
from core.knowledge.index import KnowledgeIndex
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


async def test_an_index_of_another_encoder_is_refused(tmp_path: Path) -> None:
    await (await LanceIndex.open(tmp_path, DIMENSION, "one")).close()
    with pytest.raises(SettingsError, match='"one", not with "two"'):
        await LanceIndex.open(tmp_path, DIMENSION, "two")


async def test_a_folder_that_can_not_be_made_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexUnavailableError, match="file"):
        await LanceIndex.open(tmp_path / "file" / "index", DIMENSION, "test")
