"""People who ask in threads, directly and by /ask while everything goes wrong, and what they see in the end."""

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.conversations import Conversations
from core.errors import StoreUnavailableError
from core.mailbox import Mailbox
from tests.faults.command_processes import CommandFleet
from tests.faults.known_answers import KNOWN, is_reason
from tests.faults.redis_process import RedisProcess
from tests.scenario.served_team import Shared
from tests.slack_emulator import Channel, Message, Person, SlackEmulator

PATIENCE = 40.0
"""Seconds for which an answer is waited for; what is not there then is lost."""


@dataclass
class Asked:
    """One question: `message` stands in a thread or directly; by /ask there is none."""

    person: Person
    text: str
    expected: str
    place: Channel
    message: Message | None = None
    acknowledged: bool = True


@dataclass
class SlackRun:
    """A load, and what it goes through."""

    slack: SlackEmulator
    fleet: CommandFleet
    redis: RedisProcess
    store: Conversations
    channels: Sequence[Channel]
    people: Sequence[Person]
    asked: list[Asked] = field(default_factory=list[Asked])
    chance: random.Random = field(default_factory=lambda: random.Random(11))
    _case: int = 0

    # --- asking ----------------------------------------------------------------------------------------------------

    def _question(self) -> tuple[str, str]:
        self._case += 1
        text, expected = self.chance.choice(list(KNOWN.items()))
        return text % self._case, expected

    async def in_thread(self, person: Person, root: Message | Channel) -> Asked:
        """Ask in a channel, or further on in a thread, and wait for the answer."""
        text, expected = self._question()
        message = await person.mentions(root, text)
        return await self._answered(Asked(person, text, expected, message.channel, message))

    async def directly(self, person: Person) -> Asked:
        """Write to it, and wait for the answer."""
        text, expected = self._question()
        message = await person.says("bot", text)
        return await self._answered(Asked(person, text, expected, message.channel, message))

    async def privately(self, person: Person, channel: Channel) -> Asked:
        """Ask by /ask, and wait for the answer if it was taken."""
        text, expected = self._question()
        before = len(self.private(person))
        done = await person.runs("/ask", text, channel)
        one = Asked(person, text, expected, channel, None, not done.failed)
        self.asked.append(one)
        if one.acknowledged and not (done.shown and is_reason(done.shown.shown)):
            with suppress(AssertionError):
                await self.slack.until(lambda: len(self.private(person)) > before, PATIENCE)
        return one

    async def _answered(self, one: Asked) -> Asked:
        self.asked.append(one)
        with suppress(AssertionError):
            await self.slack.until(lambda: any(is_whole(reply) for reply in self.replies(one)), PATIENCE)
        return one

    # --- looking ---------------------------------------------------------------------------------------------------

    def replies(self, one: Asked) -> list[Message]:
        """What stands between a question and the next one in its thread."""
        assert one.message is not None
        place = one.message
        later = [
            other.message.ts
            for other in self.asked
            if other.message is not None
            and other.message.channel is place.channel
            and (other.message.root == place.root or place.channel.kind == "im")
            and other.message.ts > place.ts
        ]
        until = min(later, default="9")
        return [reply for reply in self.slack.replies(place) if reply.ts < until]

    def private(self, person: Person) -> list[Message]:
        """The answers that only this person sees."""
        return [one for one in self.slack.ephemeral(person) if one.buttons or is_reason(one.shown)]

    async def until_quiet(self) -> None:
        """Wait until nothing is left to answer, and all is acknowledged or given up."""
        mailbox = Mailbox(self.store, "slack")
        async with asyncio.timeout(PATIENCE):
            await self.slack.settled(PATIENCE)
            while True:
                with suppress(StoreUnavailableError):
                    if (await mailbox.state()).conversations == 0:
                        return
                await asyncio.sleep(0.1)

    def wrong(self) -> list[str]:
        """What people see that they should not, or do not see that they should."""
        return [*self._unanswered(), *self._unfinished(), *self._of_asks(), *self._elsewhere()]

    def _unanswered(self) -> list[str]:
        found: list[str] = []
        for one in self.asked:
            if one.message is None:
                continue
            replies = [reply.shown for reply in self.replies(one)]
            if len(replies) != 1:
                found.append(f"{one.text!r} in {one.place.name} has {len(replies)} answers: {replies}")
            elif one.expected not in replies[0] and not is_reason(replies[0]):
                found.append(f"{one.text!r} has another question's answer: {replies[0]}")
        return found

    def _unfinished(self) -> list[str]:
        standing = [one for channel in self.slack.world.channels.values() for one in self.slack.messages(channel)]
        standing += [one for person in self.people for one in self.slack.ephemeral(person)]
        return [f"half-done: {one.shown}" for one in standing if one.by_app and not is_whole(one)]

    def _of_asks(self) -> list[str]:
        found: list[str] = []
        for person in self.people:
            asks = [one for one in self.asked if one.message is None and one.person is person]
            seen = {text for one in self.private(person) if not is_reason(text := one.shown)}
            taken = [one for one in asks if one.acknowledged]
            directly = [one for one in self.slack.messages(person.dm) if one.by_app and asks and not one.pictures]
            answers = seen | {one.shown for one in directly}  # pictures can't be seen by one person in a channel
            if len(answers) > len(asks):
                found.append(f"{person.name} asked {len(asks)} times and sees {len(answers)} answers: {answers}")
            if taken and not (self.private(person) or answers):
                found.append(f"{person.name} was not answered: {[one.text for one in taken]}")
        return found

    def _elsewhere(self) -> list[str]:
        """Answers where nobody asked."""
        threads = {(one.place.id, one.message.root) for one in self.asked if one.message is not None}
        return [
            f"where nobody asked: {one.shown}"
            for channel in self.channels
            for one in self.slack.messages(channel)
            if one.by_app and (channel.id, one.root) not in threads
        ]


def is_whole(message: Message) -> bool:
    """Whether an answer is no longer under way."""
    return not message.streaming and not any(one.label in ("Stop", "停止") for one in message.buttons)


@asynccontextmanager
async def prepared(
    folder: Path, shared: Shared, commands: Sequence[Sequence[str]], **settings: str
) -> AsyncGenerator[SlackRun]:
    """Slack, a Redis, people and the processes; all ended afterwards, whatever came of it."""
    redis = RedisProcess(folder / "redis")
    await redis.start()
    async with SlackEmulator(retry_delays=(0.05,) + (0.4,) * 60) as slack:
        people = [slack.person(f"p{at}", locale="zh-CN" if at % 3 == 0 else "en-US") for at in range(12)]
        channels = [slack.channel(f"c{at}") for at in range(6)]
        environment = {
            "LORELENS_DATA": str(shared.data),
            "LORELENS_REDIS_URL": redis.url,
            "LORELENS_SLACK_BOT_TOKEN": slack.bot_token,
            "LORELENS_SLACK_APP_TOKEN": slack.app_token,
            "LORELENS_SLACK_API_URL": slack.api_url,
            "LORELENS_HEALTH_ADDRESS": "",
            "OMP_NUM_THREADS": "1",
            **{f"LORELENS_{name.upper()}": value for name, value in settings.items()},
        }
        fleet = CommandFleet(folder, environment, commands)
        store = await Conversations.open(redis.url, folder)
        try:
            await fleet.start()
            yield SlackRun(slack, fleet, redis, store, channels, people)
        finally:
            fleet.kill_all()
            await store.close()
            await redis.kill()
