"""Which threads of a server there are, over as many pages as it takes, and no further back than is asked for."""

from collections.abc import AsyncIterator

import pytest

from adapters.discord.addresses import Addresses, Plain
from adapters.discord.patience import TRIES, Patience
from adapters.discord.threads import active_threads, archived_threads, joined_private_threads
from core.errors import PlatformUnavailableError
from tests.discord_emulator import DESCRIPTION, Channel, Emulator, Guild, Person

PUBLIC = "GET /channels/{channel_id}/threads/archived/public"


@pytest.fixture
async def discord() -> AsyncIterator[Emulator]:
    async with Emulator(openapi=DESCRIPTION) as discord:
        yield discord
        assert not discord.crashes
        assert not discord.violations, "\n".join(map(str, discord.violations))


@pytest.fixture
async def patience(discord: Emulator) -> AsyncIterator[Patience]:
    client = Plain(Addresses(discord.api_url))
    await client.login(discord.token)
    yield Patience(client.http, Slept())
    await client.close()


class Slept:
    """Keeps for how long was to be slept, and sleeps not at all."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def acme(discord: Emulator) -> Guild:
    return discord.guild("Acme")


@pytest.fixture
def general(discord: Emulator, acme: Guild) -> Channel:
    return discord.channel(acme, "general")


@pytest.fixture
def ada(discord: Emulator, acme: Guild) -> Person:
    return discord.person("ada", acme)


async def test_archived_threads_come_page_by_page_and_end_where_they_were_wanted_from(
    discord: Emulator, patience: Patience, general: Channel, ada: Person
) -> None:
    threads: list[Channel] = []
    for number in range(150):
        thread = await ada.opens_thread(general, f"thread {number}")
        thread.archived = True
        threads.append(thread)
        discord.clock.forward(10)
    found = [one async for one in archived_threads(patience, str(general.id), after=0.0)]
    assert [one.id for one in found] == [str(one.id) for one in reversed(threads)]
    assert len(discord.calls_to(PUBLIC)) == 2
    later = [one async for one in archived_threads(patience, str(general.id), after=found[19].archived_at)]
    assert later == found[:20]
    assert len(discord.calls_to(PUBLIC)) == 3


async def test_private_threads_are_those_that_lorelens_is_in(
    discord: Emulator, patience: Patience, acme: Guild, general: Channel, ada: Person
) -> None:
    threads = [await ada.opens_thread(general, f"private {number}", private=True) for number in range(4)]
    for thread in threads[1:]:
        thread.thread_members[discord.bot.id] = 0.0
    threads[0].archived = threads[1].archived = threads[2].archived = True
    active, joined = await active_threads(patience, str(acme.id))
    assert [one.name for one in active if one.is_private] == ["private 3"]
    assert joined == {str(threads[3].id)}
    assert {one.name for one in await joined_private_threads(patience, str(general.id))} == {"private 1", "private 2"}


async def test_an_outage_is_told_and_not_waited_for_without_end(
    discord: Emulator, patience: Patience, acme: Guild
) -> None:
    fault = discord.faults.answer("GET /guilds/{guild_id}/threads/active", 503, times=None)
    with pytest.raises(PlatformUnavailableError):
        await active_threads(patience, str(acme.id))
    assert fault.struck <= TRIES
