"""The Discord emulator's interactions, held to the real discord.py: commands, menus, buttons, modals, selects."""

import io
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord import app_commands
from discord.ext import commands
from discord.http import Route

from tests.discord_emulator import CannotDoError, Upload
from tests.unit.discord_world import World, acme, picture, plain_bot, running, textual


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with acme() as made:
        yield made


async def with_commands(world: World) -> commands.Bot:
    """A bot with a command, a menu entry, a button and a modal."""
    bot = plain_bot(discord.Intents.default())

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
    bot = plain_bot(discord.Intents.default())
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


async def test_commands_are_offered_where_they_are_installed_and_refused_where_malformed(world: World) -> None:
    emulator, ada = world.emulator, world.ada
    elsewhere = emulator.guild("Elsewhere", bot=False)
    abroad = emulator.channel(elsewhere, "abroad")
    await ada.joins(elsewhere)
    bot = plain_bot(discord.Intents.default())
    told: list[discord.Interaction] = []

    @bot.tree.command(description="Anywhere")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True)
    async def anywhere(interaction: discord.Interaction, who: discord.Member | None = None) -> None:  # pyright: ignore[reportUnusedFunction]
        told.append(interaction)
        await interaction.response.send_message(str(who))

    @bot.tree.command(description="Here", guild=discord.Object(world.guild.id))
    async def here(interaction: discord.Interaction) -> None:  # pyright: ignore[reportUnusedFunction]
        await interaction.response.send_message("here")

    async with running(world, bot):
        await bot.tree.sync()
        await bot.tree.sync(guild=discord.Object(world.guild.id))
        assert (await (await ada.runs("/anywhere", {"who": ada}, world.general)).answered()).content == "ada"
        assert (await (await ada.runs("/here", {}, world.general)).answered()).content == "here"
        assert (await (await ada.runs("/anywhere", place=emulator.bot)).answered()).content == "None"
        with pytest.raises(CannotDoError):
            await ada.runs("/anywhere", {}, abroad)
        ada.installs()
        await (await ada.runs("/anywhere", {}, abroad)).answered()
        assert [each.is_user_integration() for each in told] == [False, False, True]
        assert [each.guild_id for each in told] == [world.guild.id, None, elsewhere.id]
        assert told[1].user.id == ada.user.id
        route = Route("PUT", "/applications/{application_id}/commands", application_id=emulator.bot.id)
        with pytest.raises(discord.HTTPException, match="Command name is invalid"):
            await bot.http.request(route, json=[{"name": "Bad Name", "description": "x"}])
        emulator.violations.clear()


async def test_modern_components_show_files_and_selects_choose(world: World) -> None:
    emulator = world.emulator
    chosen: list[Any] = []

    class Layout(discord.ui.LayoutView):
        words: discord.ui.TextDisplay[Any] = discord.ui.TextDisplay("# Pumps")
        gallery: discord.ui.MediaGallery[Any] = discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://a.png"))
        row: discord.ui.ActionRow[Any] = discord.ui.ActionRow()

        @row.select(
            options=[discord.SelectOption(label="One", value="1"), discord.SelectOption(label="Two", value="2")]
        )
        async def choose(self, interaction: discord.Interaction, select: discord.ui.Select[Any]) -> None:
            chosen.extend(select.values)
            await interaction.response.defer()

    async with running(world) as bot:
        await textual(bot, world.general).send(view=Layout(), file=discord.File(io.BytesIO(picture()), "a.png"))
        shown = emulator.messages(world.general)[-1]
        media = shown.components[1]["items"][0]["media"]
        assert media["url"] == shown.attachments[0].url
        select = next(each["custom_id"] for each in shown.components[2]["components"])
        used = await (await world.ada.clicks(shown, select, ["Two"])).acknowledged()
        assert (used.state, chosen) == ("updated", ["2"])
