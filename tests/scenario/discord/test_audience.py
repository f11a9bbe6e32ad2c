"""On what an answer draws: who may read the channel, and what happens when Discord does not say."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Literal

import pytest

from adapters import lookups
from adapters.discord import audience as audiences
from adapters.discord.addresses import Addresses, Plain
from adapters.discord.intake import Intake
from adapters.discord.servers import FRESH
from core.audience import EVERYONE, GUESTS
from core.messages import Author, Message, Place
from core.question import Question
from tests.discord_emulator import DESCRIPTION, FORUM, Channel, Emulator, Guild, Permission, Person

GUILD = "GET /guilds/{guild_id}"
CHANNELS = "GET /guilds/{guild_id}/channels"
MEMBER = "GET /guilds/{guild_id}/members/{user_id}"


@pytest.fixture
async def discord() -> AsyncIterator[Emulator]:
    async with Emulator(openapi=DESCRIPTION) as discord:
        yield discord
        assert not discord.crashes
        assert not discord.violations, "\n".join(map(str, discord.violations))
        assert not discord.misanswers, "\n".join(map(str, discord.misanswers))


@pytest.fixture
async def intake(discord: Emulator) -> AsyncIterator[Intake]:
    client = Plain(Addresses(discord.api_url))
    await client.login(discord.token)
    intake = Intake.of(client, api_url=discord.api_url)
    yield intake
    await intake.close()
    await client.close()


def asked(by: Person, channel: Channel | None = None, *, private: bool = False) -> Question:
    """A question in a channel or thread; directly; or privately in a channel."""
    guild = str(channel.guild.id) if channel is not None and channel.guild is not None else "@me"
    parent = channel.parent if channel is not None and channel.is_thread else channel
    thread = f"~{by.user.id}" if private else str(channel.id) if channel is not None and channel.is_thread else "re-1"
    visibility: Literal["public", "private", "direct"] = "direct" if private or channel is None else "private"
    place = Place(
        platform="discord",
        workspace=guild,
        channel=str(parent.id) if parent is not None else "1",
        thread=thread if channel is not None else None,
        visibility=visibility,
    )
    message = Message(id="1:2", place=place, author=Author(id=str(by.user.id)), text="?", sent_at=datetime.now(UTC))
    return Question(message=message, delivery={"guild": "" if guild == "@me" else guild})


def words(audience: tuple[str, ...], *known: Channel | Person | Guild) -> set[str]:
    """An audience as the names of its channels, servers and people."""
    names = {EVERYONE: "everyone", GUESTS: "guests"}
    for one in known:
        if isinstance(one, Guild):
            names[f"discord/{one.id}"] = one.name
        elif isinstance(one, Channel):
            assert one.guild is not None
            names[f"discord/{one.guild.id}/channel/{one.id}"] = f"#{one.name}"
        else:
            names[f"discord/@me/person/{one.user.id}"] = f"@{one.user.name}"
    return {names[principal] for principal in audience if principal in names}


async def test_in_a_channel_what_everybody_on_the_server_may_read(discord: Emulator, intake: Intake) -> None:
    acme, other = discord.guild("Acme"), discord.guild("Other")
    general, random = discord.channel(acme, "general"), discord.channel(acme, "random", FORUM)
    ada = discord.person("ada", acme, other)
    hidden = discord.channel(acme, "hidden", hidden=True, allow=[ada])
    elsewhere = discord.channel(other, "elsewhere")
    audience = await intake.audience(asked(ada, general))
    known = (acme, other, general, random, hidden, elsewhere, ada)
    # What others who read along may not see is not drawn on, though the asker may.
    assert words(audience, *known) == {"guests", "everyone", "Acme", "#general", "#random"}


async def test_in_a_hidden_channel_what_is_said_there_too(discord: Emulator, intake: Intake) -> None:
    acme = discord.guild("Acme")
    general, ada = discord.channel(acme, "general"), discord.person("ada", acme)
    hidden = discord.channel(acme, "hidden", hidden=True, allow=[ada, discord.bot])
    other = discord.channel(acme, "other", hidden=True, allow=[ada, discord.bot])
    audience = await intake.audience(asked(ada, hidden))
    assert words(audience, acme, general, hidden, other) == {"guests", "everyone", "Acme", "#general", "#hidden"}


async def test_a_private_thread_has_a_principal_of_its_own(discord: Emulator, intake: Intake) -> None:
    acme = discord.guild("Acme")
    general, ada = discord.channel(acme, "general"), discord.person("ada", acme)
    private = await ada.opens_thread(general, "private", private=True)
    open_one = await ada.opens_thread(general, "open")
    private.thread_members[discord.bot.id] = 0.0
    assert "#private" in words(await intake.audience(asked(ada, private)), private, general)
    assert words(await intake.audience(asked(ada, open_one)), open_one, private, general) == {
        "guests",
        "everyone",
        "#general",
    }


async def test_directly_what_the_asker_may_read_by_roles_and_overwrites(discord: Emulator, intake: Intake) -> None:
    acme = discord.guild("Acme")
    crew = discord.role(acme, "crew")
    ada, bob = discord.person("ada", acme, roles=(crew,)), discord.person("bob", acme)
    general = discord.channel(acme, "general")
    by_role = discord.channel(acme, "by-role", hidden=True, allow=[crew])
    by_name = discord.channel(acme, "by-name", hidden=True, allow=[bob])
    denied = discord.channel(acme, "denied")
    discord.overwrite(denied, ada, deny=Permission.VIEW_CHANNEL)
    unread = discord.channel(acme, "unread")
    discord.overwrite(unread, ada, deny=Permission.READ_MESSAGE_HISTORY)
    known = (acme, general, by_role, by_name, denied, unread, ada, bob)
    assert words(await intake.audience(asked(ada)), *known) == {
        "guests",
        "everyone",
        "Acme",
        "@ada",
        "#general",
        "#by-role",
    }
    assert words(await intake.audience(asked(bob)), *known) == {
        "guests",
        "everyone",
        "Acme",
        "@bob",
        "#general",
        "#by-name",
        "#denied",
        "#unread",
    }


async def test_an_owner_and_an_administrator_read_everything(discord: Emulator, intake: Intake) -> None:
    acme = discord.guild("Acme")
    admins = discord.role(acme, "admins", Permission.ADMINISTRATOR)
    ada = discord.person("ada", acme, roles=(admins,))
    hidden = discord.channel(acme, "hidden", hidden=True)
    assert "#hidden" in words(await intake.audience(asked(ada)), hidden)


async def test_directly_in_every_server_that_is_shared_and_in_no_other(discord: Emulator, intake: Intake) -> None:
    acme, second, third = (discord.guild(name) for name in ("Acme", "Second", "Third"))
    without = discord.guild("Without", bot=False)
    ada = discord.person("ada", acme, second, without)
    channels = [discord.channel(one, f"in-{one.name}") for one in (acme, second, third, without)]
    audience = await intake.audience(asked(ada))
    assert words(audience, acme, second, third, without, *channels) == {
        "guests",
        "everyone",
        "Acme",
        "Second",
        "#in-Acme",
        "#in-Second",
    }
    assert f"discord/{acme.id}/person/{ada.user.id}" in audience


async def test_privately_in_a_channel_it_is_as_directly(discord: Emulator, intake: Intake) -> None:
    acme = discord.guild("Acme")
    ada = discord.person("ada", acme)
    general = discord.channel(acme, "general")
    hidden = discord.channel(acme, "hidden", hidden=True, allow=[ada])
    audience = await intake.audience(asked(ada, general, private=True))
    assert words(audience, acme, general, hidden, ada) == {"guests", "everyone", "Acme", "@ada", "#general", "#hidden"}


async def test_who_shares_no_server_sees_what_guests_may(discord: Emulator, intake: Intake) -> None:
    discord.guild("Acme")
    gus = discord.person("gus")
    gus.installs()
    assert words(await intake.audience(asked(gus)), gus) == {"guests", "@gus"}


async def test_on_a_server_without_the_bot_it_draws_on_the_channel_alone(discord: Emulator, intake: Intake) -> None:
    without = discord.guild("Without", bot=False)
    ada, lobby = discord.person("ada", without), discord.channel(without, "lobby")
    assert words(await intake.audience(asked(ada, lobby)), without, lobby) == {"guests", "#lobby"}
    assert words(await intake.audience(asked(ada, lobby, private=True)), without, lobby, ada) == {"guests", "@ada"}


async def test_between_several_people_without_a_server_it_draws_on_what_guests_may_see(
    discord: Emulator, intake: Intake
) -> None:
    acme = discord.guild("Acme")
    question = asked(discord.person("ada", acme))
    place = question.message.place.model_copy(update={"visibility": "private"})
    message = question.message.model_copy(update={"place": place})
    assert await intake.audience(question.model_copy(update={"message": message})) == (GUESTS,)


async def test_what_changes_is_heard_of(discord: Emulator, intake: Intake) -> None:
    acme = discord.guild("Acme")
    ada, general = discord.person("ada", acme), discord.channel(acme, "general")
    plans = discord.channel(acme, "plans")
    assert "#plans" in words(await intake.audience(asked(ada, general)), plans)
    discord.overwrite(plans, acme.everyone, deny=Permission.VIEW_CHANNEL)
    assert "#plans" in words(await intake.audience(asked(ada, general)), plans)  # remembered, for some seconds
    intake.servers.heard(guild=acme.id)
    assert "#plans" not in words(await intake.audience(asked(ada, general)), plans)
    assert "Acme" in words(await intake.audience(asked(ada)), acme)
    await ada.leaves(acme)
    intake.servers.heard(guild=acme.id, user=ada.user.id)
    assert "Acme" not in words(await intake.audience(asked(ada)), acme)


async def test_who_loses_a_channel_or_leaves_draws_on_nothing_of_it_in_seconds_though_no_event_tells(
    discord: Emulator, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, second = discord.guild("Acme"), discord.guild("Second")
    ada = discord.person("ada", acme, second)
    plans = discord.channel(acme, "plans", hidden=True, allow=[ada, discord.bot])
    assert words(await intake.audience(asked(ada)), plans, second) == {"guests", "everyone", "#plans", "Second"}
    discord.overwrite(plans, ada, deny=Permission.VIEW_CHANNEL)
    await ada.leaves(second)
    later = time.monotonic() + FRESH
    monkeypatch.setattr(lookups, "time", SimpleNamespace(monotonic=lambda: later))
    assert words(await intake.audience(asked(ada)), plans, second) == {"guests", "everyone"}
    assert FRESH <= 10


async def test_when_discord_does_not_say_less_is_drawn_on(
    discord: Emulator, intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    acme = discord.guild("Acme")
    ada, general, random = (
        discord.person("ada", acme),
        discord.channel(acme, "general"),
        discord.channel(acme, "random"),
    )
    discord.faults.answer(CHANNELS, 503, times=1)
    assert words(await intake.audience(asked(ada, general)), general, random) == {"guests", "#general"}
    assert "draws on less" in caplog.text
    discord.faults.answer(MEMBER, 503, times=1)
    assert words(await intake.audience(asked(ada)), general, ada) == {"guests", "@ada"}
    # What failed is not remembered.
    assert "#random" in words(await intake.audience(asked(ada, general)), random)
    assert "#random" in words(await intake.audience(asked(ada)), random)


async def test_a_slow_discord_keeps_nobody_waiting(
    discord: Emulator, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audiences, "PATIENCE", 0.1)
    acme = discord.guild("Acme")
    ada, general, random = (
        discord.person("ada", acme),
        discord.channel(acme, "general"),
        discord.channel(acme, "random"),
    )
    discord.faults.slow(CHANNELS, 0.3)
    assert "#random" not in words(await intake.audience(asked(ada, general)), random)
    # What it asked goes on, and is there for the next.
    await discord.until(lambda: any(call.status == 200 for call in discord.calls_to(CHANNELS)))
    await intake.audience(asked(ada, general))
    assert len(discord.calls_to(CHANNELS)) == 1


async def test_many_ask_at_once_and_discord_is_asked_once(discord: Emulator, intake: Intake) -> None:
    acme = discord.guild("Acme")
    people = [discord.person(f"p{at}", acme) for at in range(30)]
    general = discord.channel(acme, "general")
    audiences_ = await asyncio.gather(*(intake.audience(asked(one, general)) for one in people))
    assert len(set(audiences_)) == 1
    assert len(discord.calls_to(GUILD)) == len(discord.calls_to(CHANNELS)) == 1
    await asyncio.gather(*(intake.audience(asked(one)) for one in people))
    assert len(discord.calls_to(GUILD)) == 1 and len(discord.calls_to(MEMBER)) == 30


async def test_on_very_many_servers_it_is_looked_in_some_and_said(
    discord: Emulator, intake: Intake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(audiences, "MOST_SERVERS", 5)
    guilds = discord.guilds_in_bulk(8, channels=1)
    ada = discord.person("ada", *guilds)
    audience = await intake.audience(asked(ada))
    assert sum(f"discord/{one.id}" in audience for one in guilds) == 5
    assert "draws on less" in caplog.text
