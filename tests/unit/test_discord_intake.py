"""What Discord sends, through the real discord.py, as values: questions, edits, deletions, or nothing and why."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import discord
import pytest
from discord.http import Route
from PIL import Image

from adapters.discord.addresses import API_URL, Addresses
from adapters.discord.heard import Heard
from adapters.discord.intake import Intake
from adapters.payloads import Payload
from adapters.understood import Asked, Deleted, Edited, Ignored, Understood
from bots.discord.client import DiscordClient
from core.messages import Place
from core.pictures import NormalizedPicture
from core.question import Question
from tests.discord_emulator import DESCRIPTION, Channel, Emulator, Upload


class Bot(DiscordClient):
    """Understands what it hears, with addresses of its own."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(Addresses(emulator.api_url), ready_timeout=0.05)
        self.emulator = emulator
        self.intake = Intake.of(self, api_url=emulator.api_url)
        self.takes_part_in: set[str] = set()
        self.understood: list[Understood] = []
        self.last = Heard("", "")
        self.hear("MESSAGE_CREATE", self.said)
        self.hear("MESSAGE_UPDATE", self.changed)
        self.hear("MESSAGE_DELETE", self.deleted)
        self.hear("MESSAGE_DELETE_BULK", self.deleted)
        self.hear("GUILD_ROLE_CREATE", lambda _: emulator.touch())

    async def takes_part(self, conversation: str) -> bool:
        return conversation in self.takes_part_in

    def add(self, *understood: Understood) -> None:
        self.understood += understood
        self.emulator.touch()

    async def said(self, payload: Payload) -> None:
        self.last = Heard.of(payload)
        self.add(await self.intake.events.said(self.last, self.takes_part))

    async def changed(self, payload: Payload) -> None:
        self.add(await self.intake.events.changed(Heard.of(payload)))

    async def deleted(self, payload: Payload) -> None:
        for message in payload.get("ids") or [payload["id"]]:
            self.add(await self.intake.events.deleted(payload["channel_id"], message))


class World:
    """A server with a channel, Ada and Bob in it, and the bot listening."""

    def __init__(self, emulator: Emulator, bot: Bot) -> None:
        self.emulator = emulator
        self.bot = bot
        self.guild = emulator.guild("Acme")
        self.general = emulator.channel(self.guild, "general")
        self.ada = emulator.person("ada", self.guild, nick="Ada L.")
        self.bob = emulator.person("bob", self.guild)
        self.pictures: list[NormalizedPicture] = []

    async def next(self, count: int = 1) -> Understood:
        """What was understood of the last thing that happened."""
        await self.emulator.until(lambda: len(self.bot.understood) >= count)
        *_, last = self.bot.understood
        self.bot.understood.clear()
        return last

    async def asked(self) -> Question:
        understood = await self.next()
        assert isinstance(understood, Asked), understood
        return understood.question

    async def ignored(self) -> str:
        understood = await self.next()
        assert isinstance(understood, Ignored), understood
        return understood.reason

    async def keep(self, picture: NormalizedPicture) -> None:
        self.pictures.append(picture)

    async def speak(self, channel: Channel, text: str, **more: Any) -> Any:
        """The bot says something, as an answer of its does."""
        body: dict[str, Any] = {"content": text, "allowed_mentions": {"parse": []}, **more}
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel.id)
        said = await self.bot.http.request(route, json=body)
        await self.next()
        return channel.messages[int(said["id"])]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with Emulator(openapi=DESCRIPTION) as emulator:
        bot = Bot(emulator)
        made = World(emulator, bot)
        started = asyncio.create_task(bot.start(emulator.token))
        ready = asyncio.create_task(bot.wait_until_ready())
        try:
            await asyncio.wait({started, ready}, return_when=asyncio.FIRST_COMPLETED)
            assert not started.done()
            yield made
        finally:
            await bot.intake.close()
            await bot.close()
            await started
        assert not emulator.crashes
        assert not emulator.violations, "\n".join(map(str, emulator.violations))
        assert not emulator.misanswers, "\n".join(map(str, emulator.misanswers))
        assert Route.BASE == API_URL


def png(colour: str = "red") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(data, "PNG")
    return data.getvalue()


async def test_a_mention_is_a_question_with_names_instead_of_ids(world: World) -> None:
    crew = world.emulator.role(world.guild, "crew")
    said = await world.ada.mentions(
        world.general, f"what do {world.bob.user.mention}, <@&{crew.id}> do in {world.general.mention}?"
    )
    question = await world.asked()
    message = question.message
    assert message.text == "what do @Bob, @crew do in #general?"
    assert message.id == f"{world.general.id}:{said.id}"
    assert message.author.id == str(world.ada.user.id) and message.author.name == "Ada L."
    assert message.place == Place(
        platform="discord",
        workspace=str(world.guild.id),
        channel=str(world.general.id),
        thread=f"re-{said.id}",
        visibility="public",
    )
    assert question.delivery == {
        "guild": str(world.guild.id),
        "channel": str(world.general.id),
        "user": str(world.ada.user.id),
        "locale": "",
        "surface": "reply",
        "message": str(said.id),
    }


async def test_what_is_not_said_to_it_is_ignored(world: World) -> None:
    await world.ada.says(world.general, "which pump?")
    assert await world.ignored() == "not addressed"
    await world.ada.says(world.general, "@everyone which pump?")
    assert await world.ignored() == "not addressed"
    await world.ada.says(world.general, f"`{world.emulator.bot.mention}` is how you mention it")
    assert await world.ignored() == "not addressed"


async def test_bots_webhooks_and_notices_are_ignored(world: World) -> None:
    other = world.emulator.other_bot("ci", world.guild)
    await other.mentions(world.general, "build is green?")
    assert await world.ignored() == "a bot"
    await world.emulator.webhook(world.general, "hook").says(f"{world.emulator.bot.mention} hi")
    assert await world.ignored() == "a bot"
    reason = await world.bot.intake.events.said(
        Heard(id="1", channel=str(world.general.id), author="2", kind=7), world.bot.takes_part
    )
    assert reason == Ignored("a notice")


async def test_the_role_that_stands_for_it_is_a_mention_too(world: World) -> None:
    role = world.emulator.role(world.guild, "Lantern")
    guild = world.bot.get_guild(world.guild.id)
    assert guild is not None
    await world.emulator.until(lambda: guild.get_role(role.id))
    known = guild.get_role(role.id)
    assert known is not None
    known.tags = discord.RoleTags({"bot_id": world.emulator.bot.id})  # the emulator's roles have no tags
    await world.ada.says(world.general, f"<@&{role.id}> which pump?")
    assert (await world.asked()).message.text == "which pump?"


async def test_a_chain_of_replies_is_one_conversation(world: World) -> None:
    first = await world.ada.says(world.general, "it leaks")
    assert await world.ignored() == "not addressed"
    second = await world.bob.says(world.general, "since when?", reply_to=first)
    assert await world.ignored() == "not addressed"
    third = await world.ada.mentions(world.general, "what to do?", reply_to=second)
    question = await world.asked()
    assert question.message.place.thread == f"re-{first.id}"
    answer = await world.speak(world.general, "Close it.", message_reference={"message_id": str(third.id)})
    await world.bob.says(world.general, "and then?", reply_to=answer, ping=False)
    assert (await world.asked()).message.place.thread == f"re-{first.id}"
    earlier = await world.bot.intake.earlier(question)
    assert [one.text for one in earlier] == ["it leaks", "since when?"]


async def test_a_reply_long_after_is_known_by_the_buttons_of_the_answer(world: World) -> None:
    first = await world.ada.mentions(world.general, "which pump?")
    thread = (await world.asked()).message.place.thread
    button = {"type": 2, "style": 2, "label": "Why", "custom_id": f"lorelens:why:1:2:{thread}"}
    answer = await world.speak(world.general, "P-101", components=[{"type": 1, "components": [button]}])
    fresh = Intake.of(world.bot, api_url=world.emulator.api_url)
    said = await world.bob.says(world.general, "sure?", reply_to=answer)
    await world.next()
    found = world.bot.last
    assert found.id == str(said.id)
    understood = await fresh.events.said(found, world.bot.takes_part)
    assert isinstance(understood, Asked) and understood.question.message.place.thread == f"re-{first.id}"


async def test_what_was_shown_before_comes_with_its_pictures(world: World) -> None:
    shown = await world.bob.says(world.general, "look", files=[Upload("pump.png", png())])
    await world.next()
    await world.ada.mentions(world.general, "what is wrong here?", reply_to=shown)
    question = await world.asked()
    (earlier,) = await world.bot.intake.earlier(question, world.keep)
    assert [one.name for one in earlier.pictures] == ["pump.png"] and not earlier.attachments


async def test_in_a_thread_that_it_takes_part_in_no_mention_is_needed(world: World) -> None:
    thread = await world.ada.opens_thread(world.general, "pumps")
    await world.ada.mentions(thread, "which pump?")
    place = (await world.asked()).message.place
    assert (place.channel, place.thread) == (str(world.general.id), str(thread.id))
    await world.ada.says(thread, "which one?")
    assert await world.ignored() == "not addressed"
    world.bot.takes_part_in.add(place.conversation)
    said = await world.bob.says(thread, "and where?")
    question = await world.asked()
    assert question.message.id == f"{thread.id}:{said.id}" and question.delivery["surface"] == "thread"
    await world.ada.says(thread, f"{world.bob.user.mention} you know that")
    assert await world.ignored() == "to others"
    await world.ada.says(thread, "do you not?", reply_to=said, ping=False)
    assert await world.ignored() == "to others"


async def test_a_thread_opened_at_its_answer_goes_on_with_it(world: World) -> None:
    asked = await world.ada.mentions(world.general, "which pump?")
    await world.asked()
    answer = await world.speak(
        world.general, "P-101.\n\n-# **Sources**", message_reference={"message_id": str(asked.id)}
    )
    thread = await world.ada.opens_thread(world.general, "P-101", message=answer)
    await world.ada.says(thread, "and where is it?")
    await world.emulator.until(lambda: any(isinstance(one, Asked) for one in world.bot.understood))
    (question,) = [one.question for one in world.bot.understood if isinstance(one, Asked)]
    earlier = await world.bot.intake.earlier(question)
    assert [(one.role, one.text) for one in earlier] == [("person", "which pump?"), ("assistant", "P-101.")]


async def test_a_private_thread_and_a_hidden_channel_are_private(world: World) -> None:
    hidden = world.emulator.channel(world.guild, "hidden", hidden=True, allow=[world.ada, world.emulator.bot])
    await world.ada.mentions(hidden, "which pump?")
    assert (await world.asked()).message.place.visibility == "private"
    thread = await world.ada.opens_thread(world.general, "secret", private=True)
    await world.ada.mentions(thread, "which pump?")
    assert (await world.asked()).message.place.visibility == "private"


async def test_a_direct_message_needs_no_mention(world: World) -> None:
    await world.ada.says(world.emulator.bot, "which pump?")
    question = await world.asked()
    assert question.message.place == Place(platform="discord", workspace="@me", channel=str(world.ada.dm.id))
    assert question.delivery["surface"] == "direct" and question.delivery["guild"] == ""


async def test_pictures_are_fetched_documents_are_left_and_types_are_seen_in_the_bytes(world: World) -> None:
    files = [
        Upload("pump.png", png(), description="a pump"),
        Upload("unnamed", png("blue")),
        Upload("manual.pdf", b"%PDF-1.4 ..."),
        Upload("broken.png", b"not a picture"),
    ]
    await world.ada.mentions(world.general, "what is this?", files=files)
    question = await world.asked()
    message = await world.bot.intake.complete(question, world.keep)
    assert [one.name for one in message.pictures] == ["pump.png", "unnamed"]
    assert [(one.name, bool(one.problem)) for one in message.attachments] == [
        ("manual.pdf", False),
        ("broken.png", True),
    ]
    assert await world.bot.intake.document(question, message.attachments[0]) == b"%PDF-1.4 ..."
    again = question.model_copy(update={"message": message})
    assert await world.bot.intake.complete(again, world.keep) == message


async def test_links_that_came_to_an_end_are_fetched_anew(world: World) -> None:
    said = await world.ada.mentions(world.general, "what is this?", files=[Upload("pump.png", png())])
    question = await world.asked()
    said.attachments[0].expire()
    message = await world.bot.intake.complete(question, world.keep)
    assert [one.name for one in message.pictures] == ["pump.png"]
    await world.ada.deletes(said)
    await world.next()
    said.attachments[0].expire()
    gone = await world.bot.intake.complete(question, world.keep)
    assert gone.attachments[0].problem == '"pump.png" is not there any more. Send it again.'


async def test_a_file_elsewhere_is_not_fetched(world: World) -> None:
    await world.ada.mentions(world.general, "what is this?", files=[Upload("pump.png", png())])
    question = await world.asked()
    (reference,) = [one.reference for one in question.message.attachments]
    for url in (
        "http://169.254.169.254/latest",
        "https://cdn.discordapp.com.evil.example/x",
        "https://a@cdn.discordapp.com/x",
    ):
        tricked = question.model_copy(update={"delivery": {**question.delivery, "files": {reference: url}}})
        message = await world.bot.intake.complete(tricked, world.keep)
        assert "none of Discord's hosts" in message.attachments[0].problem


async def test_what_is_too_large_is_not_fetched(world: World) -> None:
    await world.ada.mentions(world.general, "what is this?", files=[Upload("huge.png", png() + bytes(26 << 20))])
    question = await world.asked()
    message = await world.bot.intake.complete(question, world.keep)
    assert "too large: up to 25 MiB" in message.attachments[0].problem and not world.emulator.cdn.served


async def test_an_edit_counts_where_the_words_changed(world: World) -> None:
    said = await world.ada.mentions(world.general, "which pump?")
    question = await world.asked()
    await world.ada.edits(said, f"{world.emulator.bot.mention} which valve?")
    edited = await world.next()
    assert isinstance(edited, Edited)
    assert edited.message.text == "which valve?" and edited.message.id == question.message.id
    assert edited.message.place == question.message.place


async def test_a_preview_that_discord_adds_changes_nothing(world: World) -> None:
    heard = Heard(
        id="5", channel=str(world.general.id), guild=str(world.guild.id), author="6", text="see https://e.org"
    )
    assert await world.bot.intake.events.changed(heard) == Ignored("not edited")


async def test_a_mention_that_an_edit_adds_is_a_question(world: World) -> None:
    said = await world.ada.says(world.general, "which pump?")
    await world.next()
    await world.ada.edits(said, f"{world.emulator.bot.mention} which pump?")
    assert (await world.asked()).message.text == "which pump?"
    await world.ada.edits(said, f"{world.emulator.bot.mention} which valve?")
    assert isinstance(await world.next(), Edited)


async def test_a_mention_that_an_edit_adds_is_a_question_though_nothing_is_cached(world: World) -> None:
    events = world.bot.intake.events
    before = Heard(id="5", channel=str(world.general.id), guild=str(world.guild.id), author="6", text="which pump?")
    assert await events.said(before, world.bot.takes_part) == Ignored("not addressed")
    mention = world.emulator.bot.mention
    after = replace(before, text=f"{mention} which pump?", people={str(world.emulator.bot.id): "Lantern"}, edited="1")
    assert isinstance(await events.changed(after), Asked)
    assert isinstance(await events.changed(replace(after, edited="2")), Edited)


async def test_deletions_name_the_conversation(world: World) -> None:
    first = await world.ada.mentions(world.general, "one?")
    one = (await world.asked()).message
    second = await world.ada.mentions(world.general, "two?", reply_to=first)
    two = (await world.asked()).message
    other = await world.bob.says(world.general, "nothing to do with it")
    await world.next()
    await world.ada.deletes(second)
    assert await world.next() == Deleted(one.place.conversation, two.id)
    await world.bob.deletes(other)
    assert await world.next() == Ignored("not addressed")
    third = await world.ada.mentions(world.general, "three?")
    three = (await world.asked()).message
    await world.ada.deletes(first, third)
    await world.emulator.until(lambda: len(world.bot.understood) == 2)
    assert set(map(str, world.bot.understood)) == {
        str(Deleted(each.place.conversation, each.id)) for each in (one, three)
    }


async def test_a_deletion_after_a_restart_is_known_by_the_answer(world: World) -> None:
    first = await world.ada.says(world.general, "it leaks")
    await world.next()
    asked = await world.ada.mentions(world.general, "why?", reply_to=first)
    message = (await world.asked()).message
    button = {"type": 2, "style": 2, "label": "Why", "custom_id": f"lorelens:why:{message.id}:{message.place.thread}"}
    components = [{"type": 1, "components": [button]}]
    await world.speak(world.general, "Old.", message_reference={"message_id": str(asked.id)}, components=components)
    fresh = Intake.of(world.bot, api_url=world.emulator.api_url)
    await world.ada.deletes(asked)
    found = await fresh.events.deleted(str(world.general.id), str(asked.id))
    assert found == Deleted(message.place.conversation, message.id)


async def test_what_was_forwarded_is_quoted(world: World) -> None:
    forwarded: dict[str, Any] = {"content": "it leaks\nbadly", "attachments": []}
    payload: dict[str, Any] = {
        "id": "5",
        "channel_id": str(world.ada.dm.id),
        "type": 0,
        "author": {"id": str(world.ada.user.id), "username": "ada"},
        "content": "why?",
        "message_reference": {"type": 1, "message_id": "4", "channel_id": "3"},
        "message_snapshots": [{"message": forwarded}],
    }
    understood = await world.bot.intake.events.said(Heard.of(payload), world.bot.takes_part)
    assert isinstance(understood, Asked)
    assert understood.question.message.text == "why?\n\n> it leaks\n> badly"


async def test_a_voice_message_is_said_not_to_be_heard(world: World) -> None:
    await world.ada.says(world.emulator.bot, files=[Upload("voice.ogg", b"OggS", "audio/ogg")], flags=1 << 13)
    (attachment,) = (await world.asked()).message.attachments
    assert attachment.problem == "A voice message can't be listened to. Write the question."
