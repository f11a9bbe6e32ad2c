"""What Discord tells of channels that are a source of knowledge: the source follows within seconds.

Who may read what was said is looked up with each question, so that it is no matter here; that Lorelens itself may read
a channel no more, or may now, is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from discord import Guild

from adapters.discord.channel_history import KINDS
from adapters.discord.heard import SAID, Heard, snowflake, time_of
from adapters.discord.refusals import UNREADABLE, DiscordRefusedError
from adapters.discord.servers import PRIVATE_THREAD, THREADS, Spot, may_read
from adapters.payloads import Payload, listing, mapping, mappings
from bots.discord.channels import discord as kind
from bots.discord.desk import Desk
from core.sources.channels import follower
from core.sources.channels.documents import day_of
from core.sources.channels.found import known_channels

Follow = Callable[[Desk, Payload], Awaitable[None]]


async def register(desk: Desk) -> None:
    """Listen for what is said and for what Lorelens may read; what it asks for that, it asks with the bot's client."""
    kind.share(desk.application, desk.platform.intake)

    def queued(event: str, follow: Follow, name: str) -> None:
        def heard(payload: Payload) -> None:
            channel = snowflake(payload.get(name))
            if channel and snowflake(payload.get("guild_id")):
                desk.waiting.put(channel, f"Following {event}", partial(follow, desk, payload))

        desk.client.hear(event, heard)

    def looked_at(event: str) -> None:
        def heard(payload: Payload) -> None:
            user = snowflake(mapping(payload.get("user")).get("id"))
            if user in {"", desk.platform.intake.servers.own_id} and (guild := snowflake(payload.get("guild_id"))):
                work = partial(follow_permissions, desk, guild)
                desk.waiting.put(guild, "Looking at which channels may be read", work)

        desk.client.hear(event, heard)

    queued("MESSAGE_CREATE", _said, "channel_id")
    queued("MESSAGE_UPDATE", _edited, "channel_id")
    queued("MESSAGE_DELETE", _deleted, "channel_id")
    queued("MESSAGE_DELETE_BULK", _deleted, "channel_id")
    queued("THREAD_CREATE", _thread_created, "id")
    queued("THREAD_UPDATE", _thread_changed, "id")
    queued("THREAD_DELETE", _thread_deleted, "id")
    queued("THREAD_MEMBERS_UPDATE", _thread_members, "id")
    for event in ("CHANNEL_UPDATE", "CHANNEL_DELETE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE", "GUILD_MEMBER_UPDATE"):
        looked_at(event)

    async def joined(guild: Guild) -> None:
        await follow_permissions(desk, str(guild.id))

    desk.client.listen("guild_join", joined)


async def follow_said(desk: Desk, heard: Heard) -> None:
    """Note that something was said or edited in a followed channel.

    Raises:
        IndexUnavailableError: it can't be noted.
        PlatformUnavailableError: what the channel is can't be learned now.
    """
    if heard.author == desk.platform.intake.servers.own_id or not (heard.kind in SAID or heard.is_bot):
        return  # an answer that is being written changes many times, and is no knowledge
    spot = await _spot(desk, heard.channel)
    if spot is not None:
        where, day, thread = _place(spot, heard.id)
        # Of an edited message is not told whether a thread hangs on it; where none does, the key is of no effect.
        await desk.application.channel_follower.changed(where, day, thread or (heard.id if heard.edited else ""))


async def follow_permissions(desk: Desk, guild: str) -> None:
    """Let go of what may not be read any more on a server, and read what may be now. Raises as `follow_said` does."""
    sources = await asyncio.to_thread(desk.application.configured_sources.all)
    if not any(one.spec.kind == "discord" for one in sources):
        return
    follow = desk.application.channel_follower
    servers = desk.platform.intake.servers
    server = await servers.server(guild)
    own = server.guild.get_member(int(servers.own_id)) or await servers.member(guild, servers.own_id)
    here = (one for one in server.channels if one.type.value in KINDS and own is not None and may_read(one, own))
    readable = {str(one.id) for one in here}
    known = await _known(desk, guild)
    for channel in known - readable:
        spot = await _spot(desk, channel)
        is_readable = spot is not None and spot.kind == PRIVATE_THREAD and spot.channel in readable
        if not is_readable:
            await follow.lost(_named(guild, channel))
    for channel in readable - known:
        await follow.joined(_named(guild, channel))


async def _said(desk: Desk, payload: Payload) -> None:
    await follow_said(desk, Heard.of(payload))


async def _edited(desk: Desk, payload: Payload) -> None:
    heard = Heard.of(payload)
    if heard.edited:  # else it is a preview that came
        await follow_said(desk, heard)


async def _deleted(desk: Desk, payload: Payload) -> None:
    spot = await _spot(desk, snowflake(payload.get("channel_id")))
    if spot is None:
        return
    follow = desk.application.channel_follower
    gone: dict[tuple[follower.Spot, str, str], list[str]] = {}
    for message in _ids(payload):
        gone.setdefault(_place(spot, message), []).append(message)
    for (where, day, thread), messages in gone.items():
        await follow.changed(where, day, thread)
        work = follow.deleted(where, day, messages, thread)
        desk.spawn(work, "Taking deleted messages out of the knowledge")


async def _thread_created(desk: Desk, payload: Payload) -> None:
    """A thread was opened, or Lorelens was added to a private one."""
    if payload.get("type") != PRIVATE_THREAD:
        await _thread_changed(desk, payload)
    elif payload.get("member"):
        guild, thread = snowflake(payload.get("guild_id")), snowflake(payload.get("id"))
        await desk.application.channel_follower.joined(_named(guild, thread))


async def _thread_changed(desk: Desk, payload: Payload) -> None:
    """A thread has another name, or was archived or opened again: a private one reads as before."""
    guild, thread, parent = (snowflake(payload.get(name)) for name in ("guild_id", "id", "parent_id"))
    if parent and payload.get("type") != PRIVATE_THREAD:
        await desk.application.channel_follower.changed(_named(guild, parent), _day(thread), thread)


async def _thread_deleted(desk: Desk, payload: Payload) -> None:
    guild, thread, parent = (snowflake(payload.get(name)) for name in ("guild_id", "id", "parent_id"))
    follow = desk.application.channel_follower
    if payload.get("type") == PRIVATE_THREAD:
        await follow.lost(_named(guild, thread))
    elif parent:
        work = follow.thread_deleted(_named(guild, parent), _day(thread), thread)
        desk.spawn(work, "Taking a deleted thread out of the knowledge")


async def _thread_members(desk: Desk, payload: Payload) -> None:
    """Lorelens was added to a private thread, or taken out of it."""
    own = desk.platform.intake.servers.own_id
    thread = snowflake(payload.get("id"))
    follow = desk.application.channel_follower
    if own in map(snowflake, listing(payload.get("removed_member_ids"))):
        spot = _named(snowflake(payload.get("guild_id")), thread)
        if spot.channel in await _known(desk, spot.workspace):
            await follow.lost(spot)
        return
    if own in {snowflake(one.get("user_id")) for one in mappings(payload.get("added_members"))}:
        found = await _spot(desk, thread)
        if found is not None and found.kind == PRIVATE_THREAD:
            await follow.joined(_named(found.guild, thread))


async def _known(desk: Desk, guild: str) -> set[str]:
    spots = await asyncio.to_thread(known_channels, desk.application, "discord", guild)
    return {one.channel for one in spots}


async def _spot(desk: Desk, channel: str) -> Spot | None:
    """What a channel is; None where Lorelens can't see it, or it is none of a server."""
    try:
        spot = await desk.platform.intake.servers.spot(channel)
    except DiscordRefusedError as error:
        if error.number in UNREADABLE or error.status in {403, 404}:
            return None
        raise
    return spot if spot.guild and (spot.kind in KINDS or spot.kind in THREADS) else None


def _place(spot: Spot, message: str) -> tuple[follower.Spot, str, str]:
    """The followed channel of a message, the day on which what holds it stands, and the thread that it is in."""
    if spot.kind == PRIVATE_THREAD:
        return _named(spot.guild, spot.id), _day(message), ""
    if spot.is_thread:
        return _named(spot.guild, spot.channel), _day(spot.id), spot.id
    return _named(spot.guild, spot.id), _day(message), ""


def _ids(payload: Payload) -> Iterable[str]:
    return filter(None, map(snowflake, [payload.get("id"), *listing(payload.get("ids"))]))


def _day(message: str) -> str:
    return day_of(time_of(message))


def _named(guild: str, channel: str) -> follower.Spot:
    return follower.Spot(platform="discord", workspace=guild, channel=channel)
