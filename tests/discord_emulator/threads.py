"""Threads: how they are opened, joined and left, and what the gateway tells of it.

discord.com/developers/docs/topics/threads
"""

from tests.discord_emulator import payloads
from tests.discord_emulator.bodies import Json
from tests.discord_emulator.model import HAS_THREAD, PRIVATE_THREAD, Channel, Message, User
from tests.discord_emulator.permissions import Permission, in_channel
from tests.discord_emulator.world import World


def open_thread(
    world: World, parent: Channel, name: str, owner: User, private: bool = False, message: Message | None = None
) -> Channel:
    """Open a thread, from a message where one is given, and tell of it."""
    thread = world.make_thread(parent, name, owner, private, message)
    if message is not None:
        message.flags |= HAS_THREAD
        message.thread = thread
        _start_with(world, thread, message)
    if _sees(world, thread):
        show_thread(world, thread, "THREAD_CREATE", newly_created=True)
    return thread


def _start_with(world: World, thread: Channel, message: Message) -> None:
    """Put the message that a thread was opened from at its beginning, as Discord does (type 21)."""
    assert thread.parent is not None and thread.guild is not None
    where: Json = {"type": 0, "channel_id": str(thread.parent.id), "guild_id": str(thread.guild.id)}
    first = Message(world.clock.snowflake(), thread, message.author, kind=21, reference=message)
    first.reference_json = where | {"message_id": str(message.id)}
    thread.messages[first.id] = first


def show_thread(world: World, thread: Channel, event: str, newly_created: bool = False) -> None:
    """Tell of a thread as it stands, where the bot can see it."""
    if thread.guild is None or not _sees(world, thread):
        return
    data = payloads.channel(thread, world.bot) | ({"newly_created": True} if newly_created else {})
    world.gateway.emit(event, data, thread.guild.id)


def join(world: World, thread: Channel, user: User) -> None:
    """Make somebody a member of a thread; the bot is shown a private one that it could not see before."""
    guild = thread.guild
    if guild is None or user.id in thread.thread_members or user.id not in guild.members:
        return
    if thread.parent and not in_channel(thread.parent, user) & Permission.VIEW_CHANNEL:
        return
    thread.thread_members[user.id] = world.clock.now()
    if user is world.bot and thread.kind == PRIVATE_THREAD:
        show_thread(world, thread, "THREAD_CREATE")
    added = payloads.thread_member(thread, user.id) | {
        "member": payloads.member(guild.members[user.id]),
        "presence": None,
    }
    _members_update(world, thread, {"added_members": [added]})


def leave(world: World, thread: Channel, user: User) -> None:
    """Take somebody out of a thread."""
    if thread.thread_members.pop(user.id, None) is not None:
        _members_update(world, thread, {"removed_member_ids": [str(user.id)]})


def _members_update(world: World, thread: Channel, data: Json) -> None:
    assert thread.guild is not None
    if _sees(world, thread) or str(world.bot.id) in data.get("removed_member_ids", ()):
        count = {"id": str(thread.id), "guild_id": str(thread.guild.id), "member_count": len(thread.thread_members)}
        world.gateway.emit("THREAD_MEMBERS_UPDATE", count | data, thread.guild.id)


def _sees(world: World, thread: Channel) -> bool:
    return bool(in_channel(thread, world.bot) & Permission.VIEW_CHANNEL)
