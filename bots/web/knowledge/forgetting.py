"""Forgetting one document, and reading one again: at once in the index, then to the end by a reading in of its own."""

import asyncio
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import HTMLResponse, Response

from bots.web.desk import Desk
from bots.web.knowledge.documents import understood
from bots.web.knowledge.faults import FaultError
from bots.web.knowledge.reading_in import in_turn, summary_of
from bots.web.knowledge.readings import Reading, Reads, Work
from bots.web.knowledge.showing import piece
from bots.web.visitors import Operating
from core.application import Application
from core.errors import LorelensError
from core.knowledge.in_threads import to_the_end
from core.knowledge.ingest import ingest
from core.knowledge.ledger import SourceRecord
from core.knowledge.sources import take_out
from core.sources.mirror import Mirror

router = APIRouter()

Text = Annotated[str, Form()]


@router.get("/knowledge/forget")
async def forget_dialog(visitor: Operating, desk: Desk, readings: Reads, source: str, path: str) -> HTMLResponse:
    """What would go."""
    shown = await understood(desk, readings, source, path, visitor.person.audience)
    return HTMLResponse(piece(visitor, "forget", shown=shown, wrong=None))


@router.post("/knowledge/forget")
async def forget(visitor: Operating, desk: Desk, readings: Reads, source: Text, path: Text) -> Response:
    """Forget a document: it is found no more when this returns, and no next sync brings it back."""
    application = desk.application
    shown = await understood(desk, readings, source, path, visitor.person.audience)
    if not shown.can_change:
        raise FaultError("saved_in_chat")
    try:
        await _take_out(application, shown.source, path, delete=shown.is_upload)
    except LorelensError as error:
        return HTMLResponse(piece(visitor, "forget", shown=shown, wrong=error), status_code=422)
    readings.begin_soon(_owner(application, source), _work(application, shown.source, path))
    return Response(status_code=204, headers={"HX-Redirect": f"/knowledge/documents?{urlencode({'source': source})}"})


@router.post("/knowledge/again")
async def read_again(visitor: Operating, desk: Desk, readings: Reads, source: Text, path: Text) -> Response:
    """Read a document again, whether it changed or not; one that was forgotten is let in."""
    application = desk.application
    shown = await understood(desk, readings, source, path, visitor.person.audience)
    if not shown.can_change:
        raise FaultError("by_itself", name=source)
    await to_the_end(application.ledger.kept_out.let_in, source, path)
    await to_the_end(application.ledger.begin, source, [path])
    work = _work(application, shown.source, path)
    reading_name = _owner(application, source)
    readings.begin_soon(reading_name, work)
    await readings.ended(reading_name)
    query = urlencode({"source": source, "path": path})
    return Response(status_code=204, headers={"HX-Redirect": f"/knowledge/document?{query}"})


def _owner(application: Application, source: str) -> str:
    return application.configured_sources.owner_of(source) or source


async def _take_out(application: Application, record: SourceRecord, path: str, *, delete: bool) -> None:
    from core.explaining.keeping import LastAnswerFile  # it brings LangChain along

    if delete:
        await asyncio.to_thread(_delete, Path(record.root), path)
    else:
        await to_the_end(application.ledger.kept_out.add, record.source, path)
    await take_out(record.source, path, ledger=application.ledger, index=await application.index())
    await to_the_end(LastAnswerFile(application.data).forget, record.source)


def _delete(root: Path, path: str) -> None:
    """Delete an uploaded file; it lies in its folder itself, whatever it is called."""
    if "/" in path:
        raise HTTPException(404)
    (root / path).unlink(missing_ok=True)


def _work(application: Application, record: SourceRecord, path: str) -> Work:
    """Bring the index up to date with one document, its pictures included, and leave the others alone."""
    sources = application.configured_sources
    owner = sources.owner_of(record.source)
    root = Path(record.root)
    is_mirror = bool(owner) and root.is_relative_to(sources.folder)

    async def once(reading: Reading) -> None:
        reader = await application.reader()
        with sources.alone(owner) if owner else nullcontext():
            mirror = await asyncio.to_thread(Mirror, root) if is_mirror else None
            file = root / path
            is_there = await asyncio.to_thread(file.exists)
            about = mirror.facts if mirror is not None else None
            report = await ingest(
                file if is_there else root, reader, source=record.source, about=about, progress=reading
            )
        reading.summary = summary_of(report)

    async def read_in(reading: Reading) -> None:
        reading.part(record.source)
        await in_turn(reading, lambda: once(reading))

    return read_in
