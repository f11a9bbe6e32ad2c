"""What the stories of Slack share: the emulated Slack, a team's documents read in once, and the real bot between them.

`bot` is up by Socket Mode; mark a test with `@pytest.mark.parametrize("mode", ["socket", "http"])` to have it in both,
or take `start_bot` to say when it starts, and how.
"""

import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.scenario.served_team import ERROR, ROLLBACK, Shared, shared_team
from tests.scenario.slack.posting_desk import Desk, desk_at
from tests.scenario.slack.running_bot import Mode, RunningBot
from tests.scenario.test_assistant import drawn
from tests.slack_emulator import Channel, Person, SlackEmulator

__all__ = ["ERROR", "ROLLBACK"]

StartBot = Callable[..., Awaitable[RunningBot]]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """The documents in an index, the encoder, and a Redis, for the whole run."""
    yield from shared_team(tmp_path_factory.mktemp("slack"))


@pytest.fixture
def mode() -> Mode:
    """How Slack's events come."""
    return "socket"


@pytest.fixture
async def slack(mode: Mode) -> AsyncGenerator[SlackEmulator]:
    async with SlackEmulator(mode=mode) as emulator:
        yield emulator


@pytest.fixture
def ada(slack: SlackEmulator) -> Person:
    return slack.person("ada")


@pytest.fixture
def ben(slack: SlackEmulator) -> Person:
    return slack.person("ben")


@pytest.fixture
def general(slack: SlackEmulator, ada: Person, ben: Person) -> Channel:
    """A channel with everyone in it."""
    return slack.channel("general")


@pytest.fixture
async def start_bot(slack: SlackEmulator, shared: Shared, mode: Mode) -> AsyncGenerator[StartBot]:
    """Start a bot; all of a test work on the same conversations, as processes of one installation do."""
    prefix = f"slack-{next(_numbers)}"
    bots: list[RunningBot] = []

    async def start(*, with_worker: bool = True, with_ingress: bool = True, **settings: object) -> RunningBot:
        bot = RunningBot(slack, shared, prefix, mode, **settings)
        bots.append(bot)
        await bot.start(with_worker=with_worker, with_ingress=with_ingress)
        return bot

    yield start
    for bot in reversed(bots):
        await bot.stop()


@pytest.fixture
async def bot(start_bot: StartBot) -> RunningBot:
    """The bot, up."""
    return await start_bot()


@pytest.fixture
def screenshot() -> bytes:
    """A picture of an error message."""
    return drawn("Request failed", "ERR-4031")


@pytest.fixture
async def desk(slack: SlackEmulator, tmp_path: Path) -> AsyncGenerator[Desk]:
    """A mailbox and an outlet, for tests of what is posted."""
    async with desk_at(slack, tmp_path) as desk:
        yield desk
