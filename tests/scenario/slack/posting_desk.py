"""Questions of people in the emulated Slack, taken from a real mailbox, and answered by the outlet; workers may die."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue

from adapters.slack.api import OneWorkspace
from adapters.slack.outlet import SlackOutlet
from adapters.slack.paces import Paces
from adapters.slack.pacing import Pacing
from core.conversations import Conversations
from core.mailbox import Mailbox
from core.messages import Author, Place
from core.messages import Message as Said
from core.question import Question
from tests.postings import PostingDesk
from tests.slack_emulator import Channel, Message, Person, SlackEmulator

Surface = Literal["thread", "direct", "assistant", "ephemeral"]
QUICK = Paces(grace=0.05, together=0.05, stream=0.05, edit=0.05, a_while=0.3)


class Desk(PostingDesk[SlackOutlet, Message]):
    """A mailbox and the outlets of workers."""

    def __init__(self, slack: SlackEmulator, store: Conversations) -> None:
        self.slack = slack
        self.pictures: dict[str, bytes] = {}
        self.clients = OneWorkspace(slack.bot_token, url=slack.api_url, timeout=5, pacing=Pacing(scale=1000))
        super().__init__(Mailbox(store, "slack"), SlackOutlet(self.clients, self.picture, paces=QUICK))

    async def picture(self, sha256: str) -> bytes | None:
        return self.pictures.get(sha256)

    def response_url(self, channel: Channel, person: Person, clicked: Message | None = None) -> str:
        """As a command of the person in the channel brings it along, or a click on a message."""
        world = self.slack.world
        return world.grants.response_url(world.base, self.slack.team, person.id, channel, clicked)

    async def close(self) -> None:
        await self.outlet.close()
        await self.clients.close()

    def question(self, asked: Message, person: Person, surface: Surface = "thread", **delivery: JsonValue) -> Question:
        """What the ingress makes of a person's message."""
        team, channel = self.slack.team.id, asked.channel.id
        thread = {"thread": asked.root, "assistant": asked.root, "direct": None, "ephemeral": f"~{person.id}"}[surface]
        place = Place(
            platform="slack",
            workspace=team,
            channel=channel,
            thread=thread,
            visibility="public" if surface == "thread" else "direct",
        )
        given: dict[str, JsonValue] = {"team": team, "enterprise": "", "user": person.id, "locale": "en-US"}
        message = Said(
            id=f"{channel}:{asked.ts}",
            place=place,
            author=Author(id=person.id),
            text=asked.text,
            sent_at=_time(asked.ts),
        )
        return Question(message=message, delivery={**given, "surface": surface, "ts": asked.ts, **delivery})

    def message(self, reply: str) -> Message:
        channel, ts = reply.split(":")
        found = [one for one in self.slack.world.channels[channel].messages.values() if one.ts == ts]
        assert found, reply
        return found[0]

    def methods(self) -> list[str]:
        """What Slack was asked to do, in order."""
        return [call.method for call in self.slack.calls() if call.method != "auth.test"]

    def arguments(self, method: str) -> list[dict[str, Any]]:
        return [dict(call.arguments) for call in self.slack.calls(method)]


@asynccontextmanager
async def desk_at(slack: SlackEmulator, folder: Path) -> AsyncGenerator[Desk]:
    store = await Conversations.open("", folder)
    desk = Desk(slack, store)
    try:
        yield desk
    finally:
        await desk.close()
        await store.close()


def _time(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)
