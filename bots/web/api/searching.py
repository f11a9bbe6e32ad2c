"""`POST /api/search`: the passages that fit best, without an answer; and the pictures that came up."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.responses import Response

from bots.web.api.models import FoundPassage, FoundPicture, SearchIn, SearchOut
from bots.web.api.problems import responses
from bots.web.chat.talks import place_in
from bots.web.desk import Desk
from bots.web.seen_pictures import seen_picture
from bots.web.visitors import Seen
from core.actions.excerpts import highlights
from core.knowledge.documents import PictureFacts
from core.knowledge.index import Hit
from core.pictures import sniff

router = APIRouter()

_PICTURES = {"PNG": "image/png", "JPEG": "image/jpeg"}
"""What pictures are kept as (`core.pictures.normalize`)."""
_KEPT = "private, max-age=600"
"""The bytes of a hash never change, but who may see them does."""


@router.post(
    "/api/search",
    summary="Search the knowledge",
    response_model=SearchOut,
    responses=responses(413, 429),
)
async def search(desk: Desk, seen: Seen, wanted: SearchIn) -> SearchOut:
    """The passages and pictures that fit a query best and that whoever asks may see, best first."""
    knowledge = await desk.application.knowledge()
    kinds = tuple(dict.fromkeys(wanted.kinds))
    hits = await knowledge.search(wanted.query, limit=wanted.limit, audience=seen.person.audience, kinds=kinds)
    return SearchOut(passages=[_passage(hit, wanted.query) for hit in hits])


@router.get(
    "/api/pictures/{sha256}",
    summary="Get a picture",
    response_class=Response,
    responses={
        **responses(404),
        200: {
            "description": "Its bytes.",
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _PICTURES.values()},
        },
    },
)
async def picture(
    desk: Desk,
    seen: Seen,
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")],
    conversation: Annotated[
        str,
        Query(pattern=r"^([A-Za-z0-9_-]{22})?$", description="The conversation whose answer shows it."),
    ] = "",
) -> Response:
    """The bytes of a picture that whoever asks may see: of the knowledge, or of their own conversations."""
    growing = place_in(seen.person, conversation) if conversation else None
    data = await seen_picture(desk, seen.person, sha256, growing=growing)
    kind = _PICTURES.get(sniff(data) or "") if data else None
    if kind is None:
        raise HTTPException(404)
    return Response(data, media_type=kind, headers={"Cache-Control": _KEPT})


def _passage(hit: Hit, query: str) -> FoundPassage:
    passage = hit.passage
    return FoundPassage(
        kind=passage.kind,
        text=passage.text,
        highlights=highlights(passage.text, query),
        source=passage.source,
        path=passage.path,
        title=passage.title,
        heading_path=list(passage.heading_path),
        page=passage.page,
        url=passage.url,
        picture=_picture(passage.picture) if passage.picture is not None else None,
        score=hit.score,
        lexical=hit.lexical,
        dense=hit.dense,
        image=hit.image,
        also_in=list(hit.also_in),
    )


def _picture(facts: PictureFacts) -> FoundPicture:
    return FoundPicture(
        sha256=facts.sha256,
        media_type=facts.media_type,
        width=facts.width,
        height=facts.height,
        alt=facts.alt,
        ocr=facts.ocr,
        caption=facts.caption,
        url=f"/api/pictures/{facts.sha256}",
    )
