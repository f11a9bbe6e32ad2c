"""Earlier conversations: listed, stopped, deleted; and what whoever asked says of an answer."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import Response

from bots.web.api.models import Conversation, Conversations, FeedbackIn, Stopped
from bots.web.api.problems import responses
from bots.web.chat.talks import InTalk, earlier_talks, kept_place, kept_question
from bots.web.desk import Desk
from bots.web.visitors import Seen
from core.quality.feedback import FeedbackBook

router = APIRouter()

_NO_CONTENT = {204: {"description": "It is done."}}


@router.get(
    "/api/conversations",
    summary="List conversations",
    response_model=Conversations,
    responses=responses(),
)
async def listed(
    desk: Desk, seen: Seen, start: Annotated[int, Query(ge=0, le=1_000_000, description="How many to pass over.")] = 0
) -> Conversations:
    """The conversations of whoever asks, the one of the last word first; some at a time."""
    talks, more = await earlier_talks(desk, seen.person, start=start)
    found = [Conversation(conversation=one.thread, title=one.title or one.name, said_at=one.said_at) for one in talks]
    return Conversations(conversations=found, more=more)


@router.delete(
    "/api/conversations/{thread}",
    summary="Delete a conversation",
    status_code=204,
    response_class=Response,
    responses={**responses(404), **_NO_CONTENT},
)
async def delete(desk: Desk, place: InTalk) -> Response:
    """Forget all that was said in it, with its answers and pictures; what is being answered stops."""
    await desk.mailbox.stop(place.conversation)
    await desk.store.forget_conversation(place.conversation)
    return Response(status_code=204)


@router.post(
    "/api/conversations/{thread}/stop",
    summary="Stop answering",
    response_model=Stopped,
    responses=responses(404),
)
async def stop(desk: Desk, place: InTalk) -> Stopped:
    """Stop what is being answered in it, or about to be. What was said until then stays."""
    return Stopped(stopped=await desk.mailbox.stop(place.conversation))


@router.post(
    "/api/feedback",
    summary="Judge an answer",
    status_code=204,
    response_class=Response,
    responses={**responses(404), **_NO_CONTENT},
)
async def feedback(desk: Desk, seen: Seen, said: FeedbackIn) -> Response:
    """Keep whether an answer helped, and what was wrong with it, in the place of what was said before."""
    place = await kept_place(said.conversation, desk, seen)
    message = await kept_question(said.question, desk, place)
    book = FeedbackBook(desk.store)
    if said.helpful is None:
        await book.withdraw(place.conversation, message.id, seen.person.id)
    elif not await book.give(
        place.conversation, message.id, seen.author, helpful=said.helpful, reason=said.reason, text=said.text
    ):
        raise HTTPException(404)
    return Response(status_code=204)
