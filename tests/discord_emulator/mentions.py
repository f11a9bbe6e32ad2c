"""Whom a message mentions and pings: the marks in its text, and what `allowed_mentions` lets through.

discord.com/developers/docs/resources/message#allowed-mentions-object
"""

import re

from tests.discord_emulator.bodies import Json, listed
from tests.discord_emulator.model import SUPPRESS_NOTIFICATIONS, Message, Role, User
from tests.discord_emulator.permissions import Permission, in_channel
from tests.discord_emulator.records import Notified
from tests.discord_emulator.world import World

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_USER, _ROLE, _EVERYONE = re.compile(r"<@!?(\d+)>"), re.compile(r"<@&(\d+)>"), re.compile(r"@(everyone|here)\b")


def resolve(world: World, message: Message, allowed: Json | None) -> None:
    """Fill in a message's mentions; `allowed` None lets everything through and a reply ping."""
    text = _CODE.sub("", message.content)
    parse: list[str] = ["users", "roles", "everyone"] if allowed is None else listed(allowed, "parse")
    listed_users = {int(each) for each in listed(allowed, "users")}
    listed_roles = {int(each) for each in listed(allowed, "roles")}
    users: dict[int, User] = {}
    for id_ in map(int, _USER.findall(text)):
        if id_ in world.users and ("users" in parse or id_ in listed_users):
            users[id_] = world.users[id_]
    if _pings_replied(message, allowed) and message.reference is not None:
        users[message.reference.author.id] = message.reference.author
    message.mentions = list(users.values())
    guild = message.channel.guild
    may_all = bool(in_channel(message.channel, message.author) & Permission.MENTION_EVERYONE)
    message.mention_roles = [
        guild.roles[id_] for id_ in dict.fromkeys(map(int, _ROLE.findall(text)))
        if guild and id_ in guild.roles and ("roles" in parse or id_ in listed_roles)
    ]  # fmt: skip
    message.mention_everyone = bool(guild and may_all and "everyone" in parse and _EVERYONE.search(text))


def _pings_replied(message: Message, allowed: Json | None) -> bool:
    return message.kind == 19 and (allowed is None or bool(allowed.get("replied_user")))


def notify(world: World, message: Message) -> None:
    """Write down whom a new message pings: those who can see it, but its author."""
    if message.flags & SUPPRESS_NOTIFICATIONS or message.ephemeral:
        return
    told: dict[int, Notified] = {}

    def tell(user: User, reason: str) -> None:
        sees = in_channel(message.channel, user) & Permission.VIEW_CHANNEL
        if user is not message.author and sees and user.id not in told:
            told[user.id] = Notified(user, message, reason)  # pyright: ignore[reportArgumentType]

    text = _CODE.sub("", message.content)
    for user in message.mentions:
        tell(user, "mention" if re.search(rf"<@!?{user.id}>", text) else "reply")
    for role in message.mention_roles:
        for user in _holders(role) if _may_ping(message, role) else ():
            tell(user, "role")
    guild = message.channel.guild
    if message.mention_everyone and guild:
        for member in guild.members.values():
            tell(member.user, "everyone")
    if guild is None:
        for user in message.channel.recipients:
            tell(user, "direct")
    world.notified.extend(told.values())


def _may_ping(message: Message, role: Role) -> bool:
    held = in_channel(message.channel, message.author)
    return role.mentionable or bool(held & Permission.MENTION_EVERYONE)


def _holders(role: Role) -> list[User]:
    return [member.user for member in role.guild.members.values() if role in member.roles]
