"""A team reads documents in with the address under which people see them; answers link there."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage
from rich.console import Console

from adapters.terminal.render import render
from core.answer import AnswerStream
from core.errors import QuestionError
from core.evidence import EvidencePassage
from core.knowledge.documents import Passage
from core.knowledge.ledger import Ledger
from core.messages import Author, Message, Place
from core.reply import Citation, Finished, ReplyPart, Text, gather
from core.turn import Turn
from tests.ingesting import Team, png

GUIDE = "# Deploying\n\nRun the deploy script.\n"
OWN = "---\nurl: https://wiki.example.org/lunch\n---\n# Lunch\n\nThe kitchen opens at noon.\n"


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team(tmp_path)
    team.write({"guide.md": GUIDE, "lunch.md": OWN})
    return team


async def addresses(team: Team) -> dict[str, str]:
    return {passage.path: passage.url for passage in await team.passages()}


async def test_files_are_linked_below_the_base_and_what_knows_its_address_keeps_it(team: Team) -> None:
    await team.ingest(url="https://git.example.org/docs/blob/main")

    assert await addresses(team) == {
        "guide.md": "https://git.example.org/docs/blob/main/guide.md",
        "lunch.md": "https://wiki.example.org/lunch",
    }


@pytest.mark.slow
async def test_picture_is_linked_too_and_moves_along(team: Team) -> None:
    team.write({"guide.md": f"{GUIDE}\n![The console](console.png)\n", "console.png": png()})
    await team.ingest(url="https://old.example.org")
    assert (await addresses(team))["console.png"] == "https://old.example.org/console.png"
    await team.ingest(url="https://new.example.org")
    assert (await addresses(team))["console.png"] == "https://new.example.org/console.png"


async def test_base_is_kept_until_it_is_changed_and_nothing_is_read_again_for_it(team: Team) -> None:
    await team.ingest(url="https://old.example.org")
    team.write({"new.md": "# New\n\nA page that came later.\n"})
    later = await team.ingest()
    assert (later.read, (await addresses(team))["new.md"]) == (1, "https://old.example.org/new.md")

    moved = await team.ingest(url="https://new.example.org/view?path=")
    assert (moved.read, moved.unchanged) == (0, 3)
    assert (await addresses(team))["guide.md"] == "https://new.example.org/view?path=guide.md"
    assert (await addresses(team))["lunch.md"] == "https://wiki.example.org/lunch"

    await team.ingest(url="")
    assert set((await addresses(team)).values()) == {"", "https://wiki.example.org/lunch"}


async def test_run_that_was_killed_while_addresses_changed_is_finished_by_the_next(team: Team) -> None:
    await team.ingest(url="https://old.example.org")
    ledger = Ledger(team.data / "ledger.sqlite")
    (source,) = ledger.sources()
    ledger.note_source(source.model_copy(update={"url": "https://new.example.org/", "finished": False}))
    ledger.close()

    await team.ingest()

    assert (await addresses(team))["guide.md"] == "https://new.example.org/guide.md"


async def test_base_that_is_no_address_changes_nothing(team: Team) -> None:
    await team.ingest(url="https://old.example.org")
    with pytest.raises(QuestionError):
        await team.ingest(url="javascript:alert(1)")
    assert (await addresses(team))["guide.md"] == "https://old.example.org/guide.md"


async def test_terminal_shows_the_link_below_its_source() -> None:
    async def parts() -> AsyncIterator[ReplyPart]:
        yield Text(text="At noon. [1]")
        yield Citation(number=1, source="lunch.md", quote="at noon", url="https://wiki.example.org/lunch")
        yield Finished()

    console = Console(record=True, width=100, file=io.StringIO())
    await render(parts(), picture_path=Path, console=console)

    assert "[1] lunch.md\n    https://wiki.example.org/lunch\n" in console.export_text()


def test_link_that_a_model_writes_leads_to_a_retrieved_document_or_nowhere() -> None:
    message = Message(
        id="1",
        place=Place(platform="t", workspace="t", channel="t"),
        author=Author(id="a"),
        text="When is lunch?",
        sent_at=datetime.now(UTC),
    )
    own = "https://wiki.example.org/lunch"
    passage = Passage(id="1", source="docs", path="lunch.md", text="The kitchen opens at noon.", url=own)
    turn = Turn(message=message, passages=[EvidencePassage(number=1, passage=passage)])
    stream = AnswerStream(turn, None)
    said = f"At noon [1], see [lunch]({own}) and [this](https://wiki.example.org/lunch?stolen=words)."
    reply = gather([*stream.feed(AIMessage(said)), *stream.finish()])

    assert f"[lunch]({own})" in reply.text
    assert "](https://wiki.example.org/lunch?stolen" not in reply.text
    assert [one.url for one in reply.citations] == [own]
