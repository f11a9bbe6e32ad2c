"""A team measures Lorelens on its own questions: `lorelens evaluate`, on a real index with the real reader."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bots.cli import app
from bots.evaluate import Request, evaluating_of, setup_of
from config.settings import Settings
from core.application import Application
from core.conversations import Conversations
from core.errors import QuestionError
from core.evaluation.evaluating import PATIENCE, Outcome
from core.evaluation.reading_questions import read_questions
from core.evaluation.report import FOLDER, reports
from core.evaluation.running import EvaluationRun
from core.evaluation.starting import starter
from core.evidence import Evidence, EvidencePassage
from core.explaining.keeping import KeptAnswers
from core.explaining.record import AnswerRecord
from core.knowledge.documents import Passage
from core.messages import Author, Message, Picture, Place
from core.models.minilm import MiniLM
from core.quality.feedback import FeedbackBook
from core.reply import Citation, Reply
from tests.ingesting import OCR, Team, png
from tests.scenario.openai_server import Abilities, ModelServer, Refuse, Say, model_server

HANDBOOK = Path(__file__).parents[2] / "demo" / "handbook"
PAGES = ("deploy.md", "on-call.md", "time-off-and-expenses.md", "zh/休假与报销.md")
ASKED: list[dict[str, Any]] = [
    {
        "question": "Do I need approval to roll back?",
        "answer": "You need no approval for a rollback.",
        "documents": ["handbook/deploy.md"],
        "quote": "You need no approval for a rollback.",
        "tags": ["deploys"],
    },
    {
        "question": "How many days of vacation do people in Rotterdam have?",
        "answer": ["28 days of vacation", "28 days"],
        "documents": "time-off-and-expenses.md",
        "tags": ["people"],
    },
    {
        "question": "深圳的发票要在多少天内提交？",
        "answer": "20 天",
        "documents": "zh/休假与报销.md",
        "tags": ["people"],
    },
    {"question": "Show me the floor plan.", "pictures": ["floor-plan.png"]},
    {"question": "Which programming language is the mobile app written in?", "unanswerable": True},
]


@dataclass(frozen=True)
class Home:
    """Where a team runs `lorelens`."""

    folder: Path
    data: Path

    def lorelens(self, *arguments: str | Path, env: dict[str, str] | None = None) -> Result:
        return CliRunner().invoke(
            app, ["evaluate", *map(str, arguments), "--data", str(self.data)], env={"COLUMNS": "80", **(env or {})}
        )

    def questions(self, name: str, *lines: dict[str, Any]) -> Path:
        file = self.folder / name
        file.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in lines), encoding="utf-8")
        return file

    def forget_reports(self) -> None:
        for file in (self.data / FOLDER).glob("*"):
            file.unlink()


@pytest.fixture(scope="module")
def read_in(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("home")
    team = Team(folder, encoder=MiniLM())
    team.write(
        {page: re.sub(r"^!\[.*\n", "", (HANDBOOK / page).read_text("utf-8"), flags=re.MULTILINE) for page in PAGES}
    )
    team.write({"office.md": "# Office\n\n## Floor plan\n\n![Floor plan of the office](floor-plan.png)\n"})
    team.write({"floor-plan.png": png("Heron Finch"), "bell.md": "# The bell\n\nThe copper bell is rung on Fridays.\n"})
    (folder / "sign.png").write_bytes(png("copper bell"))
    asyncio.run(team.ingest(source="handbook"))
    team.write({"secret/plans.md": "# Plans\n\nThe merger with Otterpost is signed in March.\n"})
    asyncio.run(team.ingest(team.folder / "secret", source="board", audience=("terminal/local/person/ada",)))
    return Home(folder, team.data)


@pytest.fixture
def home(read_in: Home) -> Iterator[Home]:
    yield read_in
    read_in.forget_reports()


def figures(fields: dict[str, Any], part: str = "") -> dict[str, float]:
    return {f"{one['group']}/{one['name']}": one["value"] for one in fields["metrics"] if one["part"] == part}


@pytest.mark.slow
def test_team_measures_what_is_found_answered_cited_and_declined(home: Home) -> None:
    details = home.folder / "details.jsonl"
    done = home.lorelens(home.questions("team.jsonl", *ASKED), "--json", "--details", details)

    assert done.exit_code == 0, done.output
    fields = json.loads(done.stdout)
    found = figures(fields)
    for name in (
        "retrieval/document recall@5",
        "retrieval/quote recall@1",
        "pictures/picture recall@1",
        "pictures/shown",
    ):
        assert found[name] == 1.0, name
    assert 0 < found["answers/F1"] < 1
    assert {"answers/BLEU", "answers/chrF", "answers/ROUGE-L", "speed/answer p95", "speed/search p50"} <= set(found)
    assert found["citations/any expected"] == 1.0
    assert found["declining/recall"] == 1.0
    assert "perplexity/reference answers" not in found
    assert "No perplexity" in " ".join(fields["missing"])
    assert figures(fields, "language:zh")["answers/holds a reference"] == 1.0
    assert (fields["asked"], fields["failed"], fields["complete"]) == (5, 0, True)
    assert fields["setup"]["encoder"] == "all-MiniLM-L6-v2"

    [kept] = reports(home.data)
    assert kept.model_dump(mode="json", exclude={"scores"}) | {"problems": {}} == fields
    [file] = (home.data / FOLDER).iterdir()
    for words in ("approval", "vacation", "发票", "Heron", "four"):
        assert words not in file.read_text("utf-8")
    lines = [json.loads(line) for line in details.read_text("utf-8").splitlines()]
    assert [one["line"] for one in lines] == [1, 2, 3, 4, 5]
    assert found["declining/answerable declined"] == sum(one["declined"] for one in lines[:4]) / 4 <= 1 / 4
    held = [one["scores"]["answers/holds a reference"] for one in lines[:3]]
    assert found["answers/holds a reference"] == sum(held) / 3 >= 2 / 3
    assert "20 天" in lines[2]["answer"]
    assert lines[3]["found_pictures"] == ["handbook/floor-plan.png"]
    assert lines[4]["declined"] is True
    assert details.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_terminal_shows_the_figures_and_what_to_look_at_in_eighty_columns(home: Home) -> None:
    file = home.questions(
        "few.jsonl",
        {**ASKED[0], "documents": ["gone.md", "deploy.md"], "language": "en"},
        {"question": "深圳的发票要在多少天内提交？请把所有细节都告诉我，包括抬头和打款的日子。", "unanswerable": True},
    )
    plot = home.folder / "figures.svg"
    done = home.lorelens(file, "--plot", plot, "--compare")

    assert done.exit_code == 0, done.output
    assert max(map(_width, done.output.splitlines())) <= 80
    assert re.search(r"document recall@1 +\d\.\d{3} +- +1", done.output)
    assert re.search(r"language zh +1", done.output)
    assert re.search(r"line 2 +深圳的发票.+… +answered, but has no answer", done.output)
    assert "1 expected document is not in the knowledge" in done.output
    assert "(line 1)" in done.output
    assert "打款" not in done.output
    assert "no earlier evaluation of these questions" in done.output
    assert plot.read_text("utf-8").startswith("<?xml")

    again = home.lorelens(file, "--compare", "--at-once", "4")
    assert "on the 2 questions" in again.output
    assert "at once: 1 → 4" in again.output
    assert "▲" not in again.output
    assert "▼" not in again.output


@pytest.mark.slow
def test_retrieval_alone_asks_no_model(home: Home) -> None:
    env = {"LORELENS_MODEL": "openai:nobody", "LORELENS_MODEL_BASE_URL": "http://127.0.0.1:9/v1"}
    done = home.lorelens(
        home.questions("team.jsonl", *ASKED[:3]), "--only", "retrieval", "--json", "--limit", "2", env=env
    )

    fields = json.loads(done.stdout)
    assert {one["group"] for one in fields["metrics"]} == {"retrieval", "speed"}
    assert (fields["questions"], fields["asked"], fields["setup"]["model"]) == (3, 2, "")
    assert fields["missing"] == []


@pytest.mark.slow
def test_what_somebody_may_not_see_is_not_found_for_them(home: Home) -> None:
    asked = {"question": "When is the merger with Otterpost signed?", "answer": "March", "documents": "board/plans.md"}
    file = home.questions("board.jsonl", asked)

    everyone = json.loads(home.lorelens(file, "--json").stdout)
    ada = json.loads(home.lorelens(file, "--json", "--audience", "terminal/local/person/ada").stdout)

    assert figures(everyone)["retrieval/document recall@10"] == 0
    assert figures(everyone)["answers/holds a reference"] == 0
    assert "not in the knowledge" in " ".join(everyone["missing"])
    assert figures(ada)["retrieval/document recall@1"] == 1
    assert figures(ada)["answers/holds a reference"] == 1
    assert "not in the knowledge" not in " ".join(ada["missing"])


@pytest.mark.slow
def test_a_broken_picture_fails_its_question_and_no_other(home: Home) -> None:
    (home.folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    file = home.questions("broken.jsonl", {"question": "What is this?", "picture": "broken.png"}, ASKED[1])

    done = home.lorelens(file)

    assert done.exit_code == 0, done.output
    assert "2 of 2 questions" in done.output
    assert "1 failed" in done.output
    assert re.search(r"line 1 .+ failed", done.output)
    assert "1 failed, the first in line 1: " in done.output


@pytest.mark.slow
def test_mistakes_are_told_before_anything_is_asked(home: Home) -> None:
    (home.folder / "bad.jsonl").write_text('{"question": "fine"}\n{"question": "bad", "anwser": "x"}\n')
    for arguments, says in (
        ([home.folder / "bad.jsonl"], 'line 2: the field "anwser" is unknown; did you mean "answer"?'),
        ([], "Which questions?"),
        ([home.questions("team.jsonl", *ASKED), "--plot", "figures.doc"], "No plot is drawn as figures.doc"),
        ([home.questions("team.jsonl", *ASKED), "--resume"], "No evaluation was broken off here"),
        ([home.questions("team.jsonl", *ASKED), "--details", home.folder / "team.jsonl"], "holds the questions"),
        (["--from-feedback", home.folder / "bad.jsonl"], "is there already"),
    ):
        done = home.lorelens(*arguments)
        assert done.exit_code == 2
        assert says in done.output
    assert not list(reports(home.data))


def test_nothing_is_measured_where_nothing_is_known(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path / "data")
    done = home.lorelens(home.questions("team.jsonl", ASKED[0]))

    assert done.exit_code == 3
    assert "lorelens ingest" in done.output


@pytest.mark.slow
def test_a_model_that_goes_away_ends_the_run_which_goes_on_later(home: Home) -> None:
    """What was answered is kept, as a partial report; after --resume only the others are asked."""
    asked = [{"question": f"Do I need approval to roll back the {at}. time?", "answer": "No."} for at in range(8)]
    file = home.questions("served.jsonl", *asked)
    details = home.folder / "served-details.jsonl"
    abilities = Abilities(pictures="refuses", tools="refuses")
    with model_server([Say("No. [1]"), Say("No, none. [1]"), Refuse(403, "not yours")], abilities) as server:
        done = home.lorelens(file, "--details", details, env=_served(server))

    assert done.exit_code == 4, done.output
    assert f"Broken off after {2 + PATIENCE} of 8" in done.output
    assert f"{PATIENCE} answers in a row failed" in done.output
    [partial] = reports(home.data)
    assert (partial.complete, partial.asked, partial.failed) == (False, 2 + PATIENCE, PATIENCE)
    before = partial.figure("answers", "exact match")
    assert before is not None
    assert (before.value, before.n) == (0.5, 2)

    with model_server([Say("No. [1]")], abilities) as server:
        done = home.lorelens(file, "--resume", "--json", "--details", details, env=_served(server))
        assert len(server.requests) == 6

    fields = json.loads(done.stdout)
    assert (fields["complete"], fields["asked"], fields["failed"]) == (True, 8, 0)
    assert figures(fields)["answers/exact match"] == 7 / 8
    assert figures(fields)["speed/tokens"] > 0
    assert len(details.read_text().splitlines()) == 2 + PATIENCE + 6
    assert home.lorelens(file, "--resume").exit_code == 2


@pytest.mark.slow
async def test_interrupted_run_leaves_what_it_had_come_to_and_goes_on_from_there(home: Home) -> None:
    """Ctrl-C cancels the work, as here; questions with pictures are asked as they stand."""
    sign = {"question": "What does this sign say about the bell?", "picture": "sign.png", "documents": "bell.md"}
    file = read_questions(home.questions("signs.jsonl", *({**sign, "answer": f"copper bell {at}"} for at in range(6))))
    request = Request(questions=file.path)
    async with Application(Settings(data=home.data)) as application:
        application.ocr = OCR
        evaluating = await evaluating_of(application, request, file)
        going = EvaluationRun(file, await setup_of(application, request), home.data)
        work = asyncio.create_task(going.go(evaluating, at_once=2))

        def interrupt(outcome: Outcome) -> None:
            if going.asked == 3:
                work.cancel()

        going.done = interrupt
        with pytest.raises(asyncio.CancelledError):
            await work
        [partial] = reports(home.data)
        assert (partial.complete, partial.asked) == (False, 3)
        found = partial.figure("retrieval", "document recall@1")
        assert found is not None
        assert (found.value, found.n) == (1, 3)

        again = EvaluationRun(file, going.setup, home.data)
        assert again.resume() == 3
        asked: list[int] = []
        again.done = lambda outcome: asked.append(outcome.question.line)
        report = await again.go(evaluating)
        other = EvaluationRun(file, going.setup.model_copy(update={"reranker": "new"}), home.data)

    assert (report.complete, report.asked, len(asked)) == (True, 6, 3)
    assert sorted(one.line for one in report.scores) == [1, 2, 3, 4, 5, 6]
    with pytest.raises(QuestionError, match="broken off"):
        other.resume()


# --- from feedback ---------------------------------------------------------------------------------------------------

ADA = Author(id="ada")


class Chat:
    """Conversations in which answers were given and judged."""

    def __init__(self, store: Conversations) -> None:
        self.store = store
        self.book = FeedbackBook(store)
        self.count = 0

    async def judged(
        self,
        text: str,
        *,
        visibility: Any = "public",
        platform: str = "slack",
        helpful: bool = True,
        against: bool = False,
        **changed: Any,
    ) -> None:
        self.count += 1
        thread = f"{self.count}.0"
        place = Place(platform=platform, workspace="T1", channel="general", thread=thread, visibility=visibility)
        question = Message(id=thread, place=place, author=ADA, text=text, sent_at=datetime.now(UTC))
        passage = Passage(id="1", source="handbook", path="deploy.md#picture-2", text="Four minutes.")
        record = AnswerRecord(
            question=question,
            asked=(thread,),
            evidence=Evidence(question=text, standalone=text, passages=(EvidencePassage(number=1, passage=passage),)),
            reply=Reply(
                text="> Four minutes. [1]\n\n_No language model is configured._",
                citations=(Citation(number=1, source="deploy.md#picture-2", quote="Four minutes."),),
            ),
            answered_at=datetime.now(UTC) - timedelta(seconds=1),
        ).model_copy(update=changed)
        for earlier in changed.get("history", ()):
            assert await self.store.remember(question.model_copy(update={"id": earlier}))
        assert await self.store.remember(question)
        assert await KeptAnswers(self.store).keep(record)
        assert await self.book.give(place.conversation, thread, ADA, helpful=helpful)
        if against:
            assert await self.book.give(place.conversation, thread, Author(id="bob"), helpful=False)


async def test_helpful_answers_of_public_places_become_a_first_file_and_private_ones_stay(tmp_path: Path) -> None:
    store = await Conversations.open("", tmp_path)
    try:
        chat = Chat(store)
        picture = Picture(sha256="0" * 64, media_type="image/png", width=9, height=9)
        await chat.judged("How long does a rollback take?")
        await chat.judged("回滚要多久？", platform="terminal", visibility="direct")
        await chat.judged("What was said of Bob in private?", visibility="private")
        await chat.judged("And what to me alone?", visibility="direct")
        await chat.judged("And on the page?", platform="web", visibility="direct")
        await chat.judged("Was that wrong?", helpful=False)
        await chat.judged("Do all agree?", against=True)
        await chat.judged("how long does a rollback take")
        await chat.judged("What is this?", pictures=(picture,))
        await chat.judged("And how long does it take?", history=("0.5",))
        await chat.judged("Was it answered anew?", answered_at=datetime.now(UTC) + timedelta(hours=1))
        await chat.judged("Was it declined?", reply=Reply(text="I don't know.", declined=True))

        begun = await starter(store)
    finally:
        await store.close()

    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(begun.lines), encoding="utf-8")
    read = {one.question.casefold().rstrip("?"): one for one in read_questions(file).questions}
    assert set(read) == {"how long does a rollback take", "回滚要多久？"}
    one = read["回滚要多久？"]
    assert (one.answers, one.documents, one.language, one.tags) == (
        ("Four minutes.",),
        ("handbook/deploy.md",),
        "zh",
        ("feedback",),
    )
    assert begun.left_out == {
        "asked in private": 3,
        "somebody found it not helpful": 1,
        "asked before": 1,
        "asked with a picture or a file": 1,
        "a follow-up": 1,
        "answered anew since": 1,
        "not answered": 1,
    }


def test_without_feedback_nothing_is_written(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path / "data")
    done = home.lorelens("--from-feedback", tmp_path / "first.jsonl")

    assert done.exit_code == 0, done.output
    assert "nothing was written" in " ".join(done.output.split())
    assert not (tmp_path / "first.jsonl").exists()


def _served(server: ModelServer) -> dict[str, str]:
    return {
        "LORELENS_MODEL": "openai:tiny",
        "LORELENS_MODEL_BASE_URL": server.url,
        "LORELENS_MODEL_SEES_PICTURES": "false",
        "LORELENS_MODEL_CALLS_TOOLS": "false",
    }


def _width(line: str) -> int:
    from rich.cells import cell_len

    return cell_len(line)
