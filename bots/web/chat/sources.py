"""A source at the cited sentence: the document as it was understood, as far as the visitor may see it now."""

from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from bots.web.chat.documents import DocumentView, document_view
from bots.web.chat.replies import texts_of
from bots.web.chat.talks import Asked, InTalk
from bots.web.chat.words import WORDS
from bots.web.desk import Desk, WebDesk
from bots.web.pages import page, rendered
from bots.web.visitors import Seen, Visitor
from core.explaining.keeping import KeptAnswers
from core.explaining.seeing import holding
from core.messages import Message, Place
from core.reply import Citation

router = APIRouter()


@dataclass(frozen=True)
class SourceView:
    """A source: what is cited (one number may stand for several sentences), the document (None if it can't be
    shown), and whose it is."""

    citations: tuple[Citation, ...]
    document: DocumentView | None = None
    kind: Literal["knowledge", "attached", "outside"] = "knowledge"
    url: str = ""


@router.get("/chat/{thread}/sources/{question}/{number}", include_in_schema=False)
async def source(request: Request, number: int, desk: Desk, seen: Seen, place: InTalk, message: Asked) -> Response:
    """What a citation cites: as a piece for the panel, else as a page."""
    shown = await desk.board.standing(place.conversation, message.id)
    cited = tuple(one for one in shown.reply.citations if one.number == number) if shown else ()
    if not cited:
        raise HTTPException(404)
    view = await _view(desk, seen, place, message, cited)
    context: dict[str, Any] = {"view": view, "thread": place.thread, "question": message}
    texts = texts_of(seen.language)
    if "HX-Request" in request.headers:
        piece = rendered("chat/source.html", seen.language, WORDS, texts=texts, is_page=False, **context)
        response = HTMLResponse(piece)
    else:
        response = page(request, seen, "chat/source_page.html", WORDS, texts=texts, is_page=True, **context)
    response.headers["Vary"] = "HX-Request"
    return response


async def _view(
    desk: WebDesk, seen: Visitor, place: Place, message: Message, citations: tuple[Citation, ...]
) -> SourceView:
    quotes = [one.quote for one in citations]
    record = await KeptAnswers(desk.store).find(place.conversation, message.id)
    found = holding(citations[0], record.evidence.passages) if record is not None else []
    if record is None or not found or not record.may_be_seen_by(seen.person.audience):
        return SourceView(citations)
    passage = found[0].passage
    url = _web(citations[0].url or passage.url)
    if found[0].is_outside or not passage.audience:
        # It is kept with the answer alone: what is outside, and what came with the question.
        same = [one.passage for one in record.evidence.passages if one.passage.source == passage.source]
        of_file = sorted((one for one in same if one.path == passage.path), key=lambda one: one.ordinal)
        kind = "outside" if found[0].is_outside else "attached"
        return SourceView(citations, document_view(of_file, quotes, passage.id), kind, url)
    access = await desk.application.access()
    passages = await access.passages(passage.source, passage.path, seen.person.audience)
    return SourceView(citations, document_view(passages, quotes, passage.id) if passages else None, "knowledge", url)


def _web(url: str) -> str:
    """An address of the web, or nothing."""
    return url if url.lower().startswith(("http://", "https://")) else ""
