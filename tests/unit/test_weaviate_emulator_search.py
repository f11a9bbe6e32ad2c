"""How a Weaviate server searches, filters and counts, asked of the emulator by the real client.

Section names are the documentation's.
"""

from datetime import UTC, datetime
from math import log
from typing import Any
from uuid import UUID

import pytest
from weaviate.classes.aggregate import GroupByAggregate
from weaviate.classes.config import Configure, DataType, Property, StopwordsPreset, Tokenization, VectorDistances
from weaviate.classes.data import DataObject
from weaviate.classes.query import BM25Operator, Filter, HybridFusion, MetadataQuery, Sort, TargetVectors
from weaviate.exceptions import (
    WeaviateDeleteManyError,
    WeaviateQueryError,
)

from tests.weaviate_emulator.client import ALL, notes, numbers, serving, text, uuid, vectors

# Search: Keyword search (BM25)


async def test_words_rank_by_bm25_with_the_servers_numbers():
    async with serving() as (_, client):
        made = await notes(client, "pump pump valve", "pump", "seal and valve", "the motor")
        found = await made.query.bm25("pump", return_metadata=ALL)
        idf = log(1 + (4 - 2 + 0.5) / (2 + 0.5))
        average = (3 + 1 + 3 + 2) / 4
        expected = {
            1: idf * 2 / (2 + 1.2 * (0.25 + 0.75 * 3 / average)),
            2: idf * 1 / (1 + 1.2 * (0.25 + 0.75 * 1 / average)),
        }
        scores = {UUID(str(one.uuid)).int: one.metadata.score for one in found.objects}
        assert scores == pytest.approx(expected, rel=1e-5)
        assert numbers(found) == sorted(expected, key=lambda number: -expected[number])
        assert "BM25F_pump_frequency:2" in {o.uuid: o.metadata.explain_score for o in found.objects}[uuid(1)]
        assert numbers(await made.query.bm25("the")) == [], "a stopword of the preset en"
        both = await made.query.bm25("pump valve", operator=BM25Operator.and_())
        assert numbers(both) == [1]
        assert set(numbers(await made.query.bm25("pump valve"))) == {1, 2, 3}


async def test_each_tenant_has_statistics_of_its_own():
    async with serving() as (_, client):
        made = await client.collections.create(
            "Note",
            properties=[text("words")],
            multi_tenancy_config=Configure.multi_tenancy(True, auto_tenant_creation=True),
        )
        await made.with_tenant("one").data.insert_many([{"words": "pump"}, {"words": "valve"}])
        await made.with_tenant("two").data.insert_many([{"words": "pump"}, {"words": "pump pump"}])
        scores = [
            (await made.with_tenant(tenant).query.bm25("pump", limit=1, return_metadata=ALL)).objects[0].metadata.score
            for tenant in ("one", "two")
        ]
        assert scores[0] > scores[1]


async def test_properties_are_chosen_and_boosted_and_must_be_searchable():
    async with serving() as (_, client):
        made = await client.collections.create(
            "Note",
            properties=[text("title"), text("body"), text("secret", index_searchable=False, index_filterable=False)],
        )
        await made.data.insert_many(
            [
                DataObject(properties={"title": "pump", "body": "valve"}, uuid=uuid(1)),
                DataObject(properties={"title": "valve", "body": "pump", "secret": "pump"}, uuid=uuid(2)),
            ]
        )
        assert numbers(await made.query.bm25("pump", query_properties=["title^3", "body"])) == [1, 2]
        assert numbers(await made.query.bm25("pump", query_properties=["title", "body^3"])) == [2, 1]
        assert numbers(await made.query.bm25("pump", query_properties=["body"])) == [2]
        with pytest.raises(WeaviateQueryError, match="Searching by property 'secret' requires inverted index"):
            await made.query.bm25("pump", query_properties=["secret"])
        with pytest.raises(WeaviateQueryError, match="no such prop with name 'nothing'"):
            await made.query.bm25("pump", query_properties=["nothing"])
        with pytest.raises(WeaviateQueryError, match="Filtering by property 'secret' requires inverted index"):
            await made.query.fetch_objects(filters=Filter.by_property("secret").equal("pump"))


# Configuration: Collection definition: Tokenization


@pytest.mark.parametrize(
    ("tokenization", "finding", "missing"),
    [
        (Tokenization.WORD, ["PUMP", "v2", "p 101"], ["pum"]),
        (Tokenization.LOWERCASE, ["pump-V2", "P.101"], ["pump", "101"]),
        (Tokenization.WHITESPACE, ["Pump-v2", "p.101"], ["pump-v2"]),
        (Tokenization.FIELD, ["Pump-v2 p.101"], ["Pump-v2", "p.101"]),
        (Tokenization.TRIGRAM, ["ump", "mpv"], ["xyz"]),
    ],
)
async def test_a_property_is_cut_as_its_tokenization_says(
    tokenization: Tokenization, finding: list[str], missing: list[str]
):
    async with serving() as (_, client):
        made = await notes(client, "  Pump-v2 p.101 ", tokenization=tokenization)
        for query in finding:
            assert numbers(await made.query.bm25(query)) == [1], query
        for query in missing:
            assert numbers(await made.query.bm25(query)) == [], query


async def test_chinese_is_read_where_the_tokenizer_is_turned_on():
    async with serving(tokenizers=["gse"]) as (_, client):
        made = await notes(client, "更换泵的密封圈", "校准压力表 PT100", tokenization=Tokenization.GSE)
        assert numbers(await made.query.bm25("密封圈")) == [1]
        assert numbers(await made.query.bm25("pt100 压力")) == [2]


# Search: Vector similarity


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        (VectorDistances.COSINE, {1: 0.0, 2: 1.0, 3: 0.0}),
        (VectorDistances.DOT, {3: -2.0, 1: -1.0, 2: 0.0}),
        (VectorDistances.L2_SQUARED, {1: 0.0, 3: 1.0, 2: 2.0}),
    ],
)
async def test_the_nearest_come_first_and_what_has_no_vector_never_comes(
    distance: VectorDistances, expected: dict[int, float]
):
    async with serving() as (_, client):
        made = await client.collections.create(
            "Note", properties=[text("words")], vector_config=vectors("v", "w", distance=distance)
        )
        await made.data.insert_many(
            [
                DataObject(
                    properties={"words": "pump"}, uuid=uuid(at), vector={"v": vector} if vector else {"w": [1.0]}
                )
                for at, vector in enumerate(([1.0, 0.0], [0.0, 1.0], [2.0, 0.0], None), 1)
            ]
        )
        asked = MetadataQuery(distance=True, certainty=distance is VectorDistances.COSINE)
        found = await made.query.near_vector([1.0, 0.0], target_vector="v", return_metadata=asked)
        distances = {UUID(str(one.uuid)).int: one.metadata.distance for one in found.objects}
        assert distances == pytest.approx(expected)
        assert list(distances.values()) == sorted(distances.values())
        near = await made.query.near_vector([1.0, 0.0], target_vector="v", distance=min(expected.values()) + 0.1)
        assert 0 < len(near.objects) < 3
        if distance is not VectorDistances.COSINE:
            with pytest.raises(WeaviateQueryError, match="certainty"):
                await made.query.near_vector([1.0, 0.0], target_vector="v", certainty=0.9)
            with pytest.raises(WeaviateQueryError, match="certainty"):
                await made.query.near_vector([1.0, 0.0], target_vector="v", return_metadata=ALL)


async def test_a_vector_must_be_named_known_and_as_long_as_the_others():
    async with serving() as (_, client):
        made = await client.collections.create(
            "Note", properties=[text("words")], vector_config=vectors("text", "image")
        )
        await made.data.insert({"words": "pump"}, vector={"text": [1.0, 0.0], "image": [1.0]}, uuid=uuid(1))
        with pytest.raises(WeaviateQueryError, match="multiple vectors, but no target vectors were provided"):
            await made.query.near_vector([1.0, 0.0])
        with pytest.raises(WeaviateQueryError, match="does not have named vector sound configured"):
            await made.query.near_vector([1.0, 0.0], target_vector="sound")
        with pytest.raises(WeaviateQueryError, match="vector lengths don't match: 2 vs 3"):
            await made.query.near_vector([1.0, 0.0, 0.0], target_vector="text")
        both = await made.query.near_vector(
            {"text": [0.0, 1.0], "image": [1.0]},
            target_vector=TargetVectors.manual_weights({"text": 0.5, "image": 2.0}),
            return_metadata=ALL,
        )
        assert both.objects[0].metadata.distance == pytest.approx(0.5)


# Search: Hybrid search; Concepts: Hybrid search


@pytest.mark.parametrize(
    ("fusion", "alpha", "expected"),
    [
        (HybridFusion.RANKED, 0.5, {1: 0.5 / 60 + 0.5 / 61, 2: 0.5 / 60 + 0.5 / 61, 3: 0.5 / 62}),
        (HybridFusion.RELATIVE_SCORE, 0.5, {2: 0.5, 1: 0.5 + 0.5 * 0.6, 3: 0.0}),
        (HybridFusion.RELATIVE_SCORE, 0.0, {1: 1.0, 2: 0.0}),
        (HybridFusion.RELATIVE_SCORE, 1.0, {2: 1.0, 1: 0.6, 3: 0.0}),
    ],
)
async def test_words_and_vectors_are_fused_by_rank_or_by_score(
    fusion: HybridFusion, alpha: float, expected: dict[int, float]
):
    async with serving() as (_, client):
        made = await client.collections.create("Note", properties=[text("words")], vector_config=vectors("v"))
        await made.data.insert_many(
            [
                DataObject(properties={"words": words}, uuid=uuid(at), vector={"v": vector})
                for at, (words, vector) in enumerate(
                    [("pump pump", [0.6, 0.8]), ("pump seal", [1.0, 0.0]), ("valve", [0.0, 1.0])], 1
                )
            ]
        )
        found = await made.query.hybrid(
            "pump", vector=[1.0, 0.0], target_vector="v", alpha=alpha, fusion_type=fusion, return_metadata=ALL
        )
        scores = {UUID(str(one.uuid)).int: one.metadata.score for one in found.objects}
        assert scores == pytest.approx(expected, abs=1e-6)


# Search: Filters


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Filter.by_property("audience").contains_any(["slack/T1", "web"]), [1, 2]),
        (Filter.by_property("audience").contains_all(["slack/T1", "web"]), [2]),
        (Filter.by_property("audience").contains_none(["slack/T1"]), [3]),
        (Filter.by_property("audience").equal("slack"), []),
        (Filter.by_property("words").equal("PUMP station"), [1]),
        (Filter.by_property("words").not_equal("pump"), [2, 3]),
        (Filter.by_property("words").like("pu?p*"), [1]),
        (Filter.by_property("size").greater_than(1) & Filter.by_property("size").less_or_equal(3), [2, 3]),
        (Filter.by_property("size").equal(1) | Filter.by_id().equal(uuid(3)), [1, 3]),
        (Filter.not_(Filter.by_property("size").equal(1)), [2, 3]),
        (Filter.by_id().contains_any([uuid(1), uuid(9)]), [1]),
        (Filter.by_property("words").is_none(True), [3]),
    ],
)
async def test_filters_let_through_what_they_name(where: Any, expected: list[int]):
    async with serving() as (_, client):
        made = await _filed(client)
        assert numbers(await made.query.fetch_objects(filters=where)) == expected
        counted = await made.aggregate.over_all(total_count=True, filters=where)
        assert counted.total_count == len(expected)


async def _filed(client: Any) -> Any:
    made = await client.collections.create(
        "Note",
        properties=[
            text("words"),
            Property(name="audience", data_type=DataType.TEXT_ARRAY, tokenization=Tokenization.FIELD),
            Property(name="size", data_type=DataType.INT),
        ],
        inverted_index_config=Configure.inverted_index(index_null_state=True, stopwords_preset=StopwordsPreset.NONE),
    )
    filed = [("the pump station", ["slack/T1"], 1), ("valve", ["slack/T1", "web"], 2), (None, ["slack/T2"], 3)]
    await made.data.insert_many(
        [
            DataObject(properties={"words": words, "audience": audience, "size": size}, uuid=uuid(at))
            for at, (words, audience, size) in enumerate(filed, 1)
        ]
    )
    return made


async def test_filters_that_make_no_sense_are_refused():
    async with serving() as (_, client):
        made = await notes(client, "the pump")
        for where, reason in (
            (Filter.by_property("nothing").equal("a"), "no such prop with name 'nothing'"),
            (Filter.by_property("words").equal(1), 'cannot use "valueInt" on type "text"'),
            (Filter.by_property("words").equal("the"), "only stopwords provided"),
            (Filter.by_property("words").is_none(True), "Nullstate must be indexed to be filterable"),
            (Filter.by_creation_time().greater_than(datetime(2026, 1, 1, tzinfo=UTC)), "imestamps must be indexed"),
        ):
            with pytest.raises(WeaviateQueryError, match=reason):
                await made.query.fetch_objects(filters=where)
        with pytest.raises(WeaviateDeleteManyError, match="no such prop with name"):
            await made.data.delete_many(where=Filter.by_property("nothing").equal("a"))


# Search: Basics: Limit, paginate, sort; Manage objects: Read all objects (cursor API)


async def test_all_objects_are_read_in_the_order_of_their_ids_page_by_page():
    async with serving() as (_, client):
        made = await notes(client, *(f"note {at}" for at in range(25)))
        assert len((await made.query.fetch_objects()).objects) == 10, "QUERY_DEFAULTS_LIMIT"
        assert numbers(await made.query.fetch_objects(limit=3, offset=2)) == [3, 4, 5]
        assert numbers(await made.query.fetch_objects(limit=3, after=uuid(20))) == [21, 22, 23]
        assert [UUID(str(one.uuid)).int async for one in made.iterator(cache_size=4)] == list(range(1, 26))
        backwards = await made.query.fetch_objects(limit=2, sort=Sort.by_id(ascending=False))
        assert numbers(backwards) == [25, 24]
        with pytest.raises(WeaviateQueryError, match="where cannot be set with after and limit parameters"):
            await made.query.fetch_objects(after=uuid(1), filters=Filter.by_property("words").equal("note"))
        with pytest.raises(WeaviateQueryError, match="query maximum results exceeded"):
            await made.query.fetch_objects(limit=10_000, offset=1)


async def test_objects_are_counted_by_the_values_of_a_property():
    async with serving() as (_, client):
        made = await client.collections.create("Note", properties=[text("kind", Tokenization.FIELD)])
        await made.data.insert_many([{"kind": kind} for kind in ("text", "picture", "text")])
        counted = await made.aggregate.over_all(group_by=GroupByAggregate(prop="kind"), total_count=True)
        assert {group.grouped_by.value: group.total_count for group in counted.groups} == {"text": 2, "picture": 1}
