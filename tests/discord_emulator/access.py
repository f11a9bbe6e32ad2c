"""What the bot may reach: the channel or message of a call, or the refusal that Discord gives."""

from typing import TYPE_CHECKING

from tests.discord_emulator.errors import DiscordError, missing_access, missing_permissions, unknown
from tests.discord_emulator.model import CATEGORY, DM, FORUM, Channel, Guild, Message
from tests.discord_emulator.permissions import NONE, Permission, in_channel

if TYPE_CHECKING:
    from tests.discord_emulator.emulator import Emulator

P = Permission


def channel_of(emulator: "Emulator", id_: int, wanted: Permission = NONE) -> Channel:
    """Return a channel that the bot sees and where it may do `wanted`."""
    channel = emulator.channels.get(id_)
    if channel is None:
        raise unknown("Channel")
    held = in_channel(channel, emulator.bot)
    if not held & P.VIEW_CHANNEL:
        raise missing_access()
    if wanted & ~held:
        raise missing_permissions()
    return channel


def writable(emulator: "Emulator", id_: int) -> Channel:
    """Return a channel in which the bot may write now."""
    channel = channel_of(emulator, id_)
    if channel.kind in (CATEGORY, FORUM):
        raise DiscordError(400, 50008, "Cannot send messages in a non-text channel")
    wanted = P.SEND_MESSAGES_IN_THREADS if channel.is_thread else P.SEND_MESSAGES
    if not in_channel(channel, emulator.bot) & wanted:
        raise missing_permissions()
    if channel.locked and not in_channel(channel, emulator.bot) & P.MANAGE_THREADS:
        raise DiscordError(403, 160005, "Thread is locked")
    if channel.kind == DM and not reachable(emulator, channel):
        raise DiscordError(403, 50007, "Cannot send messages to this user")
    return channel


def reachable(emulator: "Emulator", dm: Channel) -> bool:
    """Whether somebody takes direct messages of the bot: they allow it, and share a guild with it or installed it."""
    other = next(each for each in dm.recipients if each is not emulator.bot)
    shares = any(other.id in each.members and emulator.bot.id in each.members for each in emulator.guilds.values())
    return other.takes_dms and (shares or other.installed) and not other.bot


def message_of(channel: Channel, id_: int) -> Message:
    """Return a message that stands in a channel; what is ephemeral is not there for REST."""
    message = channel.messages.get(id_)
    if message is None or message.ephemeral:
        raise unknown("Message")
    return message


def guild_of(emulator: "Emulator", id_: int) -> Guild:
    """Return a guild that the bot is in."""
    guild = emulator.guilds.get(id_)
    if guild is None:
        raise unknown("Guild")
    if emulator.bot.id not in guild.members:
        raise missing_access()
    return guild
