"""Through the whole assistant: what a person reads when the served model is blind, breaks off, or is away."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.settings import Settings
from core.application import Application
from core.messages import Author, Message, Place
from core.pictures import normalize
from core.reply import Reply, gather
from tests.ingesting import OCR, Team, png
from tests.scenario.openai_server import Abilities, Break, ModelServer, Refuse, Say, model_server

ROLLBACK = "A rollback takes four minutes and needs no approval."
HOLIDAYS = "每位员工每年有二十五天带薪休假。"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds two pages, found by their words."""
    team = Team(tmp_path_factory.mktemp("team"))
    team.write({"deploy.md": f"# Rollback\n\n{ROLLBACK}\n", "holidays.md": f"# 休假\n\n{HOLIDAYS}\n"})
    asyncio.run(team.ingest())
    return team.data


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.models.served.persistence.FIRST_PAUSE", 0.0)


async def ask(data: Path, server: ModelServer, text: str, *pictures: bytes, fallbacks: str = "") -> Reply:
    taken = {one.picture.sha256: one for one in map(normalize, pictures)}
    message = Message(
        id="1",
        place=Place(platform="terminal", workspace="local", channel="test"),
        author=Author(id="mira"),
        text=text,
        pictures=tuple(one.picture for one in taken.values()),
        sent_at=datetime.now(UTC),
    )

    async def find(sha256: str) -> bytes | None:
        return taken[sha256].data if sha256 in taken else None

    settings = Settings.model_validate(
        {
            "data": data,
            "encoder": "none",
            "model": "openai:m",
            "model_base_url": server.url,
            "model_fallbacks": fallbacks,
        }
    )
    async with Application(settings) as application:
        application.ocr = OCR
        assistant = await application.assistant(find)
        return gather([part async for part in assistant.answer(message)])


async def test_who_sends_a_picture_to_a_blind_model_is_told_and_what_ocr_reads_is_used(data: Path) -> None:
    with model_server([Say("The code is ERR-4031.")], Abilities(pictures="refuses")) as server:
        reply = await ask(data, server, "What is the code?", png("ERR-4031"))
        asked = server.text_of(0)
    assert reply.text.startswith("The code is ERR-4031.")
    assert "The model openai:m can't see pictures" in reply.text
    assert "ERR-4031" in asked
    assert "image_url" not in asked


async def test_who_asks_in_chinese_is_told_in_chinese(data: Path) -> None:
    with model_server([Say("错误码是 ERR-4031。")], Abilities(pictures="ignores")) as server:
        reply = await ask(data, server, "图片里的错误码是什么？", png("ERR-4031"))
    assert "看不到图片" in reply.text
    assert "can't see" not in reply.text


async def test_a_model_that_sees_is_shown_the_picture_and_nobody_is_told_anything(data: Path) -> None:
    with model_server([Say("The code is ERR-4031.")]) as server:
        reply = await ask(data, server, "What is the code?", png("ERR-4031"))
        asked = server.text_of(0)
    assert reply.text == "The code is ERR-4031."
    assert "image_url" in asked


async def test_what_came_before_the_connection_broke_stays_with_its_sources(data: Path) -> None:
    with model_server([Break("It takes four minutes [1] and")]) as server:
        reply = await ask(data, server, "How long does a rollback take?")
    assert reply.text == "It takes four minutes [1] and"
    assert [one.quote for one in reply.citations] == [ROLLBACK]
    assert reply.failure is not None
    assert "broke off" in reply.failure.message


@pytest.mark.parametrize(
    ("question", "quoted", "told", "not_told"),
    [
        ("How long does a rollback take?", ROLLBACK, "did not answer, so I quote", "No language model is configured"),
        ("每年有多少天带薪休假？", "二十五天", "因此我直接引用文档原文", "尚未配置"),
    ],
)
async def test_when_the_model_is_away_the_documents_are_quoted(
    data: Path, question: str, quoted: str, told: str, not_told: str
) -> None:
    with model_server([Refuse(503, "loading the weights")]) as server:
        reply = await ask(data, server, question, fallbacks="extractive")
    assert reply.failure is None
    assert quoted in reply.text
    assert told in reply.text
    assert not_told not in reply.text
    assert reply.citations
    assert (reply.model, reply.tokens) == ("extractive", 0)


@pytest.mark.parametrize(
    ("question", "told", "hint"),
    [
        ("How long does a rollback take?", "has too much to do", "Try again in 600 seconds"),
        ("每年有多少天带薪休假？", "现在太忙", "请600 秒后再试"),
    ],
)
async def test_a_busy_model_without_a_fallback_is_a_reason(data: Path, question: str, told: str, hint: str) -> None:
    with model_server([Refuse(429, "too many requests", {"Retry-After": "600"})]) as server:
        reply = await ask(data, server, question)
    assert reply.failure is not None
    assert told in reply.failure.message
    assert hint in reply.failure.hint


async def test_an_answer_that_reached_the_length_limit_says_so(data: Path) -> None:
    with model_server([Say("It takes four", finish="length")]) as server:
        reply = await ask(data, server, "How long does a rollback take?")
    assert reply.text.startswith("It takes four\n\n_The model openai:m came to its length limit")


async def test_a_section_that_was_cut_in_two_is_read_and_cited_as_one(tmp_path: Path) -> None:
    team = Team(tmp_path)
    filler = "The rollback page lists each release with the person who made it and the hour at which it went out. " * 8
    first, last = "A rollback begins on the rollback page.", "A rollback ends when the dashboard is green."
    team.write(
        {"deploy.md": f"# Deploying\n\n## Rollback\n\n{first} {filler}\n\n{filler} {last}\n\n## Other\n\nNone.\n"}
    )
    await team.ingest()
    with model_server([Say("It begins on the page [1] and ends when the dashboard is green [1].")]) as server:
        reply = await ask(team.data, server, "How does a rollback begin, and when does a rollback end?")
        said = json.dumps(server.requests[-1]["messages"])
    assert said.count("number=") == 1
    assert first in said
    assert last in said
    assert [one.heading for one in reply.citations] == ["Deploying › Rollback"]
    assert reply.citations[0].quote in (first, last)
