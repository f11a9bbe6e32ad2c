"""The conversations of one person: their names in addresses, and the list of the earlier ones.

A conversation is named by its owner and its thread (`bots.web.visitors`), so whoever asks for a thread asks for one of
their own; that of somebody else is not there.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, HTTPException

from bots.web.desk import Desk, WebDesk
from bots.web.visitors import PLATFORM, WORKSPACE, Person, Seen
from core.conversation_keys import Command, read_entry, read_reference
from core.messages import Message, Place, Value

TITLE_CHARACTERS = 80
LISTED = 30
"""So many conversations are listed at a time."""
_SEARCHED = 2000
"""Of so many, the newest, the titles are searched."""
_THREAD = re.compile(r"[A-Za-z0-9_-]{22}")


class Talk(Value):
    """An earlier conversation: its thread, the first line of its first question (empty where that has no words), what
    came with that, and when something was said last."""

    thread: str
    title: str
    name: str = ""
    said_at: datetime


def place_in(person: Person, thread: str) -> Place:
    """Where a person's conversation stands."""
    return Place(platform=PLATFORM, workspace=WORKSPACE, channel=person.id, thread=thread, visibility="direct")


def new_thread(person: Person, nonce: str) -> str:
    """The thread of a conversation that a form begins: the same, however often the form is sent."""
    hashed = hashlib.sha256(f"{person.id} new {nonce}".encode()).digest()
    return base64.urlsafe_b64encode(hashed).decode()[:22]


def question_id(person: Person, thread: str, nonce: str) -> str:
    """The id of a question's message: the same, however often the form is sent."""
    return f"q-{hashlib.sha256(f'{person.id} {thread} {nonce}'.encode()).hexdigest()[:32]}"


async def kept_place(thread: str, desk: Desk, seen: Seen) -> Place:
    """The conversation that an address names. 404 if it is not kept, or is somebody else's."""
    place = place_in(seen.person, thread)
    if not _THREAD.fullmatch(thread) or not await is_kept(desk, place):
        raise HTTPException(404)
    return place


InTalk = Annotated[Place, Depends(kept_place)]
"""A route's parameter: the conversation that `thread` in its address names."""


async def kept_question(question: str, desk: Desk, place: InTalk) -> Message:
    """The question that an address names. 404 if it is not kept."""
    kept = await desk.store.messages(place.conversation, [question])
    if not kept or kept[0].role != "person":
        raise HTTPException(404)
    return kept[0]


Asked = Annotated[Message, Depends(kept_question)]
"""A route's parameter: the message that `question` in its address names."""


async def is_kept(desk: WebDesk, place: Place) -> bool:
    """Whether anything of a conversation is kept."""
    return bool(await desk.store.redis.execute("EXISTS", desk.store.keys.conversation(place.conversation).messages))


async def threads_of(desk: WebDesk, person: Person) -> list[tuple[str, float]]:
    """The threads of a person with when something was said last (seconds since 1970), newest first."""
    store = desk.store
    members = await store.redis.execute("SMEMBERS", store.keys.person(PLATFORM, WORKSPACE, person.id))
    names = sorted({read_reference(member)[0] for member in members})
    if not names:
        return []
    times = await store.redis.execute("ZMSCORE", store.keys.conversations, *names)
    found: list[tuple[str, float]] = []
    for name, said_at in zip(names, times, strict=True):
        place = Place.named(name)
        if said_at is not None and place.channel == person.id and place.thread:
            found.append((place.thread, float(said_at)))
    return sorted(found, key=lambda one: one[1], reverse=True)


async def earlier_talks(desk: WebDesk, person: Person, *, start: int = 0, words: str = "") -> tuple[list[Talk], bool]:
    """A page of a person's conversations, newest first, from the one numbered `start`; and whether there are more.

    With `words`, all (of the newest `_SEARCHED`) whose title has each of them.
    """
    threads = await threads_of(desk, person)
    if words.strip():
        wanted = words.casefold().split()
        talks = await _titled(desk, person, threads[:_SEARCHED])
        found = [one for one in talks if all(word in f"{one.title} {one.name}".casefold() for word in wanted)]
        return found[:LISTED], False
    page = threads[start : start + LISTED]
    return await _titled(desk, person, page), len(threads) > start + LISTED


async def talk_of(desk: WebDesk, person: Person, thread: str) -> Talk | None:
    """One conversation, as it is listed."""
    found = await _titled(desk, person, [(thread, 0.0)])
    return found[0] if found else None


async def _titled(desk: WebDesk, person: Person, threads: Sequence[tuple[str, float]]) -> list[Talk]:
    store = desk.store
    names = [place_in(person, thread).conversation for thread, _ in threads]
    firsts = await store.redis.execute_all([("ZRANGE", store.keys.conversation(name).order, 0, 0) for name in names])
    wanted = [(at, ids[0].decode()) for at, ids in enumerate(firsts) if ids]
    commands: list[Command] = [("HGET", store.keys.conversation(names[at]).messages, id_) for at, id_ in wanted]
    entries = await store.redis.execute_all(commands) if commands else []
    talks: list[Talk] = []
    for (at, id_), entry in zip(wanted, entries, strict=True):
        message = read_entry(entry, names[at], id_)
        if message is not None:
            thread, said_at = threads[at]
            said = datetime.fromtimestamp(said_at, UTC) if said_at else message.sent_at
            talks.append(Talk(thread=thread, title=first_line(message.text), name=_came_with(message), said_at=said))
    return talks


def first_line(text: str) -> str:
    """What a conversation is called after its first question."""
    line = next((" ".join(line.split()) for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= TITLE_CHARACTERS else line[:TITLE_CHARACTERS].rstrip() + "…"


def _came_with(message: Message) -> str:
    names = [one.name for one in (*message.pictures, *message.attachments) if one.name]
    return names[0] if names else ""
