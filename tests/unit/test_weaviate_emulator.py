"""What a Weaviate server does with definitions, tenants and objects, asked of the emulator by the real client.

Section names are the documentation's.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import grpc
import pytest
import weaviate
from httpx import RemoteProtocolError
from weaviate.classes.config import Configure, DataType, Property, Tokenization
from weaviate.classes.data import DataObject
from weaviate.classes.query import Filter
from weaviate.classes.tenants import Tenant, TenantActivityStatus
from weaviate.exceptions import (
    UnexpectedStatusCodeError,
    WeaviateBatchError,
    WeaviateConnectionError,
    WeaviateDeleteManyError,
    WeaviateInsertManyAllFailedError,
    WeaviateQueryError,
)
from weaviate.proto.v1 import health_weaviate_pb2

from tests.weaviate_emulator import WeaviateEmulator
from tests.weaviate_emulator.client import client_of, notes, serving, text, uuid, vectors


async def test_a_server_starts_at_once_and_says_what_it_is():
    async with WeaviateEmulator(version="1.34.0"):
        pass
    started = time.perf_counter()
    async with WeaviateEmulator(version="1.34.0") as server:
        assert time.perf_counter() - started < 1
        async with client_of(server) as client:
            assert (await client.get_meta())["version"] == "1.34.0"
            assert await client.is_ready()
            assert await client.is_live()
            assert [node.status for node in await client.cluster.nodes()] == ["HEALTHY"]
            server.faults.ready = False
            assert not await client.is_ready()


async def test_the_health_check_of_grpc_is_answered():
    async with WeaviateEmulator() as server, grpc.aio.insecure_channel(server.grpc_address) as channel:
        pb: Any = health_weaviate_pb2
        check: Any = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            pb.WeaviateHealthCheckRequest.SerializeToString,
            pb.WeaviateHealthCheckResponse.FromString,
        )
        assert (await check(pb.WeaviateHealthCheckRequest())).status == pb.WeaviateHealthCheckResponse.SERVING


async def test_the_synchronous_client_is_served_too():
    async with WeaviateEmulator() as server:

        def ask() -> bool:
            with weaviate.connect_to_custom(**server.connect_with) as client:
                made = client.collections.create("Note", properties=[text("words")], vector_config=vectors("v"))
                made.data.insert({"words": "pump"}, vector={"v": [1.0]})
                return len(made.query.bm25("pump").objects) == 1

        assert await asyncio.to_thread(ask)


# Configuration: Authentication: API keys


async def test_without_the_key_nothing_is_answered():
    async with WeaviateEmulator(api_key="right") as server:
        for key, reason in ((None, "anonymous access not enabled"), ("wrong", "invalid api key")):
            with pytest.raises(UnexpectedStatusCodeError, match=reason):
                async with client_of(server, key):
                    pass
        async with client_of(server, "right") as client:
            await notes(client, "pump")
            stub: Any = client.collections.use("Note").query
            assert len((await stub.bm25("pump")).objects) == 1
        async with grpc.aio.insecure_channel(server.grpc_address) as channel:
            unary: Any = channel.unary_unary
            search = unary("/weaviate.v1.Weaviate/Search")
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await search(b"")
            assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


# Manage collections: Collection operations; Configuration: Collection definition


@pytest.mark.parametrize(
    ("name", "properties", "reason"),
    [
        ("9Notes", [], "not a valid class name"),
        ("Not-es", [], "not a valid class name"),
        ("Note", [{"name": "a-b", "dataType": ["text"]}], "not a valid property name"),
        ("Note", [{"name": "_id", "dataType": ["text"]}], "reserved property name"),
        ("Note", [{"name": "_additional", "dataType": ["text"]}], "reserved property name"),
        ("Note", [{"name": "a", "dataType": ["text[][]"]}], "invalid dataType"),
        ("Note", [{"name": "a", "dataType": ["text"]}, {"name": "a", "dataType": ["int"]}], "already in use"),
        ("Note", [{"name": "a", "dataType": ["int"], "tokenization": "word"}], "Tokenization is not allowed"),
        ("Note", [{"name": "a", "dataType": ["int"], "indexSearchable": True}], "allowed only for text"),
        ("Note", [{"name": "a", "dataType": ["text"], "indexRangeFilters": True}], "allowed only for number"),
        ("Note", [{"name": "a", "dataType": ["text"], "tokenization": "gse"}], "set 'ENABLE_TOKENIZER_GSE' to 'true'"),
    ],
)
async def test_a_definition_that_the_server_does_not_take_is_refused(
    name: str, properties: Sequence[dict[str, Any]], reason: str
):
    async with serving() as (_, client):
        with pytest.raises(UnexpectedStatusCodeError, match="422") as refused:
            await client.collections.create_from_dict({"class": name, "properties": properties})
        assert reason in str(refused.value)


async def test_a_description_may_be_changed_and_what_makes_the_index_may_not():
    async with serving() as (_, client):
        made = await client.collections.create("Note", properties=[text("words")], vector_config=vectors("v"))
        await made.config.update(description='{"version": 2}')
        await made.config.add_property(Property(name="kind", data_type=DataType.TEXT))
        config = await made.config.get()
        assert config.description == '{"version": 2}'
        assert {prop.name for prop in config.properties} == {"words", "kind"}
        assert config.properties[0].tokenization is Tokenization.WORD
        json = await client.collections.export_config("Note")
        changed = json.to_dict()
        changed["vectorConfig"]["v"]["vectorIndexConfig"]["distance"] = "dot"
        with pytest.raises(UnexpectedStatusCodeError, match="distance is immutable"):
            await _put(client, changed)
        changed = json.to_dict()
        changed["multiTenancyConfig"]["enabled"] = True
        with pytest.raises(UnexpectedStatusCodeError, match="multi-tenancy for an existing class"):
            await _put(client, changed)
        with pytest.raises(UnexpectedStatusCodeError, match="already exists"):
            await client.collections.create("note")


async def _put(client: Any, definition: dict[str, Any]) -> None:
    connection: Any = client._connection  # The client offers no change that it knows to be refused.
    answer = await connection.put("/schema/Note", definition)
    if answer.status_code != 200:
        raise UnexpectedStatusCodeError("update", answer)


# Manage collections: Collection aliases


async def test_an_alias_leads_to_another_collection_from_one_call_to_the_next():
    async with serving() as (_, client):
        for version, words in (("Lore_v1", "old"), ("Lore_v2", "new")):
            made = await client.collections.create(version, properties=[text("words")], vector_config=vectors("v"))
            await made.data.insert({"words": words}, uuid=uuid(1))
        await client.alias.create(alias_name="Lore", target_collection="Lore_v1")
        by_alias = client.collections.use("Lore")
        assert (await by_alias.query.fetch_objects()).objects[0].properties == {"words": "old"}
        assert await client.alias.update(alias_name="Lore", new_target_collection="Lore_v2")
        assert (await by_alias.query.fetch_objects()).objects[0].properties == {"words": "new"}
        assert await by_alias.data.exists(uuid(1))
        assert (await client.alias.get(alias_name="Lore")).collection == "Lore_v2"
        assert set(await client.alias.list_all(collection="Lore_v1")) == set()
        with pytest.raises(UnexpectedStatusCodeError, match="already exists"):
            await client.collections.create("Lore")
        with pytest.raises(UnexpectedStatusCodeError, match="class Lore_v3: not found"):
            await client.alias.create(alias_name="Other", target_collection="Lore_v3")
        told = await client.alias.update(alias_name="Lore", new_target_collection="Lore_v3")
        assert not told, "the client answers False and raises nothing"
        assert not await client.collections.exists("Lore"), "an alias stands for objects, not for definitions"
        with pytest.raises(UnexpectedStatusCodeError, match="could not find class Lore"):
            await by_alias.tenants.create("acme")
        assert not await client.alias.update(alias_name="Nobody", new_target_collection="Lore_v1")
        assert await client.alias.delete(alias_name="Lore")
        assert not await client.alias.delete(alias_name="Lore")
        with pytest.raises(WeaviateQueryError, match="could not find class Lore in schema"):
            await by_alias.query.fetch_objects()


# Manage collections: Multi-tenancy operations


async def test_tenants_are_made_by_writing_but_not_by_asking():
    async with serving() as (_, client):
        made = await client.collections.create(
            "Note",
            properties=[text("words")],
            vector_config=vectors("v"),
            multi_tenancy_config=Configure.multi_tenancy(True, auto_tenant_creation=True, auto_tenant_activation=True),
        )
        for asked in (made.query.bm25("pump"), made.query.fetch_objects()):
            with pytest.raises(WeaviateQueryError, match="has multi-tenancy enabled, but request was without tenant"):
                await asked
        acme = made.with_tenant("acme")
        with pytest.raises(WeaviateQueryError, match='tenant not found: "acme"'):
            await acme.query.bm25("pump")
        await acme.data.insert_many([{"words": "pump"}])
        await made.with_tenant("globex").data.insert_many([{"words": "valve"}])
        assert len((await acme.query.bm25("pump valve")).objects) == 1
        assert sorted(await made.tenants.get()) == ["acme", "globex"]
        await made.tenants.deactivate("acme")
        assert (await made.tenants.get_by_name("acme")).activity_status is TenantActivityStatus.INACTIVE
        assert len((await acme.query.bm25("pump")).objects) == 1, "it is activated by being asked"
        await made.tenants.remove("acme")
        assert not await made.tenants.exists("acme")


async def test_tenants_that_are_not_made_by_themselves_must_be_made():
    async with serving() as (_, client):
        made = await client.collections.create(
            "Note", properties=[text("words")], multi_tenancy_config=Configure.multi_tenancy(True)
        )
        acme = made.with_tenant("acme")
        with pytest.raises(WeaviateInsertManyAllFailedError, match="tenant not found"):
            await acme.data.insert_many([{"words": "pump"}])
        await made.tenants.create([Tenant(name="acme")])
        await made.tenants.create("acme")
        await made.tenants.deactivate("acme")
        with pytest.raises(WeaviateQueryError, match="tenant not active: 'acme'"):
            await acme.query.fetch_objects()
        with pytest.raises(UnexpectedStatusCodeError, match="not a valid tenant name"):
            await made.tenants.create("acme/general")
        plain = await client.collections.create("Plain", properties=[text("words")])
        with pytest.raises(WeaviateQueryError, match="multi-tenancy disabled, but request was with tenant"):
            await plain.with_tenant("acme").query.fetch_objects()


# Manage objects: Create, read, update, delete


async def test_writing_an_object_again_replaces_it_whole_with_its_vectors():
    async with serving() as (_, client):
        made = await client.collections.create(
            "Note", properties=[text("words"), text("kind")], vector_config=vectors("a", "b")
        )
        first = DataObject(
            properties={"words": "pump", "kind": "text"}, uuid=uuid(1), vector={"a": [1.0, 0.0], "b": [1.0]}
        )
        await made.data.insert_many([first])
        await made.data.insert_many([DataObject(properties={"words": "valve"}, uuid=uuid(1), vector={"a": [0.0, 1.0]})])
        found = await made.query.fetch_object_by_id(uuid(1), include_vector=True)
        assert found.properties == {"words": "valve", "kind": None}
        assert found.vector == {"a": [0.0, 1.0]}
        assert not (await made.query.bm25("pump")).objects
        await made.data.update(uuid(1), properties={"kind": "picture"}, vector={"b": [0.5]})
        found = await made.query.fetch_object_by_id(uuid(1), include_vector=["a", "b"])
        assert found.properties == {"words": "valve", "kind": "picture"}
        assert found.vector == {"a": [0.0, 1.0], "b": [0.5]}
        await made.data.replace(uuid(1), properties={"words": "seal"})
        found = await made.query.fetch_object_by_id(uuid(1), include_vector=True)
        assert (found.properties["kind"], found.vector) == (None, {})
        with pytest.raises(UnexpectedStatusCodeError, match="already exists"):
            await made.data.insert({"words": "pump"}, uuid=uuid(1))
        assert await made.data.delete_by_id(uuid(1))
        assert not await made.data.delete_by_id(uuid(1))


async def test_a_batch_keeps_what_is_right_and_names_what_is_wrong():
    async with serving() as (server, client):
        made = await client.collections.create(
            "Note",
            properties=[text("words"), Property(name="size", data_type=DataType.INT)],
            vector_config=vectors("v"),
        )
        written = await made.data.insert_many(
            [
                DataObject(properties={"words": "pump", "size": 3}, vector={"v": [1.0, 0.0]}),
                DataObject(properties={"size": "three"}),
                DataObject(properties={"colour": "red"}),
                DataObject(properties={"words": "valve"}, uuid=uuid(4), vector={"v": [1.0, 0.0, 0.0]}),
                DataObject(properties={"words": "seal"}, vector={"w": [1.0]}),
            ]
        )
        assert written.has_errors
        assert {at: error.message for at, error in written.errors.items()} == {
            1: "invalid int property 'size' on class 'Note': not an integer, but str",
            2: "no such prop with name 'colour' found in class 'Note' in the schema. Check your schema files for which "
            "properties in this class are available",
            3: f"Validate vector index 'v' for {uuid(4)}: new node has a vector with length 3. "
            "Existing nodes have vectors with length 2: vector dimensions do not match the index dimensions",
            4: "collection Note does not have configuration for vector w",
        }
        server.faults.fail_objects(1, "shard is read-only")
        written = await made.data.insert_many([{"words": "one"}, {"words": "two"}])
        assert [error.message for error in written.errors.values()] == ["shard is read-only"]
        assert (await made.aggregate.over_all(total_count=True)).total_count == 2


# Manage objects: Delete: Delete multiple objects


async def test_one_deletion_takes_ten_thousand_objects_and_no_more():
    async with serving() as (server, client):
        made = await client.collections.create("Note", properties=[text("kind", Tokenization.FIELD)])
        for first in range(0, 10_010, 5005):
            objects = [DataObject(properties={"kind": "a"}, uuid=uuid(first + at)) for at in range(5005)]
            await made.data.insert_many(objects)
        where = Filter.by_property("kind").equal("a")
        counted = await made.data.delete_many(where=where, dry_run=True)
        assert (counted.matches, counted.successful, counted.failed) == (10_010, 10_000, 0)
        gone = await made.data.delete_many(where=where)
        assert (gone.matches, gone.successful, gone.objects) == (10_010, 10_000, None)
        gone = await made.data.delete_many(where=where, verbose=True)
        assert (gone.matches, len(gone.objects)) == (10, 10)
        assert (await made.data.delete_many(where=where)).matches == 0
        assert [call.objects for call in server.calls if call.name == "BatchObjects"] == [5005, 5005]


# What goes wrong on demand


async def test_a_server_that_is_away_for_a_while_is_asked_again_by_the_client():
    async with serving() as (server, client):
        made = await notes(client, "pump")
        fault = server.faults.add("Search", "unavailable")
        assert len((await made.query.bm25("pump")).objects) == 1
        assert fault.hits == 1
        assert [call.name for call in server.calls].count("Search") == 2


async def test_errors_of_the_wire_reach_the_client_as_its_own():
    async with serving() as (server, client):
        made = await notes(client, "pump")
        server.faults.add("Search", "deadline")
        with pytest.raises(WeaviateQueryError):
            await made.query.bm25("pump")
        server.faults.add("BatchObjects", "500", done_before=True)
        with pytest.raises(WeaviateBatchError):
            await made.data.insert_many([DataObject(properties={"words": "valve"}, uuid=uuid(2))])
        assert await made.data.exists(uuid(2)), "it was done before the answer was lost"
        for kind, reason in (("429", "429"), ("503", "503"), ("reset", "disconnected")):
            server.faults.add("GET /v1/schema", kind)
            with pytest.raises((UnexpectedStatusCodeError, RemoteProtocolError, WeaviateConnectionError), match=reason):
                await client.collections.list_all()
        server.faults.add("BatchDelete", "503")
        with pytest.raises(WeaviateDeleteManyError, match="UNAVAILABLE"):
            await made.data.delete_many(where=Filter.by_id().equal(uuid(2)))
        assert await made.data.exists(uuid(2))


async def test_a_server_that_hangs_is_let_go_again():
    async with serving() as (server, client):
        made = await notes(client, "pump")
        fault = server.faults.add("Search", "hang")
        asked = asyncio.ensure_future(made.query.bm25("pump"))
        await asyncio.wait_for(fault.met.wait(), 2)
        assert not asked.done()
        server.faults.clear()
        assert len((await asked).objects) == 1


async def test_a_server_that_goes_and_comes_back_has_all_it_held():
    async with serving() as (server, client):
        await notes(client, "pump")
        async with server.away():
            assert not await client.is_live()
        async with client_of(server) as again:
            assert len((await again.collections.use("Note").query.bm25("pump")).objects) == 1
