"""`lorelens index migrate`: to Weaviate and back, and killed on the way; as many are in both in the end, with vectors.

Against the emulator: its server is in this process, and the command in one of its own.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from core.knowledge.copying import AT_ONCE
from core.knowledge.index import KnowledgeIndex
from core.knowledge.lance import LanceIndex
from core.knowledge.weaviate.index import WeaviateIndex
from tests.contract.knowledge_index import passage, picture
from tests.weaviate_emulator import WeaviateEmulator

ROOT = Path(__file__).resolve().parents[2]
COUNT = AT_ONCE * 2 + 40

pytestmark = [pytest.mark.slow, pytest.mark.fault]


@pytest_asyncio.fixture
async def emulator() -> AsyncIterator[WeaviateEmulator]:
    async with WeaviateEmulator() as emulator:
        yield emulator


async def migrating(emulator: WeaviateEmulator, to: str, data: Path) -> asyncio.subprocess.Process:
    """The command, begun."""
    there = {
        "LORELENS_WEAVIATE_URL": emulator.http_url,
        "LORELENS_WEAVIATE_GRPC": emulator.grpc_address,
        "LORELENS_ENCODER": "none",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LORELENS_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from bots.cli import main; main()"),
        *("index", "migrate", "--to", to, "--data", str(data), "--json"),
        cwd=data.parent,
        env={**kept, "PYTHONPATH": str(ROOT), **there},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def said(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """What it printed in the end."""
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return json.loads(out)


async def held(index: KnowledgeIndex) -> dict[str, Any]:
    """All that an index holds, by id."""
    found: dict[str, Any] = {}
    after = ""
    while page := await index.stored(after):
        found |= {one.passage.id: (one.passage, one.text, one.image) for one in page}
        after = page[-1].position
    await index.close()
    return found


async def test_a_migration_that_is_killed_goes_on_and_comes_back_the_same(
    emulator: WeaviateEmulator, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    lance = await LanceIndex.open(data / "index", None, "")
    await lance.hold_images("eyes", 3)
    rows = [passage(f"p{at:04}", f"part {at}", audience=(f"slack/T{at % 3}",)) for at in range(COUNT - 1)]
    images = np.zeros((COUNT, 3), dtype=np.float32)
    images[-1] = (0.6, 0.0, 0.8)
    await lance.upsert([*rows, picture("seen", "a picture")], None, images)
    before = await held(lance)

    # A page goes into three tenants; the second page is not whole when the command is killed.
    in_the_middle = emulator.faults.add("BatchObjects", "hang", skip=4)
    process = await migrating(emulator, "weaviate", data)
    async with asyncio.timeout(60):
        await in_the_middle.met.wait()
    process.kill()
    await process.communicate()
    emulator.faults.clear()
    assert json.loads((data / "migrating-to-weaviate.json").read_text())["passages"] == AT_ONCE

    assert await said(await migrating(emulator, "weaviate", data)) == {"to": "weaviate", "passages": COUNT}
    weaviate = await WeaviateIndex.open(emulator.http_url, None, "", grpc_address=emulator.grpc_address)
    assert await held(weaviate) == before

    shutil.rmtree(data / "index")
    assert await said(await migrating(emulator, "lance", data)) == {"to": "lance", "passages": COUNT}
    assert await held(await LanceIndex.open(data / "index", None, "")) == before
