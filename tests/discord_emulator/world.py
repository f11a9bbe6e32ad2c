"""The world and how a test builds it: the application, guilds, roles, channels, threads, messages as they stand."""

import asyncio
import secrets
from collections.abc import Iterable

from tests.discord_emulator import payloads
from tests.discord_emulator.bodies import Json
from tests.discord_emulator.clock import Clock
from tests.discord_emulator.gateway import Gateway
from tests.discord_emulator.interaction import Interaction
from tests.discord_emulator.model import (
    DM,
    NEWS,
    NEWS_THREAD,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    Application,
    Attachment,
    Channel,
    Guild,
    Member,
    Message,
    Overwrite,
    Role,
    User,
    Webhook,
)
from tests.discord_emulator.permissions import DEFAULT, NONE, Permission, in_channel, in_guild
from tests.discord_emulator.records import Notified


class World:
    """All that stands, by id; `touch` wakes whoever waits for a change."""

    gateway_url = ""
    api_url = ""
    cdn_url = ""

    def __init__(self, name: str = "Lantern") -> None:
        self.clock = Clock()
        self.token = f"MTA.{secrets.token_urlsafe(6)}.{secrets.token_urlsafe(27)}"
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.files: dict[int, Attachment] = {}
        self.webhooks: dict[int, Webhook] = {}
        self.interactions: dict[str, Interaction] = {}
        self.notified: list[Notified] = []
        self.typing: list[tuple[Channel, float]] = []
        self._change = asyncio.Event()
        owner = self.user("owner")
        self.bot = self.user(name, bot=True)
        self.application = Application(self.bot.id, name, self.bot, owner)
        self.gateway = Gateway(self)

    # Waiting

    def touch(self) -> None:
        """Wake everybody who waits for a change."""
        self._change.set()
        self._change = asyncio.Event()

    def next_change(self) -> asyncio.Event:
        """Return what the next change sets."""
        return self._change

    # Building

    def user(self, name: str, bot: bool = False, locale: str = "en-US") -> User:
        """Make an account."""
        made = User(self.clock.snowflake(), name, name.capitalize(), bot, locale)
        self.users[made.id] = made
        return made

    def guild(
        self, name: str, locale: str = "en-US", tier: int = 0, bot: bool = True, owner: User | None = None
    ) -> Guild:
        """Make a guild where @everyone may read and write; the bot joins it unless told not to."""
        made = Guild(self.clock.snowflake(), name, owner or self.application.owner, locale, tier, installed=bot)
        made.roles[made.id] = Role(made.id, "@everyone", int(DEFAULT), 0, made)
        made.members[made.owner.id] = Member(made.owner, self.clock.now())
        self.guilds[made.id] = made
        if bot:
            self.add_bot(made)
        return made

    def guilds_in_bulk(self, count: int, channels: int = 5) -> list[Guild]:
        """Make many guilds, each with its channels."""
        made = [self.guild(f"guild {number}") for number in range(count)]
        for each in made:
            for number in range(channels):
                self.channel(each, f"channel-{number}")
        return made

    def add_bot(self, guild: Guild) -> None:
        """Let the bot join a guild."""
        guild.installed = True
        guild.members[self.bot.id] = Member(self.bot, self.clock.now())
        self.gateway.emit("GUILD_CREATE", lambda session: self.gateway.guild_create(session, guild.id), guild.id)

    def remove_bot(self, guild: Guild) -> None:
        """Throw the bot out."""
        guild.installed = False
        guild.members.pop(self.bot.id, None)
        self.gateway.emit("GUILD_DELETE", {"id": str(guild.id)}, guild.id)

    def unavailable(self, guild: Guild) -> None:
        """Let a guild have an outage."""
        guild.unavailable = True
        self.gateway.emit("GUILD_DELETE", {"id": str(guild.id), "unavailable": True}, guild.id)

    def available(self, guild: Guild) -> None:
        """End a guild's outage."""
        guild.unavailable = False
        self.gateway.emit("GUILD_CREATE", lambda session: self.gateway.guild_create(session, guild.id), guild.id)

    def role(self, guild: Guild, name: str, permissions: int = 0, position: int = 1, mentionable: bool = False) -> Role:
        """Make a role."""
        made = Role(self.clock.snowflake(), name, int(permissions), position, guild, mentionable)
        guild.roles[made.id] = made
        self.gateway.emit("GUILD_ROLE_CREATE", {"guild_id": str(guild.id), "role": payloads.role(made)}, guild.id)
        return made

    def set_role(self, role: Role, permissions: int) -> None:
        """Change what a role may do; `guild.everyone` is a role too."""
        role.permissions = int(permissions)
        told = {"guild_id": str(role.guild.id), "role": payloads.role(role)}
        self.gateway.emit("GUILD_ROLE_UPDATE", told, role.guild.id)

    def channel(
        self,
        guild: Guild,
        name: str,
        kind: int = TEXT,
        parent: Channel | None = None,
        allow: Iterable["Role | Account"] = (),
        hidden: bool = False,
        topic: str | None = None,
    ) -> Channel:
        """Make a channel; a hidden one is seen only by those whom `allow` names."""
        made = Channel(self.clock.snowflake(), name, kind, guild, parent, topic=topic, position=len(guild.channels))
        if hidden:
            made.overwrites[guild.id] = Overwrite(guild.id, 0, deny=Permission.VIEW_CHANNEL)
        for each in allow:
            self._overwrite(made, each, Permission.VIEW_CHANNEL, NONE)
        guild.channels[made.id] = self.channels[made.id] = made
        self.gateway.emit("CHANNEL_CREATE", payloads.channel(made), guild.id)
        return made

    def delete_role(self, role: Role) -> None:
        """Delete a role; whoever held it loses it."""
        role.guild.roles.pop(role.id)
        for member in role.guild.members.values():
            member.roles = [each for each in member.roles if each is not role]
        told = {"guild_id": str(role.guild.id), "role_id": str(role.id)}
        self.gateway.emit("GUILD_ROLE_DELETE", told, role.guild.id)

    def bot_gets(self, role: Role) -> None:
        """Give the bot a role."""
        role.guild.members[self.bot.id].roles.append(role)
        self.member_updated(role.guild, self.bot)

    def bot_loses(self, role: Role) -> None:
        """Take a role from the bot."""
        role.guild.members[self.bot.id].roles.remove(role)
        self.member_updated(role.guild, self.bot)

    def member_updated(self, guild: Guild, user: User) -> None:
        """Tell of a member; of the bot itself every session is told, whatever its intents."""
        told: Json = payloads.member(guild.members[user.id]) | {"guild_id": str(guild.id)}
        self.gateway.emit("GUILD_MEMBER_UPDATE", told, guild.id, always=user is self.bot)

    def overwrite(self, channel: Channel, who: "Role | Account", allow: int = 0, deny: int = 0) -> None:
        """Let a role or somebody do more or less in a channel than in the guild."""
        guild = channel.guild
        assert guild is not None
        before = in_channel(channel, self.bot) & Permission.VIEW_CHANNEL
        self._overwrite(channel, who, allow, deny)
        self.gateway.emit("CHANNEL_UPDATE", payloads.channel(channel), guild.id)
        if not before and in_channel(channel, self.bot) & Permission.VIEW_CHANNEL:
            threads = [each for each in guild.threads if each.parent is channel and not each.archived]
            threads = [each for each in threads if in_channel(each, self.bot)]
            joined = [each for each in threads if self.bot.id in each.thread_members]
            told: Json = {
                "guild_id": str(guild.id),
                "channel_ids": [str(channel.id)],
                "threads": [payloads.channel(each, self.bot) for each in threads],
                "members": [payloads.thread_member(each, self.bot.id) for each in joined],
            }
            self.gateway.emit("THREAD_LIST_SYNC", told, guild.id)

    def _overwrite(self, channel: Channel, who: "Role | Account", allow: int, deny: int) -> None:
        id_ = who.id if isinstance(who, Role) else account(who).id
        channel.overwrites[id_] = Overwrite(id_, 0 if isinstance(who, Role) else 1, int(allow), int(deny))

    def delete_channel(self, channel: Channel) -> None:
        """Delete a channel with its threads and messages."""
        assert channel.guild is not None
        for each in [one for one in channel.guild.threads if one.parent is channel]:
            self.delete_channel(each)
        shown = payloads.channel(channel)
        self.channels.pop(channel.id)
        channel.guild.channels.pop(channel.id)
        channel.deleted = True
        if channel.is_thread:
            shown = {key: shown[key] for key in ("id", "guild_id", "parent_id", "type")}
        self.gateway.emit("THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE", shown, channel.guild.id)

    def dm(self, user: User) -> Channel:
        """Return the direct channel between the bot and somebody, made where there was none."""
        for each in self.channels.values():
            if each.kind == DM and user in each.recipients:
                return each
        made = Channel(self.clock.snowflake(), "", DM, recipients=[user, self.bot])
        self.channels[made.id] = made
        return made

    def make_thread(
        self, parent: Channel, name: str, owner: User, private: bool = False, message: Message | None = None
    ) -> Channel:
        """Make a thread and its first member, with no events: `threads.open_thread` tells of it."""
        kind = PRIVATE_THREAD if private else NEWS_THREAD if parent.kind == NEWS else PUBLIC_THREAD
        made = Channel(message.id if message else self.clock.snowflake(), name, kind, parent.guild, parent, owner=owner)
        made.thread_members[owner.id] = self.clock.now()
        assert parent.guild is not None
        parent.guild.channels[made.id] = self.channels[made.id] = made
        return made

    # Looking

    def permissions(self, channel: Channel, who: "Account") -> Permission:
        """Return what somebody may do in a channel or thread."""
        return in_channel(channel, account(who))

    def messages(self, channel: Channel, seen_by: "Account | None" = None) -> list[Message]:
        """Return the messages that stand, oldest first: all of them, or without what is ephemeral for others."""
        viewer = account(seen_by) if seen_by is not None else None
        return [
            each for each in channel.messages.values()
            if viewer is None or each.ephemeral_for is None or each.ephemeral_for is viewer
        ]  # fmt: skip

    def guild_permissions(self, guild: Guild, who: "Account") -> Permission:
        """Return what somebody may do in the guild, before overwrites."""
        return in_guild(guild, account(who))


class HasUser:
    """Somebody who acts for an account: a `Person`."""

    user: User


Account = User | HasUser


def account(who: Account) -> User:
    """Return the account of a person, or the account itself."""
    return who.user if isinstance(who, HasUser) else who
