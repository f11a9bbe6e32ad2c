"""What is private stays where it is: channels' permissions decide what an answer draws on."""

from datetime import UTC, datetime

import pytest

from core.audience import channel as channel_principal
from core.knowledge.saved import SavedNote
from core.messages import Author, Message, Place
from tests.discord_emulator import Channel, Emulator, Guild, Permission, Person
from tests.scenario.discord.conftest import StartBot
from tests.scenario.discord.running_bot import RunningBot

FACT = "The wombat project is cancelled in the second week of May."
ASKED = "When is the wombat project cancelled?"


@pytest.fixture
def board(discord: Emulator, acme: Guild, ada: Person) -> Channel:
    """A channel that Ada may see, Lorelens too, and nobody else."""
    role = discord.role(acme, "board")
    made = discord.channel(acme, "board", hidden=True, allow=[ada, role])
    discord.bot_gets(role)
    return made


@pytest.fixture
async def knowing(acme: Guild, board: Channel, general: Channel, ada: Person, start_bot: StartBot) -> RunningBot:
    """A bot that knows something of that channel."""
    bot = await start_bot()
    place = Place(platform="discord", workspace=str(acme.id), channel=str(board.id), visibility="private")
    author = Author(id=str(ada.user.id), name="Ada")
    said = Message(id=f"{board.id}:1", place=place, author=author, text=FACT, sent_at=datetime.now(UTC))
    audience = (channel_principal("discord", str(acme.id), str(board.id)),)
    note = SavedNote(
        messages=(said,), saved_by=author, saved_at=datetime.now(UTC), place_name="board", audience=audience
    )
    await bot.application.saved_notes.save(note, bot.store.picture)
    await bot.application.saved_notes.settled()
    return bot


async def test_it_is_known_in_its_channel(knowing: RunningBot, ada: Person, board: Channel) -> None:
    answer = await knowing.answer(await ada.mentions(board, ASKED))
    assert "second week of May" in answer.content


async def test_it_is_not_known_in_a_channel_that_others_read(
    knowing: RunningBot, ada: Person, general: Channel
) -> None:
    answer = await knowing.answer(await ada.mentions(general, ASKED))
    assert "May" not in answer.content


async def test_whoever_may_read_the_channel_is_told_directly(
    discord: Emulator, knowing: RunningBot, ada: Person, ben: Person
) -> None:
    assert "second week of May" in (await knowing.answer(await ada.says(discord.bot, ASKED))).content
    assert "May" not in (await knowing.answer(await ben.says(discord.bot, ASKED))).content


async def test_a_channel_that_is_opened_to_all_is_known_to_all(
    discord: Emulator, acme: Guild, knowing: RunningBot, ben: Person, board: Channel, general: Channel
) -> None:
    asked = await ben.mentions(general, ASKED)
    assert "May" not in (await knowing.answer(asked)).content
    discord.overwrite(board, acme.everyone, allow=Permission.VIEW_CHANNEL)
    assert "second week of May" in (await knowing.answer(await ben.mentions(general, ASKED))).content


async def test_it_is_known_on_its_own_server_alone(
    discord: Emulator, acme: Guild, knowing: RunningBot, ada: Person, board: Channel
) -> None:
    discord.overwrite(board, acme.everyone, allow=Permission.VIEW_CHANNEL)
    other = discord.guild("Other")
    lobby = discord.channel(other, "lobby")
    await ada.joins(other)
    assert "May" not in (await knowing.answer(await ada.mentions(lobby, ASKED))).content


async def test_a_channel_that_keeps_a_role_out_is_known_in_no_other(
    discord: Emulator, acme: Guild, knowing: RunningBot, ada: Person, ben: Person, board: Channel, general: Channel
) -> None:
    discord.overwrite(board, acme.everyone, allow=Permission.VIEW_CHANNEL)
    kept_out = discord.role(acme, "contractors")
    discord.overwrite(board, kept_out, deny=Permission.VIEW_CHANNEL)
    await ben.gets(kept_out)
    assert "May" not in (await knowing.answer(await ada.mentions(general, ASKED))).content
    assert "second week of May" in (await knowing.answer(await ada.mentions(board, ASKED))).content


async def test_whoever_lost_a_role_knows_no_more_of_it_once_they_say_something(
    discord: Emulator, acme: Guild, knowing: RunningBot, ben: Person, board: Channel, general: Channel
) -> None:
    members = discord.role(acme, "members")
    discord.overwrite(board, members, allow=Permission.VIEW_CHANNEL)
    await ben.gets(members)
    assert "second week of May" in (await knowing.answer(await ben.says(discord.bot, ASKED))).content
    await ben.loses(members)
    await ben.says(general, "Good morning!")
    await knowing.idle()
    assert "May" not in (await knowing.answer(await ben.says(discord.bot, ASKED))).content
