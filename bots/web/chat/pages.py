"""The chat page: a new conversation, or an earlier one, beside the list of all."""

import logging
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from adapters.web.files import MOST_FILES
from bots.web.chat.asking import CHARACTERS
from bots.web.chat.exchanges import exchanges
from bots.web.chat.replies import exchange_context, exchange_piece, texts_of
from bots.web.chat.talks import InTalk, Talk, earlier_talks, talk_of
from bots.web.chat.words import WORDS
from bots.web.desk import Desk, WebDesk
from bots.web.pages import page, rendered
from bots.web.visitors import Seen, Visitor
from core.actions.openings import MOST, openings
from core.errors import IndexUnavailableError, StoreUnavailableError
from core.language import is_chinese

router = APIRouter()
FORM = 200_000
"""Bytes that the rest of a form may have: a long question, and what stands between files."""
_log = logging.getLogger(__name__)


@router.get("/", include_in_schema=False)
async def home() -> Response:
    """The chat is where everybody begins."""
    return RedirectResponse("/chat", status_code=303)


@router.get("/chat", include_in_schema=False)
async def new(request: Request, desk: Desk, seen: Seen) -> Response:
    """A new conversation, with what could be asked."""
    notices: list[str] = []
    prompts: list[str] = []
    knows = True
    try:
        prompts = await _prompts(desk, seen)
        knows = bool(prompts)
    except IndexUnavailableError as error:
        _log.info("A conversation begins without the documents: %s", error)
        notices.append(WORDS[seen.language]["index_away"])
    talks: list[Talk] = []
    more = False
    try:
        talks, more = await earlier_talks(desk, seen.person)
    except StoreUnavailableError as error:
        _log.info("A conversation begins without the earlier ones: %s", error)
        notices.append(WORDS[seen.language]["store_away"])
    return _page(
        request,
        desk,
        seen,
        thread="",
        talk=None,
        talks=talks,
        more_talks=more,
        notices=notices,
        prompts=prompts,
        knows=knows,
    )


@router.get("/chat/earlier", include_in_schema=False)
async def earlier(desk: Desk, seen: Seen, start: int = 0, find: str = "", current: str = "") -> Response:
    """A page of the list of earlier conversations, or those whose titles have certain words."""
    talks, more = await earlier_talks(desk, seen.person, start=max(0, start), words=find[:200])
    piece = rendered(
        "chat/talks.html",
        seen.language,
        WORDS,
        talks=talks,
        more_talks=more,
        next_start=max(0, start) + len(talks),
        thread=current,
        find=find.strip(),
        texts=texts_of(seen.language),
    )
    return HTMLResponse(piece)


@router.get("/chat/{thread}", include_in_schema=False)
async def earlier_talk(request: Request, desk: Desk, seen: Seen, place: InTalk, before: str = "") -> Response:
    """One conversation: its last questions with their replies; with `before`, those before one of them, as a piece."""
    said, more = await exchanges(desk, place, before=before)
    if before and "HX-Request" in request.headers:
        return HTMLResponse(_earlier_piece(place.thread or "", said, more, seen, place))
    talks, more_talks = await earlier_talks(desk, seen.person)
    return _page(
        request,
        desk,
        seen,
        thread=place.thread or "",
        talk=await talk_of(desk, seen.person, place.thread or ""),
        talks=talks,
        more_talks=more_talks,
        exchanges=[exchange_context(one, place, seen) for one in said],
        more_before=said[0].question.id if more and said else "",
        notices=[],
        prompts=[],
        knows=True,
    )


def _earlier_piece(thread: str, said: Any, more: bool, seen: Visitor, place: Any) -> str:
    above = rendered(
        "chat/before.html", seen.language, WORDS, thread=thread, more_before=said[0].question.id if more else ""
    )
    return above + "".join(exchange_piece(one, place, seen) for one in said)


def _page(request: Request, desk: WebDesk, seen: Visitor, **context: Any) -> Response:
    known: dict[str, Any] = {"exchanges": [], "more_before": ""}
    return page(
        request,
        seen,
        "chat/page.html",
        WORDS,
        texts=texts_of(seen.language),
        most_files=MOST_FILES,
        most_bytes=min(desk.platform.files.most, desk.application.settings.web_upload_mb * 1_000_000 - FORM),
        most_characters=CHARACTERS,
        next_start=len(context["talks"]),
        find="",
        **{**known, **context},
    )


async def _prompts(desk: WebDesk, seen: Visitor) -> list[str]:
    """Questions about documents that the visitor may see, those in their language before others; none where there are
    none."""
    application, texts = desk.application, texts_of(seen.language)
    chinese = seen.language == "zh"
    headings = await openings(
        application.ledger, await application.access(), seen.person.audience, chinese=chinese, limit=2 * MOST
    )
    if not headings:
        return []
    own = [heading for heading in headings if is_chinese(heading) == chinese]
    named = [texts.prompt_heading.format(heading=heading) for heading in own]
    return [*named[: MOST - 1], texts.prompt_sources, texts.prompt_picture, texts.prompt_summary][:MOST]
