"""Discord's client at addresses of its own, its pace, and what its refusals are called."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from discord.http import Route

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.addresses import API_URL, Addresses, Plain, Rest
from adapters.discord.api import ask, messages_after, messages_before
from adapters.discord.files import Expired, Files
from adapters.discord.refusals import MISSING_ACCESS, DiscordRefusedError
from core.errors import PictureError, PlatformRefusedError, PlatformUnavailableError
from tests.discord_emulator import DESCRIPTION, Channel, Emulator

MESSAGES = "GET /channels/{channel_id}/messages"
POST = "POST /channels/{channel_id}/messages"


@pytest.fixture
async def discord() -> AsyncIterator[Emulator]:
    async with Emulator(openapi=DESCRIPTION) as discord:
        yield discord
        assert not discord.crashes
        assert not discord.violations, "\n".join(map(str, discord.violations))
        assert not discord.misanswers, "\n".join(map(str, discord.misanswers))


@pytest.fixture
async def client(discord: Emulator) -> AsyncIterator[Plain]:
    client = Plain(Addresses(discord.api_url))
    await client.login(discord.token)
    yield client
    await client.close()


@pytest.fixture
def general(discord: Emulator) -> Channel:
    return discord.channel(discord.guild("Acme"), "general")


async def none(_sha256: str) -> bytes | None:
    return None


async def test_two_clients_in_one_process_have_addresses_of_their_own(discord: Emulator, client: Plain) -> None:
    async with Emulator(name="Other") as other:
        second = Plain(Addresses(other.api_url))
        await second.login(other.token)
        await second.close()
        assert second.user and client.user and (second.user.id, client.user.id) == (other.bot.id, discord.bot.id)
    assert Route.BASE == API_URL


async def test_a_token_that_discord_does_not_know(discord: Emulator) -> None:
    with pytest.raises(PlatformRefusedError, match="does not know the token"):
        await DiscordAdapter.logged_in("nonsense", none, addresses=Addresses(discord.api_url))


async def test_discord_away_at_the_beginning() -> None:
    with pytest.raises(PlatformUnavailableError):
        await DiscordAdapter.logged_in("token", none, addresses=Addresses("http://127.0.0.1:9/api/v10"))


async def test_a_failure_is_asked_once_more_and_a_refusal_is_not(
    discord: Emulator, client: Plain, general: Channel
) -> None:
    discord.faults.answer(MESSAGES, 503)
    assert await messages_before(client.http, str(general.id), "", most=10) == []
    assert general.guild is not None
    hidden = discord.channel(general.guild, "hidden", hidden=True)
    calls = len(discord.calls_to(MESSAGES))
    with pytest.raises(DiscordRefusedError) as caught:
        await messages_before(client.http, str(hidden.id), "", most=10)
    assert caught.value.number == MISSING_ACCESS and "can't see the channel" in caught.value.message
    assert len(discord.calls_to(MESSAGES)) == calls + 1


async def test_history_is_read_page_by_page_from_either_end(discord: Emulator, client: Plain, general: Channel) -> None:
    assert general.guild is not None
    ada = discord.person("ada", general.guild)
    said = [await ada.says(general, f"{number}") for number in range(130)]
    after = [one["content"] async for one in messages_after(client.http, str(general.id), str(said[4].id), most=300)]
    assert after == [f"{number}" for number in range(5, 130)]
    before = await messages_before(client.http, str(general.id), str(said[120].id), most=110)
    assert [one["content"] for one in before] == [f"{number}" for number in range(10, 120)]


async def test_the_pace_follows_the_headers(discord: Emulator, client: Plain, general: Channel) -> None:
    http = client.http
    assert isinstance(http, Rest)
    discord.rates.limit(POST, 4, per=2.0)
    route = ("POST", "/channels/{channel_id}/messages")
    assert http.pause_before(*route, channel_id=general.id) == 0.0
    pauses: list[float] = []
    for number in range(3):
        await http.request(Route(*route, channel_id=general.id), json={"content": f"{number}"})
        pauses.append(http.pause_before(*route, channel_id=general.id))
    # Half of the calls at once; then what is left is spread, and the last one is kept.
    assert pauses[0] == 0.0 and 0.5 < pauses[1] <= 1.0 and 1.5 < pauses[2] <= 2.0
    other = discord.channel(discord.guild("Other"), "other")
    assert http.pause_before(*route, channel_id=other.id) == 0.0


async def test_answers_that_never_come_are_given_up(
    discord: Emulator, client: Plain, general: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.api.TIMEOUT", 0.1)
    discord.faults.slow(MESSAGES, 1.0)
    with pytest.raises(PlatformUnavailableError):
        await ask(client.http, "/channels/{channel_id}/messages", channel_id=general.id)


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://cdn.discordapp.com/attachments/1/2/a.png?ex=1", True),
        ("https://media.discordapp.net/attachments/1/2/a.png", True),
        ("http://cdn.discordapp.com/a.png", False),
        ("https://cdn.discordapp.com:8443/a.png", False),
        ("https://cdn.discordapp.com@evil.example/a.png", False),
        ("https://evil.example/cdn.discordapp.com", False),
        ("https://discord.com/a.png", True),
        ("https://images-ext-1.discordapp.net/external/x", False),
        ("file:///etc/passwd", False),
        ("https://[", False),
    ],
)
def test_files_come_from_discords_own_hosts(url: str, own: bool) -> None:
    assert Files().is_own(url) is own


async def test_a_redirect_is_not_followed_and_a_dead_link_is_told(discord: Emulator) -> None:
    files = Files(api_url=discord.api_url)
    with pytest.raises(Expired):
        await files.fetch(f"{discord.cdn_url}/attachments/1/2/a.png?ex=1&is=1&hm=1")
    with pytest.raises(PictureError, match="none of Discord's hosts"):
        await files.fetch("http://127.0.0.1:1/a.png", name="a.png")
    await files.close()


async def test_many_wait_for_one_bucket_without_a_refusal(discord: Emulator, client: Plain, general: Channel) -> None:
    discord.rates.limit(POST, 5, per=1.0)
    route = ("POST", "/channels/{channel_id}/messages")
    await client.http.request(Route(*route, channel_id=general.id), json={"content": "first"})
    said = [
        client.http.request(Route(*route, channel_id=general.id), json={"content": f"{number}"}) for number in range(7)
    ]
    await asyncio.gather(*said)
    assert not [call for call in discord.calls if call.status == 429]
