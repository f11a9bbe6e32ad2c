"""The list of sources: how each stands, as it goes on, begun and stopped."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from bots.web.desk import Desk, WebDesk
from bots.web.knowledge.faults import FaultError
from bots.web.knowledge.live import events
from bots.web.knowledge.reading_in import work_for
from bots.web.knowledge.readings import Readings, Reads
from bots.web.knowledge.showing import knowledge_page, piece
from bots.web.knowledge.standing import standing_of
from bots.web.visitors import Operating, Visitor
from core.application import Application
from core.errors import LorelensError

router = APIRouter()

Source = Annotated[str, Form()]


@router.get("/knowledge")
async def sources_page(
    request: Request, visitor: Operating, desk: Desk, readings: Reads, added: str = ""
) -> HTMLResponse:
    """All sources."""
    standing = await standing_of(desk.application, readings, visitor.person.audience)
    return knowledge_page(
        request, visitor, "sources", tab="sources", standing=standing, added=added if standing.card(added) else ""
    )


@router.get("/knowledge/events")
async def sources_events(visitor: Operating, desk: Desk, readings: Reads) -> StreamingResponse:
    """The list as it changes."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events(desk, readings, visitor), media_type="text/event-stream", headers=headers)


@router.post("/knowledge/sync")
async def sync(visitor: Operating, desk: Desk, readings: Reads, source: Source) -> Response:
    """Begin to bring a source up to date, if nobody does."""
    error: LorelensError | None = None
    try:
        work = work_for(desk.application, source)
        going = readings.of(source)
        if going is None or going.is_over:
            await asyncio.to_thread(_check_free, desk.application, source)
        readings.begin(source, work)
    except LorelensError as refused:
        error = refused
    return await _state(visitor, desk, readings, source, error)


@router.post("/knowledge/stop")
async def stop(visitor: Operating, desk: Desk, readings: Reads, source: Source) -> Response:
    """Stop it; what was read until then stays."""
    if readings.stop(source):
        await readings.ended(source)
    return await _state(visitor, desk, readings, source)


def _check_free(application: Application, source: str) -> None:
    """Whether nobody else syncs it. Raises `BeingSyncedError`, which says who."""
    sources = application.configured_sources
    if any(one.spec.name == source for one in sources.all()):
        with sources.alone(source):
            pass


async def _state(
    visitor: Visitor, desk: WebDesk, readings: Readings, source: str, error: LorelensError | None = None
) -> Response:
    """How it stands now, as the piece of its card; with why it could not be done, if it could not."""
    card = (await standing_of(desk.application, readings, visitor.person.audience)).card(source)
    if card is None:
        raise error or FaultError("no_source", name=source)
    if error is not None:
        message, hint = error.said(in_chinese=visitor.language == "zh")
        card = card.model_copy(update={"error": message, "hint": hint})
    return HTMLResponse(piece(visitor, "state", card=card))
