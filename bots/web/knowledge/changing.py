"""Changing a source: who may see it, how often it is synced, and that it is no more; each asked for in a dialog."""

import asyncio
import shutil
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from bots.web.desk import Desk, WebDesk
from bots.web.knowledge.adding import EVERY
from bots.web.knowledge.audiences import audience_of, choice_of
from bots.web.knowledge.faults import FaultError
from bots.web.knowledge.kinds import FORMS, Wrong
from bots.web.knowledge.readings import Readings, Reads
from bots.web.knowledge.showing import piece
from bots.web.knowledge.standing import SourceCard, standing_of
from bots.web.knowledge.uploads import is_uploads
from bots.web.visitors import Operating, Visitor
from core.application import Application
from core.errors import LorelensError, QuestionError, UnavailableError
from core.knowledge.in_threads import to_the_end
from core.knowledge.saved import PREFIX
from core.knowledge.sources import change_audience, forget_source
from core.sources.schedule import in_words, seconds_of

router = APIRouter()

Name = Annotated[str, Form()]


@router.get("/knowledge/change")
async def change_dialog(visitor: Operating, desk: Desk, readings: Reads, source: str) -> HTMLResponse:
    """What can be changed of a source."""
    card = await _card(visitor, desk, readings, source)
    return HTMLResponse(_change(visitor, card))


@router.post("/knowledge/change")
async def change(
    visitor: Operating,
    desk: Desk,
    readings: Reads,
    source: Name,
    every: Annotated[str, Form()] = "",
    readers: Annotated[str, Form()] = "",
    principals: Annotated[str, Form()] = "",
) -> Response:
    """Change it. Whoever may see it no more does not from now on."""
    card = await _card(visitor, desk, readings, source)
    wrong: Wrong = {}
    try:
        audience = audience_of(readers, principals) if takes_readers(card) else None
    except FaultError as error:
        audience, wrong["readers"] = None, error
    try:
        seconds = seconds_of(every) if every else 0.0
    except QuestionError as error:
        seconds, wrong["every"] = 0.0, error
    if wrong:
        values = {"readers": readers, "principals": principals, "every": every}
        return HTMLResponse(_change(visitor, card, wrong=wrong, values=values), status_code=422)
    try:
        later = await _changed(desk.application, card, audience, seconds)
    except LorelensError as error:
        return HTMLResponse(_change(visitor, card, wrong={"": error}), status_code=422)
    if later:
        return HTMLResponse(piece(visitor, "told", text=later))
    return Response(status_code=204, headers={"HX-Redirect": "/knowledge"})


@router.get("/knowledge/remove")
async def remove_dialog(visitor: Operating, desk: Desk, readings: Reads, source: str) -> HTMLResponse:
    """What would go."""
    return HTMLResponse(piece(visitor, "remove", card=await _card(visitor, desk, readings, source), wrong=None))


@router.post("/knowledge/remove")
async def remove(visitor: Operating, desk: Desk, readings: Reads, source: Name) -> Response:
    """Forget a source with all that was read of it."""
    card = await _card(visitor, desk, readings, source)
    try:
        if readings.stop(source):
            await readings.ended(source)
        await _forget(desk.application, card)
    except LorelensError as error:
        return HTMLResponse(piece(visitor, "remove", card=card, wrong=error), status_code=422)
    readings.forget(source)
    return Response(status_code=204, headers={"HX-Redirect": "/knowledge"})


def takes_readers(card: SourceCard) -> bool:
    """Whether an operator may say who sees it: not of what is for others, nor of what knows that by itself."""
    form = FORMS.get("folder" if card.kind == "uploads" else card.kind)
    return card.is_open and form is not None and not form.has_readers


async def _card(visitor: Visitor, desk: WebDesk, readings: Readings, source: str) -> SourceCard:
    card = (await standing_of(desk.application, readings, visitor.person.audience)).card(source)
    if card is None:
        raise FaultError("no_source", name=source)
    return card


def _change(
    visitor: Visitor, card: SourceCard, *, wrong: Wrong | None = None, values: dict[str, str] | None = None
) -> str:
    readers, named = choice_of(card.audience)
    now = {"readers": readers, "principals": named, "every": in_words(card.every)}
    choices = tuple(dict.fromkeys((*EVERY, in_words(card.every))))
    takes = takes_readers(card)
    return piece(
        visitor, "change", card=card, wrong=wrong or {}, values=values or now, every=choices, takes_readers=takes
    )


async def _changed(application: Application, card: SourceCard, audience: tuple[str, ...] | None, seconds: float) -> str:
    """Change schedule and readers; answers why the index has to follow later, if it does."""
    sources = application.configured_sources
    known: list[str] = [card.name]
    if card.configured:
        configured = sources.get(card.name)
        spec = configured.spec if audience is None else configured.spec.model_copy(update={"audience": audience})
        sources.put(configured.model_copy(update={"spec": spec, "every": seconds}))
        known = [part.source for part in sources.parts(card.name) if not part.key]
    records = {one.source: one for one in application.ledger.sources()}
    for source in known:
        if audience is None or source not in records or set(records[source].audience) == set(audience):
            continue
        try:
            await change_audience(source, audience, ledger=application.ledger, index=await application.index())
        except UnavailableError as error:  # the ledger has it, which is what counts
            return f"{error.message} {error.hint}"
    return ""


async def _forget(application: Application, card: SourceCard) -> None:
    from core.explaining.keeping import LastAnswerFile  # it brings LangChain along

    sources = application.configured_sources
    if card.configured:
        spec = sources.get(card.name).spec
        known = [part.source for part in sources.parts(card.name)]
        await application.syncing.forget(card.name)
        if is_uploads(spec, application.data):
            await asyncio.to_thread(shutil.rmtree, Path(spec.location), ignore_errors=True)
    else:
        if card.name.startswith(PREFIX):
            raise FaultError("saved_in_chat")
        known = [card.name]
        await forget_source(
            card.name, ledger=application.ledger, index=await application.index(), pictures=application.pictures
        )
    for source in known:
        await to_the_end(LastAnswerFile(application.data).forget, source)
