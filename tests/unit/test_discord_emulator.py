"""The Discord emulator, held to what the real discord.py makes of it: messages, permissions, limits, threads."""

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator

import aiohttp
import discord
import pytest
from discord.http import Route

from tests.discord_emulator import CATEGORY, DESCRIPTION, FORUM, CannotDoError, Emulator, Permission, Upload
from tests.unit.discord_world import MESSAGES, World, acme, picture, plain_bot, running, textual


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with acme() as made:
        yield made


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
        green = discord.File(io.BytesIO(picture("green")), "green.png", description="a green thing")
        await sent.edit(attachments=[sent.attachments[0], green])
    answer = emulator.messages(world.general)[-1]
    assert answer.reference is asked
    assert answer.attachments[0].description == "a blue thing"
    assert answer.attachments[0].content == picture("blue")
    assert [each.content for each in answer.history] == ["It is <@&1> red.", "It is red.", "It is red."]
    assert [each.description for each in answer.attachments] == ["a blue thing", "a green thing"]
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


async def test_mentions_ping_those_whom_allowed_mentions_lets_through(world: World) -> None:
    emulator, ada = world.emulator, world.ada
    bob = emulator.person("bob", world.guild)
    team = emulator.role(world.guild, "team", mentionable=True)
    await bob.gets(team)
    emulator.set_role(world.guild.everyone, world.guild.everyone.permissions | Permission.MENTION_EVERYONE)
    text = f"{ada.mention} <@&{team.id}> @everyone `{bob.mention}`"
    async with running(world) as bot:
        channel = textual(bot, world.general)
        await channel.send(text, allowed_mentions=discord.AllowedMentions.none())
        assert emulator.notified == []
        await channel.send(text, allowed_mentions=discord.AllowedMentions(everyone=False, roles=False))
        assert [(each.user, each.reason) for each in emulator.notified] == [(ada.user, "mention")]
        await channel.send(text, allowed_mentions=discord.AllowedMentions.all())
        told = {each.user: each.reason for each in emulator.notified[1:]}
        assert (told[ada.user], told[bob.user]) == ("mention", "role")


async def test_every_place_can_be_looked_up_as_described(world: World) -> None:
    emulator = world.emulator
    staff = emulator.role(world.guild, "staff", Permission.PIN_MESSAGES | Permission.MANAGE_THREADS)
    emulator.bot_gets(staff)
    forum = emulator.channel(world.guild, "forum", kind=FORUM)
    emulator.channel(world.guild, "category", kind=CATEGORY)
    async with running(world, plain_bot(discord.Intents.all())) as bot:
        guild = await bot.fetch_guild(world.guild.id)
        assert [each.name for each in await guild.fetch_roles()] == ["@everyone", "staff"]
        assert {each.name for each in await guild.fetch_channels()} == {"general", "forum", "category"}
        assert (await guild.fetch_member(world.ada.user.id)).name == "ada"
        assert {each.name async for each in guild.fetch_members()} == {"owner", "Lantern", "ada"}
        assert [each.id async for each in bot.fetch_guilds()] == [world.guild.id]
        assert await bot.fetch_application_emojis() == []
        place = await bot.fetch_channel(forum.id)
        assert isinstance(place, discord.ForumChannel)
        thread = (await place.create_thread(name="topic", content="first")).thread
        await world.ada.says(emulator.channels[thread.id], "second")
        await thread.edit(archived=True)
        assert [each.name async for each in place.archived_threads()] == ["topic"]
        assert await guild.active_threads() == []
        said = await textual(bot, world.general).send("pin me")
        await said.add_reaction("👍")
        said = await textual(bot, world.general).fetch_message(said.id)
        assert [each.name async for each in said.reactions[0].users()] == ["Lantern"]
        await said.remove_reaction("👍", bot.user or discord.Object(0))
        async with textual(bot, world.general).typing():
            assert emulator.typing[0][0] is world.general
        with pytest.raises(discord.NotFound):
            await textual(bot, world.general).fetch_message(1)
        with pytest.raises(discord.NotFound):
            await bot.fetch_channel(1)
        await said.pin()
        assert [each.id async for each in textual(bot, world.general).pins()] == [said.id]
        await said.unpin()
        assert [each.id async for each in textual(bot, world.general).pins()] == []
        await guild.leave()
        assert emulator.bot.id not in world.guild.members


async def test_what_the_description_does_not_allow_is_a_violation() -> None:
    async with Emulator(openapi=DESCRIPTION) as emulator:
        if emulator.contract is None:
            pytest.skip("neither Discord's description nor jsonschema is here")
        general = emulator.channel(emulator.guild("Acme"), "general")
        url = f"{emulator.api_url}/channels/{general.id}/messages"
        async with aiohttp.ClientSession(headers={"Authorization": f"Bot {emulator.token}"}) as client:
            for body in (
                {"content": "fine"},
                {"content": "hello", "tts": "loud"},
                {"content": "a", "embeds": [{"title": 1}]},
            ):
                await (await client.post(url, json=body)).read()
            assert (await client.post(url, data="{")).status == 400
        assert [each.path for each in emulator.violations] == ["tts", "embeds.0.title"]
        assert emulator.crashes == []


async def test_faults_strike_their_route_as_often_as_told() -> None:
    async with Emulator(seed=3) as emulator:
        general = emulator.channel(emulator.guild("Acme"), "general")
        url = f"{emulator.api_url}/channels/{general.id}/messages"
        emulator.faults.do_but_answer(MESSAGES, 500)
        emulator.faults.answer(MESSAGES, 502)
        emulator.faults.too_many(MESSAGES, 0.5, scope="shared")
        emulator.faults.too_many(MESSAGES, 0.5, scope="global")
        slow = emulator.faults.slow(MESSAGES, 0.01)
        async with aiohttp.ClientSession(headers={"Authorization": f"Bot {emulator.token}"}) as client:
            answers = [await client.post(url, json={"content": str(number)}) for number in range(5)]
            assert [each.status for each in answers] == [500, 502, 429, 429, 200]
            assert [each.headers.get("X-RateLimit-Scope") for each in answers[2:4]] == ["shared", "global"]
            assert (await answers[3].json())["global"] is True
            assert [each.content for each in emulator.messages(general)] == ["0", "4"]
            assert slow.struck == 5
            emulator.faults.clear()
            often = emulator.faults.answer("*", 503, times=None, chance=0.5)
            for _ in range(40):
                await (await client.get(url)).read()
            assert 10 <= often.struck <= 30
            emulator.faults.clear()
            emulator.rates.global_limit(2, per=30.0)
            statuses = [(await client.get(url)).status for _ in range(3)]
            assert statuses == [200, 200, 429]


async def test_it_runs_as_a_process_of_its_own_and_lets_people_write_at_a_rate() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.discord_emulator", "--guilds", "3", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        told = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession(headers={"Authorization": f"Bot {told['token']}"}) as client:
            guilds = await (await client.get(f"{told['api_url']}/users/@me/guilds")).json()
            assert [each["id"] for each in guilds] == told["guilds"]
            wanted = {"messages": 60, "per_second": 200}
            sent = await (await client.post(f"{told['control_url']}/emit", json=wanted)).json()
            report = await (await client.get(f"{told['control_url']}/report")).json()
        assert sent["sent"] == len(report["messages"]) == 60
        assert report["calls"] == {"GET /users/@me/guilds": 1}
    finally:
        process.terminate()
        await process.wait()
