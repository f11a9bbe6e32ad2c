"""Two servers with 100 documents for different people, and who may see which: what the privacy run asks about."""

import random

from core import audience as principals
from tests.discord_emulator import Channel, Emulator, Guild, Permission, Person, Role
from tests.discord_emulator.permissions import in_channel
from tests.scenario.secret_documents import WORD, Document, documents_for

DOCUMENTS = 100
VIEW, HISTORY = Permission.VIEW_CHANNEL, Permission.READ_MESSAGE_HISTORY
READ = VIEW | HISTORY


class PrivacyWorld:
    """People, roles, channels, private threads and documents; who may see what as it is now."""

    def __init__(self, discord: Emulator, seed: int = 23) -> None:
        self.discord = discord
        self.chance = random.Random(seed)
        self.guilds = [discord.guild("Acme"), discord.guild("Other")]
        self.roles = [discord.role(guild, f"r{at}") for guild in self.guilds for at in range(3)]
        self.people = [discord.person(f"p{at}", *self._servers(at)) for at in range(19)]
        self.outsider = discord.person("outsider")
        self.outsider.installs()
        self.channels = [self._channel(self.guilds[at % 3 // 2], at) for at in range(12)]
        self.threads: list[Channel] = []
        self.documents: list[Document] = []
        self.by_word: dict[str, Document] = {}
        self.moved = self.people[0]
        """Who joined or left a server last."""

    async def settle(self) -> None:
        """Give out roles, open the threads, and write the documents."""
        for person in self.people:
            for role in self.chance.sample(self.roles, 2):
                if self.is_member(person, role.guild):
                    await person.gets(role)
        for channel in self.chance.sample(self.channels, 4):
            inside = [one for one in self.people if self.reads(one, channel)][:4]
            thread = await inside[0].opens_thread(channel, f"t-{channel.name}", private=True)
            for one in inside[1:]:
                thread.thread_members[one.user.id] = 0.0
            thread.thread_members[self.discord.bot.id] = 0.0
            self.threads.append(thread)
        self.documents = list(documents_for(self._audiences(), DOCUMENTS, self.chance))
        self.by_word = {one.word: one for one in self.documents}

    def _servers(self, number: int) -> list[Guild]:
        return self.guilds if number < 4 else [self.guilds[number % 3 // 2]]

    def _channel(self, guild: Guild, number: int) -> Channel:
        """One that is open, one that is not for one role, or a hidden one, for one role or for somebody."""
        roles = [role for role in self.roles if role.guild is guild]
        channel = self.discord.channel(guild, f"c{number}", hidden=number % 4 >= 2)
        self.discord.overwrite(channel, self.discord.bot, allow=int(READ))
        match number % 4:
            case 1:
                self.discord.overwrite(channel, self.chance.choice(roles), deny=int(VIEW))
            case 2:
                self.discord.overwrite(channel, self.chance.choice(roles), allow=int(VIEW))
            case 3:
                for person in self.chance.sample([one for one in self.people if self.is_member(one, guild)], 3):
                    self.discord.overwrite(channel, person, allow=int(VIEW))
            case _:
                pass
        return channel

    def _audiences(self) -> list[str]:
        audiences = [principals.EVERYONE, principals.GUESTS]
        audiences += [principals.workspace("discord", str(one.id)) for one in self.guilds]
        for one in (*self.channels, *self.threads):
            assert one.guild is not None
            audiences.append(principals.channel("discord", str(one.guild.id), str(one.id)))
        some = [*self.people[::4], self.outsider]
        return audiences + [principals.person("discord", "@me", str(one.user.id)) for one in some]

    # --- who may see what ------------------------------------------------------------------------------------------

    def is_member(self, person: Person, guild: Guild) -> bool:
        """Whether somebody is on a server."""
        return person.user.id in guild.members

    def reads(self, person: Person, channel: Channel) -> bool:
        """Whether somebody can read a channel or thread, with what was said there before."""
        return in_channel(channel, person.user) & READ == READ

    def may_see(self, person: Person, document: Document) -> bool:
        """Whether a document is for somebody."""
        if document.audience in (principals.GUESTS, principals.EVERYONE):
            shares = any(self.is_member(person, guild) for guild in self.guilds)
            return document.audience == principals.GUESTS or shares
        _, server, *rest = document.audience.split("/")
        if rest[:1] == ["person"]:
            return rest[1] == str(person.user.id)
        if not rest:
            return self.is_member(person, self.discord.guilds[int(server)])
        return any(self.reads(person, one) for one in (*self.channels, *self.threads) if str(one.id) == rest[1])

    def leaks(self, text: str, *people: Person) -> list[str]:
        """The words in a text that somebody of these may not see."""
        return [
            f"{one.user.name} sees {word} of {self.by_word[word].audience}"
            for word in sorted(set(WORD.findall(text)))
            for one in people
            if not self.may_see(one, self.by_word[word])
        ]

    # --- what changes ----------------------------------------------------------------------------------------------

    async def change(self) -> None:
        """Channels are opened and closed, roles given and taken, people join and leave servers."""
        for channel in self.chance.sample(self.channels, 3):
            assert channel.guild is not None
            who: Role | Person = self.chance.choice(
                [
                    channel.guild.everyone,
                    *(one for one in self.roles if one.guild is channel.guild),
                    self.chance.choice([one for one in self.people if self.is_member(one, channel.guild)]),
                ]
            )
            allow, deny = self.chance.choice([(READ, 0), (0, VIEW), (0, HISTORY), (0, 0)])
            self.discord.overwrite(channel, who, allow=int(allow), deny=int(deny))
        for _ in range(4):
            role, person = self.chance.choice(self.roles), self.chance.choice(self.people)
            if self.is_member(person, role.guild):
                held = role.guild.members[person.user.id].roles
                await (person.loses(role) if role in held else person.gets(role))
                await self._shows_up(person, role.guild)
        self.moved = self.chance.choice(self.people[:4])
        other = self.guilds[1]
        await (self.moved.leaves(other) if self.is_member(self.moved, other) else self.moved.joins(other))
        thread = self.chance.choice(self.threads)
        assert thread.guild is not None and thread.parent is not None
        thread.thread_members.pop(self.chance.choice(self.people).user.id, None)

    async def _shows_up(self, person: Person, guild: Guild) -> None:
        """Of roles Lorelens is told by what their holder says: it does not ask for the intent for members."""
        for channel in self.channels:
            if channel.guild is guild and in_channel(channel, person.user) & Permission.SEND_MESSAGES:
                await person.says(channel, "Hello!")
                return
