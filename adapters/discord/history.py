"""What was said before somebody brought Lorelens in: the chain of replies, and the thread with what it began at."""

import logging

from adapters.discord.api import messages_before
from adapters.discord.chains import MOST_REPLIES, Chains
from adapters.discord.heard import SAID, Heard
from adapters.discord.incoming import as_message, message_id
from adapters.discord.servers import Servers
from core.errors import PlatformRefusedError
from core.messages import Author, Message, Place

MOST_MESSAGES = 100
"""Of a thread before the question: its first message and the newest, together."""
_THREAD_START = 21

_log = logging.getLogger(__name__)


async def said_before(message: Message, servers: Servers, chains: Chains) -> list[Heard]:
    """What was said before a question in its chain of replies or its thread, oldest first.

    What Discord does not let be read is left out, which is logged: the question can be answered without it.
    """
    channel, _, last = message.id.partition(":")
    place = message.place
    thread = place.thread or ""
    if thread.startswith("~") or not last.isdecimal():
        return []
    if not thread.isdecimal():
        asked = await chains.fetch(channel, last)
        return await chains.before(asked) if asked is not None else []
    try:
        found = await messages_before(servers.http, thread, last, most=MOST_MESSAGES)
    except PlatformRefusedError as error:
        _log.warning("What was said before in the thread can't be read: %s", error)
        found = []
    within = [Heard.of(one, guild=place.workspace) for one in found]
    begun = await _begun_at(thread, place, chains) if len(within) < MOST_MESSAGES else []
    return [*begun, *(one for one in within if one.kind != _THREAD_START)]


async def _begun_at(thread: str, place: Place, chains: Chains) -> list[Heard]:
    """The message that a thread was opened at, and what that goes on from; a forum's post has none."""
    start = await chains.fetch(place.channel, thread)
    return [*await chains.before(start, MOST_REPLIES // 2), start] if start is not None else []


async def as_messages(found: list[Heard], place: Place, servers: Servers) -> list[Message]:
    """The messages as core values; those that say nothing are left out."""
    messages = [await _as_message(one, place, servers) for one in found if one.kind in SAID or one.is_bot]
    return [message for message in messages if message.text or message.attachments]


async def _as_message(heard: Heard, place: Place, servers: Servers) -> Message:
    if heard.author != servers.own_id:
        return await as_message(heard, place, servers)
    return Message(
        id=message_id(heard.channel, heard.id),
        place=place,
        author=Author(id=heard.author, name="Lorelens", is_bot=True),
        role="assistant",
        text=answer_text(heard.text),
        sent_at=heard.sent_at,
    )


def answer_text(text: str) -> str:
    """What an answer of ours said, without the small print below it."""
    return "\n".join(line for line in text.split("\n") if not line.startswith("-# ")).strip()
