"""`lorelens serve` as an operator runs it: the real process, with what it logs."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path


class Process:
    """The command, with what it logged so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.log = ""

    async def says(self, words: str, seconds: float = 60) -> None:
        """Return when the words stand in the log."""
        assert self.process.stderr is not None
        async with asyncio.timeout(seconds):
            while words not in self.log:
                line = await self.process.stderr.readline()
                assert line, self.log
                self.log += line.decode()

    async def ends(self, seconds: float = 60) -> int:
        async with asyncio.timeout(seconds):
            assert self.process.stderr is not None
            self.log += (await self.process.stderr.read()).decode()
            return await self.process.wait()


@asynccontextmanager
async def serving(platform: str, data: Path, settings: Mapping[str, str], *options: str) -> AsyncGenerator[Process]:
    """Run `lorelens serve PLATFORM`; `settings` are environment variables."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("LORELENS_", "SLACK_", "DISCORD_"))
    }
    environment = kept | {"LORELENS_HEALTH_ADDRESS": "", "OMP_NUM_THREADS": "1", **settings}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from bots.cli import main; main()", "serve", platform, "--data", str(data), *options),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Process(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
