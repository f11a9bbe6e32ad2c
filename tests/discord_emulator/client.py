"""Runs a discord.py client against the emulator, without discord.py's own waits."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import discord

from tests.discord_emulator.emulator import Emulator

GUILD_READY_TIMEOUT = 0.05
"""Seconds that a client made for tests waits for a further guild: `Client(guild_ready_timeout=GUILD_READY_TIMEOUT)`."""


@asynccontextmanager
async def running(emulator: Emulator, client: discord.Client) -> AsyncGenerator[None]:
    """Let a client be ready when the block begins, and closed when it ends; raises what its start raises."""

    async def at_once(shard_id: int | None, *, initial: bool = False) -> None:
        """Identify again without discord.py's 5 seconds."""

    client.before_identify_hook = at_once
    with emulator.addresses():
        started = asyncio.create_task(client.start(emulator.token))
        # A client knows what to wait for only once it has begun to log in.
        ready = asyncio.create_task(client.wait_until_ready())
        await asyncio.wait({started, ready}, return_when=asyncio.FIRST_COMPLETED)
        try:
            if started.done():
                ready.cancel()
                await started
            yield
        finally:
            await client.close()
            await asyncio.wait({started})
