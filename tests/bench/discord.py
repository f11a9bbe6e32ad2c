"""From Discord's gateway to the mailbox and back: how soon a mention is kept, how soon people see something of its
answer, how many calls an answer costs, and how much memory servers take.

The emulated Discord, the ingress (`lorelens serve discord --no-worker`) and the worker are processes of their own. A
mention counts as accepted when Redis has it. Beside it stands a bare discord.py client that does nothing with what it
hears, measured in the same run.
"""

import asyncio
import gc
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.tables import Cell, Table

RATES = (50, 200)
SECONDS = 4.0
CHANNELS = 20
SERVERS = (1, 100, 1000)
ASKED = 16
ASKED_RATE = 2.0
"""Questions that are answered, and so many a second: about what one worker keeps up with."""
PATIENCE = 90.0
DOCUMENTS = {
    "deploy.md": "# Deploys\n\nDeploys run on Tuesdays and Thursdays at ten.\n\n## Rollback\n\n"
    "A rollback takes four minutes and needs no approval.\n",
}
QUESTION = "How long does a rollback take? ({})"

Json = dict[str, Any]


async def measure(data: Path) -> list[Table]:
    """Three tables: acceptance, answers, memory."""
    rows: list[Sequence[Cell]] = []
    bare, ours = await _accepting("bare"), await _accepting("ours")
    for rate, one, other in zip(RATES, ours, bare, strict=True):
        row = (f"{rate}/s", one["p50"], one["p99"], other["p50"], other["p99"], one["p50"] / other["p50"])
        rows.append((*row, one["p99"] / other["p99"], one["lost"]))
    accepted = Table(
        "From the gateway to the mailbox, milliseconds",
        ("mentions", "p50", "p99", "bare p50", "bare p99", "p50 ratio", "p99 ratio", "lost"),
        rows,
        note=f"{SECONDS:.0f} s at each rate in {CHANNELS} channels, {os.cpu_count()} cores for all processes, load "
        f"{os.getloadavg()[0]:.1f}. Bare: discord.py heard it; ours: Redis has it on its disk.",
    )
    return [accepted, await _answering(), await _remembering()]


async def _accepting(role: str) -> list[Json]:
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(_emulator(servers=1, channels=CHANNELS))
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        client = await stack.enter_async_context(_process(role, environment=_settings(discord, place)))
        await client.hears()
        found: list[Json] = []
        await discord.emits(messages=40, per_second=50)
        for rate in RATES:
            before = {id_ for id_, _ in (await discord.report())["messages"]}
            await discord.emits(messages=int(rate * SECONDS), per_second=rate)
            sent = {id_: at for id_, at in (await discord.report())["messages"] if id_ not in before}
            kept = await client.kept(len(before) + len(sent))
            took = sorted(kept[id_] - at for id_, at in sent.items() if id_ in kept)
            found.append({"p50": _percentile(took, 50), "p99": _percentile(took, 99), "lost": len(sent) - len(took)})
        return found


async def _answering() -> Table:
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(_emulator(servers=1, channels=CHANNELS))
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        await _ingest(place)
        environment = _settings(discord, place)
        client = await stack.enter_async_context(_process("ours", environment=environment))
        await client.hears()
        worker = _process("lorelens", "worker", "--platform", "discord", environment=environment)
        await (await stack.enter_async_context(worker)).logs("Working for ")
        await discord.emits(messages=2, per_second=1, text=QUESTION)
        await discord.answered(2)
        calls = sum((await discord.report())["calls"].values())
        await discord.emits(messages=ASKED, per_second=ASKED_RATE, text=QUESTION)
        report = await discord.answered(2 + ASKED)
        asked = {id_: at for id_, at in report["messages"][2:]}
        answers = [one for one in report["answers"] if one["to"] in asked]
        first = sorted(min(at for at, length in one["versions"] if length) - asked[one["to"]] for one in answers)
        whole = sorted(one["versions"][-1][0] - asked[one["to"]] for one in answers)
        spent = sum(report["calls"].values()) - calls
        violations = len(report["violations"])
    return Table(
        "Answers by the extractive reader",
        ("answers", "first text p50, ms", "p99, ms", "whole p50, ms", "calls per answer", "against the description"),
        [(len(answers), _percentile(first, 50), _percentile(first, 99), _percentile(whole, 50),
          spent / max(1, len(answers)), violations)],
        note=f"{ASKED_RATE:.0f} mentions a second, one worker, MiniLM and LanceDB; calls: all of REST.",
    )  # fmt: skip


async def _remembering() -> Table:
    rows: list[Sequence[Cell]] = []
    for servers in SERVERS:
        used: dict[str, float] = {}
        async with AsyncExitStack() as stack:
            discord = await stack.enter_async_context(_emulator(servers=servers, channels=CHANNELS))
            for role in ("bare", "ours"):
                place = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
                async with _process(role, environment=_settings(discord, place)) as client:
                    used[role] = (await client.hears())["megabytes"]
        rows.append((servers, used["ours"], used["bare"], used["ours"] / used["bare"]))
    each = [(rows[-1][column] - rows[0][column]) / (SERVERS[-1] - SERVERS[0]) * 1024 for column in (1, 2)]  # type: ignore[operator]
    return Table(
        "Memory of the ingress, MB",
        ("servers", "ours", "bare", "ratio"),
        rows,
        note=f"{CHANNELS} channels each, all told by the gateway; {each[0]:.0f} KB a server, bare {each[1]:.0f} KB.",
    )


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """In milliseconds."""
    if not ordered:
        return math.nan
    return ordered[min(len(ordered) - 1, math.ceil(len(ordered) * percent / 100) - 1)] * 1000


async def _ingest(place: Path) -> None:
    from core.models.minilm import MiniLM
    from tests.ingesting import Team

    team = Team(place, encoder=MiniLM())
    team.write(DOCUMENTS)
    await team.ingest()


def _settings(discord: "_Emulator", place: Path) -> dict[str, str]:
    given = {
        "DISCORD_TOKEN": discord.told["token"],
        "DISCORD_API_URL": discord.told["api_url"],
        "DATA": str(place / "data"),
        "HEALTH_ADDRESS": "",
        **{f"QUESTIONS_{scope}": "0" for scope in ("PERSON", "CHANNEL", "WORKSPACE")},
    }
    return {f"LORELENS_{name}": value for name, value in given.items()}


class _Process:
    """A process of the measurement, which is told and heard in lines of JSON, or logs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.rest: asyncio.Task[bytes] | None = None

    async def hears(self) -> Json:
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await self._process.stdout.readline()
        if not line:
            assert self._process.stderr is not None
            raise RuntimeError((await self._process.stderr.read()).decode()[-2000:])
        return json.loads(line)

    async def kept(self, count: int) -> dict[str, float]:
        """When each message was kept, once so many are."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{count}\n".encode())
        await self._process.stdin.drain()
        return await self.hears()

    async def logs(self, words: str) -> None:
        """Wait for a line of the log."""
        assert self._process.stderr is not None
        seen = ""
        async with asyncio.timeout(PATIENCE):
            while words not in seen:
                line = (await self._process.stderr.readline()).decode()
                if not line:
                    raise RuntimeError(seen[-2000:])
                seen += line
        self.rest = asyncio.create_task(self._process.stderr.read())


@asynccontextmanager
async def _process(role: str, *options: str, environment: Mapping[str, str] | None = None) -> AsyncGenerator[_Process]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LORELENS_")}
    commands = {
        "lorelens": ("-c", "from bots.cli import main; main()"),
        "emulator": ("-m", "tests.discord_emulator"),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", *commands.get(role, ("-m", __name__, role)), *options),
        env={**kept, "OMP_NUM_THREADS": "1", **(environment or {})},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL if role in {"ours", "bare", "emulator"} else asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    running = _Process(process)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        if running.rest is not None:
            await running.rest


class _Emulator:
    """The emulated Discord in a process of its own."""

    def __init__(self, told: Json, session: aiohttp.ClientSession) -> None:
        self.told = told
        self._session = session

    async def emits(self, **wanted: object) -> None:
        async with self._session.post(f"{self.told['control_url']}/emit", json=wanted) as answer:
            answer.raise_for_status()

    async def report(self) -> Json:
        async with self._session.get(f"{self.told['control_url']}/report") as answer:
            return await answer.json()

    async def answered(self, count: int) -> Json:
        """The report once so many answers stand."""
        async with asyncio.timeout(PATIENCE):
            while True:
                report = await self.report()
                if sum(1 for one in report["answers"] if any(length for _, length in one["versions"])) >= count:
                    await asyncio.sleep(2)  # the last ones may grow still
                    return await self.report()
                await asyncio.sleep(0.2)


@asynccontextmanager
async def _emulator(*, servers: int, channels: int) -> AsyncGenerator[_Emulator]:
    options = ("--port", "0", "--guilds", str(servers), "--channels", str(channels))
    async with _process("emulator", *options) as process, aiohttp.ClientSession() as session:
        yield _Emulator(await process.hears(), session)


# --- the roles of the other processes --------------------------------------------------------------------------------


def _megabytes() -> float:
    gc.collect()
    [line] = [one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


async def _tell(kept: dict[str, float]) -> None:
    """Say how much memory is used, then when each message was kept, whenever that is asked for."""
    print(json.dumps({"megabytes": _megabytes()}), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        wanted, until = int(line), time.monotonic() + 20
        while len(kept) < wanted and time.monotonic() < until:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.05)
        print(json.dumps(kept), flush=True)


async def _bare() -> None:
    """A client of discord.py that does nothing, as its documentation begins."""
    import discord

    from adapters.discord.addresses import Addressed, Addresses

    class Bare(Addressed, discord.AutoShardedClient):
        """At the emulator's address."""

    intents = discord.Intents.default()
    intents.message_content = True
    client = Bare(addresses=Addresses(os.environ["LORELENS_DISCORD_API_URL"]), intents=intents)
    kept: dict[str, float] = {}

    async def on_message(message: discord.Message) -> None:
        kept[str(message.id)] = time.monotonic()

    client.event(on_message)
    async with client:
        started = asyncio.create_task(client.start(os.environ["LORELENS_DISCORD_TOKEN"]))
        while not client.is_ready():  # noqa: ASYNC110 - what is waited for is made by `start`
            await asyncio.sleep(0.05)
        await _tell(kept)
        started.cancel()


async def _ours() -> None:
    from bots.discord.client import DiscordClient
    from bots.discord.desk import Desk
    from bots.discord.platform import adapter_with, addresses_of
    from bots.discord.serve import Ingress
    from config.settings import Settings
    from core.application import Application
    from core.question import Question

    settings = Settings()
    async with Application(settings) as application:
        client = DiscordClient(addresses_of(settings))
        adapter = await adapter_with(application, client)
        desk = await Desk.of(application, adapter, client)
        submit, kept = desk.mailbox.submit, dict[str, float]()

        async def submitted(question: Question, *, event_id: str = "") -> Any:
            result = await submit(question, event_id=event_id)
            kept[question.message.id.rpartition(":")[2]] = time.monotonic()
            return result

        desk.mailbox.submit = submitted
        async with Ingress(desk).taking_in():
            await client.wait_until_ready()
            await _tell(kept)
        await adapter.close()


if __name__ == "__main__":
    asyncio.run({"bare": _bare, "ours": _ours}[sys.argv[1]]())
