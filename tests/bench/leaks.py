"""Ten thousand questions on every way, while memberships and audiences change: what is shown to whom may not see it."""

import tempfile
from collections import Counter
from pathlib import Path

from core.knowledge.index import KnowledgeIndex
from tests.bench.tables import Cell, Table
from tests.contract.weaviate_server import weaviate_server
from tests.leaking import LeakRun, Opener, World, house_in
from tests.leaking.house import Unheeding, lance

QUESTIONS = 10_000


async def measure(_data: Path) -> list[Table]:
    """The run on each index; and, for comparison, one where nobody looks at the ledger."""
    rows: list[list[Cell]] = []
    async with weaviate_server() as server:

        async def weaviate(_folder: Path) -> KnowledgeIndex:
            return await server.open("LorelensLeaks", None, "")

        changes = await _asked_of("LanceDB", lance, rows)
        await _asked_of("Weaviate" if server.emulator is None else "Weaviate (emulated)", weaviate, rows)
    with tempfile.TemporaryDirectory() as folder:
        async with house_in(Path(folder), World(), access=Unheeding) as house:
            off = LeakRun(house)
            await off.ask(QUESTIONS // 20)
    rows.append(_row("without a look at the ledger", off.asked.total(), off.shown.total(), len(off.leaks)))
    return [
        Table(
            "Documents shown to somebody who may not see them",
            ("way", "asked", "something was shown", "leaks"),
            rows,
            note="1,000 documents, 50 people, 40 private channels; on each index somebody joined or left a channel "
            f"{changes['memberships']:,} times, and sources got other readers {changes['readers of sources']:,} times.",
        )
    ]


async def _asked_of(name: str, opener: Opener, rows: list[list[Cell]]) -> Counter[str]:
    """Ask on one index, and add its rows; answers how often something changed meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        async with house_in(Path(folder), World(), opener) as house:
            run = LeakRun(house)
            await run.ask(QUESTIONS)
    rows += [_row(f"{name}: {way}", run.asked[way], run.shown[way], _leaks(run, way)) for way in sorted(run.asked)]
    rows.append(_row(f"{name}: all", run.asked.total(), run.shown.total(), len(run.leaks)))
    return run.changes


def _leaks(run: LeakRun, way: str) -> int:
    return sum(one.startswith(f"{way}:") for one in run.leaks)


def _row(*cells: Cell) -> list[Cell]:
    return list(cells)
