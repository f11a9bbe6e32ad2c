"""`POST /api/ask`: a question in, the answer out as it grows, or whole. Whoever hangs up can fetch it later."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from adapters.web.board import Shown
from adapters.web.files import MOST_FILES, Upload
from bots.web.api.events import Cursor, Event, EventStream, events_of, picture_of
from bots.web.api.models import ANSWER_SECONDS, EXAMPLE_QUESTION, EXAMPLE_THREAD, Answer, Asked, AskIn, NotTaken, Words
from bots.web.api.problems import responses
from bots.web.chat.asking import CHARACTERS, ask
from bots.web.chat.talks import Asked as KeptQuestion
from bots.web.chat.talks import InTalk, kept_place, new_thread, place_in
from bots.web.desk import Desk, WebDesk
from bots.web.visitors import Seen
from core.messages import Message, Place

router = APIRouter()

JSON, MULTIPART, EVENTS = "application/json", "multipart/form-data", "text/event-stream"
_FIELD = 1_000_000
"""Bytes that a field of a form may have which is no file."""
_EXAMPLE_EVENTS = (
    f'event: asked\ndata: {{"conversation":"{EXAMPLE_THREAD}","question":"{EXAMPLE_QUESTION}","not_taken":[]}}\n\n'
    'event: status\ndata: {"stage":"searching","detail":"","source":""}\nid: 4f1d0c8a92b36e75.0.0\n\n'
    'event: text\ndata: {"text":"A rollback takes four minutes [1]."}\nid: 4f1d0c8a92b36e75.0.34\n\n'
    'event: citation\ndata: {"number":1,"source":"deploy.md","title":"Deploys","heading":"Rollback","page":null,'
    '"quote":"A rollback takes four minutes and needs no approval.","url":""}\nid: 4f1d0c8a92b36e75.2.0\n\n'
    'event: finished\ndata: {"declined":false,"support":0.9,"model":"openai:gpt-5","tokens":412,"suggestions":[]}\n'
    "id: 4f1d0c8a92b36e75.3.0\n\n"
)
_EVENT = {
    "title": "Event",
    "type": "object",
    "properties": {
        "event": {"enum": ["asked", "status", "text", "picture", "citation", "failure", "finished", "restart"]},
        "data": {"type": "string", "contentMediaType": JSON},
        "id": {"type": "string"},
    },
}
"""One of the events."""
STREAMED: dict[str, Any] = {
    "description": "The answer: as events while it grows, or as one object.",
    "content": {EVENTS: {"schema": _EVENT, "example": _EXAMPLE_EVENTS}},
}
_BODY = {
    "required": True,
    "content": {
        JSON: {"schema": {"$ref": "#/components/schemas/AskIn"}},
        MULTIPART: {
            "schema": {
                "type": "object",
                "properties": {
                    "question": {"type": "string", "maxLength": CHARACTERS},
                    "conversation": {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"},
                    "files": {
                        "type": "array",
                        "maxItems": MOST_FILES,
                        "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                    },
                },
                "additionalProperties": False,
                "anyOf": [
                    {"required": ["question"], "properties": {"question": {"pattern": r"\S"}}},
                    {"required": ["files"], "properties": {"files": {"minItems": 1}}},
                ],
            }
        },
    },
}
_Key = Annotated[
    str,
    Header(
        pattern=r"^([A-Za-z0-9_-]{8,64})?$",
        description="The same at every try, so that a question which is sent again is asked once.",
    ),
]
_LastEventId = Annotated[
    str, Header(max_length=64, description="The id of the last event that came, to go on after it.")
]
_Accept = Annotated[str, Header(include_in_schema=False)]


async def asked_in(request: Request) -> tuple[Words, list[Upload]]:
    """The question of a request, in JSON or as a form, and the files that come with it.

    Raises:
        RequestValidationError: it does not have the form that is wanted.
        HTTPException: it is of another kind (415), or its form is broken (400).
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == JSON:
        asked = await asyncio.to_thread(_validated, await request.body())
        files = [Upload(one.name, one.media_type, one.data) for one in (*asked.pictures, *asked.documents)]
    elif kind == MULTIPART:
        asked, files = await _of_form(request)
    else:
        raise HTTPException(415, "A body is wanted that is application/json or multipart/form-data.")
    if not asked.question.strip() and not files:
        said = "Ask something: a question or a file is wanted."
        raise RequestValidationError([{"type": "missing", "loc": ("body", "question"), "msg": said}])
    return asked, files


@router.post(
    "/api/ask",
    summary="Ask a question",
    response_model=Answer,
    responses={**responses(404, 413, 415, 429), 200: STREAMED},
    openapi_extra={"requestBody": _BODY},
)
async def ask_question(
    desk: Desk,
    seen: Seen,
    sent: Annotated[tuple[Words, list[Upload]], Depends(asked_in)],
    accept: _Accept = "",
    idempotency_key: _Key = "",
) -> Response:
    """Ask, and get the answer: as server-sent events (`asked`, then `status`, `text`, `picture`, `citation`, `failure`,
    at last `finished`), or with `Accept: application/json` as one object when it is whole.

    Texts are pieces that add up. `restart` says that the answer begins anew: throw away what came before. Closing the
    connection does not stop the answer; go on with `Last-Event-ID` at the address of its events.
    """
    body, files = sent
    nonce = idempotency_key or secrets.token_urlsafe(16)
    if body.conversation is None:
        place = place_in(seen.person, new_thread(seen.person, nonce))
    else:
        place = await kept_place(body.conversation, desk, seen)
    message = await ask(desk, seen, place, nonce, body.question, files)
    if _wants_whole(accept):
        return JSONResponse((await _whole(desk, place, message)).model_dump(mode="json"))
    return EventStream(_from_the_beginning(desk, place, message))


@router.get(
    "/api/conversations/{thread}/replies/{question}",
    summary="Get an answer",
    response_model=Answer,
    responses=responses(404),
)
async def get_answer(desk: Desk, place: InTalk, message: KeptQuestion) -> Answer:
    """The answer to a question as it stands now, whole or not."""
    return _answer(place, message, await desk.board.standing(place.conversation, message.id))


@router.get(
    "/api/conversations/{thread}/replies/{question}/events",
    summary="Follow an answer",
    response_class=Response,
    responses={**responses(404), 200: STREAMED, 204: {"description": "It is over, and all of it came before."}},
)
async def follow_answer(desk: Desk, place: InTalk, message: KeptQuestion, last_event_id: _LastEventId = "") -> Response:
    """The events of an answer from the beginning, or from where `Last-Event-ID` says that a program left off."""
    cursor = Cursor.read(last_event_id)
    shown = await desk.board.standing(place.conversation, message.id)
    if shown is not None and shown.is_over and cursor.is_in(shown) and cursor.parts == len(shown.parts):
        return Response(status_code=204)
    return EventStream(events_of(desk, place, message, cursor))


def _validated(body: bytes) -> AskIn:
    try:
        return AskIn.model_validate_json(body)
    except ValidationError as error:
        raise _as_wrong(error) from None


async def _of_form(request: Request) -> tuple[Words, list[Upload]]:
    most: int = request.app.state.desk.platform.files.most
    fields: dict[str, str] = {}
    files: list[Upload] = []
    async with request.form(max_files=2 * MOST_FILES, max_fields=10, max_part_size=_FIELD) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files.append(Upload(value.filename or "", value.content_type or "", await value.read(most + 1)))
            else:
                fields[name] = value
    try:
        return Words.model_validate(fields), files
    except ValidationError as error:
        raise _as_wrong(error) from None


def _as_wrong(error: ValidationError) -> RequestValidationError:
    """What is not understood, without what was sent."""
    return RequestValidationError(error.errors(include_input=False, include_url=False, include_context=False))


def _wants_whole(accept: str) -> bool:
    kinds = {one.partition(";")[0].strip().lower() for one in accept.split(",")}
    return JSON in kinds and EVENTS not in kinds


async def _from_the_beginning(desk: WebDesk, place: Place, message: Message) -> AsyncGenerator[bytes]:
    yield Event("asked", _asked(place, message), Cursor()).encoded()
    async with aclosing(events_of(desk, place, message, Cursor())) as events:
        async for event in events:
            yield event


async def _whole(desk: WebDesk, place: Place, message: Message) -> Answer:
    """The answer once it is over, or as it stands after `ANSWER_SECONDS`, or when the question was deleted."""
    shown: Shown | None = None
    try:
        async with (
            asyncio.timeout(ANSWER_SECONDS),
            aclosing(desk.watching.follow(place.conversation, message.id)) as changes,
        ):
            async for shown in changes:
                if shown is None and not await desk.store.messages(place.conversation, [message.id]):
                    raise HTTPException(404)
    except TimeoutError:
        pass
    return _answer(place, message, shown)


def _asked(place: Place, message: Message) -> Asked:
    problems = [NotTaken(name=one.name, problem=one.problem) for one in message.attachments if one.problem]
    return Asked(conversation=place.thread or "", question=message.id, not_taken=problems)


def _answer(place: Place, message: Message, shown: Shown | None) -> Answer:
    shown = shown or Shown(question=message.id, attempt="")
    reply = shown.reply
    pictures = [picture_of(one, place.thread or "") for one in reply.pictures]
    return Answer.of(_asked(place, message), reply, pictures, shown.status, finished=shown.is_over)
