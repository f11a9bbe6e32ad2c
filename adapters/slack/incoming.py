"""A message of Slack as a core value: what was said, by whom, where, and with which files."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, Protocol

from adapters.payloads import Payload, string
from adapters.slack.api import Installed
from adapters.slack.file_objects import attachments_of
from adapters.slack.membership import Channel
from adapters.slack.mentions import Mentions, Names, mentions
from adapters.slack.people import Person
from adapters.slack.rich_text import message_text
from core.messages import Author, Message, Place


class Directory(Protocol):
    """Who people and channels are, as far as that can be learned quickly (`membership.Membership`)."""

    async def person(self, installed: Installed, user: str) -> Person | None:
        """The person, or None."""
        ...

    async def named(self, installed: Installed, channel: str) -> Channel | None:
        """The channel, or None."""
        ...


async def as_message(
    message: Payload, place: Place, installed: Installed, directory: Directory, *, named: Mentions | None = None
) -> Message:
    """A person's message. What can't be learned of names stays an id (`@U123`); the mention of the app is left out."""
    author = string(message.get("user"))
    names, person = await asyncio.gather(
        names_for(named or mentions(message), installed, directory), directory.person(installed, author)
    )
    return Message(
        id=message_id(place.channel, string(message.get("ts"))),
        place=place,
        author=Author(id=author, name=person.name if person else "", locale=person.locale if person else ""),
        text=message_text(message, names),
        attachments=attachments_of(message),
        sent_at=sent_at(string(message.get("ts"))),
    )


async def names_for(named: Mentions, installed: Installed, directory: Directory) -> Names:
    """The names of whom a message names; the first twenty of each kind, since each may cost a call."""
    people, channels = await asyncio.gather(
        asyncio.gather(*(directory.person(installed, user) for user in _first(named.people - {installed.user}))),
        asyncio.gather(*(directory.named(installed, channel) for channel in _first(named.channels))),
    )
    return Names(
        people={person.id: person.name for person in people if person is not None and person.name},
        channels={channel.id: channel.name for channel in channels if channel is not None and channel.name},
        own=installed.user,
    )


def place_of(
    message: Payload, channel: str, visibility: Literal["public", "private", "direct"], installed: Installed
) -> Place:
    """Where a message stands: in a channel each message begins a thread, a direct conversation is one as it is."""
    thread = string(message.get("thread_ts")) or None
    if visibility != "direct":
        thread = thread or string(message.get("ts"))
    return Place(platform="slack", workspace=installed.team, channel=channel, thread=thread, visibility=visibility)


def message_id(channel: str, ts: str) -> str:
    """The id of a message: a `ts` is unique within its channel only."""
    return f"{channel}:{ts}"


def ts_of(message_id: str) -> str:
    """The `ts` in a message's id; empty for a question that is no message."""
    ts = message_id.partition(":")[2]
    return ts if ts.replace(".", "", 1).isdigit() else ""


def sent_at(ts: str) -> datetime:
    """The time in a `ts`: seconds since 1970, with six places."""
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.now(UTC)


def _first(ids: Iterable[str]) -> list[str]:
    return sorted(ids)[:20]
