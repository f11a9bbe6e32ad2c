"""A reply as server-sent events that add to one another, from wherever a program left off.

The board holds what a reply adds up to; a cursor says how much of it a program has: of which attempt, how many parts
whole, and how many characters of the next. It is the id of each event, so a program that was cut off goes on from
there (https://html.spec.whatwg.org/multipage/server-sent-events.html).
"""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass

from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from adapters.web.board import Shown
from bots.web.api import models
from bots.web.desk import WebDesk
from core.errors import StoreUnavailableError
from core.messages import Message, Place
from core.reply import Failure, Finished, ReplyPart, ShownPicture, Status, Text

KEEP_ALIVE = 15.0
"""Seconds of silence after which a comment says that the connection stands."""
RETRY = 1000
"""Milliseconds after which a program is to connect again."""
_log = logging.getLogger(__name__)
_ID = re.compile(r"([0-9a-f]{16})\.(\d{1,6})\.(\d{1,8})")


@dataclass(frozen=True)
class Cursor:
    """How much a program has of a reply; nothing without an attempt."""

    attempt: str = ""
    parts: int = 0
    characters: int = 0

    @classmethod
    def read(cls, last_event_id: str) -> "Cursor":
        """The cursor that was an event's id; nothing for what is none."""
        found = _ID.fullmatch(last_event_id.strip())
        return cls(found[1], int(found[2]), int(found[3])) if found else cls()

    @property
    def id(self) -> str:
        """As an event's id."""
        return f"{self.attempt}.{self.parts}.{self.characters}" if self.attempt else ""

    def is_in(self, shown: Shown) -> bool:
        """Whether what stands goes on from here."""
        parts = _lasting(shown.parts)
        if shown.attempt != self.attempt or self.parts > len(parts):
            return False
        at = parts[self.parts] if self.parts < len(parts) else None
        return not self.characters or (isinstance(at, Text) and self.characters <= len(at.text))


@dataclass(frozen=True)
class Event:
    """One event, and how much a program has once it has that."""

    name: str
    data: BaseModel
    cursor: Cursor

    def encoded(self) -> bytes:
        """As it goes over the wire; `kind` is its name."""
        data = self.data.model_dump_json(exclude={"kind"})
        return format_sse_event(event=self.name, data_str=data, id=self.cursor.id or None)


class Nothing(BaseModel):
    """An event that says all by its name."""


def following(shown: Shown, cursor: Cursor, conversation: str) -> Iterator[Event]:
    """What of a reply a program does not have yet."""
    if not cursor.is_in(shown):
        began_anew = bool(cursor.attempt)
        cursor = Cursor(shown.attempt)
        if began_anew:
            yield Event("restart", Nothing(), cursor)
    parts = _lasting(shown.parts)
    for at in range(cursor.parts, len(parts)):
        part = parts[at]
        if isinstance(part, Text):
            piece = part.text[cursor.characters :] if at == cursor.parts else part.text
            cursor = Cursor(shown.attempt, at, len(part.text))
            if piece:
                yield Event("text", models.TextDelta(text=piece), cursor)
        else:
            cursor = Cursor(shown.attempt, at + 1)
            yield Event(part.kind, picture_of(part, conversation) if isinstance(part, ShownPicture) else part, cursor)
    if shown.status is not None:
        yield Event("status", shown.status, cursor)


def picture_of(shown: ShownPicture, conversation: str) -> models.Shown:
    """A shown picture, with where its bytes are."""
    url = f"/api/pictures/{shown.picture.sha256}?conversation={conversation}"
    return models.Shown(picture=shown.picture, source=shown.source, caption=shown.caption, url=url)


async def events_of(desk: WebDesk, place: Place, message: Message, cursor: Cursor) -> AsyncGenerator[bytes]:
    """The events of a reply from a cursor on, until it is over; where Redis is away they end, to be taken up again.

    Where the question is deleted, they say so and end.
    """
    said: Status | None = None
    try:
        async with aclosing(desk.watching.follow(place.conversation, message.id)) as changes:
            async for shown in changes:
                if shown is None and not await desk.store.messages(place.conversation, [message.id]):
                    for part in (Failure(code="deleted", message="The question was deleted."), Finished()):
                        yield Event(part.kind, part, Cursor()).encoded()
                    return
                for event in following(shown, cursor, place.thread or "") if shown is not None else ():
                    if event.data != said:
                        yield event.encoded()
                    said = event.data if isinstance(event.data, Status) else said
                    cursor = event.cursor
    except StoreUnavailableError as error:
        _log.info("A reply is not followed now: %s", error)


class EventStream(StreamingResponse):
    """A response of events; its generator ends with it, whoever ends it."""

    def __init__(self, events: AsyncGenerator[bytes]) -> None:
        self._kept_alive = _kept_alive(events)
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(self._kept_alive, media_type="text/event-stream", headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._kept_alive.aclose()


async def _kept_alive(events: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    yield format_sse_event(retry=RETRY)
    async with aclosing(events):
        while True:
            # Awaited to its end: an `anext` that is cancelled would end the generator.
            coming = asyncio.ensure_future(anext(events, None))
            try:
                while not (await asyncio.wait({coming}, timeout=KEEP_ALIVE))[0]:
                    yield format_sse_event(comment="still here")
                event = coming.result()
            finally:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
            if event is None:
                return
            yield event


def _lasting(parts: tuple[ReplyPart, ...]) -> list[ReplyPart]:
    """The parts that stay: what is being done is said apart."""
    return [part for part in parts if not isinstance(part, Status)]
