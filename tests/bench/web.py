"""Conversations that stream at once through the HTTP API, against the same through the assistant directly.

`lorelens serve web` is a process of its own, with its worker and its embedded Redis beside it; so is the assistant
that is asked directly, and the served model, which says a word at a time to all of them at its own pace. What the API
adds is the mailbox, the board, and HTTP.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import httpx

from tests.bench.tables import Cell, Table

CONVERSATIONS = 50
WORDS = 60
PACE = 0.1
"""Seconds for a word."""
ROUNDS = 2
QUESTION = "How long does a rollback take?"
SAID = " ".join(["A rollback takes four minutes and needs no approval [1]."] + ["So it is."] * (WORDS // 3))
DOCUMENTS = {
    "deploy.md": "# Deploys\n\nDeploys run on Tuesdays and Thursdays at ten.\n\n## Rollback\n\n"
    "A rollback takes four minutes and needs no approval.\n",
}
_UNLIMITED = {f"LORELENS_QUESTIONS_{one}": "0" for one in ("PERSON", "CHANNEL", "WORKSPACE")}


class Waited(NamedTuple):
    """Seconds from the question to the first words of its answer, and to its end."""

    first: float
    whole: float


class Run(NamedTuple):
    """What one way of asking came to: every answer, and what memory its process took, MiB: idle, and at most."""

    answers: list[Waited]
    idle: float
    most: float


async def measure(data: Path) -> list[Table]:
    """On one page of a team's; `data` is not needed."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        await _ingest(Path(place))
        tokens = await _people(Path(place) / "data")
        async with _model() as url:
            settings = {
                "LORELENS_MODEL": "openai:words",
                "LORELENS_MODEL_BASE_URL": url,
                "LORELENS_MODEL_API_KEY": "k",
                "LORELENS_MODEL_SEES_PICTURES": "false",
                "LORELENS_MODEL_CALLS_TOOLS": "false",
                **_UNLIMITED,
            }
            rows: list[Sequence[Cell]] = []
            for many in (1, CONVERSATIONS):
                # One after the other in each round, so that both have the same machine.
                async with _direct(Path(place), settings) as direct, _page(Path(place), settings, tokens) as page:
                    runs = [(await direct(many), await page(many)) for _ in range(ROUNDS)]
                rows += _rows(many, runs)
    return [
        Table(
            f"{len(SAID.split())} words, {PACE * 1000:.0f} ms each, to conversations at once",
            ("at once", "asked", "first words p50, s", "p99", "whole p50, s", "p99", "RSS idle, MiB", "at most"),
            rows,
            note=f"{ROUNDS} rounds; {os.cpu_count()} cores for all processes, load {os.getloadavg()[0]:.1f}.",
        )
    ]


def _rows(many: int, runs: Sequence[tuple[Run, Run]]) -> list[Sequence[Cell]]:
    found: list[tuple[float, ...]] = []
    for way in (0, 1):
        answers = [one for run in runs for one in run[way].answers]
        first, whole = sorted(one.first for one in answers), sorted(one.whole for one in answers)
        times = (_part(first, 0.5), _part(first, 0.99), _part(whole, 0.5), _part(whole, 0.99))
        found.append((*times, runs[0][way].idle, max(run[way].most for run in runs)))
    ratios = [f"x {page / direct:.2f}" for direct, page in zip(found[0], found[1], strict=True)]
    return [(many, "the assistant", *found[0]), (many, "the API", *found[1]), (many, "ratio", *ratios)]


def _part(values: Sequence[float], part: float) -> float:
    return values[min(len(values) - 1, round(part * (len(values) - 1)))]


Asking = Callable[[int], Awaitable[Run]]


@asynccontextmanager
async def _page(place: Path, settings: Mapping[str, str], tokens: Sequence[str]) -> AsyncGenerator[Asking]:
    """Ask through the API of the real page, each in the name of somebody else."""
    port = _free_port()
    given = {
        "LORELENS_WEB_ADDRESS": f"127.0.0.1:{port}",
        "LORELENS_WEB_LOGIN": "password",
        "LORELENS_HEALTH_ADDRESS": "",
        **settings,
    }
    command = (
        "-c",
        "from bots.cli import main; main()",
        "serve",
        "web",
        "--turns",
        "64",
        "--data",
        str(place / "data"),
    )
    async with (
        _process(command, given) as process,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=120, limits=httpx.Limits(max_connections=None), trust_env=False
        ) as program,
    ):
        await _until_served(program)
        await _asked_by_http(program, tokens[0])  # what is loaded late is loaded now
        idle = _memory(process.pid)[0]

        async def ask(many: int) -> Run:
            _forget_most(process.pid)
            answers = await asyncio.gather(*(_asked_by_http(program, token) for token in tokens[:many]))
            return Run(answers, idle, _memory(process.pid)[1])

        yield ask


async def _asked_by_http(program: httpx.AsyncClient, token: str) -> Waited:
    started = time.monotonic()
    first = 0.0
    headers = {"Authorization": f"Bearer {token}"}
    async with program.stream("POST", "/api/ask", json={"question": QUESTION}, headers=headers) as response:
        async for line in response.aiter_lines():
            if line == "event: text" and not first:
                first = time.monotonic() - started
            elif line == "event: failure":
                raise RuntimeError("An answer failed.")
    return Waited(first, time.monotonic() - started)


async def _until_served(program: httpx.AsyncClient) -> None:
    async with asyncio.timeout(120):
        while True:
            try:
                await program.get("/api/openapi.json")
            except httpx.ConnectError:
                await asyncio.sleep(0.1)
            else:
                return


@asynccontextmanager
async def _direct(place: Path, settings: Mapping[str, str]) -> AsyncGenerator[Asking]:
    """Ask the assistant directly, in a process of its own."""
    command = ("-m", "tests.bench.web", str(place / "data"))
    async with _process(command, settings) as process:
        assert process.stdin is not None and process.stdout is not None
        idle = json.loads(await process.stdout.readline())

        async def ask(many: int) -> Run:
            assert process.stdin is not None and process.stdout is not None
            _forget_most(process.pid)
            process.stdin.write(f"{many}\n".encode())
            answers = [Waited(*one) for one in json.loads(await process.stdout.readline())]
            return Run(answers, idle, _memory(process.pid)[1])

        yield ask


async def answer_directly(data: Path) -> None:
    """The other process: it reads how many to ask at once, and answers how long each took."""
    from bots.serve_worker import answers_of
    from bots.web.platform import adapter_with
    from config.settings import Settings
    from core.application import Application
    from core.messages import Author, Message, Place
    from core.question import Question
    from core.reply import Failure, Text

    async with Application(Settings(data=data)) as application:
        answers = await answers_of(application, await adapter_with(application))

        async def ask() -> Waited:
            place = Place(platform="web", workspace="web", channel="local", thread=uuid4().hex[:22])
            message = Message(
                id=uuid4().hex, place=place, author=Author(id="local"), text=QUESTION, sent_at=datetime.now(UTC)
            )
            started = time.monotonic()
            first = 0.0
            async for part in answers((Question(message=message, alone=True),)):
                if isinstance(part, Text) and not first:
                    first = time.monotonic() - started
                if isinstance(part, Failure):
                    raise RuntimeError(part.message)
            return Waited(first, time.monotonic() - started)

        await ask()
        print(json.dumps(_memory(os.getpid())[0]), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await asyncio.gather(*(ask() for _ in range(int(line))))), flush=True)


@asynccontextmanager
async def _model() -> AsyncGenerator[str]:
    async with _process(("-m", "tests.web_stage.model_process", str(PACE), SAID), {}) as process:
        assert process.stdout is not None
        yield (await process.stdout.readline()).decode().strip()


@asynccontextmanager
async def _process(command: Sequence[str], settings: Mapping[str, str]) -> AsyncGenerator[asyncio.subprocess.Process]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LORELENS_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", *command),
        env={**kept, **settings},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=2**20,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


def _memory(pid: int) -> tuple[float, float]:
    """What a process has in memory now, and had at most, MiB."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return tuple(int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))  # pyright: ignore[reportReturnType]


def _forget_most(pid: int) -> None:
    """Let the most memory that a process had be counted from now on (proc_pid_clear_refs(5))."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def _people(data: Path) -> list[str]:
    """As many people as there are conversations; their tokens."""
    from bots.web.door.people_file import KeptPerson, KeptToken, PeopleFile, new_token
    from bots.web.door.secrets import digest

    tokens = [new_token() for _ in range(CONVERSATIONS)]
    async with PeopleFile(data).changing() as change:
        # Where nobody had a password, nothing would be served; this one is the hash of none.
        change.people |= {name: KeptPerson(name=name, password="-") for name in map(_name, range(CONVERSATIONS))}  # noqa: S106
        change.tokens |= {str(at): KeptToken(person=_name(at), sha256=digest(token)) for at, token in enumerate(tokens)}
    return tokens


def _name(at: int) -> str:
    return f"person-{at}"


async def _ingest(place: Path) -> None:
    from core.models.minilm import MiniLM
    from tests.ingesting import Team

    team = Team(place, encoder=MiniLM())
    team.write(DOCUMENTS)
    await team.ingest()


if __name__ == "__main__":
    asyncio.run(answer_directly(Path(sys.argv[1])))
