"""A collection in Weaviate that another takes the place of, and what goes wrong on the way."""

import numpy as np
import pytest

from core.errors import IndexUnavailableError, SettingsError
from tests.contract.knowledge_index import DIMENSION, direction, picture, vectors
from tests.contract.weaviate_server import Server
from tests.weaviate_emulator import WeaviateEmulator


async def test_nothing_is_removed_when_the_alias_is_not_switched():
    async with WeaviateEmulator() as emulator:
        server = Server(emulator.http_url, emulator.grpc_address, emulator=emulator)
        index = await server.open("Moving", DIMENSION, "test")
        await index.hold_images("eyes", 2)
        looks = np.asarray([[1, 0]] * 3, dtype=np.float32)
        await index.upsert([picture(f"p{at}", "a word") for at in range(3)], vectors(*[direction(0)] * 3), looks)
        emulator.faults.add("PUT /v1/aliases", "404")
        with pytest.raises(IndexUnavailableError, match="is left as it was"):
            await index.hold_images("other eyes", 3)
        assert len(emulator.database.collections) == 2
        assert (await index.statistics()).passages == 3, "it answers as before"
        await index.hold_images("other eyes", 3)
        assert await index.picture_encoder() == "other eyes"
        assert (await index.statistics()).passages == 3
        assert len(emulator.database.collections) == 1
        await index.close()


@pytest.mark.parametrize("name", ["lorelens", "9lives", "Lore lens", "Lore-lens", ""])
async def test_a_name_that_the_server_would_write_otherwise_is_refused(name: str):
    async with WeaviateEmulator() as emulator:
        server = Server(emulator.http_url, emulator.grpc_address, emulator=emulator)
        with pytest.raises(SettingsError, match="is no name for a collection"):
            await server.open(name, DIMENSION, "test")
        assert not emulator.calls
