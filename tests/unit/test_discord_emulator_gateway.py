"""The Discord emulator's gateway, held to the real discord.py: resuming, losing, sharding, closing, telling."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
from discord.ext import commands

from tests.discord_emulator.client import GUILD_READY_TIMEOUT
from tests.unit.discord_world import World, acme, plain_bot, running, textual


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with acme() as made:
        yield made


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
    async with running(world, plain_bot(discord.Intents.default())):
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


async def test_silence_and_a_session_that_is_invalid_but_resumable_lose_nothing(world: World) -> None:
    gateway = world.emulator.gateway
    gateway.heartbeat_interval = 0.1
    bot = plain_bot(discord.Intents.all(), heartbeat_timeout=0.4)
    async with running(world, bot):
        gateway.silent = True
        await world.ada.says(world.general, "unheard")
        await world.emulator.until(lambda: not gateway.connected)
        gateway.silent = False
        await world.emulator.until(lambda: world.heard)
        gateway.invalidate(resumable=True)
        await world.emulator.until(lambda: gateway.resumed >= 2)
        assert gateway.identified == 1


async def test_a_session_that_was_lost_is_answered_with_op_9(world: World) -> None:
    gateway = world.emulator.gateway
    async with running(world):
        gateway.forget()
        gateway.drop(4000)
        await world.emulator.until(lambda: gateway.identified == 2 and gateway.connected)
        assert gateway.resumed == 0


async def test_shards_hear_their_own_guilds(world: World) -> None:
    emulator = world.emulator
    others = [emulator.channel(emulator.guild(f"guild {number}"), "general") for number in range(3)]
    bot = commands.AutoShardedBot(
        "!", intents=discord.Intents.default(), shard_count=2, guild_ready_timeout=GUILD_READY_TIMEOUT
    )
    async with running(world, bot):
        assert len(bot.guilds) == 4
        assert {each.shard for each in emulator.gateway.sessions.values()} == {(0, 2), (1, 2)}
        heard = asyncio.create_task(bot.wait_for("message"))
        await asyncio.sleep(0)
        await emulator.other_bot("relay", *(each.guild for each in others if each.guild)).says(others[0], "hello")
        message = await heard
        assert message.author.bot and message.guild and message.guild.shard_id == (others[0].guild.id >> 22) % 2  # pyright: ignore[reportOptionalMemberAccess]


async def test_the_gateway_closes_on_what_it_does_not_take(world: World) -> None:
    url = f"{world.emulator.gateway_url}?v=10&encoding=json"
    identify: dict[str, Any] = {"token": "no", "intents": 0, "properties": {}}
    async with aiohttp.ClientSession() as client:
        known = identify | {"token": world.emulator.token}
        cases: tuple[tuple[dict[str, Any], int], ...] = (
            ({"op": 2, "d": identify}, 4004),
            ({"op": 8, "d": {}}, 4003),
            ({"no": "op"}, 4002),
            ({"op": 2, "d": known | {"intents": 1 << 30}}, 4013),
            ({"op": 2, "d": known | {"shard": [2, 2]}}, 4010),
        )
        for said, code in cases:
            async with client.ws_connect(url) as socket:
                assert (await socket.receive_json())["op"] == 10
                await socket.send_json(said)
                assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
                assert socket.close_code == code
        async with client.ws_connect(f"{url}&compress=zlib-stream") as socket:
            inflate = zlib.decompressobj()
            assert json.loads(inflate.decompress(await socket.receive_bytes()))["op"] == 10
            await socket.send_str('{"op": 1, "d": null}')
            assert json.loads(inflate.decompress(await socket.receive_bytes()))["op"] == 11


async def test_edits_deletions_webhooks_and_comings_and_goings_are_told(world: World) -> None:
    emulator, ada = world.emulator, world.ada
    events: list[tuple[Any, ...]] = []
    bot = plain_bot(discord.Intents.all())
    for name in ("raw_message_edit", "raw_message_delete", "raw_bulk_message_delete", "member_join", "member_remove"):

        async def note(*told: Any, name: str = name) -> None:
            events.append((name, *told))
            emulator.touch()

        bot.add_listener(note, f"on_{name}")
    async with running(world, bot):
        said = [await ada.says(world.general, str(number)) for number in range(3)]
        await ada.edits(said[0], "edited")
        await ada.deletes(said[0])
        await ada.deletes(*said[1:])
        bob = emulator.person("bob", world.guild)
        await bob.leaves(world.guild)
        await emulator.until(lambda: len(events) == 5)
        assert [each[0] for each in events] == [
            "raw_message_edit",
            "raw_message_delete",
            "raw_bulk_message_delete",
            "member_join",
            "member_remove",
        ]
        hook = emulator.webhook(world.general, "news")
        heard = asyncio.create_task(bot.wait_for("message"))
        await asyncio.sleep(0)
        await hook.says("from a hook")
        assert (await heard).webhook_id == hook.webhook.id


async def test_members_come_in_chunks_and_history_in_pages(world: World) -> None:
    emulator = world.emulator
    for number in range(120):
        await world.ada.says(world.general, str(number))
    for number in range(30):
        emulator.person(f"p{number}", world.guild)
    intents = discord.Intents.default()
    intents.members = True
    async with running(world, plain_bot(intents)) as bot:
        assert len(bot.guilds[0].members) == 33
        said = [each.content async for each in textual(bot, world.general).history(limit=None)]
        assert said == [str(number) for number in reversed(range(120))]
