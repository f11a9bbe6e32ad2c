"""The routes of this area, for operators alone."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from bots.background import log_failure
from bots.web.desk import Desk, WebDesk
from bots.web.pages import page, rendered
from bots.web.quality import sayings
from bots.web.quality.evaluations import last_evaluation
from bots.web.quality.figures import charts, tiles
from bots.web.quality.overview import judged_on, overview, since, viewer_of
from bots.web.quality.spans import SPANS, SpanName
from bots.web.quality.words import WORDS
from bots.web.visitors import Operating, Visitor
from core.errors import LorelensError, QuestionError
from core.models.encoder import Encoder
from core.quality.given_up import given_up, letter_for
from core.quality.unanswered import UnansweredQuestions

router = APIRouter(include_in_schema=False)


async def unanswered_of(request: Request, desk: Desk) -> UnansweredQuestions:
    """The unanswered questions, with what the app remembers from one look at them to the next."""
    state = request.app.state
    if not hasattr(state, "unanswered"):
        state.unanswered = UnansweredQuestions(desk.store)
    found: UnansweredQuestions = state.unanswered
    return found


async def span_of(span: Annotated[str, Query(max_length=10)] = "") -> SpanName:
    """The span that is asked for; a week, where there is none of that name."""
    chosen: SpanName = "7d"
    for name in SPANS:
        chosen = name if span == name else chosen
    return chosen


SpanParameter = Annotated[SpanName, Depends(span_of)]
PlatformParameter = Annotated[str, Query(max_length=100)]
Unanswering = Annotated[UnansweredQuestions, Depends(unanswered_of)]


@router.get("/quality")
async def quality(
    request: Request, desk: Desk, visitor: Operating, span: SpanParameter, platform: PlatformParameter = ""
) -> HTMLResponse:
    """How good the answers are."""
    words = WORDS[visitor.language]
    found = await overview(desk, visitor, span, platform)
    chosen = platform if platform in found.platforms else ""
    if chosen != platform:
        found = await overview(desk, visitor, span, chosen)
    return page(
        request,
        visitor,
        "quality/page.html",
        WORDS,
        **_common(visitor, span, chosen),
        spans=tuple(SPANS),
        platforms=found.platforms,
        tiles=tiles(found.looked, found.now, words),
        charts=charts(found.looked, words, visitor.language),
        tokens=found.looked.all.counts.tokens,
        reasons=found.looked.all.counts.reasons("failed"),
        unhelpful=found.unhelpful,
        given_up=found.given_up,
        done="",
        evaluation=await last_evaluation(desk.application.data, words, visitor.language),
    )


@router.get("/quality/unanswered")
async def unanswered(
    desk: Desk,
    visitor: Operating,
    questions: Unanswering,
    span: SpanParameter,
    platform: PlatformParameter = "",
) -> HTMLResponse:
    """What the team should write down next; it is asked for by the page, since it may take a while."""
    found = await questions.find(
        since(span),
        await judged_on(desk, platform),
        viewer=viewer_of(visitor),
        platform=platform,
        encoder=await _encoder(desk),
    )
    return _piece("quality/unanswered.html", visitor, span, platform, unanswered=found)


@router.post("/quality/dead/{of}/{letter_id}/{act}")
async def deal(
    desk: Desk,
    visitor: Operating,
    of: str,
    letter_id: str,
    act: Literal["retry", "drop"],
    span: SpanParameter,
    platform: PlatformParameter = "",
) -> HTMLResponse:
    """Ask again what was given up, or drop it for good; the list as it is then."""
    viewer, words = viewer_of(visitor), WORDS[visitor.language]
    try:
        mailbox, letter = await letter_for(desk.store, viewer, of, letter_id)
        gone = not await (mailbox.retry(letter) if act == "retry" else mailbox.drop(letter))
    except QuestionError:
        gone = True
    found = await given_up(desk.store, viewer, platform)
    done = words["dead_gone"] if gone else words[f"dead_{act}_done"]
    return _piece("quality/dead.html", visitor, span, platform, given_up=found, done=done)


def _piece(template: str, visitor: Visitor, span: SpanName, platform: str, **context: Any) -> HTMLResponse:
    return HTMLResponse(
        rendered(template, visitor.language, WORDS, **_common(visitor, span, platform), **context),
    )


def _common(visitor: Visitor, span: SpanName, platform: str) -> dict[str, Any]:
    """What every template of the area knows."""
    now, words = datetime.now(UTC), WORDS[visitor.language]
    return {
        "span": span,
        "platform": platform,
        "ago": partial(sayings.ago, now=now, words=words),
        "moment": partial(sayings.moment, language=visitor.language),
        "say": sayings,
    }


async def _encoder(desk: WebDesk) -> Encoder | None:
    """The application's encoder; where it can't be had, questions are grouped by their terms."""
    try:
        return await asyncio.to_thread(lambda: desk.application.encoder)
    except LorelensError as error:
        log_failure("Loading the encoder for the unanswered questions", error)
        return None
