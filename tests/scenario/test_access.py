"""Who may see what, when that changes: revoked access counts at the next question, whatever was found before."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bots.access import NOT_ALLOWED
from bots.cli import app
from core.actions.completing import Completing
from core.actions.openings import openings
from core.actions.sharing import share
from core.actions.sources import visible_sources
from core.answering import AssistantAnswers
from core.application import Application
from core.audience import EVERYONE, GUESTS, channel
from core.conversations import Conversations
from core.errors import QuestionError
from core.evidence import Evidence, EvidencePassage
from core.explaining.keeping import KeptAnswers
from core.explaining.record import AnswerRecord
from core.explaining.seeing import seen_by
from core.knowledge.access import KnowledgeAccess
from core.knowledge.documents import Passage
from core.knowledge.index import SearchQuery
from core.knowledge.lance import LanceIndex
from core.knowledge.ledger import Ledger
from core.knowledge.sources import change_audience
from core.messages import Author, Message, Place
from core.question import Question
from core.reply import Citation, Reply, gather
from tests.ingesting import OCR, Team, png
from tests.scenario.test_assistant import drawn
from tests.slack_emulator import SlackEmulator

BOARD, STAFF = channel("slack", "T1", "G1"), channel("slack", "T1", "C1")
BUDGET = "# Budget\n\n## Merger\n\nThe merger budget of the pelican project is nine million.\n\n![The plan](plan.png)\n"
PLACE = Place(platform="test", workspace="T1", channel="D1")
MIRA = Author(id="mira")


class House:
    """A source for the staff, in an index and a ledger."""

    def __init__(self, team: Team, index: LanceIndex, ledger: Ledger) -> None:
        self.team, self.index, self.ledger = team, index, ledger
        self.access = KnowledgeAccess(index, ledger)

    async def shown(self, *audience: str) -> set[str]:
        """By which ways something of the source is shown to an audience."""
        [text] = await self.index.passages("plans", "budget.md")
        [picture] = await self.pictures()
        assert picture.picture is not None
        found = {
            "search": await self.access.search(SearchQuery(text="pelican merger", audience=audience)),
            "showing": await self.access.showing(picture.picture.sha256, audience),
            "passages": await self.access.passages("plans", "budget.md", audience),
            "kept": self.access.visible([text], audience),
            "openings": await openings(self.ledger, self.access, audience, chinese=False),
            "completing": await Completing(self.ledger, self.access).complete("merg", "text", audience),
            "sources": visible_sources(self.ledger, audience),
        }
        return {way for way, several in found.items() if several}

    async def pictures(self) -> list[Passage]:
        return [one.passage for one in await self.index.stored() if one.passage.picture is not None]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    team = Team(tmp_path)
    team.write({"budget.md": BUDGET, "plan.png": png("plan")})
    await team.ingest(source="plans", audience=(STAFF,))
    index, ledger = await team.index(), Ledger(team.data / "ledger.sqlite")
    yield House(team, index, ledger)
    ledger.close()
    await index.close()


async def test_who_may_see_it_no_more_is_shown_nothing_though_the_index_is_not_rewritten_yet(house: House) -> None:
    ways = await house.shown(STAFF)
    assert ways == {"search", "showing", "passages", "kept", "openings", "completing", "sources"}
    assert await house.shown(BOARD, EVERYONE, GUESTS) == set()
    house.ledger.change_readers("plans", [BOARD])
    assert await house.shown(STAFF) == set()
    assert await house.shown(BOARD) <= {"sources"}  # that it is there; the rest when the index has followed


async def test_who_may_see_it_now_finds_it_and_nothing_is_read_again(house: House) -> None:
    changed = await change_audience("plans", [BOARD, BOARD], ledger=house.ledger, index=house.index)
    assert changed == 2
    assert await house.shown(BOARD) == {"search", "showing", "passages", "kept", "openings", "completing", "sources"}
    assert await house.shown(STAFF) == set()
    again = await house.team.ingest(source="plans")
    assert (again.read, again.pictures, again.unchanged) == (0, 0, 2)
    house.team.write({"plan.png": png("another plan")})
    await house.team.ingest(source="plans")
    assert all(one.audience == (BOARD,) for one in await house.team.passages())
    assert sum(one.picture is not None for one in await house.team.passages()) == 1


async def test_what_was_forgotten_is_not_shown_while_it_goes(house: House) -> None:
    house.ledger.remove_source("plans")
    assert await house.shown(STAFF) == set()


async def test_nobody_is_no_audience_and_a_source_has_to_be_there(house: House) -> None:
    with pytest.raises(QuestionError, match="Nobody is named"):
        await change_audience("plans", [], ledger=house.ledger, index=house.index)
    with pytest.raises(QuestionError, match="no source"):
        await change_audience("other", [BOARD], ledger=house.ledger, index=house.index)


async def test_a_change_during_a_reading_in_outlasts_it(tmp_path: Path) -> None:
    team = Team(tmp_path)
    team.write({"budget.md": BUDGET, "plan.png": png("plan")})
    ledger = Ledger(team.data / "ledger.sqlite")

    class Revoking(type(team.watch)):
        def advance(self, stage: str, item: str) -> None:
            ledger.change_readers("plans", [BOARD])

    await team.ingest(source="plans", audience=(STAFF,), watch=Revoking())
    assert ledger.readers(["plans"]) == {"plans": (BOARD,)}
    await team.ingest(source="plans")
    ledger.close()
    assert {one.audience for one in await team.passages()} == {(BOARD,)}


async def test_neighbours_are_shown_to_those_who_may_see_the_passage_and_no_further(house: House) -> None:
    [text] = [one for one in await house.index.passages("plans", "budget.md") if one.kind == "text"]
    assert await house.access.neighbours(text) == [text]
    house.ledger.change_readers("plans", [BOARD])
    assert await house.access.neighbours(text) == []


# --- what was answered before --------------------------------------------------------------------------------------


async def recorded(house: House, *, cited: bool = True) -> AnswerRecord:
    """An answer that the staff got, from the plans."""
    [text] = [one for one in await house.index.passages("plans", "budget.md") if one.kind == "text"]
    quote = "The merger budget of the pelican project is nine million."
    return AnswerRecord(
        question=Message(id="q1", place=PLACE, author=MIRA, text="What is the budget?", sent_at=datetime.now(UTC)),
        asked=("q1",),
        audience=(STAFF,),
        evidence=Evidence(question="?", standalone="?", passages=(EvidencePassage(number=1, passage=text),)),
        reply=Reply(
            text=quote if cited else "I know.",
            citations=(Citation(number=1, source=text.path, quote=quote),) if cited else (),
            declined=not cited,
            model="extractive",
        ),
        answered_at=datetime.now(UTC),
    )


async def test_an_answer_is_explained_and_shared_as_long_as_its_sources_may_be_seen(house: House) -> None:
    for record in (await recorded(house), await recorded(house, cited=False)):
        assert seen_by(record, (STAFF,), house.access) == record
        assert seen_by(record, (EVERYONE,), house.access) is None
        assert (await share(record, house.access, (STAFF,), chinese=False)).allowed
    house.ledger.change_readers("plans", [BOARD])
    assert seen_by(record, (STAFF,), house.access) is None
    assert not (await share(record, house.access, (STAFF,), chinese=False)).allowed


async def test_what_an_answer_only_passed_over_is_left_out_of_what_explains_it(house: House) -> None:
    house.team.write({"open/lunch.md": "# Lunch\n\nLunch is at noon.\n"})
    await house.team.ingest(house.team.folder / "open", source="open", audience=(EVERYONE,))
    record = await recorded(house)
    [lunch] = await house.index.passages("open", "lunch.md")
    evidence = (*record.evidence.passages, EvidencePassage(number=2, passage=lunch))
    reply = Reply(
        text="At noon [1].",
        citations=(Citation(number=1, source="lunch.md", quote="Lunch is at noon."),),
        model="extractive",
    )
    record = record.model_copy(
        update={"reply": reply, "evidence": record.evidence.model_copy(update={"passages": evidence})}
    )
    seen = seen_by(record, (EVERYONE,), house.access)
    assert seen is not None
    assert [one.passage.path for one in seen.evidence.passages] == ["lunch.md"]
    # Other models say what they like: their answer may be made of all that they were given.
    served = record.model_copy(update={"reply": reply.model_copy(update={"model": "openai:gpt"})})
    assert seen_by(served, (EVERYONE,), house.access) is None
    assert not (await share(served, house.access, (EVERYONE,), chinese=False)).allowed


class Private:
    """A platform on which everything is asked directly by somebody of the staff."""

    platform = "test"

    def __init__(self) -> None:
        self.holds = (STAFF,)

    async def audience(self, _question: Question) -> tuple[str, ...]:
        return self.holds


@pytest.mark.slow
async def test_who_lost_access_is_not_told_again_what_they_were_told_before(tmp_path: Path) -> None:
    team = Team(tmp_path)
    team.write({"budget.md": BUDGET, "plan.png": drawn("plan")})
    await team.ingest(source="plans", audience=(STAFF,))
    from config.settings import Settings

    async with Application(Settings.model_validate({"data": team.data, "encoder": "none"})) as application:
        application.ocr = OCR
        store = await application.conversations()
        platform = Private()
        answers = AssistantAnswers(
            await application.assistant(store.picture), store, history_tokens=1000,
            explainer=application.explainer(store.picture), platform=platform,  # pyright: ignore[reportArgumentType]
        )  # fmt: skip
        asked = 0

        async def ask(text: str) -> Reply:
            nonlocal asked
            asked += 1
            said = Message(id=f"m{asked}", place=PLACE, author=MIRA, text=text, sent_at=datetime.now(UTC))
            await store.remember(said)
            reply = gather([part async for part in answers([Question(message=said)])])
            mine = {"id": f"r{asked}", "role": "assistant", "text": reply.text, "sent_at": datetime.now(UTC)}
            await store.remember(said.model_copy(update=mine))
            return reply

        assert "nine million" in (await ask("What is the merger budget of the pelican project?")).text
        assert "nine million" in (await ask("Why this answer?")).text
        platform.holds = (EVERYONE,)
        for question in (
            "Why this answer?",
            "What is the merger budget of the pelican project?",
            "And how much is it?",
        ):
            reply = await ask(question)
            assert "nine million" not in reply.text and not reply.citations
        kept = await KeptAnswers(store).last(PLACE.conversation)
        assert kept is not None and not kept.evidence.passages
        assert await _history_of(store, answers) == []


async def _history_of(store: Conversations, answers: AssistantAnswers) -> list[str]:
    """What a model would be given of answers that speak of the budget."""
    said = await store.history(PLACE.conversation, 1000)
    seen, _ = await answers._seen(said, (EVERYONE,))  # pyright: ignore[reportPrivateUsage]
    return [one.text for one in seen if one.role == "assistant" and one.text.startswith("> ") and "nine" in one.text]


# --- lorelens access explain ---------------------------------------------------------------------------------------


async def explain(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["access", "explain", *arguments], env=env)


async def test_the_operator_is_told_whether_somebody_may_see_a_document_and_why(tmp_path: Path) -> None:
    async with SlackEmulator() as slack:
        ada, bob = slack.person("ada"), slack.person("bob")
        board = slack.channel("board", "private", members=[ada])
        lunch = slack.channel("lunch", "private", members=[ada, bob])
        team = Team(tmp_path)
        team.write({"budget.md": BUDGET, "plan.png": png("plan")})
        principal = channel("slack", slack.team.id, board.id)
        await team.ingest(source="plans", audience=(principal,))
        env = {"LORELENS_SLACK_BOT_TOKEN": slack.bot_token, "LORELENS_SLACK_API_URL": slack.api_url,
               "LORELENS_DATA": str(team.data), "LORELENS_ENCODER": "none"}  # fmt: skip
        hers = await explain(f"slack/{slack.team.id}/{ada.id}", "plans/budget.md", env=env)
        assert hers.exit_code == 0, hers.output
        assert hers.output.startswith(f"Yes. Directly, slack/{slack.team.id}/{ada.id} may see plans/budget.md.")
        assert f"{principal}  (the readers of channel {board.id}" in hers.output
        his = await explain(f"slack/{slack.team.id}/{bob.id}", "budget.md", "--json", env=env)
        assert his.exit_code == NOT_ALLOWED
        said = json.loads(his.stdout)
        assert not said["allowed"] and principal not in said["held"] and said["not_learned"] == []
        assert said["documents"][0]["source_readers"] == [principal]
        there = await explain(f"slack/{slack.team.id}/{ada.id}", "plans", "--in", lunch.id, env=env)
        assert there.exit_code == NOT_ALLOWED and there.output.startswith(f"No. In channel {lunch.id}")
        given = await explain("somebody", "plans", "--as", principal, env=env)
        assert given.exit_code == 0 and "Held, as given" in given.output
        nothing = await explain("somebody", "nowhere.md", "--as", principal, env=env)
        assert nothing.exit_code == 2
        assert (await explain("somebody", "plans", env=env)).exit_code == 2
