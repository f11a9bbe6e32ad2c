"""What somebody could begin with: headings of what they may see, nearest first."""

from pathlib import Path

from core.actions.openings import openings
from core.audience import channel
from core.knowledge.access import KnowledgeAccess
from core.knowledge.ledger import Ledger
from core.messages import EVERYONE
from tests.ingesting import Team

BODY = "This section says enough to be asked about, in one whole sentence."
CHANNEL = channel("slack", "T1", "C1")


async def test_each_document_gives_a_heading_that_says_something(tmp_path: Path) -> None:
    team = Team(tmp_path)
    team.write(
        {
            "deploy.md": f"# Deploys\n\n## Overview\n\n{BODY}\n\n## Rollback\n\n{BODY}\n\n## Freeze\n\n{BODY}\n",
            "stub.md": "# Stubs\n\n## Nothing here\n\nTo do.\n",
        }
    )
    await team.ingest()
    assert set(await begin(team, (EVERYONE,))) == {"Rollback", "Stubs"}


async def test_a_person_sees_headings_of_their_language_first(tmp_path: Path) -> None:
    team = Team(tmp_path)
    team.write(
        {
            "deploy.md": f"# Deploys\n\n## Rollback\n\n{BODY}\n",
            "leave.md": "# 员工手册\n\n## 休假\n\n每位员工每年有二十五天带薪休假。申请须提前两周提交给直属经理。\n",
        }
    )
    await team.ingest()
    assert await begin(team, (EVERYONE,), chinese=True) == ["休假", "Rollback"]
    assert await begin(team, (EVERYONE,)) == ["Rollback", "休假"]


async def test_a_language_that_most_documents_are_not_in_comes_first_all_the_same(tmp_path: Path) -> None:
    team = Team(tmp_path)
    chinese = "# 员工手册\n\n## 第{number}章\n\n每位员工每年有二十五天带薪休假。申请须提前两周提交给直属经理。\n"
    team.write({f"a{number}.md": chinese.format(number=number) for number in range(8)})
    team.write({"z.md": f"# Deploys\n\n## Rollback\n\n{BODY}\n"})
    await team.ingest()
    assert (await begin(team, (EVERYONE,)))[0] == "Rollback"


async def test_nobody_sees_headings_of_what_they_may_not_see(tmp_path: Path) -> None:
    team = Team(tmp_path)
    team.write({"deploy.md": f"# Deploys\n\n## Rollback\n\n{BODY}\n"})
    await team.ingest()
    assert await begin(team, ("guests", CHANNEL)) == []


async def test_what_belongs_to_the_channel_in_view_comes_first(tmp_path: Path) -> None:
    team = Team(tmp_path)
    team.write(
        {"here/pumps.md": f"# Pumps\n\n## Seals\n\n{BODY}\n", "all/deploy.md": f"# D\n\n## Rollback\n\n{BODY}\n"}
    )
    await team.ingest(team.folder / "here", source="here", audience=(CHANNEL,))
    await team.ingest(team.folder / "all", source="all", audience=(EVERYONE,))
    assert await begin(team, (EVERYONE, CHANNEL)) == ["Rollback", "Seals"]
    assert await begin(team, (EVERYONE, CHANNEL), near=(CHANNEL,)) == ["Seals", "Rollback"]


async def begin(
    team: Team, audience: tuple[str, ...], *, chinese: bool = False, near: tuple[str, ...] = ()
) -> list[str]:
    ledger, index = Ledger(team.data / "ledger.sqlite"), await team.index()
    try:
        return await openings(ledger, KnowledgeAccess(index, ledger), audience, chinese=chinese, near=near)
    finally:
        ledger.close()
        await index.close()
