"""From typing `lorelens ask` to the answer: cold, in processes of their own, and warm; and the memory it takes."""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from config.settings import Settings
from core.application import Application
from tests.bench.tables import Table

ROOT = Path(__file__).parents[2]
RUNS = 5
QUESTION = "How do I deploy to production?"


async def measure(data: Path) -> list[Table]:
    """Starts on the demonstration's handbook; `data` is not needed."""
    with tempfile.TemporaryDirectory() as place:
        _lorelens(place, "ingest", str(ROOT / "demo" / "handbook"))
        rows = [
            ["`lorelens --help`, process", _cold(place, "--help")],
            ["`lorelens search`, process", _cold(place, "search", QUESTION)],
            ["`lorelens ask`, process", _cold(place, "ask", QUESTION)],
            ["`import torch, sentence_transformers`, process", _median(_import_torch)],
            ["answer in a warm process", await _warm(Path(place))],
        ]
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return [
        Table(
            f"Start, seconds (median of {RUNS})",
            ("what", "seconds"),
            rows,
            note=f"Peak memory of the largest process, reading the handbook in with OCR: {memory:.0f} MiB.",
        )
    ]


def _lorelens(place: str, *arguments: str) -> None:
    command = [sys.executable, "-c", "from bots.cli import main; main()", *arguments]
    if arguments[0] != "--help":
        command += ["--data", place]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def _cold(place: str, *arguments: str) -> float:
    def once() -> None:
        _lorelens(place, *arguments)

    return _median(once)


def _import_torch() -> None:
    subprocess.run([sys.executable, "-c", "import torch, sentence_transformers"], check=True, capture_output=True)


def _median(once: Callable[[], None]) -> float:
    times: list[float] = []
    for _ in range(RUNS):
        started = time.perf_counter()
        once()
        times.append(time.perf_counter() - started)
    return median(times)


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
