"""What a process that was killed left thinking is taken up by another, or by the same when it runs again.

What was shown as being thought about is done once more, from what Discord sent; questions are told apart by their
interaction, so one that was lined up already is not asked twice.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from bots.background import log_failure
from bots.discord.acknowledging import standing
from bots.discord.desk import Desk
from bots.discord.dispatch import way_of
from bots.discord.noting import Left, done, left, noted
from bots.discord.privately import say_text
from bots.discord.whom import whom
from bots.once import first
from bots.reasons import reason
from core.errors import LorelensError, UnavailableError

LOOK = 2.0
"""Seconds between two looks."""
TRIES = 3
"""So often something is taken up; then the person is told that it does not work."""
MOST_TRIES = 20
"""Then it is let go, told or not."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def taking_up(desk: Desk, *, look: float = LOOK) -> AsyncGenerator[None]:
    """Take up what was left while the block runs."""
    looking = asyncio.create_task(_look(desk, look), name="Taking up what was left thinking")
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _look(desk: Desk, pause: float) -> None:
    """Look again and again, once it is known which servers there are."""
    while True:
        await desk.client.wait_until_ready()
        try:
            for one in await left(desk.mailbox):
                _take_up(desk, one)
        except Exception as error:  # noqa: BLE001 - it runs beside everything else, and looks again
            log_failure("Looking for what was left thinking", error)
        await asyncio.sleep(pause)


def _take_up(desk: Desk, one: Left) -> None:
    async def told(error: Exception) -> None:
        if isinstance(error, UnavailableError) and one.tries <= TRIES:
            return  # the note is there still, and what is away may be back at the next try
        who = whom(desk.client.interaction(one.sent))
        async with noted(desk.mailbox, one.id):
            await say_text(desk, who, reason(error, who.texts))
            await done(desk.mailbox, one.id)

    desk.spawn(_do(desk, one), "Taking up what was left thinking", tell=told)


async def _do(desk: Desk, one: Left) -> None:
    if one.tries > MOST_TRIES:
        _log.warning("Something that somebody began is let go: it was tried %d times", MOST_TRIES)
        return await done(desk.mailbox, one.id)
    async with noted(desk.mailbox, one.id):
        interaction = desk.client.interaction(one.sent)
        who = whom(interaction)
        if time.time() > who.until:
            _log.warning("Something that somebody began is let go: Discord takes no answer to it any more")
            return await done(desk.mailbox, one.id)
        response = await standing(desk, who)
        if response is not None and response.is_thinking:
            _log.info("Somebody was left thinking, and is answered now")
            if one.tries > TRIES:
                raise LorelensError("Each process that took it up died of it.")
            await first(desk.mailbox, f"interaction-{one.id}")  # be it that it comes once more, nobody else does it
            await way_of(interaction).do(desk, interaction, replace(who, response=response.id))
        return await done(desk.mailbox, one.id)
