"""The list of sources as it changes, as server-sent events: pieces of the page, each sent when it is another."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping

from bots.web.desk import WebDesk
from bots.web.knowledge.readings import Readings
from bots.web.knowledge.showing import piece
from bots.web.knowledge.standing import SourceCard, Standing, standing_of
from bots.web.knowledge.words import WORDS
from bots.web.visitors import Visitor
from core.errors import LorelensError

SOON, LATER = 0.5, 2.0
"""Seconds until it is looked again: while something is read in, and while nothing is."""
LIFE = 60.0
"""Seconds after which the browser connects anew, and whoever it is has to show again that they may look."""


async def events(desk: WebDesk, readings: Readings, visitor: Visitor) -> AsyncGenerator[str]:
    """The events, for as long as a connection lives."""
    until = time.monotonic() + LIFE
    yield "retry: 1000\n\n"
    before: Standing | None = None
    pieces: Mapping[str, str] = {}
    while time.monotonic() < until:
        try:
            now = await standing_of(desk.application, readings, visitor.person.audience)
        except LorelensError:  # the data folder can't be read now; what was shown stays
            await asyncio.sleep(LATER)
            continue
        if before is not None and _keys(before) != _keys(now):
            yield event("list", piece(visitor, "list", standing=now))
            pieces = {}
        shown = _pieces(visitor, now)
        for name, markup in shown.items():
            if pieces.get(name) != markup:
                yield event(name, markup)
        if before is not None:
            for said in _said(visitor, before, now):
                yield event("said", said)
        before, pieces = now, shown
        await readings.stirred(SOON if any(card.is_reading for card in now.cards) else LATER)


def event(name: str, data: str) -> str:
    """One event (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines())
    return f"event: {name}\n{lines}\n" if lines else f"event: {name}\ndata:\n\n"


def _pieces(visitor: Visitor, standing: Standing) -> dict[str, str]:
    cards = {f"card-{card.key}": piece(visitor, "state", card=card) for card in standing.cards}
    return {"totals": piece(visitor, "totals", standing=standing), **cards}


def _keys(standing: Standing) -> list[str]:
    return [card.key for card in standing.cards]


def _said(visitor: Visitor, before: Standing, now: Standing) -> list[str]:
    """What a screen reader says: that something began, and how it ended."""
    words = WORDS[visitor.language]
    said: list[str] = []
    for card in now.cards:
        was = before.card(card.name)
        if was is None:
            continue
        ended = not card.is_reading and was.ended_at != card.ended_at  # perhaps between two looks
        if card.is_reading != was.is_reading or ended:
            said.append(piece(visitor, "said", text=_sentence(card, words)))
    return said


def _sentence(card: SourceCard, words: Mapping[str, str]) -> str:
    if card.is_reading:
        return words["said_began"].format(name=card.name)
    if card.stands == "stopped":
        return words["said_stopped"].format(name=card.name)
    if card.error:
        return words["said_failed"].format(name=card.name, error=card.error)
    counts = {name: f"{card.summary.get(name, 0):.0f}" for name in ("read", "unchanged", "removed", "failed")}
    return words["said_done"].format(name=card.name, **counts)
