"""Adding to the knowledge: files that are uploaded, and sources that are set up; both are read in at once."""

import asyncio
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from bots.web.desk import Desk
from bots.web.knowledge.audiences import audience_of
from bots.web.knowledge.faults import FaultError
from bots.web.knowledge.kinds import FORMS, KindForm, Wrong, understood
from bots.web.knowledge.paths import roots_of, suggestions
from bots.web.knowledge.reading_in import work_for
from bots.web.knowledge.readings import Reads
from bots.web.knowledge.showing import knowledge_page, piece
from bots.web.knowledge.standing import standing_of
from bots.web.knowledge.uploads import Stored, is_uploads, make_folder, store
from bots.web.visitors import Operating
from core.application import Application
from core.errors import QuestionError
from core.knowledge.access import may_see
from core.knowledge.in_threads import to_the_end
from core.sources.configured import Configured
from core.sources.connector import Part, SourceSpec
from core.sources.registry import kind_names
from core.sources.schedule import seconds_of

router = APIRouter()

UPLOADS = "uploads"
MOST_FILES = 200
EVERY = ("", "1h", "6h", "1d", "7d")
"""How often a source is synced, to choose from; empty: only when asked."""


@router.get("/knowledge/add")
async def add_page(request: Request, visitor: Operating, desk: Desk, kind: str = UPLOADS) -> HTMLResponse:
    """The forms: of uploads, or of one kind of source."""
    installed = [UPLOADS, *(name for name in FORMS if name in kind_names())]
    kind = kind if kind in installed else UPLOADS
    application = desk.application
    context: dict[str, object] = {"kinds": installed, "kind": kind, "values": {}, "wrong": {}, "every": EVERY}
    if kind == UPLOADS:
        context["collections"] = await to_the_end(_collections, application, visitor.person.audience)
        context["most"] = application.settings.web_upload_mb
    else:
        context["form"] = FORMS[kind]
        context["roots"] = [str(root) for root in await asyncio.to_thread(roots_of, application.settings)]
        context["suggestions"] = await asyncio.to_thread(suggestions, application.settings)
    return knowledge_page(request, visitor, "add", tab="add", **context)


@router.post("/knowledge/uploads")
async def upload(
    visitor: Operating,
    desk: Desk,
    readings: Reads,
    name: Annotated[str, Form()] = "",
    readers: Annotated[str, Form()] = "",
    principals: Annotated[str, Form()] = "",
    replace: Annotated[bool, Form()] = False,
    files: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    """Store files in a collection, and read them in."""
    application = desk.application
    name = " ".join(name.split())
    wrong: Wrong = {}
    spec: SourceSpec | None = None
    try:
        audience = audience_of(readers, principals)
        spec = await to_the_end(_collection, application, name, audience, visitor.person.audience)
    except FaultError as error:
        wrong[error.field] = error
    sent = [one for one in files or [] if one.filename or one.size]
    if not sent or len(sent) > MOST_FILES:
        wrong["files"] = FaultError("too_many_files" if sent else "no_files", most=MOST_FILES)
    if wrong or spec is None:
        return HTMLResponse(piece(visitor, "upload_wrong", wrong=wrong), status_code=422)
    folder = await asyncio.to_thread(make_folder, application.data, name)
    most = application.settings.web_upload_mb * 1_000_000
    stored = [await _stored(folder, one, replace=replace, most=most) for one in sent]
    if any(one.outcome for one in stored):
        await asyncio.to_thread(_keep_collection, application, spec, folder)
        readings.begin_soon(name, work_for(application, name))
    standing = await standing_of(application, readings, visitor.person.audience)
    card = standing.card(name)
    return HTMLResponse(piece(visitor, "uploaded", stored=stored, card=card, name=name))


@router.post("/knowledge/add")
async def add(request: Request, visitor: Operating, desk: Desk, readings: Reads) -> Response:
    """Set a source up, and read it in."""
    async with request.form() as sent:
        values = {name: value for name, value in sent.items() if isinstance(value, str)}
    form = FORMS.get(values.get("kind", ""))
    if form is None or form.kind not in kind_names():
        raise FaultError("no_kind")
    application = desk.application
    configured, wrong = await _set_up(application, form, values, visitor.person.audience)
    if wrong:
        roots = [str(root) for root in await asyncio.to_thread(roots_of, application.settings)]
        suggested = await asyncio.to_thread(suggestions, application.settings)
        context = {"form": form, "values": values, "wrong": wrong, "roots": roots, "suggestions": suggested}
        return HTMLResponse(piece(visitor, "kind_form", kind=form.kind, every=EVERY, **context), status_code=422)
    await asyncio.to_thread(_keep, application, configured)
    name = configured.spec.name
    readings.begin_soon(name, work_for(application, name))
    return Response(status_code=204, headers={"HX-Redirect": f"/knowledge?{urlencode({'added': name})}"})


def _collections(application: Application, audience: Collection[str]) -> list[SourceSpec]:
    """The collections that somebody with this audience may add to."""
    found = (one.spec for one in application.configured_sources.all())
    return [one for one in found if is_uploads(one, application.data) and may_see(audience, one.audience)]


def _collection(
    application: Application, name: str, audience: tuple[str, ...], own: Collection[str]
) -> SourceSpec | None:
    """The collection of this name, as it is or as it would be. Raises `FaultError`."""
    _check_name(name)
    known = next((one.spec for one in application.configured_sources.all() if one.spec.name == name), None)
    if known is None:
        if application.ledger.source(name) is not None:
            raise FaultError("taken", "name")
        return SourceSpec(name=name, kind="folder", audience=audience)
    if not is_uploads(known, application.data) or not may_see(own, known.audience):
        raise FaultError("taken", "name")
    if set(known.audience) != set(audience):
        raise FaultError("other_readers", "readers")
    return known


async def _stored(folder: Path, file: UploadFile, *, replace: bool, most: int) -> Stored:
    data = await file.read(most + 1)
    return await asyncio.to_thread(store, folder, file.filename or "", data, replace=replace, most=most)


def _keep_collection(application: Application, spec: SourceSpec, folder: Path) -> None:
    if not spec.location:
        spec = spec.model_copy(update={"location": str(folder)})
        application.configured_sources.put(Configured(spec=spec, added_at=time.time()))


def _check_name(name: str) -> None:
    if not name:
        raise FaultError("no_name", "name")
    if len(name) > 100 or not name.isprintable() or "/" in name or name.startswith("saved: "):
        raise FaultError("bad_name", "name")


async def _set_up(
    application: Application, form: KindForm, values: Mapping[str, str], own: Collection[str]
) -> tuple[Configured, Wrong]:
    """What a form sets up, and what is wrong with it by field."""
    wrong: Wrong = {}
    name = " ".join(values.get("name", "").split())
    options = {
        key.removeprefix("option_"): value.strip()
        for key, value in values.items()
        if key.startswith("option_") and value.strip()
    }
    spec = SourceSpec(
        name=name,
        kind=form.kind,
        location=values.get("location", "").strip(),
        options={one: value for one, value in options.items() if not _is_default(form, one, value)},
        url=values.get("url", "").strip() if form.takes_url else "",
    )
    if not form.has_readers:
        try:
            audience = audience_of(values.get("readers", ""), values.get("principals", ""))
            spec = spec.model_copy(update={"audience": audience})
        except FaultError as error:
            wrong["readers"] = error
    every = 0.0
    try:
        every = seconds_of(values["every"]) if values.get("every") else 0.0
    except QuestionError as error:
        wrong["every"] = error
    spec, more = await understood(spec, form, application.settings)
    wrong |= more
    try:
        await to_the_end(_check_free, application, spec, own)
    except FaultError as error:
        wrong.setdefault(error.field, error)
    return Configured(spec=spec, every=every, added_at=time.time()), wrong


def _is_default(form: KindForm, name: str, value: str) -> bool:
    return any(one.name == name and one.choices and one.choices[0] == value for one in form.options)


def _check_free(application: Application, spec: SourceSpec, own: Collection[str]) -> None:
    """Whether the name is free, and nothing at the location is kept from the one who adds it. Raises `FaultError`."""
    _check_name(spec.name)
    records = application.ledger.sources()
    if any(one.spec.name == spec.name for one in application.configured_sources.all()) or any(
        one.source == spec.name and one.root != spec.location for one in records
    ):
        raise FaultError("taken", "name")
    hidden = [one.root for one in records if not may_see(own, one.audience)]
    hidden += [one.spec.location for one in application.configured_sources.all() if not may_see(own, one.spec.audience)]
    if any(_overlap(spec.location, one) for one in hidden):
        raise FaultError("for_others", "location")


def _overlap(one: str, other: str) -> bool:
    if not one.startswith("/") or not other.startswith("/"):
        return bool(one) and one == other
    return Path(one).is_relative_to(other) or Path(other).is_relative_to(one)


def _keep(application: Application, configured: Configured) -> None:
    """Keep it; a folder that was read in by hand under this name is this source's from now on."""
    application.configured_sources.put(configured)
    spec = configured.spec
    record = application.ledger.source(spec.name)
    if record is not None and record.root == spec.location:
        application.configured_sources.note_part(spec.name, Part(folder=record.root))
