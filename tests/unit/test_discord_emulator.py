"""The Discord emulator, held to what the real discord.py makes of it."""

import asyncio
import io
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands
from discord.ext import commands
from discord.http import Route
from PIL import Image

from tests.discord_emulator import CannotDoError, Channel, Emulator, Guild, Permission, Person, Upload

MESSAGES = "POST /channels/{channel_id}/messages"
SPECIFICATION = Path(os.environ.get("LORELENS_DISCORD_OPENAPI", "../shared/data/specs/discord_openapi.json"))


def picture(colour: str = "red") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(held, "PNG")
    return held.getvalue()


class World:
    """One guild with a channel, Ada in it, and what the bot heard."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.guild: Guild = emulator.guild("Acme")
        self.general: Channel = emulator.channel(self.guild, "general")
        self.ada: Person = emulator.person("ada", self.guild, locale="zh-CN")
        self.heard: list[discord.Message] = []


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with Emulator(openapi=SPECIFICATION) as emulator:
        yield World(emulator)
        assert not emulator.violations, "\n".join(map(str, emulator.violations))
        assert not emulator.misanswers, "\n".join(map(str, emulator.misanswers))


@asynccontextmanager
async def running(world: World, bot: commands.Bot | None = None, **options: Any) -> AsyncGenerator[commands.Bot]:
    """Run a bot until the block ends; it is ready when the block begins."""
    intents = discord.Intents.default()
    intents.message_content = True
    bot = bot or commands.Bot(
        "!", intents=options.pop("intents", intents), guild_ready_timeout=0.05, heartbeat_timeout=5.0, **options
    )

    @bot.listen("on_message")
    async def hear(message: discord.Message) -> None:  # pyright: ignore[reportUnusedFunction]
        if not message.author.bot:
            world.heard.append(message)
            world.emulator.touch()

    async def at_once(shard_id: int | None, *, initial: bool = False) -> None:
        """Identify again without discord.py's 5 seconds."""

    bot.before_identify_hook = at_once
    with world.emulator.addresses():
        task = asyncio.create_task(bot.start(world.emulator.token))
        waiting = asyncio.create_task(bot.wait_until_ready())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        try:
            if task.done():
                waiting.cancel()
                await task
            yield bot
        finally:
            await bot.close()
            await asyncio.wait({task})


def textual(bot: commands.Bot, channel: Channel) -> discord.TextChannel:
    found = bot.get_channel(channel.id)
    assert isinstance(found, discord.TextChannel)
    return found


async def test_a_mention_with_a_picture_is_heard_and_answered_by_a_reply_that_is_edited(world: World) -> None:
    emulator, png = world.emulator, picture()
    async with running(world) as bot:
        assert bot.user and bot.user.id == emulator.bot.id
        asked = await world.ada.mentions(world.general, "what is this?", files=[Upload("a red thing.png", png)])
        await emulator.until(lambda: world.heard)
        heard = world.heard[0]
        assert heard.content == f"<@{bot.user.id}> what is this?"
        assert bot.user in heard.mentions
        attachment = heard.attachments[0]
        assert (attachment.filename, attachment.width, attachment.height) == ("a_red_thing.png", 40, 30)
        assert attachment.content_type == "image/png"
        assert await attachment.read() == png
        picture_file = discord.File(io.BytesIO(picture("blue")), "blue.png", description="a blue thing")
        sent = await heard.reply("It is <@&1> red.", file=picture_file, allowed_mentions=discord.AllowedMentions.none())
        await sent.edit(content="It is red.")
    answer = emulator.messages(world.general)[-1]
    assert answer.reference is asked
    assert answer.attachments[0].description == "a blue thing"
    assert answer.attachments[0].content == picture("blue")
    assert [each.content for each in answer.history] == ["It is <@&1> red.", "It is red."]
    assert [each.reason for each in emulator.notified] == ["mention"]
    assert emulator.calls_to(MESSAGES)[0].files[0].filename == "blue.png"


async def test_a_link_that_has_expired_is_gone_and_a_new_one_works(world: World) -> None:
    async with running(world) as bot:
        asked = await world.ada.says(world.general, "look", files=[Upload("a.png", picture())])
        await world.emulator.until(lambda: world.heard)
        asked.attachments[0].expire()
        with pytest.raises(discord.NotFound):
            await world.heard[0].attachments[0].read()
        again = await textual(bot, world.general).fetch_message(asked.id)
        assert await again.attachments[0].read() == picture()


async def test_what_was_said_during_a_drop_comes_with_the_resume(world: World) -> None:
    emulator = world.emulator
    async with running(world) as bot:
        resumed = asyncio.create_task(bot.wait_for("resumed"))
        await asyncio.sleep(0)
        emulator.gateway.drop()
        await world.ada.says(world.general, "are you there?")
        await resumed
        await emulator.until(lambda: world.heard)
        assert [each.content for each in world.heard] == ["are you there?"]
        assert (emulator.gateway.identified, emulator.gateway.resumed) == (1, 1)
        emulator.gateway.reconnect()
        await emulator.until(lambda: emulator.gateway.resumed == 2)
        await world.ada.says(world.general, "and now?")
        await emulator.until(lambda: len(world.heard) == 2)


async def test_an_invalid_session_is_begun_anew_and_what_was_said_meanwhile_is_lost(world: World) -> None:
    emulator = world.emulator
    async with running(world):
        emulator.gateway.invalidate(resumable=False)
        await world.ada.says(world.general, "lost")
        await emulator.until(lambda: emulator.gateway.identified == 2 and emulator.gateway.connected)
        await emulator.until(lambda: any(each.sequence >= 2 for each in emulator.gateway.sessions.values()))
        await world.ada.says(world.general, "found")
        await emulator.until(lambda: world.heard)
        assert [each.content for each in world.heard] == ["found"]


async def test_without_the_content_intent_only_mentions_and_direct_messages_are_readable(world: World) -> None:
    async with running(world, intents=discord.Intents.default()):
        await world.ada.says(world.general, "a secret")
        await world.ada.mentions(world.general, "hello")
        await world.ada.says(world.emulator.bot, "direct")
        await world.emulator.until(lambda: len(world.heard) == 3)
        assert [bool(each.content) for each in world.heard] == [False, True, True]


async def test_a_bot_whose_intent_is_switched_off_in_the_portal_is_turned_away(world: World) -> None:
    world.emulator.application.message_content = False
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(world):
            pass


async def with_commands(world: World) -> commands.Bot:
    """A bot with a command, a menu entry, a button and a modal."""
    bot = commands.Bot("!", intents=discord.Intents.default(), guild_ready_timeout=0.05)

    class Reason(discord.ui.Modal, title="Why?"):
        reason: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Reason", style=discord.TextStyle.long)

        async def on_submit(self, interaction: discord.Interaction, /) -> None:
            await interaction.response.send_message(f"Noted: {self.reason.value}", ephemeral=True)

    class Buttons(discord.ui.View):
        def __init__(self) -> None:
            super().__init__(timeout=None)

        @discord.ui.button(label="Good", custom_id="good")
        async def good(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
            await interaction.response.edit_message(content="Thanks", view=None)

        @discord.ui.button(label="Bad", custom_id="bad")
        async def bad(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
            await interaction.response.send_modal(Reason())

    @bot.tree.command(description="Ask a question")
    @app_commands.describe(question="What to ask", picture="A picture to look at", private="Only for you")
    async def ask(  # pyright: ignore[reportUnusedFunction]
        interaction: discord.Interaction,
        question: str,
        picture: discord.Attachment | None = None,
        private: bool = False,
    ) -> None:
        await interaction.response.defer(thinking=True, ephemeral=private)
        size = len(await picture.read()) if picture else 0
        await interaction.edit_original_response(content=f"{question} {size} {interaction.locale}", view=Buttons())
        await interaction.followup.send("And more", ephemeral=private)

    @ask.autocomplete("question")
    async def complete(  # pyright: ignore[reportUnusedFunction]
        _: discord.Interaction, partial: str
    ) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{partial}is", value="paris")]

    @bot.tree.context_menu(name="Ask about this message")
    async def about(  # pyright: ignore[reportUnusedFunction]
        interaction: discord.Interaction, message: discord.Message
    ) -> None:
        await interaction.response.send_message(f"It says {message.content}", ephemeral=True)

    async def setup() -> None:
        await bot.tree.sync()

    bot.setup_hook = setup
    return bot


async def test_a_slash_command_is_deferred_filled_and_followed_up(world: World) -> None:
    emulator, ada = world.emulator, world.ada
    async with running(world, await with_commands(world)):
        asked = await ada.runs("/ask", {"question": "how big?", "picture": Upload("a.png", picture())}, world.general)
        assert (await asked.answered()).content == f"how big? {len(picture())} zh-CN"
        await emulator.until(lambda: asked.followups)
        assert asked.response and asked.response.history[0].thinking and not asked.response.thinking
        assert asked.acknowledged_after is not None and asked.acknowledged_after < 3
        assert [each.label for each in asked.response.buttons()] == ["Good", "Bad"]
        assert [each.value for each in await ada.types("/ask", "question", "par", world.general)] == ["paris"]
        with pytest.raises(CannotDoError, match="question"):
            await ada.runs("/ask", {}, world.general)
        with pytest.raises(CannotDoError, match="nothing"):
            await ada.runs("/nothing", {}, world.general)


async def test_buttons_update_and_open_a_modal_and_what_is_ephemeral_is_seen_by_one(world: World) -> None:
    ada = world.ada
    bob = world.emulator.person("bob", world.guild)
    async with running(world, await with_commands(world)):
        asked = await ada.runs("/ask", {"question": "q", "private": True}, world.general)
        answer = await asked.answered()
        assert answer in ada.sees(world.general) and answer not in bob.sees(world.general)
        pressed = await (await ada.clicks(answer, "Bad")).acknowledged()
        assert pressed.modal and pressed.modal["title"] == "Why?"
        noted = await (await ada.submits(pressed, {"Reason": "too short"})).answered()
        assert noted.content == "Noted: too short" and noted.ephemeral_for is ada.user
        await (await ada.clicks(answer, "good")).acknowledged()
        assert answer.content == "Thanks" and answer.buttons() == []
        said = await bob.says(world.general, "hello")
        about = await (await ada.uses_menu("Ask about this message", said)).answered()
        assert about.content == "It says hello"


async def test_an_interaction_is_unknown_after_three_seconds_and_its_token_invalid_after_fifteen_minutes(
    world: World,
) -> None:
    bot = commands.Bot("!", intents=discord.Intents.default(), guild_ready_timeout=0.05)
    refused: list[discord.HTTPException] = []

    @bot.tree.command(description="Late")
    async def late(interaction: discord.Interaction, minutes: int) -> None:  # pyright: ignore[reportUnusedFunction]
        try:
            world.emulator.clock.forward(0 if minutes else 4)
            await interaction.response.defer()
            world.emulator.clock.forward(minutes * 60)
            await interaction.followup.send("late")
        except discord.HTTPException as error:
            refused.append(error)
            world.emulator.touch()

    async def setup() -> None:
        await bot.tree.sync()

    bot.setup_hook = setup
    async with running(world, bot):
        await world.ada.runs("/late", {"minutes": 0}, world.general)
        await world.emulator.until(lambda: len(refused) == 1)
        await world.ada.runs("/late", {"minutes": 16}, world.general)
        await world.emulator.until(lambda: len(refused) == 2)
        assert [each.code for each in refused] == [10062, 50027]


async def test_a_rate_limit_is_waited_out_and_the_headers_say_when(world: World) -> None:
    emulator = world.emulator
    emulator.rates.limit(MESSAGES, 2, per=0.3)
    async with running(world) as bot:
        channel = textual(bot, world.general)
        for number in range(3):
            await channel.send(str(number))
        times = [each.created_at for each in emulator.messages(world.general)]
        assert times[2] - times[0] >= 0.25
        emulator.rates.clear()
        emulator.faults.too_many(MESSAGES, retry_after=0.1)
        await channel.send("again")
        assert [each.status for each in emulator.calls_to(MESSAGES)] == [200, 200, 200, 429, 200]


async def test_a_message_is_posted_once_whatever_its_answer_was(world: World) -> None:
    emulator = world.emulator
    async with running(world) as bot:
        channel = textual(bot, world.general)
        body = {"content": "once", "nonce": "n1", "enforce_nonce": True}
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel.id)
        emulator.faults.hang_up(MESSAGES, done=True)
        with pytest.raises(Exception, match=r"disconnected|reset"):
            await bot.http.request(route, json=body)
        emulator.faults.answer(MESSAGES, 503)
        with pytest.raises(discord.DiscordServerError):
            await bot.http.request(route, json=body)
        await bot.http.request(route, json=body)
        assert [each.content for each in emulator.messages(world.general)] == ["once"]


async def test_permissions_decide_what_the_bot_sees_and_does(world: World) -> None:
    emulator, ada = world.emulator, world.ada
    staff = emulator.role(world.guild, "staff")
    hidden = emulator.channel(world.guild, "hidden", hidden=True, allow=[staff])
    readable = emulator.channel(world.guild, "readable")
    emulator.overwrite(readable, emulator.bot, deny=Permission.SEND_MESSAGES)
    with pytest.raises(CannotDoError):
        await ada.says(hidden, "let me in")
    await ada.gets(staff)
    async with running(world) as bot:
        await ada.says(hidden, "unseen")
        await ada.says(readable, "seen")
        await emulator.until(lambda: world.heard)
        assert [each.content for each in world.heard] == ["seen"]
        with pytest.raises(discord.Forbidden) as refused:
            await textual(bot, hidden).send("?")
        assert refused.value.code == 50001
        with pytest.raises(discord.Forbidden) as refused:
            await textual(bot, readable).send("?")
        assert refused.value.code == 50013
        ada.closes_dms()
        user = await bot.fetch_user(ada.user.id)
        with pytest.raises(discord.Forbidden) as refused:
            await user.send("?")
        assert refused.value.code == 50007


async def test_forms_are_refused_as_discord_words_it(world: World) -> None:
    async with running(world) as bot:
        channel = textual(bot, world.general)
        with pytest.raises(discord.HTTPException, match=r"Must be 2000 or fewer in length") as refused:
            await channel.send("x" * 2001)
        assert (refused.value.status, refused.value.code) == (400, 50035)
        with pytest.raises(discord.HTTPException) as refused:
            await channel.send(" ")
        assert refused.value.code == 50006
        with pytest.raises(discord.HTTPException) as refused:
            await channel.send(embeds=[discord.Embed(description="x" * 4000)] * 2)
        assert refused.value.code == 50035
        with pytest.raises(discord.HTTPException) as refused:
            await channel.get_partial_message(1).reply("nobody")
        assert refused.value.code == 50035
        big = discord.File(io.BytesIO(b"0" * (10 * 1024 * 1024 + 1)), "big.bin")
        with pytest.raises(discord.HTTPException) as refused:
            await channel.send(file=big)
        assert (refused.value.status, refused.value.code) == (413, 40005)
        world.emulator.violations.clear()


async def test_threads_are_opened_from_messages_and_begin_with_them(world: World) -> None:
    emulator = world.emulator
    async with running(world) as bot:
        said = await world.ada.says(world.general, "long story")
        await emulator.until(lambda: world.heard)
        thread = await world.heard[0].create_thread(name="story")
        await thread.send("first")
        assert thread.id == said.id
        [started, first] = [each async for each in thread.history(oldest_first=True)]
        assert started.type is discord.MessageType.thread_starter_message
        assert started.reference and isinstance(started.reference.resolved, discord.Message)
        assert (started.reference.resolved.content, first.content) == ("long story", "first")
        private = await world.ada.opens_thread(world.general, "secret", private=True)
        await world.ada.says(private, "unheard")
        await world.ada.mentions(private, "come in")
        await emulator.until(lambda: len(world.heard) == 2)
        assert world.heard[1].content.endswith("come in")
        assert bot.get_channel(private.id) is not None


async def test_members_come_in_chunks_and_history_in_pages(world: World) -> None:
    emulator = world.emulator
    for number in range(120):
        await world.ada.says(world.general, str(number))
    for number in range(30):
        emulator.person(f"p{number}", world.guild)
    intents = discord.Intents.default()
    intents.members = True
    async with running(world, intents=intents) as bot:
        assert len(bot.guilds[0].members) == 33
        said = [each.content async for each in textual(bot, world.general).history(limit=None)]
        assert said == [str(number) for number in reversed(range(120))]
