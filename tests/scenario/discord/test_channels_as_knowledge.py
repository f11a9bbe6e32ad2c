"""Discord's channels as knowledge: read once, followed live, and shown to nobody who may not read them."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bots.forgetting import forget_workspace
from core.audience import channel as readers
from core.errors import QuestionError
from core.sources.channels.follower import ChannelFollower
from core.sources.connector import SourceSpec
from core.sources.registry import BUILT_IN, kind_of
from tests.discord_emulator import FORUM, Channel, Emulator, Guild, Permission, Person, Upload
from tests.scenario.discord.channel_world import ChannelSource, followed
from tests.scenario.discord.conftest import StartBot
from tests.scenario.discord.running_bot import RunningBot
from tests.scenario.served_team import Shared

QUESTION = "Where do we keep the torque wrench?"
FACT = "The torque wrench hangs in the blue cabinet beside the loading dock."


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUILT_IN, "discord", "bots.discord.channels:discord")


@pytest.fixture
def shared(shared: Shared, tmp_path: Path) -> Shared:
    """The documents in an index of the test's own."""
    return replace(shared, data=Path(shutil.copytree(shared.data, tmp_path / "data")))


@pytest.fixture
async def source(general: Channel, start_bot: StartBot) -> ChannelSource:
    """The source of a process without a gateway, as the command line is one."""
    bot = await start_bot(with_worker=False, with_ingress=False)
    return ChannelSource(bot.application)


@pytest.fixture
def live(bot: RunningBot, acme: Guild) -> ChannelSource:
    """The source of the bot that listens."""
    return ChannelSource(bot.application, acme)


async def settled(bot: RunningBot, follower: ChannelFollower) -> None:
    await bot.idle()
    await follower.settled()


async def test_a_thread_is_one_document_with_its_address_and_its_speakers(
    source: ChannelSource, acme: Guild, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.says(general, QUESTION)
    thread = await ada.opens_thread(general, "wrench", message=asked)
    await ben.says(thread, FACT)
    await ada.says(general, "Lunch at twelve.")
    await source.sync()
    documents = source.documents(general)
    [told] = [text for path, text in documents.items() if "/thread-" in path]
    [talk] = [text for path, text in documents.items() if "/talk-" in path]
    assert "torque wrench" in told and "blue cabinet" in told and "Lunch" not in told
    assert "Lunch at twelve" in talk
    [passage] = [one for one in await source.passages(general) if "blue cabinet" in one.text]
    assert passage.title == QUESTION
    assert passage.url == f"https://discord.com/channels/{acme.id}/{general.id}/{asked.id}"
    assert "UTC] Ada:" in passage.text and "UTC] Ben:" in passage.text
    assert passage.audience == (readers("discord", str(acme.id), str(general.id)),)


async def test_posts_of_forums_and_threads_on_nothing_are_read_active_and_archived(
    source: ChannelSource, discord: Emulator, acme: Guild, ada: Person, ben: Person, general: Channel
) -> None:
    help_forum = discord.channel(acme, "help", FORUM)
    post = await ada.opens_thread(help_forum, "Wrench missing", QUESTION)
    await ben.says(post, FACT)
    old = await ada.opens_thread(help_forum, "Printer jams", "It jams on Mondays.")
    alone = await ada.opens_thread(general, "Quarterly stocktaking")
    await ben.says(alone, "Shelf seven holds the valves.")
    old.archived = alone.archived = True
    await source.sync()
    told = "\n".join(source.documents(help_forum).values())
    assert all(words in told for words in ("Wrench missing", "blue cabinet", "Printer jams", "Mondays"))
    [passage] = [one for one in await source.passages(general) if "valves" in one.text]
    assert passage.title == "Quarterly stocktaking"
    assert passage.url.endswith(f"/{alone.id}")


async def test_a_question_is_answered_from_the_channel_with_its_link(
    live: ChannelSource, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.says(general, FACT)
    await live.sync()
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    assert "blue cabinet" in answer.content
    assert str(said.id) in answer.content


async def test_a_hidden_channel_answers_inside_and_not_outside(
    live: ChannelSource, discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    hidden = discord.channel(acme, "hidden", hidden=True, allow=[ada, discord.bot])
    await ada.says(hidden, FACT)
    kept_out = discord.channel(acme, "kept-out")
    await ada.says(kept_out, "The ladder stands behind the boiler.")
    discord.overwrite(kept_out, ben, deny=Permission.VIEW_CHANNEL)
    await bot.idle()
    await live.sync()
    outside = await bot.answer(await ben.mentions(general, QUESTION))
    assert "blue cabinet" not in outside.content
    ladder = await bot.answer(await ada.mentions(general, "Where does the ladder stand?"))
    assert "boiler" not in ladder.content  # somebody on the server may not read it
    inside = await bot.answer(await ada.mentions(hidden, QUESTION))
    assert "blue cabinet" in inside.content


async def test_a_channel_that_is_closed_answers_nobody_outside_at_once(
    live: ChannelSource, discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    tools = discord.channel(acme, "tools")
    await ada.says(tools, FACT)
    await bot.idle()
    await live.sync()
    assert "blue cabinet" in (await bot.answer(await ben.mentions(general, QUESTION))).content
    discord.overwrite(tools, acme.everyone, deny=Permission.VIEW_CHANNEL)
    discord.overwrite(tools, discord.bot, allow=Permission.VIEW_CHANNEL)
    assert "blue cabinet" not in (await bot.answer(await ben.mentions(general, QUESTION))).content


async def test_a_private_thread_is_a_channel_of_its_own(
    source: ChannelSource, discord: Emulator, acme: Guild, ada: Person, general: Channel
) -> None:
    secret = await ada.opens_thread(general, "secret", private=True)
    await ada.says(secret, FACT)
    other = await ada.opens_thread(general, "other", private=True)
    await ada.says(other, "Nobody asked Lorelens in here.")
    over = await ada.opens_thread(general, "over", private=True)
    await ada.says(over, "The audit is over.")
    over.archived = True
    for thread in (secret, over):
        thread.thread_members[discord.bot.id] = 0.0
    await source.sync()
    assert await source.words(general) == ""
    own = (readers("discord", str(acme.id), str(secret.id)),)
    assert {one.audience for one in await source.passages(secret)} == {own}
    assert "audit" in await source.words(over)
    assert source.source(other) == ""


@pytest.mark.slow
async def test_pictures_and_files_come_along(
    source: ChannelSource, ada: Person, general: Channel, screenshot: bytes
) -> None:
    said = await ada.says(general, "What the console says", files=[Upload("error.png", screenshot)])
    thread = await ada.opens_thread(general, "steps", message=said)
    await ada.says(thread, "The steps", files=[Upload("steps.md", b"# Steps\n\nTurn the valve left twice.\n")])
    await source.sync()
    passages = await source.passages(general)
    assert any(one.picture and "ERR" in one.picture.ocr for one in passages)
    assert any("Turn the valve left" in one.text for one in passages)


async def test_what_lorelens_and_other_programs_said_is_no_knowledge(
    live: ChannelSource, discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, general: Channel
) -> None:
    await bot.answer(await ada.mentions(general, "What does ERR-4031 mean?"))
    await discord.other_bot("ticker", acme).says(general, "Build 17 is red.")
    await live.sync()
    words = await live.words(general)
    assert "ERR-4031" in words and "webhook" not in words and "Build 17" not in words


@pytest.mark.slow
async def test_a_history_of_many_pages_is_read_whole_and_waits_when_asked_to(
    source: ChannelSource, discord: Emulator, ada: Person, general: Channel
) -> None:
    for number in range(230):
        await ada.says(general, f"Box {number}.")
    discord.faults.too_many("GET /channels/{channel_id}/messages", 0.05, times=2)
    await source.sync()
    [told] = source.documents(general).values()
    assert all(f"Box {number}\\." in told for number in range(230))
    asked = len(discord.calls_to("GET /channels/{channel_id}/messages"))
    await source.sync()
    assert len(discord.calls_to("GET /channels/{channel_id}/messages")) <= asked + 3


async def test_a_sync_that_was_broken_off_goes_on_and_ends_the_same(
    source: ChannelSource, discord: Emulator, ada: Person, general: Channel
) -> None:
    for number in range(4):
        said = await ada.says(general, f"Topic {number}: the shelf {number} holds box {number * 7}.")
        thread = await ada.opens_thread(general, f"topic {number}", message=said)
        await ada.says(thread, f"And box {number * 7} is labelled {number}.")
    discord.faults.answer("GET /channels/{channel_id}", 503, times=2)
    await source.sync(error="away")
    await source.sync()
    assert len(source.documents(general)) == len(await source.passages(general)) == 4


async def test_what_is_said_and_edited_is_known_within_seconds(
    live: ChannelSource, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    async with followed(bot.application) as follower:
        asked = await ada.says(general, QUESTION)
        await settled(bot, follower)
        thread = await ada.opens_thread(general, "wrench", message=asked)
        said = await ben.says(thread, FACT)
        await settled(bot, follower)
        assert "blue cabinet" in await live.words(general)
        await ben.edits(said, FACT.replace("blue", "green"))
        await settled(bot, follower)
        known = await live.words(general)
        assert "green cabinet" in known and "blue" not in known
        await ada.edits(asked, "Has anybody seen the torque wrench?")
        await settled(bot, follower)
        known = await live.words(general)
        assert "Has anybody seen" in known and "Where do we keep" not in known and "green cabinet" in known


async def test_what_is_deleted_is_gone_though_discord_lets_nothing_be_read(
    live: ChannelSource, discord: Emulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    first = await ada.says(general, QUESTION)
    thread = await ada.opens_thread(general, "wrench", message=first)
    reply = await ben.says(thread, FACT)
    await live.sync()
    async with followed(bot.application) as follower:
        discord.faults.answer("GET /channels/{channel_id}", 503, times=None)
        await ben.deletes(reply)
        await bot.idle()
        assert "blue cabinet" not in await live.words(general)
        discord.faults.clear()
        await follower.settled()
        assert "torque wrench" in await live.words(general)
        await ben.says(thread, "It moved to the red cabinet.")
        await ada.deletes(first)
        await settled(bot, follower)
        known = await live.words(general)
        assert "red cabinet" in known and "Where do we keep" not in known


async def test_threads_channels_and_many_messages_are_deleted(
    live: ChannelSource, discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, general: Channel
) -> None:
    tools = discord.channel(acme, "tools")
    await ada.says(tools, FACT)
    many = [await ada.says(general, f"The code of door {number} is {number * 11}.") for number in range(3)]
    thread = await ada.opens_thread(general, "ladders")
    await ada.says(thread, "The ladder stands behind the boiler.")
    await bot.idle()
    await live.sync()
    async with followed(bot.application) as follower:
        await settled(bot, follower)
        await ada.deletes(*many[:2])
        discord.delete_channel(thread)
        discord.delete_channel(tools)
        await settled(bot, follower)
        known = await live.words(general)
        assert "door 2" in known and "door 0" not in known and "boiler" not in known
        assert live.source(tools) == ""
        assert not [one for one in bot.application.ledger.sources() if one.source == "chat/tools"]


async def test_permission_to_read_brings_what_was_said_and_losing_it_takes_it(
    live: ChannelSource, discord: Emulator, acme: Guild, bot: RunningBot, ada: Person, general: Channel
) -> None:
    crew = discord.role(acme, "crew")
    staff = discord.channel(acme, "staff", hidden=True, allow=[crew, ada])
    await ada.says(staff, FACT)
    async with followed(bot.application) as follower:
        discord.bot_gets(crew)
        await settled(bot, follower)
        assert "blue cabinet" in await live.words(staff)
        discord.bot_loses(crew)
        await settled(bot, follower)
        assert live.source(staff) == ""
        discord.overwrite(staff, discord.bot, allow=Permission.VIEW_CHANNEL)
        await settled(bot, follower)
        assert "blue cabinet" in await live.words(staff)


async def test_an_invitation_to_a_private_thread_brings_it(
    live: ChannelSource, bot: RunningBot, ada: Person, general: Channel
) -> None:
    secret = await ada.opens_thread(general, "secret", private=True)
    await ada.says(secret, FACT)
    async with followed(bot.application) as follower:
        await ada.mentions(secret, "Have a look, please.")
        await settled(bot, follower)
        assert "blue cabinet" in await live.words(secret)


async def test_a_server_that_lorelens_leaves_is_forgotten_and_no_other(
    discord: Emulator, acme: Guild, ada: Person, general: Channel, start_bot: StartBot
) -> None:
    other = discord.guild("Other")
    elsewhere = discord.channel(other, "elsewhere")
    ada.enter(other)
    bot = await start_bot()
    source = ChannelSource(bot.application)
    await ada.says(general, FACT)
    await ada.says(elsewhere, "The ladder stands behind the boiler.")
    await source.sync()
    assert "cabinet" in await source.words(general) and "boiler" in await source.words(elsewhere)
    await forget_workspace(bot.application, "discord", str(acme.id))
    assert source.source(general) == ""
    assert "boiler" in await source.words(elsewhere)


async def test_what_was_said_while_the_bot_was_away_is_followed_when_it_is_back(
    acme: Guild, ada: Person, general: Channel, start_bot: StartBot
) -> None:
    bot = await start_bot(with_worker=False)
    source = ChannelSource(bot.application, acme)
    said = await ada.says(general, QUESTION)
    await bot.caught_up()
    await source.sync()
    await bot.stop()
    await ada.says(general, FACT)
    await ada.edits(said, "Has anybody seen the torque wrench?")
    bot = await start_bot(with_worker=False)
    source = ChannelSource(bot.application, acme)
    await bot.caught_up()
    async with followed(bot.application) as follower:
        await settled(bot, follower)
        known = await source.words(general)
        assert "blue cabinet" in known and "Has anybody seen" in known and "Where do we keep" not in known


async def test_without_the_intent_it_is_said_what_to_turn_on(source: ChannelSource, discord: Emulator) -> None:
    discord.application.message_content = False
    report = await source.sync(error="does not let Lorelens read what messages say")
    assert "Message Content Intent" in report.hint


def test_a_wrong_server_and_an_audience_are_refused_with_the_reason() -> None:
    kind = kind_of("discord")
    with pytest.raises(QuestionError, match="no id of a Discord server"):
        kind.check(SourceSpec(name="chat", kind="discord", location="acme"))
    with pytest.raises(QuestionError, match="Who may see"):
        kind.check(SourceSpec(name="chat", kind="discord", audience=("discord/1",)))
