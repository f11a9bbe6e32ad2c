"""The faults that the mailbox survives: what happens to workers, to Redis, to the line and to the platform."""

import asyncio
import os
import signal
from dataclasses import replace

from bots.turn_handling import WorkLimits
from tests.faults.mailbox_run import LEASE, LIMITS, Fault, MailboxRun
from tests.faults.platform_server import Mode, Mood
from tests.faults.worker_process import DIE, FAIL, HANG

MODES: tuple[Mode, ...] = ("nonce", "metadata")
KILLS = 30
PAUSES = 12
GONE = 20.0
"""Seconds for which Redis is away."""


async def _nothing(run: MailboxRun) -> int:
    await run.fleet.start(run.fault.workers)
    return 0


async def _kill_workers(run: MailboxRun) -> int:
    await run.fleet.start(run.fault.workers)
    for _ in range(KILLS):
        await asyncio.sleep(run.chance.uniform(0, 0.6))
        await run.fleet.kill(run.fleet.any())
        await run.fleet.replace_the_dead()
        await run.fleet.start(run.fault.workers - len(run.fleet.workers))
    return KILLS


async def _pause_workers(run: MailboxRun) -> int:
    """Two at a time, so that two others can take over."""
    await run.fleet.start(run.fault.workers)
    for _ in range(PAUSES // 2):
        await asyncio.sleep(run.chance.uniform(0.2, 1))
        paused = run.chance.sample(run.fleet.workers, 2)
        for worker in paused:
            worker.signal(signal.SIGSTOP)
        await asyncio.sleep(1.5 * LEASE)
        for worker in paused:
            worker.signal(signal.SIGCONT)
    return PAUSES


async def _kill_embedded_redis(run: MailboxRun) -> int:
    await run.fleet.start(run.fault.workers)
    embedded = run.store.redis.embedded
    assert embedded is not None
    for _ in range(5):
        await asyncio.sleep(run.chance.uniform(0.5, 2))
        if (pid := embedded.pid) is not None:
            os.kill(pid, signal.SIGKILL)
    return 5


async def _kill_redis(run: MailboxRun) -> int:
    await run.fleet.start(run.fault.workers)
    assert run.server is not None
    for _ in range(5):
        await asyncio.sleep(run.chance.uniform(0.5, 2))
        await run.server.kill()
        await run.server.start()
    return 5


async def _take_redis_away(run: MailboxRun) -> int:
    await run.fleet.start(run.fault.workers)
    assert run.server is not None
    await asyncio.sleep(3)
    await run.server.kill()
    await asyncio.sleep(GONE)
    await run.server.start()
    return 1


async def _spoil_the_line(run: MailboxRun) -> int:
    await run.fleet.start(run.fault.workers)
    assert run.line is not None
    states = ("slow", "cut", "up", "dead", "up", "cut", "slow", "dead", "slow", "cut")
    for state in states:
        run.line.be(state)
        await asyncio.sleep(1.5 * LEASE if state == "dead" else run.chance.uniform(0.5, 1.5))
    run.line.be("up")
    return len(states) - 2


async def _start_at_once(run: MailboxRun) -> int:
    """On a long queue."""
    await run.has_asked.wait()
    await run.fleet.start(8)
    return 8


async def _terminate_workers(run: MailboxRun) -> int:
    await run.fleet.start(run.fault.workers)
    for _ in range(12):
        await asyncio.sleep(run.chance.uniform(0.2, 0.8))
        await asyncio.gather(run.fleet.stop(run.fleet.any()), run.fleet.start())
    return 12


async def _replace_the_dying(run: MailboxRun) -> int:
    """The questions do the killing."""
    await run.fleet.start(run.fault.workers)
    while run.is_loading or (await run.mailbox.state()).conversations:
        await asyncio.sleep(0.02)
        await run.fleet.replace_the_dead()
    return sum(run.fault.marks.values())


async def _replace_the_killed(run: MailboxRun) -> int:
    """The platform does the killing."""
    await run.fleet.start(run.fault.workers)
    wanted = run.platform.mood.kills_at_most
    while len(run.platform.killed) < wanted:
        await asyncio.sleep(0.02)
        await run.fleet.replace_the_dead()
    await run.fleet.replace_the_dead()
    return 0


_HASTY = WorkLimits(turns=16, turn_time=4, tries=2, patience=60, grace=10, pause=0.1)
_MORTAL = replace(LIMITS, tries=30)
"""Where workers die or lose Redis by the dozen, not every turn that it happened to five times is to blame for it."""
_ANGRY = Mood(too_many=0.1, retry_after=0.2, refuses=0.1, forgets=0.1, hangs_up=0.05, dawdles=0.1)
_AWAY = Mood(refuses=0.35)
_EXACT = Mood(kills_at_post=0.2, kills_at_edit=0.1, kills_at_most=30)

_EXACTLY = "workers are killed before they note what was accepted"
_PLATFORM = "the platform answers 429 and 5xx, or not"
FAULTS = (
    Fault("none", _nothing),
    Fault("workers are killed", _kill_workers, "metadata", limits=_MORTAL, strikes_at_least=KILLS, is_taken_over=True),
    Fault("workers are paused for longer than a lease", _pause_workers, "metadata", limits=_MORTAL, is_taken_over=True),
    Fault("the embedded Redis is killed", _kill_embedded_redis, limits=_MORTAL, redis="embedded", strikes_at_least=5),
    Fault("Redis is killed and started again", _kill_redis, "metadata", limits=_MORTAL, strikes_at_least=5),
    Fault("Redis is gone for 20 s", _take_redis_away, limits=_MORTAL),
    Fault(
        "the line to Redis is cut, slow and dead",
        _spoil_the_line,
        "metadata",
        limits=_MORTAL,
        redis="line",
        is_taken_over=True,
    ),
    Fault("handlers hang", _nothing, limits=_HASTY, marks={HANG: 10}),
    Fault("handlers fail", _nothing, limits=replace(LIMITS, tries=3), marks={FAIL: 20}),
    Fault(
        "handlers fail while the platform does",
        _nothing,
        mood=_AWAY,
        limits=replace(LIMITS, tries=3),
        marks={FAIL: 20},
    ),
    Fault(
        "questions kill their worker",
        _replace_the_dying,
        "metadata",
        limits=replace(LIMITS, tries=8),
        marks={DIE: 3},
        is_taken_over=True,
    ),
    Fault(_PLATFORM, _nothing, "nonce", mood=_ANGRY, strikes_at_least=50),
    Fault(_PLATFORM, _nothing, "metadata", mood=_ANGRY, strikes_at_least=50),
    Fault("workers start at the same moment", _start_at_once, strikes_at_least=8),
    Fault("workers are terminated", _terminate_workers, "metadata", limits=replace(LIMITS, grace=0.1)),
    *(
        Fault(_EXACTLY, _replace_the_killed, mode, _EXACT, _MORTAL, strikes_at_least=30, is_taken_over=True)
        for mode in MODES
    ),
)
