"""What the stories of Discord share: the emulated Discord, a team's documents, and the real bot between them.

`bot` is up; take `start_bot` to say when it starts, and how. After each test the bot must not have asked for anything
that Discord's published description does not allow.
"""

import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.discord_emulator import DESCRIPTION, Channel, Emulator, Guild, Person
from tests.scenario.discord.posting_desk import Desk, desk_at
from tests.scenario.discord.running_bot import RunningBot
from tests.scenario.served_team import ERROR, ROLLBACK, Shared, shared_team
from tests.scenario.test_assistant import drawn

__all__ = ["ERROR", "ROLLBACK"]

StartBot = Callable[..., Awaitable[RunningBot]]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """The documents in an index, the encoder, and a Redis, for the whole run."""
    yield from shared_team(tmp_path_factory.mktemp("discord"))


@pytest.fixture
async def discord() -> AsyncGenerator[Emulator]:
    async with Emulator(openapi=DESCRIPTION, name="Lorelens") as emulator:
        yield emulator
    assert not emulator.crashes
    assert not list(map(str, emulator.violations))
    assert not list(map(str, emulator.misanswers))


@pytest.fixture
def acme(discord: Emulator) -> Guild:
    """A server."""
    return discord.guild("Acme")


@pytest.fixture
def ada(discord: Emulator, acme: Guild) -> Person:
    return discord.person("ada", acme)


@pytest.fixture
def ben(discord: Emulator, acme: Guild) -> Person:
    return discord.person("ben", acme)


@pytest.fixture
def general(discord: Emulator, acme: Guild) -> Channel:
    """A channel that everybody on the server may read."""
    return discord.channel(acme, "general")


@pytest.fixture
async def start_bot(discord: Emulator, shared: Shared) -> AsyncGenerator[StartBot]:
    """Start a bot; all of a test work on the same conversations, as processes of one installation do."""
    prefix = f"discord-{next(_numbers)}"
    bots: list[RunningBot] = []

    async def start(*, with_worker: bool = True, with_ingress: bool = True, **settings: object) -> RunningBot:
        bot = RunningBot(discord, shared, prefix, **settings)
        bots.append(bot)
        await bot.start(with_worker=with_worker, with_ingress=with_ingress)
        return bot

    yield start
    for bot in reversed(bots):
        await bot.stop()


@pytest.fixture
async def bot(acme: Guild, general: Channel, start_bot: StartBot) -> RunningBot:
    """The bot, up."""
    return await start_bot()


@pytest.fixture
def screenshot() -> bytes:
    """A picture of an error message."""
    return drawn("Request failed", "ERR-4031")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    """A mailbox and an outlet, for tests of what is posted."""
    async with desk_at(tmp_path) as desk:
        yield desk
