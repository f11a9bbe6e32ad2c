"""The real client against the emulator, and what tests fill it with."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import weaviate
from weaviate.classes.config import Configure, DataType, Property, Tokenization, VectorDistances
from weaviate.classes.data import DataObject
from weaviate.classes.init import AdditionalConfig, Auth, Timeout
from weaviate.classes.query import MetadataQuery

from tests.weaviate_emulator import WeaviateEmulator

ALL = MetadataQuery.full()


@asynccontextmanager
async def serving(**options: Any) -> AsyncGenerator[tuple[WeaviateEmulator, Any]]:
    """A server, and a client that is connected to it."""
    async with WeaviateEmulator(**options) as server, client_of(server) as client:
        yield server, client


@asynccontextmanager
async def client_of(server: WeaviateEmulator, key: str | None = None) -> AsyncGenerator[Any]:
    auth = Auth.api_key(key) if key else None
    timeouts = AdditionalConfig(timeout=Timeout(init=2, query=2, insert=2))
    client = weaviate.use_async_with_custom(**server.connect_with, auth_credentials=auth, additional_config=timeouts)
    try:
        await client.connect()
        yield client
    finally:
        await client.close()


def uuid(number: int) -> UUID:
    return UUID(int=number)


def text(name: str, tokenization: Tokenization = Tokenization.WORD, **options: Any) -> Property:
    return Property(name=name, data_type=DataType.TEXT, tokenization=tokenization, **options)


def vectors(*names: str, distance: VectorDistances = VectorDistances.COSINE) -> list[Any]:
    index = Configure.VectorIndex.hnsw(distance_metric=distance)
    return [Configure.Vectors.self_provided(name=name, vector_index_config=index) for name in names]


async def notes(client: Any, *texts: str, tokenization: Tokenization = Tokenization.WORD) -> Any:
    """A collection of texts, numbered from 1."""
    made = await client.collections.create("Note", properties=[text("words", tokenization)], vector_config=vectors("v"))
    await made.data.insert_many(
        [DataObject(properties={"words": each}, uuid=uuid(at)) for at, each in enumerate(texts, 1)]
    )
    return made


def numbers(found: Any) -> list[int]:
    return [UUID(str(one.uuid)).int for one in found.objects]
