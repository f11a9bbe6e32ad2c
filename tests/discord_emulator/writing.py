"""How a message comes, changes and goes, whoever writes it: mentions resolved, kept, and told on the gateway."""

from collections.abc import Callable
from typing import Any

from tests.discord_emulator import intents, payloads
from tests.discord_emulator.bodies import Json
from tests.discord_emulator.mentions import notify, resolve
from tests.discord_emulator.model import Channel, Message, User
from tests.discord_emulator.permissions import Permission, in_channel
from tests.discord_emulator.session import Session
from tests.discord_emulator.threads import join, show_thread
from tests.discord_emulator.world import World


def post(world: World, message: Message, allowed: Json | None = None, ping: bool = True) -> Message:
    """Let a message stand, tell of it and ping whom it mentions."""
    if not ping and allowed is None:
        allowed = {"parse": ["users", "roles", "everyone"], "replied_user": False}
    channel = message.channel
    if channel.archived and not channel.locked:
        channel.archived = False
        show_thread(world, channel, "THREAD_UPDATE")
    resolve(world, message, allowed)
    message.remember()
    channel.messages[message.id] = message
    if message.ephemeral:
        world.touch()
        return message
    if channel.is_thread:
        join(world, channel, message.author)
        for user in message.mentions:
            join(world, channel, user)
    world.gateway.emit("MESSAGE_CREATE", told(world, message), channel.guild.id if channel.guild else None)
    notify(world, message)
    return message


def revise(world: World, message: Message, changes: dict[str, Any], allowed: Json | None = None) -> Message:
    """Change parts of a message by name, and tell of it."""
    for name, value in changes.items():
        setattr(message, name, value)
    if "content" in changes:
        resolve(world, message, allowed)
    message.edited_at = world.clock.now()
    message.remember()
    tell(world, message)
    return message


def tell(world: World, message: Message) -> None:
    """Tell of a message's new state."""
    if not message.ephemeral:
        guild = message.channel.guild
        world.gateway.emit("MESSAGE_UPDATE", told(world, message), guild.id if guild else None)
    world.touch()


def remove(world: World, messages: list[Message]) -> None:
    """Delete messages of one channel, and tell of it: one by one, or as a bulk."""
    channel = messages[0].channel
    for each in messages:
        each.deleted = True
        channel.messages.pop(each.id, None)
        if each in channel.pins:
            channel.pins.remove(each)
    shown = [each for each in messages if not each.ephemeral]
    if shown:
        where: Json = {"channel_id": str(channel.id)}
        where |= {"guild_id": str(channel.guild.id)} if channel.guild else {}
        bulk = len(shown) > 1
        data: Json = {"ids": [str(each.id) for each in shown]} if bulk else {"id": str(shown[0].id)}
        if _visible(world, channel):
            event = "MESSAGE_DELETE_BULK" if bulk else "MESSAGE_DELETE"
            world.gateway.emit(event, data | where, channel.guild.id if channel.guild else None)
    world.touch()


def react(world: World, message: Message, user: User, emoji: str, gone: bool = False) -> None:
    """Add or take back a reaction."""
    users = message.reactions.setdefault(emoji, [])
    if gone and user in users:
        users.remove(user)
    elif not gone and user not in users:
        users.append(user)
    if not users:
        message.reactions.pop(emoji)
    channel = message.channel
    data: Json = {
        "user_id": str(user.id), "channel_id": str(channel.id), "message_id": str(message.id),
        "burst": False, "type": 0, "emoji": {"id": None, "name": emoji}, "message_author_id": str(message.author.id),
    }  # fmt: skip
    if channel.guild:
        data["guild_id"] = str(channel.guild.id)
        if not gone and user.id in channel.guild.members:
            data["member"] = payloads.member(channel.guild.members[user.id])
    if _visible(world, channel):
        event = "MESSAGE_REACTION_REMOVE" if gone else "MESSAGE_REACTION_ADD"
        world.gateway.emit(event, data, channel.guild.id if channel.guild else None)


def _visible(world: World, channel: Channel) -> bool:
    return bool(in_channel(channel, world.bot) & Permission.VIEW_CHANNEL)


def shows_content(world: World, message: Message) -> bool:
    """Whether the bot reads a message without the Message Content intent: its own, direct, or mentioning it."""
    return message.author is world.bot or message.channel.guild is None or world.bot in message.mentions


def told(world: World, message: Message) -> Callable[[Session], Json | None]:
    """Return what MESSAGE_CREATE and MESSAGE_UPDATE tell a session; None where the bot cannot see it."""

    def tell(session: Session) -> Json | None:
        if not _visible(world, message.channel):
            return None
        content = bool(session.intents & intents.MESSAGE_CONTENT) or shows_content(world, message)
        data: Json = payloads.message(message, world.bot, content) | {"channel_type": message.channel.kind}
        guild = message.channel.guild
        if guild is None:
            return data
        data["guild_id"] = str(guild.id)
        member = guild.members.get(message.author.id)
        if member and not message.webhook_id:
            data["member"] = payloads.member(member, with_user=False)
        for mention, user in zip(data["mentions"], message.mentions, strict=True):
            if user.id in guild.members:
                mention["member"] = payloads.member(guild.members[user.id], with_user=False)
        return data

    return tell
