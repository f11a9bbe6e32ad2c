"""Asking: what a form sends becomes a question in the mailbox, once, however often it is sent."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, UploadFile
from fastapi.responses import HTMLResponse, Response

from adapters.texts import texts_for
from adapters.web.files import MOST_FILES, Upload
from bots.web.chat.exchanges import exchange
from bots.web.chat.replies import exchange_piece
from bots.web.chat.talks import InTalk, new_thread, place_in, question_id
from bots.web.desk import Desk, WebDesk
from bots.web.visitors import Seen, Visitor
from core.errors import QuestionError
from core.messages import Message, Place
from core.question import Question

router = APIRouter()

CHARACTERS = 40_000
"""So long may a question be."""

Nonce = Annotated[str, Form(pattern=r"^[\w-]{8,64}$")]


@router.post("/chat/questions", include_in_schema=False)
async def begin(
    desk: Desk, seen: Seen, nonce: Nonce, text: Annotated[str, Form()] = "", files: list[UploadFile] | None = None
) -> Response:
    """Begin a conversation with a question; the piece that is answered names its thread."""
    place = place_in(seen.person, new_thread(seen.person, nonce))
    return await _asked(desk, seen, place, nonce, text, files or ())


@router.post("/chat/{thread}/questions", include_in_schema=False)
async def go_on(
    desk: Desk,
    seen: Seen,
    place: InTalk,
    nonce: Nonce,
    text: Annotated[str, Form()] = "",
    files: list[UploadFile] | None = None,
) -> Response:
    """Ask in a conversation."""
    return await _asked(desk, seen, place, nonce, text, files or ())


async def ask(desk: WebDesk, visitor: Visitor, place: Place, nonce: str, text: str, files: Sequence[Upload]) -> Message:
    """Line a question up; asked again with the same nonce, it is the same question.

    Raises:
        QuestionError: it is empty, or too long.
        StoreUnavailableError: it is not kept.
    """
    texts = texts_for(visitor.author.locale)
    text = text.replace("\r\n", "\n").strip()
    if not text and not files:
        raise QuestionError(texts.ask_empty)
    if len(text) > CHARACTERS:
        raise QuestionError(texts.question_too_long.format(limit=CHARACTERS))
    name = question_id(visitor.person, place.thread or "", nonce)
    kept = await desk.store.messages(place.conversation, [name])
    if kept:
        return kept[0]
    pictures, attachments = await desk.platform.files.incoming(files, in_chinese=visitor.language == "zh")
    message = Message(
        id=name,
        place=place,
        author=visitor.author,
        text=text,
        pictures=pictures,
        attachments=attachments,
        sent_at=datetime.now(UTC),
    )
    await desk.mailbox.submit(Question(message=message, alone=True))
    return message


async def _asked(
    desk: WebDesk, visitor: Visitor, place: Place, nonce: str, text: str, files: Sequence[UploadFile]
) -> Response:
    uploads = [await _read(one, desk.platform.files.most) for one in files[: MOST_FILES + 1] if one.filename]
    message = await ask(desk, visitor, place, nonce, text, uploads)
    piece = exchange_piece(await exchange(desk, place, message), place, visitor)
    return HTMLResponse(piece, headers={"X-Thread": place.thread or ""})


async def _read(file: UploadFile, most: int) -> Upload:
    return Upload(file.filename or "", file.content_type or "", await file.read(most + 1))
