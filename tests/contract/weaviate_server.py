"""A Weaviate server for tests: the emulator, or a real one where LORELENS_TEST_WEAVIATE_URL names it."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from core.knowledge.weaviate.connecting import connect
from core.knowledge.weaviate.index import WeaviateIndex
from core.knowledge.weaviate.schema import CollectionOptions
from tests.weaviate_emulator import WeaviateEmulator


@dataclass
class Server:
    """Where it is, and what tests made there."""

    url: str
    grpc_address: str = ""
    api_key: str = ""
    emulator: WeaviateEmulator | None = None
    collections: set[str] = field(default_factory=set[str])

    async def open(
        self, collection: str, dimension: int | None, encoder: str, options: CollectionOptions | None = None
    ) -> WeaviateIndex:
        """An index in a collection that is removed in the end."""
        self.collections.add(collection)
        return await WeaviateIndex.open(
            self.url,
            dimension,
            encoder,
            grpc_address=self.grpc_address,
            api_key=self.api_key,
            collection=collection,
            options=options,
        )

    async def clear(self) -> None:
        """Remove what was made."""
        client = await connect(self.url, self.grpc_address, self.api_key)
        try:
            for collection in self.collections:
                await client.alias.delete(alias_name=collection)
                for name in await client.collections.list_all():
                    if name.startswith(f"{collection}_v"):
                        await client.collections.delete(name)
        finally:
            await client.close()


@asynccontextmanager
async def weaviate_server() -> AsyncGenerator[Server]:
    """The server; what was made there is removed in the end."""
    if url := os.environ.get("LORELENS_TEST_WEAVIATE_URL"):
        key = os.environ.get("LORELENS_TEST_WEAVIATE_API_KEY", "")
        real = Server(url, os.environ.get("LORELENS_TEST_WEAVIATE_GRPC", ""), key)
        try:
            yield real
        finally:
            await real.clear()
        return
    async with WeaviateEmulator() as emulator:
        yield Server(emulator.http_url, emulator.grpc_address, emulator=emulator)
