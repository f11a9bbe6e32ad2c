"""Who may do what: Discord's permission bits and how roles and overwrites decide them.

discord.com/developers/docs/topics/permissions
"""

from enum import IntFlag

from tests.discord_emulator.model import PRIVATE_THREAD, Channel, Guild, User


class Permission(IntFlag):
    CREATE_INSTANT_INVITE = 1 << 0
    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CHANGE_NICKNAME = 1 << 26
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50
    PIN_MESSAGES = 1 << 51


ALL = Permission((1 << 52) - 1)
NONE = Permission(0)
P = Permission

DEFAULT = (
    P.VIEW_CHANNEL
    | P.SEND_MESSAGES
    | P.SEND_MESSAGES_IN_THREADS
    | P.CREATE_PUBLIC_THREADS
    | P.CREATE_PRIVATE_THREADS
    | P.EMBED_LINKS
    | P.ATTACH_FILES
    | P.READ_MESSAGE_HISTORY
    | P.ADD_REACTIONS
    | P.USE_EXTERNAL_EMOJIS
    | P.CHANGE_NICKNAME
    | P.USE_APPLICATION_COMMANDS
    | P.USE_EXTERNAL_APPS
    | P.CREATE_INSTANT_INVITE
)
"""What @everyone may do in a guild where nothing was changed."""

_WRITING = P.SEND_TTS_MESSAGES | P.EMBED_LINKS | P.ATTACH_FILES | P.MENTION_EVERYONE
_IN_DMS = (
    P.VIEW_CHANNEL | P.SEND_MESSAGES | P.EMBED_LINKS | P.ATTACH_FILES | P.READ_MESSAGE_HISTORY | P.ADD_REACTIONS
    | P.USE_EXTERNAL_EMOJIS | P.USE_APPLICATION_COMMANDS | P.PIN_MESSAGES
)  # fmt: skip


def in_guild(guild: Guild, user: User) -> Permission:
    """Return what somebody may do in the guild before any channel's overwrites."""
    member = guild.members.get(user.id)
    if member is None:
        return NONE
    if guild.owner is user:
        return ALL
    held = Permission(guild.everyone.permissions)
    for role in member.roles:
        held |= Permission(role.permissions)
    return ALL if held & P.ADMINISTRATOR else held


def in_channel(channel: Channel, user: User) -> Permission:
    """Return what somebody may do in a channel or thread; NONE where they cannot see it."""
    if channel.guild is None:
        return _IN_DMS if user in channel.recipients else NONE
    if channel.is_thread:
        return _in_thread(channel, user)
    held = in_guild(channel.guild, user)
    if held != ALL:
        held = _overwritten(channel, channel.guild, user, held)
    return _implied(held)


def _overwritten(channel: Channel, guild: Guild, user: User, held: Permission) -> Permission:
    member = guild.members.get(user.id)
    if member is None:
        return NONE
    everyone, own = channel.overwrites.get(guild.id), channel.overwrites.get(user.id)
    if everyone:
        held = held & ~everyone.deny | everyone.allow
    of_roles = [channel.overwrites[role.id] for role in member.roles if role.id in channel.overwrites]
    allow = deny = 0
    for one in of_roles:
        allow, deny = allow | one.allow, deny | one.deny
    held = held & ~deny | allow
    return held & ~own.deny | own.allow if own else Permission(held)


def _implied(held: Permission) -> Permission:
    if not held & P.VIEW_CHANNEL:
        return NONE
    return held if held & P.SEND_MESSAGES else held & ~_WRITING


def _in_thread(thread: Channel, user: User) -> Permission:
    """A thread has its parent's permissions, but for writing; a private one is for its members and moderators."""
    parent = thread.parent
    if parent is None or parent.guild is None:
        return NONE
    held = in_guild(parent.guild, user)
    if held != ALL:
        held = _overwritten(parent, parent.guild, user, held)
    if not held & P.VIEW_CHANNEL:
        return NONE
    if thread.kind == PRIVATE_THREAD and user.id not in thread.thread_members and not held & P.MANAGE_THREADS:
        return NONE
    return held if held & P.SEND_MESSAGES_IN_THREADS else held & ~_WRITING


def may_write(channel: Channel, user: User) -> bool:
    """Whether somebody may write messages in a channel or thread."""
    wanted = P.SEND_MESSAGES_IN_THREADS if channel.is_thread else P.SEND_MESSAGES
    return bool(in_channel(channel, user) & wanted)
