"""A process that uses the conversation store, for tests that kill it.

`python -m tests.faults.store_user DATA join` says the server's process id and stays until its input ends.
`python -m tests.faults.store_user DATA write` remembers messages and says each that was acknowledged, until killed.
"""

import asyncio
import itertools
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from core.conversations import Conversations
from core.messages import Author, Message, Place
from core.redis_server import EmbeddedRedis

PLACE = Place(platform="terminal", workspace="local", channel="faults")


def numbered(number: int) -> Message:
    """A message that is known by its number."""
    return Message(
        id=str(number), place=PLACE, author=Author(id="me"), text=f"text {number}", sent_at=datetime.now(UTC)
    )


async def _join(data: Path) -> None:
    embedded = await EmbeddedRedis.start(data)
    print(embedded.pid, flush=True)
    stays = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stays), sys.stdin)
    await stays.read()
    await embedded.stop()


async def _write(data: Path) -> None:
    store = await Conversations.open("", data)
    for number in itertools.count():
        assert await store.remember(numbered(number))
        print(number, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a test run in the background leaves ignored
    asyncio.run({"join": _join, "write": _write}[sys.argv[2]](Path(sys.argv[1])))
