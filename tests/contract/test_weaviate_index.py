"""Weaviate as a knowledge index: the contract, and what is its own.

Against the emulator in tests/weaviate_emulator, or against the server that LORELENS_TEST_WEAVIATE_URL names
(LORELENS_TEST_WEAVIATE_GRPC, LORELENS_TEST_WEAVIATE_API_KEY): each test in a collection of its own, removed afterwards.
"""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from core.errors import IndexUnavailableError, SettingsError
from core.knowledge.index import KnowledgeIndex, SearchQuery, StoredPassage
from core.knowledge.lance import LanceIndex
from core.knowledge.weaviate.index import WeaviateIndex
from core.knowledge.weaviate.schema import CollectionOptions
from tests.contract.knowledge_index import (
    DIMENSION,
    KnowledgeIndexContract,
    direction,
    ids,
    looking_like,
    passage,
    picture,
    vectors,
)
from tests.contract.weaviate_server import Server, weaviate_server
from tests.weaviate_emulator import WeaviateEmulator


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with weaviate_server() as server:
        yield server


class TestWeaviateIndex(KnowledgeIndexContract):
    """The contract, on Weaviate."""

    @pytest.fixture(autouse=True)
    def served(self, server: Server) -> None:
        self.server = server

    async def open_index(self, place: Path) -> KnowledgeIndex:
        return await self.server.open(f"T{hashlib.sha256(str(place).encode()).hexdigest()[:12]}", DIMENSION, "test")


async def test_a_passage_lies_with_its_workspace_alone(server: Server) -> None:
    index = await server.open("Tenants", DIMENSION, "test")
    await index.upsert(
        [
            passage("all", "plan"),
            passage("one", "plan", audience=("slack/T1/channel/C", "slack/T1/person/U")),
            passage("two", "plan", audience=("slack/T1", "discord/9")),
        ],
        None,
    )
    where = {one.passage.id: one.position.split()[0] for one in await _all(index)}
    assert where == {"all": "shared", "one": "slack_T1", "two": "shared"}
    await index.set_audience("docs", ("discord/9",))
    assert {one.position.split()[0] for one in await _all(index)} == {"discord_9"}
    await index.close()


async def test_another_picture_encoder_gets_another_collection_while_others_search(server: Server) -> None:
    index, other = [await server.open("Moving", DIMENSION, "test") for _ in range(2)]
    await index.hold_images("eyes", 2)
    rows = [picture(f"p{at}", "a word", audience=(f"slack/T{at % 3}",)) for at in range(9)]
    await index.upsert(rows, vectors(*[direction(0)] * 9), np.asarray([[1, 0]] * 9, dtype=np.float32))
    await index.hold_images("other eyes", 3)
    query = SearchQuery(text="word", vector=tuple(direction(0)), audience=("slack/T0", "slack/T1", "slack/T2"))
    assert len(await other.search(query)) == 9
    assert await other.picture_encoder() == "other eyes"
    await other.upsert(rows[:1], None, np.asarray([[0, 1, 0]], dtype=np.float32))
    seen = looking_like(0, 1, 0, encoder="other eyes").model_copy(update={"audience": ("slack/T0",)})
    assert ids(await index.search(seen)) == ["p0"]
    assert (await index.statistics()).passages == 9
    for one in (index, other):
        await one.close()


async def test_both_indices_rank_alike(server: Server, tmp_path: Path) -> None:
    texts = [
        *(
            f"Deploys of service {at} run on day {at % 7}; rollback takes {at} minutes{' more' * at}."
            for at in range(20)
        ),
        *(f"第{at}号服务在星期{at % 7}部署,回滚需要{at}分钟{'又' * at}。" for at in range(20)),
    ]
    rows = [passage(f"p{at:02}", text, ordinal=at) for at, text in enumerate(texts)]
    values = np.random.default_rng(7).normal(size=(40, DIMENSION)).astype(np.float32)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    lance = await LanceIndex.open(tmp_path, DIMENSION, "test")
    weaviate = await server.open("Ranks", DIMENSION, "test")
    for index in (lance, weaviate):
        await index.upsert(rows, values)
        await index.optimize()
    for text in ("rollback of service 7", "deploys on day 3", "服务回滚需要多少分钟", "星期五部署"):
        for weight in (0.3, 0.5, 1.0):
            query = SearchQuery(text=text, vector=tuple(values[5].tolist()), dense_weight=weight, limit=10)
            ours, theirs = await lance.search(query), await weaviate.search(query)
            assert [round(hit.score, 4) for hit in ours][:5] == [round(hit.score, 4) for hit in theirs][:5]
            assert ids(ours)[0] == ids(theirs)[0]
    for index in (lance, weaviate):
        await index.close()


async def test_an_index_of_another_encoder_is_refused(server: Server) -> None:
    await (await server.open("Encoders", DIMENSION, "one")).close()
    with pytest.raises(SettingsError, match='"one", not with "two"'):
        await server.open("Encoders", DIMENSION, "two")


async def test_a_server_that_is_away_is_named() -> None:
    with pytest.raises(IndexUnavailableError, match=r"Weaviate at http://127\.0\.0\.1:9 can't be reached"):
        await WeaviateIndex.open("http://127.0.0.1:9", DIMENSION, "test")


async def test_a_wrong_key_and_an_old_server_are_the_operators_to_mend() -> None:
    async with WeaviateEmulator(api_key="right") as emulator:
        with pytest.raises(SettingsError, match="refuses the key"):
            await WeaviateIndex.open(
                emulator.http_url, DIMENSION, "test", grpc_address=emulator.grpc_address, api_key="wrong"
            )
    async with WeaviateEmulator(version="1.31.0") as emulator:
        with pytest.raises(SettingsError, match="too old"):
            await WeaviateIndex.open(emulator.http_url, DIMENSION, "test", grpc_address=emulator.grpc_address)


async def test_a_tokenizer_that_is_turned_off_is_told_with_what_turns_it_on() -> None:
    async with WeaviateEmulator() as emulator:
        with pytest.raises(SettingsError, match="ENABLE_TOKENIZER_GSE"):
            await WeaviateIndex.open(
                emulator.http_url,
                DIMENSION,
                "test",
                grpc_address=emulator.grpc_address,
                options=CollectionOptions(tokenizer="gse"),
            )


async def _all(index: WeaviateIndex) -> list[StoredPassage]:
    taken: list[StoredPassage] = []
    while page := await index.stored(taken[-1].position if taken else "", 2):
        taken += page
    return taken
