"""Forgetting: one conversation, or all that a person said here."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from bots.web.chat.replies import texts_of
from bots.web.chat.talks import InTalk, place_in, threads_of
from bots.web.chat.words import WORDS
from bots.web.desk import Desk
from bots.web.pages import rendered
from bots.web.visitors import PLATFORM, WORKSPACE, Seen
from core.actions.forgetting import NAMED, forget_me, what_would_go

router = APIRouter()


@router.delete("/chat/{thread}", include_in_schema=False)
async def forget_talk(request: Request, desk: Desk, place: InTalk) -> Response:
    """Forget a conversation whole; what is being answered in it stops. Whoever looks at it is led to a new one."""
    await desk.mailbox.stop(place.conversation)
    await desk.store.forget_conversation(place.conversation)
    is_looked_at = request.headers.get("HX-Current-URL", "").partition("?")[0].endswith(f"/chat/{place.thread}")
    return HTMLResponse("", headers={"HX-Redirect": "/chat"} if is_looked_at else None)


@router.get("/chat/forget", include_in_schema=False)
async def would_go(desk: Desk, seen: Seen) -> Response:
    """What would be forgotten, for whoever decides."""
    going = await what_would_go(desk.store, desk.application.saved_notes, PLATFORM, [WORKSPACE], seen.person.id)
    piece = rendered(
        "chat/forget.html",
        seen.language,
        WORDS,
        going=going,
        talks=len(await threads_of(desk, seen.person)),
        most_notes=NAMED,
        texts=texts_of(seen.language),
    )
    return HTMLResponse(piece)


@router.post("/chat/forget", include_in_schema=False)
async def forget_all(desk: Desk, seen: Seen) -> Response:
    """Forget a person: their conversations whole, with the replies; their feedback; their saved notes."""
    for thread, _ in await threads_of(desk, seen.person):
        conversation = place_in(seen.person, thread).conversation
        await desk.mailbox.stop(conversation)
        await desk.store.forget_conversation(conversation)
    await forget_me(
        desk.store,
        desk.application.saved_notes,
        PLATFORM,
        [WORKSPACE],
        seen.person.id,
        chinese=seen.language == "zh",
    )
    return HTMLResponse("", headers={"HX-Redirect": "/chat"})
