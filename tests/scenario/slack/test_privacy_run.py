"""Many people ask for everything, on every way there is, while they come and go: nobody sees what is not for them."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from tests.scenario.slack.privacy_world import WORD, PrivacyWorld
from tests.scenario.slack.running_bot import RunningBot, Shared
from tests.slack_emulator import Channel, Message, Person, SlackEmulator

pytestmark = pytest.mark.slow
ROUNDS, EACH, SIDE_BY_SIDE = 8, 125, 20
SHARE, WHY = "Share in channel", "Why this answer?"


@pytest.fixture
def world(slack: SlackEmulator) -> PrivacyWorld:
    return PrivacyWorld(slack)


@pytest.fixture
async def bot(world: PrivacyWorld, shared: Shared, tmp_path: Path) -> AsyncGenerator[RunningBot]:
    data = await world.read_in(tmp_path, shared.encoder)
    bot = RunningBot(world.slack, Shared(data, shared.encoder, shared.redis_url), "privacy", "socket")
    await bot.start()
    yield bot
    await bot.stop()


class PrivacyRun:
    """Asks, lets people come and go, and looks at what each of them sees that is new."""

    def __init__(self, world: PrivacyWorld, bot: RunningBot) -> None:
        self.world = world
        self.slack = world.slack
        self.bot = bot
        self.chance = world.chance
        self.leaks: list[str] = []
        self.asked: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self._looked: dict[str, int] = {}
        self._panes: set[str] = set()
        self._known: defaultdict[str, set[str]] = defaultdict(set)
        """Words that were shown to a person before."""
        self._ways: list[Callable[[Person], Awaitable[str]]] = [
            self._mention, self._directly, self._ask, self._search, self._search, self._pictures, self._sources,
            self._share, self._why, self._home, self._pane,
        ]  # fmt: skip

    async def round(self) -> None:
        """So many questions, on all ways; then a look at all that everybody sees."""
        few = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(number: int) -> None:
            async with few:
                person = self.chance.choice(self.world.people)
                self.asked[await self._ways[number % len(self._ways)](person)] += 1

        await asyncio.gather(*map(one, range(EACH)))
        await self.bot.idle(seconds=30)
        self.look()

    async def come_and_go(self) -> None:
        """People join and leave, become guests and members again; Lorelens hears of it by events."""
        for _ in range(8):
            person, channel = self.chance.choice(self.world.people), self.chance.choice(self.world.channels)
            if person.account.stranger and channel not in self.world.shared:
                continue
            if person.id in channel.members:
                await person.leaves(channel)
            else:
                await person.joins(channel)
        person = self.chance.choice(self.world.people[:12])
        await person.changes(guest="" if person.account.guest else "restricted")
        await self.bot.idle(seconds=30)
        self.look()

    # --- the ways --------------------------------------------------------------------------------------------------

    def _channel(self, person: Person) -> Channel | None:
        inside = [one for one in self.world.channels if person.id in one.members]
        return self.chance.choice(inside) if inside else None

    def _question(self) -> str:
        return self.chance.choice(self.world.documents).question

    async def _mention(self, person: Person) -> str:
        if (channel := self._channel(person)) is None:
            return await self._directly(person)
        await person.mentions(channel, self._question())
        return "mention"

    async def _directly(self, person: Person) -> str:
        await person.says("bot", self._question())
        return "directly"

    async def _command(self, person: Person, command: str, text: str) -> None:
        done = await person.runs(command, text, self._channel(person) or "bot")
        assert not done.failed

    async def _ask(self, person: Person) -> str:
        await self._command(person, "/ask", self._question())
        return "/ask"

    async def _search(self, person: Person) -> str:
        await self._command(person, "/lorelens", f"search {self._question()}")
        return "search"

    async def _pictures(self, person: Person) -> str:
        await self._command(person, "/lorelens", f"pictures {self.chance.choice(self.world.documents).name}")
        return "pictures"

    async def _sources(self, person: Person) -> str:
        await self._command(person, "/lorelens", "sources")
        return "sources"

    async def _share(self, person: Person) -> str:
        mine = [one for one in self.slack.ephemeral(person) if any(button.label == SHARE for button in one.buttons)]
        if not mine:
            return await self._ask(person)
        await person.clicks(self.chance.choice(mine), SHARE)
        return "share"

    async def _why(self, person: Person) -> str:
        readable = [one for one in self.world.channels if self.world.reads(person, one)]
        answers = [one for channel in [*readable, person.dm] for one in self.bot.answers(channel)]
        answers = [one for one in answers if any(button.label == WHY for button in one.buttons)]
        if not answers:
            return await self._directly(person)
        await person.clicks(self.chance.choice(answers), WHY)
        return "why"

    async def _home(self, person: Person) -> str:
        await person.opens_home()
        return "home"

    async def _pane(self, person: Person) -> str:
        root = await person.opens_assistant(self.chance.choice(self.world.channels))
        await person.says(root, self._question())
        return "pane"

    # --- looking ---------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """At all that is new since the last time."""
        people = {one.id: one for one in self.world.people}
        for channel in self.slack.world.channels.values():
            readers = [one for one in self.world.people if self._can_read(one, channel)]
            for message in channel.messages.values():
                if message.by_app:
                    self._see(message.id, channel.kind, len(message.versions), partial(_said, message), readers)
        for number, message in enumerate(self.slack.world.ephemeral):
            reader = people[message.ephemeral_to]
            self._see(f"{number}", "ephemeral", len(message.versions), partial(_said, message), [reader])
        for view in self.slack.world.views.values():
            blocks = [version.blocks for version in view.versions]
            self._see(view.id, "view", len(blocks), lambda at, of=blocks: json.dumps(of[at]), [people[view.person]])
        for thread in self.slack.world.assistant.values():
            said = json.dumps([thread.prompts, thread.title, thread.statuses])
            if said not in self._panes:
                self._panes.add(said)
                owner = [one for one in self.world.people if one.dm.id == thread.channel]
                self._see(said, "pane", 1, lambda at, of=said: of, owner)

    def _can_read(self, person: Person, channel: Channel) -> bool:
        return person.id in channel.members if channel.kind == "im" else self.world.reads(person, channel)

    def _see(self, name: str, kind: str, versions: int, said: Callable[[int], str], people: list[Person]) -> None:
        for at in range(self._looked.get(name, 0), versions):
            words = WORD.findall(text := said(at))
            self.seen[kind] += len(set(words))
            leaks = self.world.leaks(text, *people)
            if kind == "ephemeral" and "not everybody there may see" in text:
                # What an answer cites that was theirs when they asked may be named to them when they share it.
                leaks = [one for one in leaks if not self._known[people[0].id].issuperset(WORD.findall(one))]
            self.leaks += [f"{kind} {name}: {leak}" for leak in leaks]
            for person in people:
                self._known[person.id].update(words)
        self._looked[name] = versions


def _said(message: Message, version: int) -> str:
    """Everything that a message showed: its text, its blocks, and what its pictures are called."""
    pictures = " ".join(f"{one.alt} {one.title}" for one in message.pictures)
    one = message.versions[version]
    return f"{one.shown} {one.text} {json.dumps(one.blocks)} {pictures}"


async def test_a_thousand_questions_show_nobody_what_is_not_for_them(world: PrivacyWorld, bot: RunningBot) -> None:
    run = PrivacyRun(world, bot)
    for _ in range(ROUNDS):
        await run.round()
        await run.come_and_go()
    assert run.leaks == []
    assert sum(run.asked.values()) == ROUNDS * EACH
    assert min(run.asked.values()) > 20
    assert min(run.seen[kind] for kind in ("public", "private", "im", "ephemeral", "view", "pane")) > 10, run.seen
