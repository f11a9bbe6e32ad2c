"""How soon Slack gets its acknowledgement, by HTTP and by Socket Mode, while two workers are busy answering.

The emulated Slack, the ingress (`lorelens serve slack --no-worker`) and each worker are processes of their own. Every
event is a mention that wants an answer, the dearest kind: it is acknowledged when Redis has it on its disk. Beside it
stands a Bolt app that does nothing at all, measured in the same run by the same sender, without workers.
"""

import asyncio
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from tests.bench.tables import Cell, Table

RATES = (50, 200, 500)
SECONDS = 4.0
WORKERS = 2
NICENESS = 10
"""Of the workers: who answers can wait for a core, who acknowledges can't."""
PEOPLE = 25
CHANNELS = 12
"""Slack lets about one message a second be posted in one: with fewer, workers would wait more than they work."""
LIMIT = 3.0
"""Slack's: what takes longer counts as not acknowledged."""
PATIENCE = 60.0
QUESTIONS = ("How long does a rollback take?", "What does ERR-4031 mean?", "On which days do deploys run?")
DOCUMENTS = {
    "deploy.md": "# Deploys\n\nDeploys run on Tuesdays and Thursdays at ten.\n\n## Rollback\n\n"
    "A rollback takes four minutes and needs no approval.\n",
    "errors.md": "# Error codes\n\n## ERR-4031\n\nERR-4031 means that the webhook signature does not match.\n",
}

Mode = Literal["http", "socket"]
Json = dict[str, Any]


async def measure(data: Path) -> list[Table]:
    """One table: the ingress and the bare app at each rate, in both modes."""
    rows: list[Sequence[Cell]] = []
    for mode in ("http", "socket"):
        bare = await _runs(mode, bare=True)
        ours = await _runs(mode, bare=False)
        for rate, one, other in zip(RATES, ours, bare, strict=True):
            rows.append(
                (
                    "HTTP" if mode == "http" else "Socket Mode",
                    f"{rate}/s",
                    *(one["sent_rate"], one["p50"], one["p99"], other["p50"], other["p99"]),
                    *(one["p50"] / other["p50"], one["p99"] / other["p99"], one["failed"]),
                )
            )
    load = os.getloadavg()
    return [
        Table(
            f"Acknowledgement of mentions with {WORKERS} workers busy, milliseconds",
            (
                "events by",
                "wanted",
                "sent/s",
                "p50",
                "p99",
                "bare p50",
                "bare p99",
                "p50 ratio",
                "p99 ratio",
                "late or refused",
            ),
            rows,
            note=f"{SECONDS:.0f} s at each rate, {os.cpu_count()} cores for all processes together, the emulated Slack "
            f"among them, workers with nice {NICENESS}; load {load[0]:.1f} at the end, {load[1]:.1f} in five minutes.",
        )
    ]


async def _runs(mode: Mode, *, bare: bool) -> list[Json]:
    async with AsyncExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        slack = await stack.enter_async_context(_process("emulator", mode))
        told = await slack.hears()
        environment = _settings(mode, told, place)
        if bare:
            app = await stack.enter_async_context(_process("bare", mode, environment=environment))
            url = (await app.hears())["url"]
        else:
            await _ingest(place)
            serving = ("serve", "slack", "--no-worker")
            app = await stack.enter_async_context(_process("lorelens", *serving, environment=environment))
            url = await app.logs("Listening to Slack by ")
            for _ in range(WORKERS):
                worker = ("worker", "--platform", "slack", "--turns", "1")
                one = await stack.enter_async_context(
                    _process("lorelens", *worker, environment=environment, niceness=NICENESS)
                )
                await one.logs("Working for ")
        found: list[Json] = []
        for rate in RATES:
            await slack.tells({"url": url, "rate": rate, "seconds": SECONDS})
            found.append(await slack.hears())
        return found


async def _ingest(place: Path) -> None:
    from core.models.minilm import MiniLM
    from tests.ingesting import Team

    team = Team(place, encoder=MiniLM())
    team.write(DOCUMENTS)
    await team.ingest()


def _settings(mode: Mode, told: Json, place: Path) -> dict[str, str]:
    way = {
        "http": {"SLACK_SIGNING_SECRET": told["signing_secret"], "SLACK_ADDRESS": "127.0.0.1:0"},
        "socket": {"SLACK_APP_TOKEN": told["app_token"]},
    }[mode]
    given = {"SLACK_BOT_TOKEN": told["bot_token"], "SLACK_API_URL": told["api_url"], "DATA": str(place / "data")}
    free = {f"QUESTIONS_{scope}": "0" for scope in ("PERSON", "CHANNEL", "WORKSPACE")}
    return {f"LORELENS_{name}": value for name, value in {**given, **way, **free, "HEALTH_ADDRESS": ""}.items()}


class _Process:
    """A process of the measurement, which is told and heard in lines of JSON, or logs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.rest: asyncio.Task[bytes] | None = None

    async def tells(self, what: Json) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        await self._process.stdin.drain()

    async def hears(self) -> Json:
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await self._process.stdout.readline()
        if not line:
            assert self._process.stderr is not None
            raise RuntimeError((await self._process.stderr.read()).decode()[-2000:])
        return json.loads(line)

    async def logs(self, words: str) -> str:
        """Wait for a line of the log; the URL in it, if any."""
        assert self._process.stderr is not None
        seen = ""
        async with asyncio.timeout(PATIENCE):
            while words not in seen:
                line = (await self._process.stderr.readline()).decode()
                if not line:
                    raise RuntimeError(seen[-2000:])
                seen += line
        self.rest = asyncio.create_task(self._process.stderr.read())
        found = [word.strip('",') for word in seen.split() if word.startswith("http://") and "/slack/events" in word]
        return found[0] if found else ""


@asynccontextmanager
async def _process(
    role: str, *options: str, environment: Mapping[str, str] | None = None, niceness: int = 0
) -> AsyncGenerator[_Process]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LORELENS_", "SLACK_"))}
    command = ("-c", "from bots.cli import main; main()") if role == "lorelens" else ("-m", __name__, role)
    process = await asyncio.create_subprocess_exec(
        *("nice", "-n", str(niceness), sys.executable, *command, *options),
        env={**kept, "OMP_NUM_THREADS": "1", **(environment or {})},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
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


# --- the roles of the other processes --------------------------------------------------------------------------------


async def _emulator(mode: Mode) -> None:
    from tests.slack_emulator import SlackEmulator
    from tests.slack_emulator.delivery import Delivery

    async with SlackEmulator(mode=mode, retry_delays=(), deliver_own_messages=False, ack_seconds=LIMIT) as slack:
        people = [slack.person(f"person{number}") for number in range(PEOPLE)]
        channels = [slack.channel(f"channel{number}").id for number in range(CHANNELS)]
        _say(
            api_url=slack.api_url,
            bot_token=slack.bot_token,
            app_token=slack.app_token,
            signing_secret=slack.signing_secret,
        )
        warm = False
        async for order in _orders():
            if order["url"]:
                slack.delivers_to(order["url"])

            async def mention(number: int) -> Delivery:
                ts = slack.world.new_ts()
                text = f"<@{slack.bot_user_id}> {QUESTIONS[number % len(QUESTIONS)]}"
                event = {"type": "app_mention", "user": people[number % PEOPLE].id, "text": text, "ts": ts}
                where = {"event_ts": ts, "channel": channels[number % CHANNELS], "team": slack.team.id}
                return await slack.emit(event | where)

            if not warm:
                for number in range(PEOPLE):  # who they are, and which channels these are, is asked once a minute
                    await mention(number)
                await slack.settled(seconds=PATIENCE)
                warm = True
            started = time.perf_counter()
            sent: list[Delivery] = []
            for number in range(int(order["rate"] * order["seconds"])):
                await asyncio.sleep(max(0.0, started + number / order["rate"] - time.perf_counter()))
                sent.append(await mention(number))
            took = time.perf_counter() - started
            await slack.settled(seconds=PATIENCE)
            seconds = sorted(one.attempts[0].seconds if one.acknowledged else LIMIT for one in sent)
            _say(
                p50=_percentile(seconds, 50),
                p99=_percentile(seconds, 99),
                failed=sum(not one.acknowledged for one in sent),
                sent_rate=round(len(sent) / took),
            )


async def _bare(mode: Mode) -> None:
    """A Bolt app that does nothing, as its documentation begins."""
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
    from slack_bolt.async_app import AsyncApp
    from slack_sdk.web.async_client import AsyncWebClient

    from bots.listening import listening
    from bots.slack.http import PATH, web_app

    told = {name.removeprefix("LORELENS_SLACK_"): value for name, value in os.environ.items()}
    client = AsyncWebClient(token=told["BOT_TOKEN"], base_url=told["API_URL"])
    app = AsyncApp(client=client, signing_secret=told.get("SIGNING_SECRET", ""), process_before_response=True)

    async def nothing() -> None:
        pass

    listen: Any = app
    listen.event("app_mention")(nothing)
    if mode == "socket":
        handler = AsyncSocketModeHandler(app, told["APP_TOKEN"])
        await handler.connect_async()
        _say(url="")
        await asyncio.Event().wait()
    async with listening(web_app(app), "127.0.0.1:0", what="bare", setting="", example=0) as url:
        _say(url=url + PATH)
        await asyncio.Event().wait()


async def _orders() -> AsyncGenerator[Json]:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """In milliseconds."""
    return 1000 * ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


if __name__ == "__main__":
    asyncio.run({"emulator": _emulator, "bare": _bare}[sys.argv[1]](sys.argv[2]))  # pyright: ignore[reportArgumentType]
