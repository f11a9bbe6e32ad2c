"""The client of Redis, beside what it stores."""

import asyncio
import random
from pathlib import Path

from core.redis_client import ConnectedRedis, connect


async def _asks_for_ever(redis: ConnectedRedis) -> None:
    while True:
        await redis.execute("XREAD", "COUNT", 1, "BLOCK", 2, "STREAMS", "nothing", "0-0")


async def test_whoever_is_cancelled_at_any_moment_ends(tmp_path: Path) -> None:
    drawn = random.Random(1)
    async with await connect("", tmp_path) as redis:
        for _ in range(40):
            tasks = [asyncio.create_task(_asks_for_ever(redis)) for _ in range(8)]
            await asyncio.sleep(drawn.random() * 0.02)
            for task in tasks:
                task.cancel()
            _, running = await asyncio.wait(tasks, timeout=5)
            assert not running
