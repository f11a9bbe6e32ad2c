"""Whoever asks in Discord sees one answer or a reason, whatever is killed, refused, cut or forgotten meanwhile."""

import asyncio
import contextlib
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import pytest

from tests.discord_emulator.faults import Fault
from tests.faults.discord_run import DiscordRun, prepared
from tests.scenario.served_team import Shared, shared_team

pytestmark = [pytest.mark.fault, pytest.mark.timeout(180)]

SERVE = ("serve", "discord")
INGRESS = (*SERVE, "--no-worker")
WORKER = ("worker", "--platform", "discord")
POST = "POST /channels/{channel_id}/messages"
EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"
FILL = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original"
CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback"
POINTS: tuple[tuple[str, Literal["late", "slow"]], ...] = (
    (POST, "late"),
    (POST, "slow"),
    (EDIT, "late"),
    (EDIT, "slow"),
    (FILL, "late"),
)
"""Calls that Discord takes its time for, done first ("late") or not: the process is killed meanwhile."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    yield from shared_team(tmp_path_factory.mktemp("discord-faults"))


@pytest.mark.parametrize("commands", [(SERVE,), (INGRESS, WORKER, WORKER)], ids=["one", "apart"])
async def test_everybody_has_one_answer_or_a_reason(
    shared: Shared, tmp_path: Path, commands: Sequence[Sequence[str]]
) -> None:
    async with prepared(tmp_path, shared, commands) as run:
        # A direct conversation that begins while nothing runs can't be found afterwards.
        await asyncio.gather(*(run.directly(person) for person in run.people[3::4]))
        async with asyncio.TaskGroup() as both:
            both.create_task(ask(run))
            both.create_task(strike(run))
        run.discord.faults.clear()
        await run.until_quiet()
        codes = await run.fleet.stop()
        assert not run.wrong(), "\n".join(run.wrong())
        assert run.fleet.killed >= len(POINTS)
        assert set(codes) == {0}
        assert not run.discord.crashes
        check_logs(run)


async def ask(run: DiscordRun) -> None:
    """Everybody asks in their own way, one question after the other."""

    async def talk(at: int) -> None:
        person, channel = run.people[at], run.channels[at % len(run.channels)]
        for number in range(2):
            await asyncio.sleep(run.chance.uniform(0, 2))
            match at % 4:
                case 0:
                    asked = await run.by_mention(person, channel)
                    for reply in run.replies(asked)[:1] if number == 0 else []:
                        await run.by_mention(person, channel, reply)
                    if number:
                        await run.edits(asked)
                case 1:
                    await run.by_mention(person, run.threads[at // 2])
                case 2:
                    await run.by_command(person, channel, private=bool(number))
                case _:
                    await run.directly(person)

    async with asyncio.TaskGroup() as people:
        for at in range(len(run.people)):
            people.create_task(talk(at))


async def strike(run: DiscordRun) -> None:
    """All at once, and then what happens at exact points."""
    discord, faults = run.discord, run.discord.faults
    faults.too_many("*", 1.0, times=4, chance=0.05)
    faults.answer(POST, 502, times=2, chance=0.3)
    faults.do_but_answer(POST, 500, times=2, chance=0.3)
    faults.hang_up(POST, done=True, times=2, chance=0.3)
    faults.hang_up(EDIT, times=2, chance=0.5)
    faults.do_but_answer(EDIT, 500, times=2, chance=0.5)
    faults.do_but_answer(FILL, 500, times=2, chance=0.5)
    # What was asked by a command is shown as being thought about, and not lined up yet.
    await kill_at(run, faults.late(CALLBACK, 0.7, times=1))
    for number, (route, kind) in enumerate(POINTS):
        await kill_at(run, getattr(faults, kind)(route, 0.7, times=1))
        if number == 1:
            await run.redis.kill()
            await run.redis.start()
        elif number == 2:
            discord.gateway.drop()
        elif number == 3:
            discord.gateway.invalidate(resumable=False)
            await run.fleet.kill(answering=False)
        elif number == 4:
            discord.gateway.forget()
            discord.gateway.reconnect()


async def kill_at(run: DiscordRun, fault: Fault) -> None:
    """Kill all that answer while a call to Discord is under way."""
    with contextlib.suppress(AssertionError):  # if it is not called just now, somebody is killed all the same
        await run.discord.until(partial(getattr, fault, "struck"), 3)
    await run.fleet.kill(answering=True)


def check_logs(run: DiscordRun) -> None:
    """Nothing unforeseen, and nothing that anybody wrote."""
    logs = run.fleet.logs
    unforeseen = [line for line in logs.splitlines() if re.search(r"Traceback|ERROR|never awaited|CRITICAL", line)]
    assert unforeseen == []
    for said in (*run.written, *(one.expected for one in run.asked)):
        assert said not in logs
    assert run.discord.token not in logs
