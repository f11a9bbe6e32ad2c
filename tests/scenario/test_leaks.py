"""Everybody asks for everything while memberships and audiences change: nobody is shown what is not for them.

`python -m tests.bench leaks` asks all ten thousand times.
"""

from pathlib import Path

import pytest

from core.knowledge.index import KnowledgeIndex
from tests.contract.weaviate_server import weaviate_server
from tests.leaking import LeakRun, World, house_in
from tests.leaking.house import Unheeding

pytestmark = pytest.mark.slow
QUESTIONS = 400


async def test_nobody_is_shown_what_is_not_for_them_on_any_way(tmp_path: Path) -> None:
    async with house_in(tmp_path, World(documents=400)) as house:
        run = LeakRun(house)
        await run.ask(QUESTIONS)
    assert run.leaks == [] and run.disagreed == 0
    assert all(run.shown[way] for way in run.asked), run.shown  # what is for them, they are shown
    assert len(run.asked) == 13 and run.changes["readers of sources"] > 10


async def test_nobody_is_shown_what_is_not_for_them_by_weaviate_either(tmp_path: Path) -> None:
    async with weaviate_server() as server:

        async def opened(_folder: Path) -> KnowledgeIndex:
            return await server.open("Leaking", None, "")

        async with house_in(tmp_path, World(documents=150), opened) as house:
            run = LeakRun(house)
            await run.ask(120)
    assert run.leaks == [] and run.disagreed == 0
    assert run.shown["search"] and run.shown["pictures"] and run.shown["like"]


async def test_the_run_finds_leaks_where_nobody_looks_at_the_ledger(tmp_path: Path) -> None:
    async with house_in(tmp_path, World(documents=200), access=Unheeding) as house:
        run = LeakRun(house)
        await run.ask(200)
    assert {one.partition(":")[0] for one in run.leaks} >= {"search", "passages"}
