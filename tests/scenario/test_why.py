"""Somebody asks why an answer is what it is: at the terminal, in a chat, and where a worker answers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import Settings
from core.answering import AssistantAnswers
from core.application import Application
from core.explaining.keeping import KeptAnswers, LastAnswerFile
from core.messages import Author, Message, Place
from core.models.minilm import MiniLM
from core.pictures import normalize
from core.question import Question
from core.reply import Reply, gather
from tests.ingesting import OCR, Team
from tests.scenario.test_assistant import DOCUMENTS, ROLLBACK, drawn
from tests.scenario.test_command_line import lines, lorelens

ERROR = drawn("Request failed", "ERR-4031")
DESK = Place(platform="desk", workspace="T", channel="help", thread="1")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder beside the team's documents, with a picture to ask about."""
    team = Team(tmp_path_factory.mktemp("team"), encoder=MiniLM())
    team.write({**DOCUMENTS, "rollback.png": drawn("operator", "bastion host", "previous release")})
    asyncio.run(team.ingest())
    (team.data / "error.png").write_bytes(ERROR)
    return team.data


# --- at the terminal -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_answer_is_explained_afterwards(home: Path, tmp_path: Path) -> None:
    asked = lorelens("ask", "What is wrong?", "--picture", "error.png", "--json", "--data", ".", cwd=home)
    [answer] = lines(asked)
    done = lorelens("why", "--html", tmp_path / "why.html", "--out", tmp_path / "drawn", "--data", ".", cwd=home)
    assert done.returncode == 0, done.stderr
    assert "errors.md" in done.stdout
    assert "BM25" in done.stdout
    assert "1. ERR-4031" in done.stdout
    assert str(tmp_path / "drawn" / "1-error-quotes.png") in done.stdout
    assert normalize((tmp_path / "drawn" / "1-error-quotes.png").read_bytes()).picture.width >= 480
    page = (tmp_path / "why.html").read_text(encoding="utf-8")
    assert "ERR-4031" in page
    assert 'src="data:image/png' in page

    [why] = lines(lorelens("why", answer["id"], "--json", "--data", ".", cwd=home))
    assert why["id"] == answer["id"]
    assert why["cited"][0]["source"] == "errors.md"
    assert [line["part"] for line in why["pictures"][0]["lines"]] == ["ERR-4031"]


@pytest.mark.slow
def test_an_answer_is_explained_with_it_and_forgotten_with_its_source(home: Path) -> None:
    done = lorelens("ask", "How long does a rollback take?", "--why", "--data", ".", cwd=home)
    assert done.returncode == 0
    assert "Why this answer?" in done.stdout
    assert done.stdout.count(ROLLBACK) >= 2
    last = LastAnswerFile(home).read()
    assert last is not None
    assert last.record is not None
    LastAnswerFile(home).forget(last.record.evidence.passages[0].passage.source)
    assert LastAnswerFile(home).read() is None


@pytest.mark.slow
def test_a_chat_explains_itself_and_what_it_forgot_cannot_be_explained(home: Path) -> None:
    said = "/why\nWhat does ERR-4031 mean?\n/why\nHow do you know?\n/quit\n"
    chat = lorelens("chat", "--session", "why", "--data", ".", cwd=home, stdin=said)
    assert chat.returncode == 0, chat.stderr
    assert "no answer of mine here" in chat.stdout
    assert chat.stdout.count("Why this answer?") == 2
    [why] = lines(lorelens("why", "--json", "--data", ".", cwd=home))
    assert why["question"] == "What does ERR-4031 mean?"
    lorelens("forget", "--session", "why", "--data", ".", cwd=home)
    done = lorelens("why", "--data", ".", cwd=home)
    assert done.returncode == 2
    assert "not kept" in done.stderr


# --- where a worker answers ----------------------------------------------------------------------------------------


@pytest.fixture
async def application(home: Path, tmp_path: Path) -> AsyncIterator[Application]:
    for name in ("index", "pictures", "ledger.sqlite"):
        (tmp_path / name).symlink_to(home / name)
    async with Application(Settings.model_validate({"data": tmp_path})) as application:
        application.ocr = OCR
        yield application


async def say(application: Application, number: int, text: str, picture: bytes | None = None) -> Reply:
    """What a worker answers to a message, which is remembered first."""
    store = await application.conversations()
    taken = [normalize(picture, name="error.png")] if picture else []
    for one in taken:
        await store.keep_picture(one)
    message = Message(
        id=f"m{number}",
        place=DESK,
        author=Author(id="mira"),
        text=text,
        pictures=tuple(one.picture for one in taken),
        sent_at=NOON + timedelta(minutes=number),
    )
    await store.remember(message)
    assistant = await application.assistant(store.picture)
    answers = AssistantAnswers(assistant, store, history_tokens=1000, explainer=application.explainer(store.picture))
    return gather([part async for part in answers([Question(message=message)])])


async def test_why_this_answer_is_answered_with_the_sentence_its_scores_and_the_boxed_picture(
    application: Application,
) -> None:
    assert "no answer of mine" in (await say(application, 1, "Why this answer?")).text
    answer = await say(application, 2, "What is wrong?", ERROR)
    why = await say(application, 3, "How do you know that?")
    assert answer.citations[0].quote in why.text
    assert "BM25" in why.text
    assert "ERR-4031" in why.text
    store = await application.conversations()
    drawings = [shown.picture for shown in why.pictures if shown.picture.name == "error-quotes.png"]
    assert len(drawings) == 1
    assert await store.picture(drawings[0].sha256) is not None
    # What explains is no answer: asked again, it is still the answer that is explained.
    assert (await say(application, 4, "Why this answer?")).text == why.text


async def test_a_chinese_answer_is_explained_in_chinese(application: Application) -> None:
    await say(application, 1, "每年有多少天带薪休假？")
    why = await say(application, 2, "你怎么知道的？")
    assert "为什么这么回答？" in why.text
    assert "二十五天" in why.text


async def test_an_answer_to_several_messages_is_forgotten_with_each_of_them(application: Application) -> None:
    store = await application.conversations()
    messages = [
        Message(id=f"m{at}", place=DESK, author=Author(id=who), text=text, sent_at=NOON + timedelta(minutes=at))
        for at, (who, text) in enumerate((("ada", "Something about a rollback."), ("bob", "How long does it take?")))
    ]
    for message in messages:
        await store.remember(message)
    assistant = await application.assistant(store.picture)
    answers = AssistantAnswers(assistant, store, history_tokens=1000)
    async for _ in answers([Question(message=message) for message in messages]):
        pass
    kept = KeptAnswers(store)
    record = await kept.find(DESK.conversation, "m1")
    assert record is not None
    assert record.asked == ("m0", "m1")
    await store.forget_person("desk", "T", "ada")
    assert await kept.find(DESK.conversation, "m1") is None
