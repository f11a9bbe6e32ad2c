"""Pictures by their hashes, for whoever may see them: those of their own conversations, and those of the knowledge."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from fastapi.responses import Response

from bots.web.chat.talks import Asked, InTalk
from bots.web.desk import Desk
from bots.web.seen_pictures import seen_picture
from bots.web.visitors import Seen
from core.explaining.keeping import KeptAnswers
from core.pictures import sniff

router = APIRouter()

Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]

_KINDS = {"PNG": "image/png", "JPEG": "image/jpeg"}
"""What pictures are kept as (`core.pictures.normalize`)."""
_KEPT = "private, max-age=604800, immutable"
"""The same address is the same picture."""


@router.get("/pictures/{sha256}", include_in_schema=False)
async def picture(sha256: Sha256, desk: Desk, seen: Seen) -> Response:
    """A picture. 404 if there is none that the visitor may see."""
    return _response(await seen_picture(desk, seen.person, sha256))


@router.get("/chat/{thread}/pictures/{sha256}", include_in_schema=False)
async def picture_of_reply(sha256: Sha256, desk: Desk, seen: Seen, place: InTalk) -> Response:
    """A picture of a conversation, be it of a reply that no message carries yet."""
    return _response(await seen_picture(desk, seen.person, sha256, growing=place))


@router.get("/chat/{thread}/replies/{question}/boxed/{sha256}", include_in_schema=False)
async def boxed(sha256: Sha256, desk: Desk, seen: Seen, place: InTalk, message: Asked) -> Response:
    """A picture of an answer or its question with what the answer quotes in boxes; 204 if it quotes nothing of it."""
    record = await KeptAnswers(desk.store).find(place.conversation, message.id)
    audience = seen.person.audience
    explainer = desk.application.explainer(desk.store.picture)
    if record is not None:
        record = await explainer.seen_by(record, audience) if record.may_be_seen_by(audience) else None
    drawn = await explainer.boxed(record, sha256) if record is not None else None
    return _response(drawn.data) if drawn is not None else Response(status_code=204)


def _response(data: bytes | None) -> Response:
    kind = _KINDS.get(sniff(data) or "") if data else None
    if data is None or kind is None:
        raise HTTPException(404)
    return Response(data, media_type=kind, headers={"Cache-Control": _KEPT})
