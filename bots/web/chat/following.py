"""A reply while it grows, as server-sent events: what it does, what it says so far, and what stands below it at last.

Each event holds the whole of its piece, so whoever connects again goes on from what stands then.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from adapters.web.board import Shown
from bots.web.chat.exchanges import Exchange, exchange, vote_on
from bots.web.chat.replies import after_piece, answer_piece, said_piece, view_of
from bots.web.chat.talks import Asked, InTalk
from bots.web.desk import Desk, WebDesk
from bots.web.visitors import Seen, Visitor
from core.errors import StoreUnavailableError
from core.messages import Message, Place
from core.reply import Status

router = APIRouter()
_log = logging.getLogger(__name__)

PACE = 0.125
"""At least so many seconds between two pieces of a reply that grows."""
SHARE = 4
"""So many times as long as rendering a piece took is waited, so that a long reply does not keep a processor busy."""
AGAIN = 2_000
"""Milliseconds after which a browser connects again that lost the connection."""


@router.get("/chat/{thread}/replies/{question}/events", response_class=EventSourceResponse, include_in_schema=False)
async def events(desk: Desk, seen: Seen, place: InTalk, message: Asked) -> AsyncGenerator[ServerSentEvent]:
    """The reply from now on, until it is whole."""
    yield ServerSentEvent(comment="following", retry=AGAIN)
    try:
        async with aclosing(_pieces(desk, seen, place, message)) as pieces:
            async for event in pieces:
                yield event
    except StoreUnavailableError as error:
        _log.info("A reply is not followed now: %s", error)
        return  # the browser connects again
    yield ServerSentEvent(raw_data="", event="end")


@router.get("/chat/{thread}/replies/{question}", include_in_schema=False)
async def reply(desk: Desk, seen: Seen, place: InTalk, message: Asked) -> Response:
    """The reply as it stands."""
    return HTMLResponse(answer_piece(await exchange(desk, place, message), place, seen))


@router.post("/chat/{thread}/stop", include_in_schema=False)
async def stop(desk: Desk, place: InTalk) -> Response:
    """Stop what is being answered; what was said until then stays."""
    await desk.mailbox.stop(place.conversation)
    return Response(status_code=204)


@router.post("/chat/{thread}/replies/{question}/again", include_in_schema=False)
async def again(desk: Desk, seen: Seen, place: InTalk, message: Asked) -> Response:
    """Answer again, in place of what stands."""
    before = await desk.board.standing(place.conversation, message.id)
    if before is None or before.is_over:
        lined_up = await desk.mailbox.again(place.conversation, message.id)
        if lined_up and before is not None:
            # Nothing comes of it where a worker was quicker.
            doing = [Status(stage="thinking")]
            await desk.board.begin(place.conversation, message.id, doing, instead_of=before)
    return HTMLResponse(answer_piece(await exchange(desk, place, message), place, seen))


async def _pieces(desk: WebDesk, visitor: Visitor, place: Place, message: Message) -> AsyncGenerator[ServerSentEvent]:
    said = doing = ""
    async with aclosing(_standing(desk, place, message)) as standing:
        async for shown in standing:
            began = time.monotonic()
            one = Exchange(question=message, shown=shown, is_waited_for=shown is None)
            status = view_of(shown, place, message.id, visitor.language).status
            if status != doing:
                doing = status
                yield ServerSentEvent(raw_data=status, event="doing")
            piece = said_piece(one, place, visitor)
            if piece != said:
                said = piece
                yield ServerSentEvent(raw_data=piece, event="said")
            if not one.is_growing:
                yield ServerSentEvent(raw_data=await _after(desk, place, one, visitor), event="over")
                return
            await asyncio.sleep(max(PACE, SHARE * (time.monotonic() - began)))


async def _standing(desk: WebDesk, place: Place, message: Message) -> AsyncGenerator[Shown | None]:
    """What stands, until it is over, or the question is gone with its reply."""
    stood = False
    async with aclosing(desk.watching.follow(place.conversation, message.id)) as following:
        async for shown in following:
            if shown is None and stood and not await desk.store.messages(place.conversation, [message.id]):
                return
            stood = stood or shown is not None
            yield shown


async def _after(desk: WebDesk, place: Place, one: Exchange, visitor: Visitor) -> str:
    vote = await vote_on(desk, place, one.question)
    return after_piece(one.model_copy(update={"vote": vote}), place, visitor)
