"""Worker processes that a test starts, kills, pauses and stops; and what they say while they live."""

import asyncio
import multiprocessing
import os
import random
import signal
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess

from tests.faults.worker_process import READY, TOOK_OVER, WorkerOrders, work

PATIENCE = 60.0
"""Seconds for which a worker that is to end is waited for."""


class FleetWorker:
    """One worker process."""

    def __init__(self, process: ForkServerProcess, line: Connection) -> None:
        self.process = process
        self.line = line
        self.is_ready = asyncio.Event()
        self.is_gone = asyncio.Event()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process.pid is not None
        return self.process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if not self.is_gone.is_set():
            os.kill(self.pid, number)


class Fleet:
    """The workers of a run. They are forked from a process that has imported everything, so that many can be killed."""

    def __init__(self, orders: WorkerOrders) -> None:
        self._orders = orders
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["__main__", work.__module__])
        self._chance = random.Random(5)
        # To start a process asks after those that ended; who asks in two threads at once is told a wrong exit code.
        self._one_at_a_time = asyncio.Lock()
        self.workers: list[FleetWorker] = []
        self.takeovers = 0
        self.failed: list[int] = []
        """Exit codes of workers that nobody killed and that did not end well."""

    async def start(self, count: int = 1) -> None:
        """Start workers at the same moment; return when they work."""
        lines = [self._context.Pipe() for _ in range(count)]
        processes = [self._context.Process(target=work, args=(self._orders, theirs)) for _, theirs in lines]
        async with self._one_at_a_time:
            for process in processes:
                await asyncio.to_thread(process.start)
        new = [FleetWorker(process, ours) for process, (ours, _) in zip(processes, lines, strict=True)]
        self.workers += new
        for worker, (_, theirs) in zip(new, lines, strict=True):
            theirs.close()
            asyncio.get_running_loop().add_reader(worker.line.fileno(), self._hear, worker)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(worker.is_ready.wait() for worker in new))

    def any(self) -> FleetWorker:
        """One of them, by chance."""
        return self._chance.choice(self.workers)

    async def kill(self, worker: FleetWorker) -> None:
        """End it between two instructions."""
        worker.signal(signal.SIGKILL)
        await self._until_gone(worker)

    async def stop(self, worker: FleetWorker) -> None:
        """Ask it to end, and wait until it has."""
        worker.signal(signal.SIGTERM)
        await self._until_gone(worker)

    async def replace_the_dead(self) -> int:
        """Start as many as are gone; how many that were."""
        gone = [worker for worker in self.workers if worker.is_gone.is_set()]
        for worker in gone:
            await self._until_gone(worker)
        if gone:
            await self.start(len(gone))
        return len(gone)

    async def stop_all(self) -> None:
        """Ask all to end, and wait until they have."""
        await asyncio.gather(*(self.stop(worker) for worker in list(self.workers)))

    async def kill_all(self) -> None:
        """Leave nobody behind."""
        await asyncio.gather(*(self.kill(worker) for worker in list(self.workers)))

    async def _until_gone(self, worker: FleetWorker) -> None:
        async with asyncio.timeout(PATIENCE):
            await worker.is_gone.wait()
        async with self._one_at_a_time:
            if worker in self.workers:
                await asyncio.to_thread(worker.process.join, PATIENCE)
        if worker in self.workers:
            self.workers.remove(worker)
            code = worker.process.exitcode
            if code not in (0, -signal.SIGKILL):
                self.failed.append(code or 0)
            worker.process.close()

    def _hear(self, worker: FleetWorker) -> None:
        try:
            said = worker.line.recv_bytes()
        except (EOFError, OSError):
            asyncio.get_running_loop().remove_reader(worker.line.fileno())
            worker.line.close()
            worker.is_ready.set()  # whoever waits for it need not any more
            worker.is_gone.set()
            return
        if said == READY:
            worker.is_ready.set()
        self.takeovers += said == TOOK_OVER
