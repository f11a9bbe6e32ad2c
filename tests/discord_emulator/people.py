"""A person: writes, commands, comes and goes, and looks at what is there for them."""

from tests.discord_emulator import payloads
from tests.discord_emulator.bodies import Json
from tests.discord_emulator.commanding import Commander
from tests.discord_emulator.errors import CannotDoError
from tests.discord_emulator.model import Channel, Guild, Member, Message, Role
from tests.discord_emulator.permissions import Permission, in_channel


class Person(Commander):
    """Somebody with a client, in guilds and with roles."""

    def __repr__(self) -> str:
        return f"<{self.user.name}>"

    @property
    def mention(self) -> str:
        return self.user.mention

    def enter(self, guild: Guild, roles: tuple[Role, ...] = (), nick: str | None = None) -> None:
        """Be in a guild, with these of its roles."""
        held = [each for each in roles if each.guild is guild]
        member = Member(self.user, self.world.clock.now(), held, nick)
        guild.members[self.user.id] = member
        where: Json = {"guild_id": str(guild.id)}
        self.world.gateway.emit("GUILD_MEMBER_ADD", payloads.member(member) | where, guild.id)

    async def joins(self, guild: Guild, *roles: Role) -> None:
        """Join a guild."""
        self.enter(guild, roles)

    async def leaves(self, guild: Guild) -> None:
        """Leave a guild."""
        guild.members.pop(self.user.id, None)
        for thread in guild.threads:
            thread.thread_members.pop(self.user.id, None)
        told: Json = {"guild_id": str(guild.id), "user": payloads.user(self.user)}
        self.world.gateway.emit("GUILD_MEMBER_REMOVE", told, guild.id)

    async def gets(self, role: Role) -> None:
        """Be given a role."""
        self._member(role.guild).roles.append(role)
        self._updated(role.guild)

    async def loses(self, role: Role) -> None:
        """Lose a role."""
        self._member(role.guild).roles.remove(role)
        self._updated(role.guild)

    async def nicknames(self, guild: Guild, nick: str | None) -> None:
        """Take a nickname in a guild."""
        self._member(guild).nick = nick
        self._updated(guild)

    def _member(self, guild: Guild) -> Member:
        if self.user.id not in guild.members:
            raise CannotDoError(f"{self.user.name} is not in {guild.name}")
        return guild.members[self.user.id]

    def _updated(self, guild: Guild) -> None:
        self.world.member_updated(guild, self.user)

    def closes_dms(self) -> None:
        """Take no direct messages from now on."""
        self.user.takes_dms = False

    def opens_dms(self) -> None:
        """Take direct messages again."""
        self.user.takes_dms = True

    def installs(self) -> None:
        """Install the application for oneself, wherever one is."""
        self.user.installed = True

    def sees(self, channel: Channel) -> list[Message]:
        """Return the messages that this person sees in a channel: one's own ephemeral ones, and none of others'."""
        if not in_channel(channel, self.user) & Permission.VIEW_CHANNEL:
            return []
        return self.world.messages(channel, seen_by=self)
