"""What people began and wait for an answer to, noted before Discord is told to show it as being thought about.

Whoever is killed after that leaves the note, and another process takes it up (`bots.discord.taking_up`): Discord itself
sends an interaction only once, and would show it thinking for as long as its token is good. A note that is renewed says
that somebody is at it; Redis's clock is the only one.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.payloads import Payload, mapping
from core.conversation_keys import Command, script
from core.errors import StoreUnavailableError
from core.mailbox import Mailbox

LEASE = 5.0
"""Seconds without renewal after which another process takes it up."""
RENEW = 1.5
"""Seconds between two renewals."""
KEPT = 900.0
"""Seconds: as long as an interaction's token is good."""
PATIENCE = 0.7
"""Seconds for which noting is waited for: Discord waits for three. Where Redis is away, nothing is noted."""
MOST = 50
"""So many are taken up at once."""

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""
_NOTE = (
    _NOW
    + """
if ARGV[4] then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
elseif redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return
end
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
"""
)
"""Note an interaction, or renew its note if it is still there."""
_TAKE = (
    _NOW
    + """
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local note = redis.call('HGET', KEYS[1], id)
  if note then
    redis.call('ZADD', KEYS[2], now + ARGV[1], id)
    table.insert(found, {id, note, redis.call('HINCRBY', KEYS[1], 'tries:' .. id, 1)})
  else
    redis.call('ZREM', KEYS[2], id)
  end
end
return found
"""
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Left:
    """An interaction that nobody is at any more, as Discord sent it, and the how manieth try this is."""

    id: str
    sent: Payload
    tries: int


@asynccontextmanager
async def noted(mailbox: Mailbox, name: str, sent: Payload | None = None) -> AsyncGenerator[None]:
    """Keep a note of an interaction alive while the block runs; without `sent`, one that is there already.

    It stays until it is `done`, whatever ends the block.
    """
    if sent is not None:
        try:
            async with asyncio.timeout(PATIENCE):
                await _execute(mailbox, _note(mailbox, name, json.dumps(sent)))
        except (TimeoutError, StoreUnavailableError) as error:
            _log.warning("An interaction is not noted: %s", str(error) or "it takes too long")
    renewing = asyncio.create_task(_renew(mailbox, name))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)


async def done(mailbox: Mailbox, name: str) -> None:
    """Whoever waited has an answer or will have one; where Redis is away, whoever takes the note up sees that."""
    notes, due = _keys(mailbox)
    try:
        await mailbox.store.redis.execute_all([("ZREM", due, name), ("HDEL", notes, name, f"tries:{name}")])
    except StoreUnavailableError as error:
        _log.info("That an interaction was answered is not noted: %s", error)


async def left(mailbox: Mailbox) -> list[Left]:
    """Take up what nobody is at any more; only one process is given each.

    Raises:
        StoreUnavailableError: Redis is away.
    """
    found = await _execute(mailbox, script(_TAKE, _keys(mailbox), (round(LEASE * 1000), MOST)))
    return [Left(name.decode(), mapping(json.loads(note)), tries) for name, note, tries in found]


async def _renew(mailbox: Mailbox, name: str) -> None:
    while True:
        await asyncio.sleep(RENEW)
        try:
            await _execute(mailbox, _note(mailbox, name))
        except StoreUnavailableError as error:
            _log.info("The note of an interaction is not renewed: %s", error)


def _note(mailbox: Mailbox, name: str, *sent: str) -> Command:
    return script(_NOTE, _keys(mailbox), (name, round(LEASE * 1000), round(KEPT * 1000), *sent))


async def _execute(mailbox: Mailbox, command: Command) -> list[tuple[bytes, bytes, int]]:
    return await mailbox.store.redis.execute(*command) or []


def _keys(mailbox: Mailbox) -> tuple[str, str]:
    base = mailbox.store.keys.begun(mailbox.platform)
    return f"{base}notes", f"{base}due"
