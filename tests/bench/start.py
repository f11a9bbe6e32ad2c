"""From typing `lorelens ask` to the answer: cold, in processes of their own, and warm; and the memory it takes."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from config.settings import Settings
from core.application import Application
from tests.bench.tables import Table

ROOT = Path(__file__).parents[2]
RUNS = 5
QUESTION = "How do I deploy to production?"
LORELENS = ("-c", "from bots.cli import main; main()")


async def measure(data: Path) -> list[Table]:
    """Starts on the demonstration's handbook; `data` is not needed."""
    with tempfile.TemporaryDirectory() as place:
        here = ("--data", place)
        commands = {
            "`lorelens ingest demo/handbook`, once": (*LORELENS, "ingest", str(ROOT / "demo" / "handbook"), *here),
            "`lorelens --help`": (*LORELENS, "--help"),
            "`lorelens search`": (*LORELENS, "search", QUESTION, *here),
            "`lorelens ask`": (*LORELENS, "ask", QUESTION, *here),
            "`import torch, sentence_transformers`": ("-c", "import torch, sentence_transformers"),
        }
        rows = [[what, *_process(command, 1 if "once" in what else RUNS)] for what, command in commands.items()]
        warm: list[str | float | int | None] = ["the next answer in the same process", await _warm(Path(place)), None]
    return [Table(f"Start (median of {RUNS})", ("process", "seconds", "peak MiB"), [*rows, warm])]


def _process(arguments: Sequence[str], runs: int) -> tuple[float, int]:
    """Median seconds and the highest peak of memory (MiB) of one Python process."""
    times: list[float] = []
    peak = 0
    for _ in range(runs):
        started = time.perf_counter()
        process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        times.append(time.perf_counter() - started)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        peak = max(peak, usage.ru_maxrss // 1024)  # KiB on Linux
    return median(times), peak


async def _warm(place: Path) -> float:
    from bots.ask import Asker

    times: list[float] = []
    async with Application(Settings(data=place)) as application:
        asker = Asker(application)
        await asker.reply(QUESTION, [])
        for _ in range(RUNS):
            started = time.perf_counter()
            await asker.reply(QUESTION, [])
            times.append(time.perf_counter() - started)
    return median(times)
