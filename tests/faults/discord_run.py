"""People who ask in Discord in every way while everything goes wrong, and what they see in the end."""

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.conversations import Conversations
from core.errors import StoreUnavailableError
from core.mailbox import Mailbox
from tests.discord_emulator import Channel, Emulator, Interaction, Message, Person
from tests.faults.command_processes import CommandFleet
from tests.faults.known_answers import KNOWN, is_reason
from tests.faults.redis_process import RedisProcess
from tests.scenario.served_team import Shared

PATIENCE = 40.0
"""Seconds for which an answer is waited for; what is not there then is lost."""


@dataclass
class Asked:
    """One question: a message, or what was started by a command."""

    person: Person
    text: str
    expected: str
    place: Channel
    message: Message | None = None
    started: Interaction | None = None


@dataclass
class DiscordRun:
    """A load, and what it goes through."""

    discord: Emulator
    fleet: CommandFleet
    redis: RedisProcess
    store: Conversations
    channels: Sequence[Channel]
    threads: Sequence[Channel]
    people: Sequence[Person]
    asked: list[Asked] = field(default_factory=list[Asked])
    chance: random.Random = field(default_factory=lambda: random.Random(11))
    written: list[str] = field(default_factory=list[str])
    _case: int = 0

    # --- asking ----------------------------------------------------------------------------------------------------

    def _question(self) -> tuple[str, str]:
        self._case += 1
        text, expected = self.chance.choice(list(KNOWN.items()))
        self.written.append(text % self._case)
        return text % self._case, expected

    async def by_mention(self, person: Person, place: Channel, reply_to: Message | None = None) -> Asked:
        """Ask in a channel or a thread, be it in reply to something, and wait for the answer."""
        text, expected = self._question()
        message = await person.mentions(place, text, reply_to=reply_to)
        return await self._answered(Asked(person, text, expected, place, message))

    async def directly(self, person: Person) -> Asked:
        """Write to it, and wait for the answer."""
        text, expected = self._question()
        message = await person.says(self.discord.bot, text)
        return await self._answered(Asked(person, text, expected, message.channel, message))

    async def by_command(self, person: Person, place: Channel, *, private: bool) -> Asked:
        """Ask by /ask, and wait for the answer if it was taken."""
        text, expected = self._question()
        started = await person.runs("/ask", {"question": text, "private": private}, place)
        return await self._answered(Asked(person, text, expected, place, started=started))

    async def edits(self, one: Asked) -> None:
        """Ask something else in the place of a question, and wait for its answer."""
        assert one.message is not None
        before, (text, expected) = one.text, self._question()
        one.text, one.expected = text, expected
        await one.person.edits(one.message, one.message.content.replace(before, text))
        with suppress(AssertionError):
            await self.discord.until(lambda: self._is_over(one) and expected in self.replies(one)[0].content, PATIENCE)

    async def _answered(self, one: Asked) -> Asked:
        self.asked.append(one)
        with suppress(AssertionError):
            await self.discord.until(lambda: self._is_over(one), PATIENCE)
        return one

    def _is_over(self, one: Asked) -> bool:
        if one.started is not None and one.started.state == "failed":
            return True
        return any(is_whole(reply) for reply in self.replies(one))

    # --- looking ---------------------------------------------------------------------------------------------------

    def replies(self, one: Asked) -> list[Message]:
        """What stands in answer to a question: what replies to it; of a command its response, or what came
        directly instead."""
        bot = self.discord.bot
        if one.started is not None:
            response = one.started.response
            shown = [response] if response is not None and not response.deleted else []
            instead = [
                each
                for each in self.discord.messages(one.person.dm)
                if each.author is bot and one.text in each.content and each is not response
            ]
            return [*shown, *instead]
        assert one.message is not None
        said = [each for each in self.discord.messages(one.place) if each.author is bot]
        return [each for each in said if each.reference is one.message]

    async def until_quiet(self) -> None:
        """Wait until nothing is left to answer."""
        mailbox = Mailbox(self.store, "discord")
        async with asyncio.timeout(PATIENCE):
            while True:
                with suppress(StoreUnavailableError):
                    if (await mailbox.state()).conversations == 0:
                        return
                await asyncio.sleep(0.1)

    def wrong(self) -> list[str]:
        """What people see that they should not, or do not see that they should."""
        return [*self._unanswered(), *self._unfinished(), *self._elsewhere(), *self._called()]

    def _unanswered(self) -> list[str]:
        found: list[str] = []
        for one in self.asked:
            if one.started is not None and one.started.state == "failed":
                continue  # Discord says itself that the application did not respond
            replies = [reply.content for reply in self.replies(one)]
            if len(replies) != 1:
                found.append(f"{one.text!r} in #{one.place.name} has {len(replies)} answers: {replies}")
            elif one.expected not in replies[0] and not is_reason(replies[0]):
                found.append(f"{one.text!r} has another question's answer: {replies[0]}")
        return found

    def _unfinished(self) -> list[str]:
        standing = [one for channel in self.discord.channels.values() for one in self.discord.messages(channel)]
        return [
            f"half-done: {one.content or 'thinking'}"
            for one in standing
            if one.author is self.discord.bot and not is_whole(one)
        ]

    def _elsewhere(self) -> list[str]:
        """Answers where nobody asked."""
        known = {reply.id for one in self.asked for reply in self.replies(one)}
        return [
            f"where nobody asked: {one.content}"
            for channel in (*self.channels, *self.threads)
            for one in self.discord.messages(channel)
            if one.author is self.discord.bot and one.id not in known
        ]

    def _called(self) -> list[str]:
        """People whom an answer notified: of what is said to them directly they are, and that is meant."""
        told = [one for one in self.discord.notified if one.message.author is self.discord.bot]
        return [f"{one.user.name} was called: {one.message.content}" for one in told if one.reason != "direct"]


def is_whole(message: Message) -> bool:
    """Whether an answer is no longer under way."""
    return not message.thinking and not any(one.label in ("Stop", "停止") for one in message.buttons())


@asynccontextmanager
async def prepared(folder: Path, shared: Shared, commands: Sequence[Sequence[str]]) -> AsyncGenerator[DiscordRun]:
    """Discord, a Redis, people and the processes; all ended afterwards, whatever came of it."""
    redis = RedisProcess(folder / "redis")
    await redis.start()
    async with Emulator(name="Lorelens") as discord:
        acme = discord.guild("Acme")
        people = [discord.person(f"p{at}", acme, locale="zh-CN" if at % 3 == 0 else "en-US") for at in range(8)]
        channels = [discord.channel(acme, f"c{at}") for at in range(4)]
        threads = [await people[0].opens_thread(channels[at], f"t{at}") for at in range(4)]
        environment = {
            "LORELENS_DATA": str(shared.data),
            "LORELENS_REDIS_URL": redis.url,
            "LORELENS_DISCORD_TOKEN": discord.token,
            "LORELENS_DISCORD_API_URL": discord.api_url,
            "LORELENS_HEALTH_ADDRESS": "",
            "OMP_NUM_THREADS": "1",
        }
        fleet = CommandFleet(folder, environment, commands)
        store = await Conversations.open(redis.url, folder)
        try:
            await fleet.start()
            await discord.until(lambda: len(discord.application.commands[None]) > 2, PATIENCE)
            yield DiscordRun(discord, fleet, redis, store, channels, threads, people)
        finally:
            fleet.kill_all()
            await store.close()
            await redis.kill()
