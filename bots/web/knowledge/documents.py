"""The documents of a source, and one of them as it was understood: its passages, its pictures, and what OCR read.

Shown to whoever is of the source's readers; of the others they see how many documents there are. What stands in a
document comes through `KnowledgeAccess`, which asks for each passage anew.
"""

import asyncio
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, cast, get_args

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from bots.web.desk import Desk, WebDesk
from bots.web.knowledge.readings import Readings, Reads
from bots.web.knowledge.showing import knowledge_page
from bots.web.knowledge.uploads import FOLDER
from bots.web.visitors import Operating
from core.application import Application
from core.evidence import OcrLine
from core.knowledge.access import may_see
from core.knowledge.document_intake import CHARACTERS_PER_TOKEN
from core.knowledge.documents import Passage, PictureFacts
from core.knowledge.in_threads import to_the_end
from core.knowledge.ledger import FileRecord, SourceRecord
from core.knowledge.overview import DocumentLine
from core.knowledge.picture_passages import PictureMention
from core.knowledge.saved import PREFIX
from core.messages import Picture
from core.models.ocr import VERSION

router = APIRouter()

PAGE = 50
"""Documents of a page of the list, and passages of a page of a document."""
Which = Literal["", "read", "partly", "failed", "pending", "out"]


@dataclass(frozen=True)
class DocumentList:
    """A page of a source's documents: `lines` from `first` (counted from 0) of `count`, and how many stay out."""

    source: str
    named: str
    which: Which
    first: int
    count: int
    lines: Sequence[DocumentLine]
    out: Sequence[str]
    kept_out: int
    size: int


@dataclass(frozen=True)
class ShownPicture:
    """A picture as a document shows it, with the words that it is found by and the lines that OCR read."""

    picture: Picture
    mention: PictureMention
    facts: PictureFacts
    lines: Sequence[OcrLine]


@dataclass(frozen=True)
class Understood:
    """One document: what the ledger knows of it, a page of its passages with their tokens, and its pictures.

    `record` is None of one that was forgotten. `count` is of all passages that may be seen, `first` of those
    shown, `size` of a page.
    """

    source: SourceRecord
    path: str
    record: FileRecord | None
    is_out: bool
    passages: Sequence[tuple[Passage, int]]
    first: int
    count: int
    pictures: Sequence[ShownPicture]
    encoder: str
    is_upload: bool
    can_change: bool
    reading: bool
    size: int

    @property
    def title(self) -> str:
        """What it is called."""
        return next((one.title for one, _ in self.passages if one.title), self.path)

    @property
    def url(self) -> str:
        """Where people see it."""
        return next((one.url for one, _ in self.passages if one.url), self.record.url if self.record else "")

    @property
    def modified(self) -> float:
        """When it was last changed, in seconds since 1970; 0 if that is not known."""
        return max((one.modified for one, _ in self.passages), default=0.0)

    @property
    def languages(self) -> Sequence[str]:
        """The languages of its passages."""
        return list(dict.fromkeys(one.language for one, _ in self.passages))


@router.get("/knowledge/documents")
async def documents_page(
    request: Request,
    visitor: Operating,
    desk: Desk,
    source: str,
    named: str = "",
    standing: str = "",
    first: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> HTMLResponse:
    """The documents of a source, by name."""
    application = desk.application
    record, count = await to_the_end(_source, application, source, visitor.person.audience)
    if record is None:
        return knowledge_page(
            request, visitor, "documents_hidden", tab="sources", count=count, name=_called(application, source)
        )
    which = cast(Which, standing if standing in get_args(Which) else "")
    listed = await to_the_end(_list, application, source, named.strip(), which, first)
    return knowledge_page(request, visitor, "documents", tab="sources", listed=listed, source=record)


@router.get("/knowledge/document")
async def document_page(
    request: Request,
    visitor: Operating,
    desk: Desk,
    readings: Reads,
    source: str,
    path: str,
    first: Annotated[int, Query(alias="from", ge=0, le=10**9)] = 0,
) -> HTMLResponse:
    """One document."""
    shown = await understood(desk, readings, source, path, visitor.person.audience, first)
    return knowledge_page(request, visitor, "document", tab="sources", shown=shown)


async def understood(
    desk: WebDesk, readings: Readings, source: str, path: str, audience: Collection[str], first: int = 0
) -> Understood:
    """A document as somebody with this audience sees it.

    Raises:
        HTTPException: 404: there is none, or its source is not for them.
    """
    application = desk.application
    record, _ = await to_the_end(_source, application, source, audience)
    if record is None:
        raise HTTPException(404)
    known, is_out, shown = await to_the_end(_known, application, source, path)
    if known is None and not is_out:
        raise HTTPException(404)
    access = await application.access()
    passages = [one for one in await access.passages(source, path, audience) if one.kind == "text"]
    page = passages[first : first + PAGE]
    pictures: list[ShownPicture] = []
    for picture, mention, lines in shown:
        found = [one for one in await access.showing(picture.sha256, tuple(audience)) if one.source == source]
        if found and found[0].picture is not None:
            pictures.append(ShownPicture(picture, mention, found[0].picture, lines))
    owner = application.configured_sources.owner_of(source) or source
    going = readings.of(owner)
    return Understood(
        source=record,
        path=path,
        record=known,
        is_out=is_out,
        passages=list(zip(page, await _tokens(application, page), strict=True)),
        first=first,
        count=len(passages),
        pictures=pictures,
        encoder=_encoder(known, record),
        is_upload=is_upload(application, record),
        can_change=not source.startswith(PREFIX),
        reading=going is not None and not going.is_over,
        size=PAGE,
    )


def is_upload(application: Application, record: SourceRecord) -> bool:
    """Whether the files of a source are ours to delete: those that were uploaded."""
    return Path(record.root).parent == Path(os.path.realpath(application.data / FOLDER))


def _source(application: Application, source: str, audience: Collection[str]) -> tuple[SourceRecord | None, int]:
    """A source, if they may see what is in it, and how many documents it has.

    Raises:
        HTTPException: 404: there is none of that name that they may know of.
    """
    record = application.ledger.source(source)
    count = application.ledger.overview.count(source)
    if record is None or (not may_see(audience, record.audience) and not _called(application, source)):
        raise HTTPException(404)
    return (record if may_see(audience, record.audience) else None), count


def _called(application: Application, source: str) -> str:
    """What a source is called before somebody who may not see it: as somebody set it up; empty for a private place."""
    if any(one.spec.name == source for one in application.configured_sources.all()):
        return source
    is_place = source.startswith(PREFIX) or application.configured_sources.owner_of(source)
    return "" if is_place else source


def _list(application: Application, source: str, named: str, which: Which, first: int) -> DocumentList:
    ledger = application.ledger
    out = sorted(one for one in ledger.kept_out.of(source) if named.lower() in one.lower())
    if which == "out":
        return DocumentList(source, named, which, first, len(out), (), out[first : first + PAGE], len(out), PAGE)
    overview, standing = ledger.overview, which
    count = overview.count(source, named=named, standing=standing)
    lines = overview.documents(source, named=named, standing=standing, offset=first, limit=PAGE)
    return DocumentList(source, named, which, first, count, lines, (), len(out), PAGE)


def _known(
    application: Application, source: str, path: str
) -> tuple[FileRecord | None, bool, Sequence[tuple[Picture, PictureMention, Sequence[OcrLine]]]]:
    """What the ledger has of a document; whether it stays out; its pictures, with what OCR read in them."""
    ledger = application.ledger
    shown = ledger.overview.pictures_in(source, path)
    pictures = [(one, mention, ledger.notes.reading(one.sha256, VERSION) or ()) for one, mention in shown]
    return ledger.file(source, path), path in ledger.kept_out.of(source), pictures


async def _tokens(application: Application, passages: Sequence[Passage]) -> Sequence[int]:
    texts = [one.text for one in passages]
    encoder = application.encoder
    if encoder is None:
        return [len(text) // CHARACTERS_PER_TOKEN for text in texts]
    return await asyncio.to_thread(encoder.count_tokens, texts)


def _encoder(record: FileRecord | None, source: SourceRecord) -> str:
    """The encoder that it was read with, by the rules that the ledger notes (`core.knowledge.ingest`)."""
    if record is None:
        return ""
    rules = record.rules.removesuffix(f"/{','.join(source.audience)}")
    return rules.partition("/")[2]
