"""What can be done with an answer: say whether it helped, and ask what it suggests."""

import hashlib
from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import HTMLResponse, Response

from bots.web.chat.asking import ask
from bots.web.chat.exchanges import exchange, vote_on
from bots.web.chat.replies import exchange_piece, texts_of
from bots.web.chat.talks import Asked, InTalk, question_id
from bots.web.chat.words import WORDS
from bots.web.desk import Desk
from bots.web.pages import rendered
from bots.web.visitors import Seen, Visitor
from core.messages import Message, Place
from core.quality.feedback import FeedbackBook

router = APIRouter()

REASONS = ("wrong", "outdated", "missing", "unclear")
"""What may be wrong with an answer; `reason_...` in the words."""


@router.post("/chat/{thread}/replies/{question}/feedback", include_in_schema=False)
async def feedback(
    desk: Desk, seen: Seen, place: InTalk, message: Asked, helpful: Annotated[Literal["yes", "no", "nothing"], Form()]
) -> Response:
    """Keep whether an answer helped, or take that back; whoever says that it did not is asked what was wrong."""
    book = FeedbackBook(desk.store)
    if helpful == "nothing":
        await book.withdraw(place.conversation, message.id, seen.person.id)
        return _piece(seen, place, message, None)
    vote = helpful == "yes"
    if await book.vote(place.conversation, message.id, seen.author, helpful=vote) == "too late":
        raise HTTPException(404)
    return _piece(seen, place, message, vote, asks=not vote, said=texts_of(seen.language).thanks if vote else "")


@router.post("/chat/{thread}/replies/{question}/reason", include_in_schema=False)
async def reason(
    desk: Desk,
    seen: Seen,
    place: InTalk,
    message: Asked,
    reason: Annotated[Literal["wrong", "outdated", "missing", "unclear", ""], Form()] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    """Keep what was wrong with an answer; a form that is sent empty takes nothing away."""
    texts = texts_of(seen.language)
    if reason or text.strip():
        kept = await FeedbackBook(desk.store).give(
            place.conversation, message.id, seen.author, helpful=False, reason=reason, text=text
        )
        if not kept:
            raise HTTPException(404)
    said = texts.thanks_reason if text.strip() else texts.thanks
    return _piece(seen, place, message, await vote_on(desk, place, message), said=said)


@router.post("/chat/{thread}/replies/{question}/suggestions/{number}", include_in_schema=False)
async def ask_next(desk: Desk, seen: Seen, place: InTalk, message: Asked, number: int) -> Response:
    """Ask a suggested question. Its name is made of what it asks, so that it is asked once, however often clicked."""
    shown = await desk.board.standing(place.conversation, message.id)
    suggestions = [" ".join(one.split()) for one in shown.reply.suggestions if one.strip()] if shown else []
    if not 0 < number <= len(suggestions):
        raise HTTPException(404)
    text = suggestions[number - 1]
    nonce = hashlib.sha256(f"{message.id} {text}".encode()).hexdigest()[:32]
    name = question_id(seen.person, place.thread or "", nonce)
    if await desk.store.messages(place.conversation, [name]):
        return Response(status_code=204, headers={"X-Asked": name})
    asked = await ask(desk, seen, place, nonce, text, ())
    return HTMLResponse(exchange_piece(await exchange(desk, place, asked), place, seen), headers={"X-Asked": asked.id})


def _piece(
    seen: Visitor, place: Place, message: Message, vote: bool | None, *, asks: bool = False, said: str = ""
) -> Response:
    piece = rendered(
        "chat/feedback.html",
        seen.language,
        WORDS,
        thread=place.thread,
        question=message,
        vote=vote,
        asks=asks,
        said=said,
        reasons=REASONS,
        texts=texts_of(seen.language),
    )
    return HTMLResponse(piece)
