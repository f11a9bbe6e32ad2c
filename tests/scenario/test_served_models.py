"""Served models as an operator and the people who ask meet them: what they can do, and what happens when they fail."""

import asyncio
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from core.errors import MissingPartError, ModelFaultError, SettingsError
from core.models.chat import ChatModel, load_chat_model
from core.models.served.chat_model import ServedChatModel
from core.models.served.memory import FILE
from core.models.served.notes import ANSWERED_BY, NOTES
from tests.scenario.openai_server import (
    Abilities,
    Break,
    Call,
    Garble,
    Hang,
    ModelServer,
    Refuse,
    Say,
    Scripted,
    model_server,
)

KEY = "a-secret-of-the-team"


@asynccontextmanager
async def loaded(url: str, **options: Any) -> AsyncGenerator[ChatModel]:
    chat = await load_chat_model("openai:m", base_url=url, **options)
    try:
        yield chat
    finally:
        await chat.close()


@asynccontextmanager
async def opened(
    *script: Scripted, abilities: Abilities | None = None, **options: Any
) -> AsyncGenerator[tuple[ChatModel, ModelServer]]:
    with model_server(script or [Say("unused")], abilities) as server:
        async with loaded(server.url, **options) as chat:
            yield chat, server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once: how long is waited is asked of one test."""
    monkeypatch.setattr("core.models.served.persistence.FIRST_PAUSE", 0.0)


async def ask(chat: ChatModel, text: str = "How long?") -> AIMessage:
    return await chat.model.ainvoke(text)


async def fault_of(chat: ChatModel) -> ModelFaultError:
    with pytest.raises(ModelFaultError) as caught:
        await ask(chat)
    return caught.value


@pytest.mark.parametrize(
    ("abilities", "sees", "calls", "why"),
    [
        (Abilities(), True, True, ""),
        (Abilities(pictures="refuses"), False, True, "it refuses them: m is not a multimodal model"),
        (Abilities(pictures="ignores"), False, True, "can't say what colour"),
        (Abilities(tools="refuses"), True, False, "it refuses them"),
        (Abilities(tools="talks"), True, False, "offered one, it answers in words"),
    ],
)
async def test_what_a_model_can_do_is_found_out_by_asking(
    abilities: Abilities, sees: bool, calls: bool, why: str
) -> None:
    async with opened(abilities=abilities) as (chat, server):
        assert (chat.sees_pictures, chat.calls_tools) == (sees, calls)
        assert isinstance(chat.model, ServedChatModel)
        assert why in (await chat.model.capabilities()).in_words()
        assert server.requests == []


async def test_what_was_found_out_is_not_asked_again(tmp_path: Path) -> None:
    async with opened(abilities=Abilities(pictures="refuses"), data=tmp_path, api_key=KEY) as (_, server):
        tried = len(server.trials)
        async with loaded(server.url, data=tmp_path) as again:
            assert (again.sees_pictures, again.calls_tools, len(server.trials)) == (False, True, tried)
    kept = (tmp_path / FILE).read_text()
    assert "it refuses them" in kept
    assert KEY not in kept


async def test_the_setting_wins_and_is_not_remembered(tmp_path: Path) -> None:
    async with opened(abilities=Abilities(pictures="refuses"), data=tmp_path, sees_pictures=True) as (chat, server):
        assert chat.sees_pictures
        async with loaded(server.url, data=tmp_path) as unset:
            assert not unset.sees_pictures


async def test_what_the_server_tells_is_not_tried() -> None:
    pages = {"/api/show": {"capabilities": ["completion", "vision"], "model_info": {"x.context_length": 4096}}}
    async with opened(abilities=Abilities(pages=pages)) as (chat, server):
        assert (chat.sees_pictures, chat.calls_tools) == (True, False)
        assert server.trials == []
        assert isinstance(chat.model, ServedChatModel)
        assert "reads 4,096 tokens" in (await chat.model.capabilities()).in_words()


async def test_a_server_that_is_away_at_the_start_is_asked_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("core.models.served.discovery.ASK_AGAIN_SECONDS", 0.0)
    port = free_port()
    async with loaded(f"http://127.0.0.1:{port}/v1") as chat:
        assert chat.sees_pictures
        assert "could not be found out yet: away" in caplog.text
        assert (await fault_of(chat)).fault == "away"
        with model_server([Say("Four minutes.")], Abilities(pictures="refuses"), port=port):
            assert (await ask(chat)).text == "Four minutes."
            assert isinstance(chat.model, ServedChatModel)
            assert not (await chat.model.capabilities()).pictures.able


async def test_a_picture_for_a_blind_model_is_not_sent_and_the_answer_says_so() -> None:
    async with opened(Say("An error."), abilities=Abilities(pictures="refuses")) as (chat, server):
        picture = {"type": "image", "base64": "aGk=", "mime_type": "image/png"}
        question: Any = [{"type": "text", "text": "What is this?"}, picture]
        answer = await chat.model.ainvoke([HumanMessage(content_blocks=question)])
        assert "image_url" not in server.text_of(0)
        assert [note["kind"] for note in answer.response_metadata[NOTES]] == ["unseen"]


async def test_a_server_that_takes_fewer_pictures_gets_the_newest() -> None:
    async with opened(Say("A cat."), abilities=Abilities(most_pictures=1)) as (chat, server):
        picture = {"type": "image", "base64": "aGk=", "mime_type": "image/png"}
        question: Any = [{"type": "text", "text": "What are these?"}, picture, picture]
        answer = await chat.model.ainvoke([HumanMessage(content_blocks=question)])
        assert server.text_of(-1).count("image_url") == 2  # the block's type, and its field
        assert [note["kind"] for note in answer.response_metadata[NOTES]] == ["fewer"]


@pytest.mark.parametrize(
    ("script", "fault", "requests"),
    [
        ([Refuse(401, f"Incorrect key {KEY}")], "key", 1),
        ([Refuse(404, "no model m")], "unknown_model", 1),
        ([Refuse(400, "maximum context length is 512 tokens")], "too_long", 1),
        ([Refuse(429, "slow down", {"Retry-After": "3600"})], "busy", 1),
        ([Refuse(503, "loading")], "failing", 3),
        ([Break()], "broken_off", 3),
        ([Break("The answer is")], "broken_off", 1),
        ([Garble(b"<html>Sign in</html>", "text/html")], "garbled", 3),
        ([Garble(b"data: {not json\n\n")], "garbled", 3),
        ([Garble(b'data: {"error": {"message": "engine died"}}\n\n')], "failing", 3),
        ([Say("")], "empty", 3),
        ([Say("", finish="content_filter")], "filtered", 1),
    ],
)
async def test_each_fault_is_a_reason(script: list[Scripted], fault: str, requests: int) -> None:
    async with opened(*script, api_key=KEY) as (chat, server):
        error = await fault_of(chat)
        assert error.fault == fault
        assert len(server.requests) == requests
        assert KEY not in f"{error}{error.chinese}{chat!r}"


@pytest.mark.parametrize("passing", [Refuse(500, "oh"), Refuse(429, "busy", {"Retry-After": "0"}), Break(), Say("")])
async def test_what_passes_is_tried_again(passing: Scripted) -> None:
    async with opened(passing, Say("Four minutes.")) as (chat, server):
        assert (await ask(chat)).text == "Four minutes."
        assert len(server.requests) == 2


async def test_a_server_that_asks_for_time_gets_it() -> None:
    async with opened(Refuse(429, "busy", {"Retry-After": "1"}), Say("Four minutes.")) as (chat, _):
        started = time.monotonic()
        await ask(chat)
        assert time.monotonic() - started >= 1


@pytest.mark.parametrize(("hang", "fault"), [(Hang(), "silent"), (Hang("Four minutes"), "broken_off")])
async def test_silence_ends_the_waiting(hang: Hang, fault: str) -> None:
    async with opened(hang, sees_pictures=True, calls_tools=True, silence=0.5) as (chat, server):
        assert (await fault_of(chat)).fault == fault
        assert len(server.requests) == 1


async def test_a_tool_call_that_breaks_off_is_made_anew() -> None:
    half = b'data: {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "1", "function": {"name": "sea'
    async with opened(Garble(half + b"\n\n"), Call("search", {"query": "x"})) as (chat, _):
        parameters: dict[str, Any] = {"type": "object", "properties": {}}
        schema = {"name": "search", "description": "Search.", "parameters": parameters}
        answer = await chat.model.bind_tools([schema]).ainvoke("Search for x")
        assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("search", {"query": "x"})]


async def test_the_next_model_answers_and_the_first_is_left_alone() -> None:
    with model_server([Say("From the other.")], Abilities(pictures="refuses")) as other:
        async with opened(Refuse(403, "not yours"), fallbacks=f"openai:other@{other.url}, extractive", api_key=KEY) as (
            chat,
            server,
        ):
            answer = await ask(chat)
            await ask(chat)
            assert answer.text == "From the other."
            assert answer.response_metadata[ANSWERED_BY] == "openai:other"
            assert [note["kind"] for note in answer.response_metadata[NOTES]] == ["fallback"]
            assert (chat.name, chat.sees_pictures) == ("openai:m", True)
            assert len(server.requests) == 1
            assert KEY not in other.keys


async def test_what_was_said_is_not_said_otherwise_by_another_model() -> None:
    async with opened(Break("The answer is"), fallbacks="extractive") as (chat, _):
        pieces: list[str] = []
        with pytest.raises(ModelFaultError) as caught:
            async for piece in chat.model.astream("How long?"):
                pieces.append(piece.text)
        assert "".join(pieces) == "The answer is"
        assert caught.value.fault == "broken_off"


async def test_giving_up_waiting_ends_the_request() -> None:
    async with opened(Hang("Four"), sees_pictures=True, calls_tools=True) as (chat, _):
        stream = chat.model.astream("How long?")
        assert (await anext(stream)).text == "Four"
        task = asyncio.ensure_future(anext(stream))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize(
    ("name", "fallbacks", "error"),
    [
        ("gpt-5", "", SettingsError),
        ("openai:m", "gpt-5", SettingsError),
        ("nobody:m", "", SettingsError),
        ("anthropic:m", "", MissingPartError),
    ],
)
async def test_a_name_that_leads_nowhere_is_refused_at_once(name: str, fallbacks: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        await load_chat_model(name, base_url="http://127.0.0.1:9/v1", fallbacks=fallbacks, api_key=KEY)
    assert KEY not in str(caught.value)
