"""The real commands as processes that a test starts, kills and stops: `lorelens serve ...` and `lorelens worker`.

They are forked from a process that has imported everything, so that many can be killed.
"""

import asyncio
import multiprocessing
import os
import random
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

PATIENCE = 30.0
"""Seconds for which a process is waited for that is to begin or to end."""
IMPORTED = ("bots.cli", "bots.slack.serve", "bots.worker", "core.answering", "core.models.minilm")
"""What takes most of a command's time to begin, for the process that they are forked from."""


def command(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
    """Be `lorelens` with these arguments; what it says goes to a file."""
    from bots.cli import app

    os.environ.update(environment)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.argv = ["lorelens", *arguments]
    app()


class CommandProcess:
    """One process of a command; `log` is what all lives of it said."""

    def __init__(self, arguments: Sequence[str], log: Path) -> None:
        self.arguments = arguments
        self.log = log
        self.process: ForkServerProcess | None = None
        self._heard = 0

    @property
    def answers(self) -> bool:
        """Whether there is a worker in it."""
        return "--no-worker" not in self.arguments

    @property
    def is_up(self) -> bool:
        """Whether it says that it works."""
        said = self.log.read_bytes()[self._heard :] if self.log.exists() else b""
        return (b"Listening to " if self.arguments[0] == "serve" else b"Working for") in said

    async def start(self, context: ForkServerContext, environment: Mapping[str, str]) -> None:
        """Begin it."""
        self._heard = self.log.stat().st_size if self.log.exists() else 0
        self.process = context.Process(target=command, args=(self.arguments, environment, self.log))
        await asyncio.to_thread(self.process.start)

    async def up(self) -> None:
        """Return when it works."""
        async with asyncio.timeout(PATIENCE):
            while not self.is_up:
                assert self.process is not None and self.process.is_alive(), self.log.read_text()
                await asyncio.sleep(0.02)

    def kill(self) -> None:
        """End it between two instructions."""
        if self.process is not None and self.process.pid is not None and self.process.is_alive():
            os.kill(self.process.pid, signal.SIGKILL)

    async def gone(self) -> int:
        """Return when it has ended: its exit code."""
        assert self.process is not None
        await asyncio.to_thread(self.process.join, PATIENCE)
        code = self.process.exitcode
        assert code is not None, f"{self.arguments} does not end"
        self.process.close()
        self.process = None
        return code


class CommandFleet:
    """The processes of one installation."""

    def __init__(self, folder: Path, environment: Mapping[str, str], commands: Sequence[Sequence[str]]) -> None:
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(IMPORTED))
        self._environment = environment
        self._chance = random.Random(5)
        self.processes = [CommandProcess(one, folder / f"{at}.log") for at, one in enumerate(commands)]
        self.killed = 0

    async def start(self) -> None:
        """Start all; return when they work."""
        new = [one for one in self.processes if one.process is None]
        for one in new:  # one after the other: to start a process asks after those that ended
            await one.start(self._context, self._environment)
        for one in new:
            await one.up()

    async def kill(self, *, answering: bool) -> None:
        """Kill all that answer (or one of all, by chance), and start them again."""
        chosen = [one for one in self.processes if one.answers] if answering else [self._chance.choice(self.processes)]
        for one in chosen:
            one.kill()
        for one in chosen:
            await one.gone()
        self.killed += len(chosen)
        await self.start()

    async def stop(self) -> list[int]:
        """Ask all to end, and wait until they have: their exit codes."""
        for one in self.processes:
            if one.process is not None and one.process.pid is not None:
                os.kill(one.process.pid, signal.SIGTERM)
        return [await one.gone() for one in self.processes if one.process is not None]

    def kill_all(self) -> None:
        """Leave nobody behind."""
        for one in self.processes:
            one.kill()

    @property
    def logs(self) -> str:
        """What all of them said."""
        return "".join(one.log.read_text() for one in self.processes)
