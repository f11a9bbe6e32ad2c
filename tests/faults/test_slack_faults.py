"""Whoever asks in Slack sees one answer or a reason, whatever is killed, refused, cut or sent twice meanwhile."""

import asyncio
import contextlib
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.faults.slack_run import SlackRun, prepared
from tests.scenario.openai_server import Say, model_server
from tests.scenario.served_team import ERROR, ROLLBACK, Shared, shared_team

pytestmark = [pytest.mark.fault, pytest.mark.timeout(180)]

SERVE = ("serve", "slack")
INGRESS = (*SERVE, "--no-worker")
WORKER = ("worker", "--platform", "slack")
POINTS = (
    ("chat.startStream", "slow after"),
    ("chat.stopStream", "slow"),
    ("chat.postMessage", "slow after"),
    ("chat.update", "slow"),
)
"""Calls that Slack takes its time for, and whether they are done first: the process is killed meanwhile."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    yield from shared_team(tmp_path_factory.mktemp("slack-faults"))


@pytest.mark.parametrize(
    ("commands", "points"), [((SERVE,), POINTS[:3]), ((INGRESS, WORKER, WORKER), POINTS[2:])], ids=["one", "apart"]
)
async def test_everybody_has_one_answer_or_a_reason(
    shared: Shared, tmp_path: Path, commands: Sequence[Sequence[str]], points: Sequence[tuple[str, str]]
) -> None:
    async with prepared(tmp_path, shared, commands) as run:
        async with asyncio.TaskGroup() as both:
            both.create_task(ask(run))
            striking = both.create_task(strike(run, points))
        run.slack.faults.clear()
        await run.until_quiet()
        codes = await run.fleet.stop()
        assert not run.wrong(), "\n".join(run.wrong())
        assert not run.slack.notified
        assert striking.result() >= 1  # on a quiet machine short answers need no stream
        assert set(codes) == {0}
        check_logs(run)


async def test_an_answer_whose_writer_is_killed_while_it_appends_is_one_whole_answer(
    shared: Shared, tmp_path: Path
) -> None:
    said = " ".join([ROLLBACK, *(f"word{at}" for at in range(40)), ERROR, "二十五天", "[1]"])
    with model_server([Say(said, pace=0.1)]) as model:
        settings = {"model": "openai:m", "model_base_url": model.url, "model_api_key": "k"}
        seeing = {"model_sees_pictures": "false", "model_calls_tools": "false"}
        async with prepared(tmp_path, shared, (SERVE,), **settings, **seeing) as run:
            held = run.slack.faults.add("chat.appendStream", "slow after", seconds=0.7)
            asking = asyncio.gather(*(run.in_thread(person, run.channels[0]) for person in run.people[:3]))
            await run.slack.until(lambda: held.hits, 20)
            await run.fleet.kill(answering=True)
            await asking
            await run.until_quiet()
            assert not run.wrong(), "\n".join(run.wrong())
            assert all("word39" in one.shown for asked in run.asked for one in run.replies(asked))
            assert await run.fleet.stop() == [0]
            check_logs(run)


async def ask(run: SlackRun) -> None:
    """Everybody asks in their own way, one question after the other."""

    async def talk(at: int) -> None:
        person, channel = run.people[at], run.channels[at % len(run.channels)]
        for number in range(2):
            await asyncio.sleep(run.chance.uniform(0, 2))
            match at % 4:
                case 0 | 1:
                    asked = await run.in_thread(person, channel)
                    if number == 0 and asked.message is not None:
                        await run.in_thread(person, asked.message)
                case 2:
                    await run.directly(person)
                case _:
                    await run.privately(person, channel)

    async with asyncio.TaskGroup() as people:
        for at in range(len(run.people)):
            people.create_task(talk(at))


async def strike(run: SlackRun, points: Sequence[tuple[str, str]]) -> int:
    """All at once, and then what happens at exact points: how many of these were met."""
    slack, faults = run.slack, run.slack.faults
    met = 0
    moments = [faults.add(method, kind, seconds=0.7, after=at) for at, (method, kind) in enumerate(points)]
    faults.add("*", "429", count=6, probability=0.05, seconds=1)
    faults.add("chat.postMessage", "500", count=2, after=2)
    faults.add("chat.postMessage", "500 after", count=2, after=2)
    faults.add("chat.startStream", "hang up after", count=2, after=1)
    faults.add("chat.appendStream", "500", count=2)
    faults.add("chat.stopStream", "500 after", count=2)
    faults.add("chat.update", "hang up", count=2)
    faults.add("response_url", "500", count=1)
    faults.add("events", "lost ack", count=6, probability=0.2)
    for fault in moments:
        with contextlib.suppress(AssertionError):  # if it is not called just now, somebody is killed all the same
            await slack.until(partial(getattr, fault, "hits"), 4)
        met += fault.hits
        await run.fleet.kill(answering=True)
        slack.sockets.drop()
    await run.redis.kill()
    await run.redis.start()
    faults.streams(after_appends=1)
    await slack.sockets.disconnect("refresh_requested")
    await run.fleet.kill(answering=False)
    return met


def check_logs(run: SlackRun) -> None:
    """Nothing unforeseen, and nothing that anybody wrote."""
    logs = run.fleet.logs
    unforeseen = [line for line in logs.splitlines() if re.search(r"Traceback|ERROR|never awaited|CRITICAL", line)]
    assert unforeseen == []
    for said in (*(one.text for one in run.asked), *(one.expected for one in run.asked)):
        assert said not in logs
    assert run.slack.bot_token not in logs and run.slack.app_token not in logs
