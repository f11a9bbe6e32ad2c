"""After an answer, questions that could follow are offered; each gets an answer when it is asked."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio

from core.assistant import Assistant
from core.evidence import EvidencePassage
from core.knowledge.documents import Passage, Section
from core.knowledge.search import KnowledgeSearch
from core.messages import Author, Message, Place
from core.models.chat import load_chat_model
from core.models.minilm import MiniLM
from core.reply import Reply, gather
from core.suggestions import suggestions
from core.turn import Turn
from tests.ingesting import OCR, Team

GUIDE = """# Deploying

## Running a deploy

Run the deploy script from the main branch; it takes about ten minutes and posts to the release channel.

## Rolling back

To undo a release, run the deploy script with the option --undo; the release before it is live again in a minute.

## Feature flags

Flags are switched in the console by the owner of the feature, never in the code of a release.

## Contact
"""
CHINESE = """# 部署指南

## 部署步骤

在主分支上运行部署脚本，大约需要十分钟，完成后会在发布频道里通知大家，失败时也会通知。

## 回滚版本

如果发布出现问题，请使用撤销选项运行部署脚本，一分钟之内就会恢复到上一个发布的版本。
"""
PLACE = Place(platform="slack", workspace="T1", channel="C1")


def asked(text: str, role: str = "person") -> Message:
    author = Author(id="U1")
    fields = {"id": text, "place": PLACE, "author": author, "role": role, "text": text, "sent_at": datetime.now(UTC)}
    return Message.model_validate(fields)


@pytest_asyncio.fixture
async def assistant(tmp_path: Path) -> AsyncIterator[Assistant]:
    encoder = MiniLM()
    team = Team(tmp_path, encoder)
    team.write({"guide.md": GUIDE, "指南.md": CHINESE})
    await team.ingest()
    index = await team.index()

    async def find(sha256: str) -> bytes | None:
        return None

    chat = await load_chat_model("extractive", encoder=encoder)
    yield Assistant(chat=chat, knowledge=KnowledgeSearch(index, encoder), pictures=find, ocr=OCR, encoder=encoder)
    await index.close()


async def answer(assistant: Assistant, *conversation: Message) -> Reply:
    *history, message = conversation
    return gather([part async for part in assistant.answer(message, history)])


async def test_neighbouring_sections_are_suggested_and_each_is_answered(assistant: Assistant) -> None:
    question = asked("How long does it take to run a deploy?")
    reply = await answer(assistant, question)

    assert reply.suggestions == ("What about “Rolling back”?", "What about “Feature flags”?")
    for suggestion, words in zip(reply.suggestions, ("--undo", "console"), strict=True):
        further = await answer(assistant, question, asked(reply.text, "assistant"), asked(suggestion))
        assert not further.declined
        assert words in further.text


async def test_suggestions_are_in_the_language_of_the_question(assistant: Assistant) -> None:
    question = asked("在主分支上运行部署脚本需要多少分钟？")
    reply = await answer(assistant, question)

    assert "那“回滚版本”呢？" in reply.suggestions
    further = await answer(assistant, question, asked(reply.text, "assistant"), asked("那“回滚版本”呢？"))
    assert "撤销选项" in further.text


async def test_nothing_is_suggested_where_nothing_was_answered(assistant: Assistant) -> None:
    reply = await answer(assistant, asked("Who won the chess tournament in 1972?"))
    assert reply.declined
    assert reply.suggestions == ()


def turn_of(*passages: Passage, question: str = "How do I deploy?") -> Turn:
    turn = Turn(message=asked(question), standalone=question)
    turn.passages = [EvidencePassage(number=at, passage=one, score=1 / at) for at, one in enumerate(passages, start=1)]
    return turn


def section(identity: str, heading: str, body: str, path: str = "a.md") -> Passage:
    text = f"{heading}\n\n{body}"
    return Passage(
        id=identity,
        source="docs",
        path=path,
        text=text,
        title="Guide",
        heading_path=("Guide", heading),
        end=len(text),
        sections=(Section(start=0, end=len(text), heading_path=("Guide", heading)),),
    )


LONG = "Secrets are rotated by the platform team every month with the rotation tool."


def test_heading_that_says_nothing_or_stands_over_nothing_is_no_question() -> None:
    cited = section("1", "Deploying", "Run the deploy script from the main branch of the repository.")
    others = [
        section("2", "Overview", LONG),
        section("3", "Empty", "Soon."),
        section("4", "How to deploy", LONG),
        section("5", "3.1", LONG),
        section("6", "2. Rotating secrets", LONG),
        section("7", "Rotating secrets", LONG),
    ]
    assert suggestions(turn_of(cited, *others), [1]) == ("What about “Rotating secrets”?",)
    assert suggestions(turn_of(cited, *others), []) == ()


def test_other_document_counts_only_where_it_fitted_about_as_well() -> None:
    cited = section("1", "Deploying", "Run the deploy script from the main branch of the repository.")
    other = section("2", "Rotating secrets", LONG, path="b.md")
    turn = turn_of(cited, other)
    assert suggestions(turn, [1]) == ("What about “Rotating secrets”?",)
    turn.passages[1] = turn.passages[1].model_copy(update={"score": 0.01})
    assert suggestions(turn, [1]) == ()
