"""Answers in Slack as people wait for them: how soon something of one can be read, and how many calls it costs.

The real `lorelens serve slack` is a process of its own; the emulated Slack holds it to Slack's rate limits. One
question after another: in a channel, where the answer flows by Slack's streams, and directly, where it grows by edits.
The extractive reader has its answer at once; the served model of the second table says a word every 50 ms.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

from tests.bench.tables import Cell, Table
from tests.scenario.openai_server import Say, model_server
from tests.slack_emulator import Message, Person, SlackEmulator

ASKED = 8
"""Questions at each place."""
WORDS = 60
PACE = 0.05
PATIENCE = 60.0
DOCUMENTS = {
    "deploy.md": "# Deploys\n\nDeploys run on Tuesdays and Thursdays at ten.\n\n## Rollback\n\n"
    "A rollback takes four minutes and needs no approval.\n",
}
QUESTION = "How long does a rollback take?"
_RULES = {
    "apps.connections.open",
    "auth.test",
    "users.info",
    "users.list",
    "conversations.info",
    "conversations.members",
}
_LOOKUPS = {*_RULES, "users.conversations", "conversations.list", "conversations.history", "conversations.replies"}


async def measure(data: Path) -> list[Table]:
    """A table for each model."""
    long = " ".join(["A rollback takes four minutes [1]."] + ["So it is."] * (WORDS // 3))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        await _ingest(Path(place))
        tables = [await _table("the extractive reader", Path(place), {})]
        with model_server([Say(long, pace=PACE)]) as server:
            served = {
                "LORELENS_MODEL": "openai:words",
                "LORELENS_MODEL_BASE_URL": server.url,
                "LORELENS_MODEL_API_KEY": "k",
            }
            tables.append(await _table(f"a served model, {len(long.split())} words", Path(place), served))
    return tables


async def _table(model: str, place: Path, settings: Mapping[str, str]) -> Table:
    rows: list[Sequence[Cell]] = []
    async with SlackEmulator(mode="socket") as slack, _bot(slack, place, settings):
        slack.limits.on()
        ada = slack.person("ada")
        channels = [slack.channel(f"team-{number}") for number in range(ASKED + 1)]
        await _answer(slack, lambda: ada.mentions(channels[-1], QUESTION))  # what is loaded late is loaded now
        rows.append(await _row("a channel's thread", slack, [_mention(ada, channel) for channel in channels[:-1]]))
        rows.append(await _row("directly", slack, [_direct(ada) for _ in range(ASKED)]))
    return Table(
        f"Answers in Slack by {model}",
        (
            "asked",
            "answers",
            "first text p50, s",
            "max",
            "whole p50, s",
            "calls per answer",
            "of them lookups",
            "which",
        ),
        rows,
        note=f"{os.cpu_count()} cores for all processes, load {os.getloadavg()[0]:.1f}; Slack's rate limits on.",
    )


def _mention(ada: Person, channel: object) -> Callable[[], Awaitable[Message]]:
    return lambda: ada.mentions(channel, QUESTION)  # pyright: ignore[reportArgumentType]


def _direct(ada: Person) -> Callable[[], Awaitable[Message]]:
    return lambda: ada.says("bot", QUESTION)


async def _row(where: str, slack: SlackEmulator, asking: Sequence[Callable[[], Awaitable[Message]]]) -> Sequence[Cell]:
    first: list[float] = []
    whole: list[float] = []
    before = len(slack.calls())
    for ask in asking:
        soon, late = await _answer(slack, ask)
        first.append(soon)
        whole.append(late)
    calls = Counter(call.method for call in slack.calls()[before:])
    lookups = sum(count for method, count in calls.items() if method in _LOOKUPS)
    posts = ", ".join(
        f"{method} {count / len(asking):.1f}" for method, count in calls.most_common() if method not in _LOOKUPS
    )
    total = sum(calls.values()) / len(asking)
    return (where, len(asking), median(first), max(first), median(whole), total, lookups / len(asking), posts)


async def _answer(slack: SlackEmulator, ask: Callable[[], Awaitable[Message]]) -> tuple[float, float]:
    """Ask, and wait until the answer stands: seconds to its first words, and to its last change."""
    started = time.monotonic()
    asked = await ask()
    known = {one.id for one in slack.messages(asked.channel)}

    def standing() -> list[Message]:
        found = [
            one for one in slack.messages(asked.channel) if one.by_app and one.ts > asked.ts and one.id not in known
        ]
        found = found or slack.replies(asked)
        return found if any(button.label == "Why this answer?" for one in found for button in one.buttons) else []

    answer = (await slack.until(standing, seconds=PATIENCE))[0]
    await slack.settled()
    said = [version.at for version in answer.versions if "four minutes" in version.shown]
    return min(said) - started, answer.versions[-1].at - started


async def _ingest(place: Path) -> None:
    from core.models.minilm import MiniLM
    from tests.ingesting import Team

    team = Team(place, encoder=MiniLM())
    team.write(DOCUMENTS)
    await team.ingest()


@asynccontextmanager
async def _bot(slack: SlackEmulator, place: Path, settings: Mapping[str, str]) -> AsyncGenerator[None]:
    """The real bot, connected."""
    given = {
        "LORELENS_SLACK_BOT_TOKEN": slack.bot_token,
        "LORELENS_SLACK_APP_TOKEN": slack.app_token,
        "LORELENS_SLACK_API_URL": slack.api_url,
        "LORELENS_DATA": str(place / "data"),
        "LORELENS_HEALTH_ADDRESS": "",
        "LORELENS_QUESTIONS_PERSON": "0",
        **settings,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LORELENS_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-c", "from bots.cli import main; main()", "serve", "slack"),
        env={**kept, **given},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await slack.until(lambda: slack.sockets.records, seconds=PATIENCE)
        yield
    finally:
        process.terminate()
        await process.wait()
