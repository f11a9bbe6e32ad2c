"""Many people ask for everything, on every way there is, while roles and channels change: nobody sees what is not for
them."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.discord_emulator import Channel, Emulator, Interaction, Message, Permission, Person
from tests.discord_emulator.permissions import in_channel
from tests.scenario.discord.privacy_world import PrivacyWorld
from tests.scenario.discord.running_bot import RunningBot
from tests.scenario.secret_documents import WORD, read_in
from tests.scenario.served_team import Shared

pytestmark = pytest.mark.slow
ROUNDS, EACH, SIDE_BY_SIDE = 5, 60, 12
SHARE, WHY = "Share in channel", "Why this answer?"


@pytest.fixture
async def world(discord: Emulator) -> PrivacyWorld:
    world = PrivacyWorld(discord)
    await world.settle()
    return world


@pytest.fixture
async def bot(world: PrivacyWorld, shared: Shared, tmp_path: Path) -> AsyncGenerator[RunningBot]:
    data = await read_in(world.documents, tmp_path, shared.encoder)
    bot = RunningBot(world.discord, Shared(data, shared.encoder, shared.redis_url), "discord-privacy")
    await bot.start()
    await world.discord.until(lambda: len(world.discord.application.commands[None]) > 2)
    yield bot
    await bot.stop()


class PrivacyRun:
    """Asks, lets things change, and looks at what each of them sees that is new."""

    def __init__(self, world: PrivacyWorld, bot: RunningBot) -> None:
        self.world = world
        self.discord = world.discord
        self.bot = bot
        self.chance = world.chance
        self.leaks: list[str] = []
        self.asked: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self._looked: dict[int, int] = {}
        self._known: defaultdict[Person, set[str]] = defaultdict(set)
        """Words that were shown to a person before."""
        self._ways: list[Callable[[Person], Awaitable[str]]] = [
            self._mention, self._reply, self._directly, self._ask, self._ask_privately, self._ask_privately,
            self._search, self._pictures, self._sources, self._type, self._share, self._why,
        ]  # fmt: skip

    async def round(self) -> None:
        """So many questions, on all ways; then a look at all that everybody sees."""
        few = asyncio.Semaphore(SIDE_BY_SIDE)
        everybody = [*self.world.people, self.world.outsider]

        async def one(number: int) -> None:
            async with few:
                way = self._ways[number % len(self._ways)]
                self.asked[await way(self.chance.choice(everybody))] += 1

        await asyncio.gather(*map(one, range(EACH)))
        await self.bot.idle(seconds=30)
        self.look()

    async def change(self) -> None:
        """Let roles, channels and people change; Lorelens hears of it by events, of who left after a minute."""
        await self.world.change()
        guild = self.world.guilds[1]
        await self.bot.idle(seconds=30)
        self.bot.adapter.intake.servers.heard(guild=guild.id, user=self.world.moved.user.id)
        self.look()

    # --- the ways --------------------------------------------------------------------------------------------------

    def _place(self, person: Person) -> Channel | None:
        wanted = Permission.SEND_MESSAGES | Permission.READ_MESSAGE_HISTORY
        inside = [one for one in self.world.channels if in_channel(one, person.user) & wanted == wanted]
        inside += [one for one in self.world.threads if self.world.reads(person, one)]
        return self.chance.choice(inside) if inside else None

    def _question(self) -> str:
        return self.chance.choice(self.world.documents).question

    async def _mention(self, person: Person) -> str:
        if (place := self._place(person)) is None:
            return await self._directly(person)
        await person.mentions(place, self._question())
        return "mention"

    async def _reply(self, person: Person) -> str:
        place = self._place(person)
        answers = [one for one in self.bot.answers(place) if not one.ephemeral] if place else []
        if place is None or not answers:
            return await self._mention(person)
        await person.says(place, self._question(), reply_to=self.chance.choice(answers))
        return "reply"

    async def _directly(self, person: Person) -> str:
        await person.says(self.discord.bot, self._question())
        return "directly"

    async def _run(self, person: Person, command: str, **options: object) -> Interaction:
        return await (await person.runs(command, options, self._place(person) or self.discord.bot)).acknowledged(8)

    async def _ask(self, person: Person) -> str:
        await self._run(person, "ask", question=self._question())
        return "/ask"

    async def _ask_privately(self, person: Person) -> str:
        await self._run(person, "ask", question=self._question(), private=True)
        return "/ask private"

    async def _search(self, person: Person) -> str:
        await self._run(person, "search", words=self._question())
        return "search"

    async def _pictures(self, person: Person) -> str:
        await self._run(person, "pictures", words=self.chance.choice(self.world.documents).name)
        return "pictures"

    async def _sources(self, person: Person) -> str:
        await self._run(person, "sources")
        return "sources"

    async def _type(self, person: Person) -> str:
        begun = self.chance.choice(self.world.documents).name[:5]
        place = self._place(person) or self.discord.bot
        choices = await person.types(self.chance.choice(["search", "pictures"]), "words", begun, place)
        self._see("choices", json.dumps([one.name for one in choices]), [person])
        return "autocomplete"

    async def _share(self, person: Person) -> str:
        mine = [
            one
            for channel in (*self.world.channels, *self.world.threads)
            if self.world.reads(person, channel)
            for one in list(channel.messages.values())
            if one.ephemeral_for is person.user and any(button.label == SHARE for button in one.buttons())
        ]
        if not mine:
            return await self._ask_privately(person)
        await (await person.clicks(self.chance.choice(mine), SHARE)).acknowledged(8)
        return "share"

    async def _why(self, person: Person) -> str:
        readable = [one for one in (*self.world.channels, *self.world.threads) if self.world.reads(person, one)]
        answers = [one for channel in [*readable, person.dm] for one in self.bot.answers(channel)]
        answers = [one for one in answers if one.ephemeral_for in (None, person.user)]
        answers = [one for one in answers if any(button.label == WHY for button in one.buttons())]
        if not answers:
            return await self._directly(person)
        await (await person.clicks(self.chance.choice(answers), WHY)).acknowledged(8)
        return "why"

    # --- looking ---------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """At all that is new since the last time."""
        everybody = [*self.world.people, self.world.outsider]
        for channel in list(self.discord.channels.values()):
            if channel.guild is None:
                readers = [one for one in everybody if one.dm is channel]
            else:
                readers = [one for one in everybody if self.world.reads(one, channel)]
            for message in channel.messages.values():
                if message.author is self.discord.bot:
                    mine = [one for one in everybody if one.user is message.ephemeral_for]
                    kind = "ephemeral" if mine else "direct" if channel.guild is None else "channel"
                    for version in range(self._looked.get(message.id, 0), len(message.history)):
                        self._see(kind, said(message, version), mine or readers)
                    self._looked[message.id] = len(message.history)

    def _see(self, kind: str, text: str, people: list[Person]) -> None:
        self.seen[kind] += len(set(WORD.findall(text)))
        leaks = self.world.leaks(text, *people)
        if kind == "ephemeral" and "not everybody there may see" in text:
            # What an answer cites that was theirs when they asked may be named to them when they share it.
            leaks = [one for one in leaks if not self._known[people[0]].issuperset(WORD.findall(one))]
        self.leaks += [f"{kind}: {leak}: {text[:200]}" for leak in leaks]
        for person in people:
            self._known[person].update(WORD.findall(text))


def said(message: Message, version: int) -> str:
    """Everything that a message showed: its text, its buttons, and what its pictures are called."""
    one = message.history[version]
    pictures = " ".join(f"{each.filename} {each.description}" for each in one.attachments)
    return f"{one.content} {json.dumps([*one.components, *one.embeds])} {pictures}"


async def test_hundreds_of_questions_show_nobody_what_is_not_for_them(world: PrivacyWorld, bot: RunningBot) -> None:
    run = PrivacyRun(world, bot)
    for _ in range(ROUNDS):
        await run.round()
        await run.change()
    assert run.leaks == []
    assert sum(run.asked.values()) == ROUNDS * EACH
    assert min(run.asked.values()) > 3, run.asked
    assert min(run.seen[kind] for kind in ("channel", "ephemeral", "direct", "choices")) > 10, run.seen
