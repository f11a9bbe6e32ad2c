"""`lorelens worker`, `queue` and `dead` as an operator meets them: real processes on an embedded Redis."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import aiohttp
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from core.conversation_keys import shard_of
from core.conversations import Conversations
from core.mailbox import Mailbox, Turn
from core.messages import Author, Message, Place
from core.quality.history import QualityHistory
from core.question import Question
from tests.scenario.loopback_platform import BOARD, install, posted
from tests.scenario.test_command_line import ENVIRONMENT, ROOT, lorelens

pytestmark = pytest.mark.slow

PLACE = Place(platform="loopback", workspace="T1", channel="general", thread="1")
PRIVATE = "the vault code is 4711"
GUIDE = "# Deploys\n\nDeploys run on Tuesdays and Thursdays at ten.\n\nA rollback takes four minutes.\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("site")
    install(site)
    return site


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "deploys.md").write_text(GUIDE, encoding="utf-8")
    assert lorelens("ingest", "docs", cwd=tmp_path).returncode == 0
    return tmp_path


def asked(text: str, message_id: str = "") -> Question:
    message = Message(id=message_id or text, place=PLACE, author=Author(id="ada"), text=text, sent_at=datetime.now(UTC))
    return Question(message=message)


@asynccontextmanager
async def worker(home: Path, site: Path, env: Mapping[str, str] | None = None) -> AsyncGenerator["Running"]:
    """A worker that listens somewhere; SIGTERM ends it, and it says that all went well."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from bots.cli import main; main()",
        "worker",
        cwd=home,
        env={
            **ENVIRONMENT,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{site}",
            "LORELENS_HEALTH_ADDRESS": "127.0.0.1:0",
            BOARD: str(home / "board"),
            **(env or {}),
        },
        stderr=subprocess.PIPE,
    )
    running = Running(process)
    try:
        running.url = (await running.logged("Working for"))["message"].partition("; ")[2]
        yield running
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            await running.logged("Stopped")
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Running:
    """A worker's process, what it logged so far, and where it tells how it is."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.log: list[dict[str, Any]] = []
        self.url = ""

    async def logged(self, beginning: str) -> dict[str, Any]:
        """The next line of the log that begins so."""
        assert self._process.stderr is not None
        async with asyncio.timeout(60):
            while line := await self._process.stderr.readline():
                self.log.append(json.loads(line))
                if self.log[-1]["message"].startswith(beginning):
                    return self.log[-1]
        raise AssertionError(self.log)

    async def get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}{path}") as response:
            return response.status, await response.text()


async def test_a_question_is_answered_by_another_process_which_tells_how_it_is(home: Path, site: Path) -> None:
    store = await Conversations.open("", home / ".lorelens")
    mailbox = Mailbox(store, "loopback")
    async with worker(home, site) as running:
        await mailbox.submit(asked(f"How long does a rollback take? {PRIVATE}", "q1"))
        line = await running.logged("A turn was answered")
        assert (line["conversation"], line["messages"], line["level"]) == (PLACE.conversation, ["q1"], "INFO")
        (reply,) = posted(home / "board")
        assert reply["questions"] == ["q1"]
        assert "A rollback takes four minutes." in reply["text"]
        assert reply["sources"] == ["deploys.md"]
        assert await running.get("/livez") == (200, "ok\n")
        assert await running.get("/readyz") == (200, "ok\n")
        status, metrics = await running.get("/metrics")
        assert status == 200
        assert 'lorelens_turns_total{outcome="answered",platform="loopback"} 1.0' in metrics
        assert 'lorelens_queue_conversations{platform="loopback"} 0.0' in metrics
        assert 'lorelens_first_part_seconds_count{platform="loopback"} 1.0' in metrics
    assert PRIVATE not in json.dumps(running.log)
    history = await store.history(PLACE.conversation, 1000)
    assert [message.role for message in history] == ["person", "assistant"]
    days = await QualityHistory(store).read("day", datetime.now(UTC), 2)  # a test may run at midnight
    assert sum(day.counts("loopback").answered for day in days) == 1
    assert sum(day.counts("loopback").samples for day in days) >= 1
    await store.close()


async def test_texts_are_logged_by_those_who_ask_for_it(home: Path, site: Path) -> None:
    store = await Conversations.open("", home / ".lorelens")
    async with worker(home, site, {"LORELENS_LOG_TEXT": "true"}) as running:
        await Mailbox(store, "loopback").submit(asked("How long does a rollback take?"))
        assert (await running.logged("Asked"))["texts"] == ["How long does a rollback take?"]
        assert "four minutes" in (await running.logged("Answered"))["texts"][0]
    await store.close()


async def test_who_asks_too_much_is_answered_with_a_reason(home: Path, site: Path) -> None:
    store = await Conversations.open("", home / ".lorelens")
    mailbox = Mailbox(store, "loopback")
    async with worker(home, site, {"LORELENS_QUESTIONS_PERSON": "1"}) as running:
        for text in ("How long does a rollback take?", "When do deploys run?"):
            await mailbox.submit(asked(text))
            await running.logged("A turn was answered")
    assert [reply["failure"] for reply in posted(home / "board")] == [None, "limit"]
    await store.close()


@contextmanager
def collector() -> Generator[tuple[str, list[ExportTraceServiceRequest]]]:
    """An OpenTelemetry collector on loopback, and what it was sent."""
    received: list[ExportTraceServiceRequest] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_a_trace_goes_from_the_event_to_the_posted_reply(home: Path, site: Path) -> None:
    store = await Conversations.open("", home / ".lorelens")
    arrived = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with collector() as (url, received):
        async with worker(home, site, {"OTEL_EXPORTER_OTLP_ENDPOINT": url}) as running:
            question = asked(f"How long does a rollback take? {PRIVATE}", "q1").model_copy(update={"trace": arrived})
            await Mailbox(store, "loopback").submit(question)
            await running.logged("A turn was answered")
        spans = {
            span.name: span
            for request in received
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }
    assert {"turn", "retrieve"} <= spans.keys()
    assert spans["turn"].trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert spans["turn"].parent_span_id.hex() == "b7ad6b7169203331"
    assert spans["retrieve"].parent_span_id == spans["turn"].span_id
    assert [event.name for event in spans["turn"].events] == ["first words", "last part"]
    assert PRIVATE not in str(received)
    await store.close()


def test_without_a_platform_it_says_so(tmp_path: Path) -> None:
    done = lorelens("worker", cwd=tmp_path)
    assert done.returncode == 3
    assert "There is no platform to work for." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "env", "said"),
    [
        (("--platform", "irc"), {}, "The platform irc is not installed."),
        (("--platform", "loopback"), {}, "The platform loopback is not set up."),
        ((), {BOARD: "board", "LORELENS_HEALTH_ADDRESS": "here"}, 'The health address "here" is none.'),
    ],
)
def test_what_can_not_be_is_said(
    tmp_path: Path, site: Path, arguments: tuple[str, ...], env: dict[str, str], said: str
) -> None:
    done = lorelens("worker", *arguments, cwd=tmp_path, env={"PYTHONPATH": f"{ROOT}{os.pathsep}{site}", **env})
    assert done.returncode == 3
    assert said in done.stderr
    assert "Traceback" not in done.stderr


async def test_the_queue_and_the_dead_letters_are_shown_retried_and_dropped(tmp_path: Path) -> None:
    store = await Conversations.open("", tmp_path / ".lorelens")
    mailbox = Mailbox(store, "loopback")

    async def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(lorelens, *arguments, cwd=tmp_path)

    async def taken() -> Turn:
        turn = await mailbox.take(shard_of(PLACE.conversation))
        assert isinstance(turn, Turn)
        return turn

    async def bury(text: str) -> None:
        await mailbox.submit(asked(text))
        await mailbox.bury(await taken(), "ValueError: it broke")

    assert "Nothing was ever asked" in (await command("queue")).stdout
    await bury("How?")
    state = json.loads((await command("queue", "--json")).stdout)["loopback"]
    assert (state["conversations"], state["dead"]) == (0, 1)
    (listed,) = json.loads((await command("dead", "list", "--json")).stdout)
    assert (listed["conversation"], listed["error"]) == (PLACE.conversation, "ValueError: it broke")
    shown = await command("dead", "show", listed["id"][:8])
    assert "How?" in shown.stdout
    assert json.loads((await command("dead", "retry", listed["id"], "--json")).stdout) == {"retried": [listed["id"]]}
    assert "1 conversations wait" in (await command("queue")).stdout
    gone = await command("dead", "retry", listed["id"])
    assert gone.returncode == 2
    assert "There is none whose id begins with" in gone.stderr

    await mailbox.bury(await taken(), "again")
    assert "1 dropped." in (await command("dead", "drop", "--all")).stdout
    assert "Nothing was given up." in (await command("dead", "list")).stdout
    assert (await command("dead", "drop")).returncode == 2
    await store.close()
