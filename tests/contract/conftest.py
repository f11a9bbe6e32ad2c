"""The Redis that what is kept there is tested on: embedded, a cluster, and the one LORELENS_TEST_REDIS_URL names."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from core.conversations import Conversations
from core.redis_client import ConnectedRedis, connect
from tests.redis_cluster import redis_cluster

NAMED = os.environ.get("LORELENS_TEST_REDIS_URL", "")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_cluster(tmp_path_factory.mktemp("cluster")) as url:
        yield url


@pytest.fixture(params=["embedded", "cluster", *(["by URL"] if NAMED else [])])
async def redis(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ConnectedRedis]:
    url = {"embedded": lambda: "", "cluster": lambda: request.getfixturevalue("cluster"), "by URL": lambda: NAMED}
    async with await connect(url[request.param](), tmp_path) as redis:
        yield redis


@pytest.fixture
async def prefix(redis: ConnectedRedis) -> AsyncIterator[str]:
    """A space of names of this test's own, emptied afterwards."""
    prefix = f"lorelens-test-{uuid4().hex}"
    yield prefix
    for key in await redis.execute("KEYS", f"{prefix}*"):
        await redis.execute("DEL", key)


@pytest.fixture
def store(redis: ConnectedRedis, prefix: str) -> Conversations:
    return Conversations(redis, conversation_days=90, picture_days=30, prefix=prefix)
