"""Questions that are no messages: from commands, forms and buttons, answered by the token of the interaction."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from adapters.discord.heard import Upload
from bots.discord.desk import Desk
from bots.discord.privately import delivery_to, private_place
from bots.discord.whom import Whom
from core.errors import PlatformUnavailableError, QuestionError
from core.messages import Attachment, Message, Place
from core.question import Question

READ_TIME = 4.0
"""Seconds for which files are waited for before the question is kept; the worker reads what is missing then."""

_log = logging.getLogger(__name__)


async def place_of_answer(desk: Desk, who: Whom, *, private: bool) -> Place:
    """The conversation that a question begins or goes on: in a thread that of the thread, in a direct conversation that
    one, in a channel a chain of replies whose first message is the answer; the asker's own, where only they see it."""
    if who.is_elsewhere or (private and who.is_among_others):
        return private_place(who)
    if not who.is_among_others:
        return Place(platform="discord", workspace=who.workspace, channel=who.spot.channel)
    return Place(
        platform="discord",
        workspace=who.workspace,
        channel=who.spot.channel,
        thread=who.spot.id if who.spot.is_thread else f"re-{who.response or who.id}",
        visibility="private" if await desk.platform.intake.servers.is_hidden(who.spot) else "public",
    )


def question(
    who: Whom, place: Place, name: str, text: str, *, private: bool, uploads: Sequence[Upload] = ()
) -> Question:
    """A question that is answered where Discord waits for it; `name` tells it from all others of its channel."""
    delivery: dict[str, JsonValue] = {
        **delivery_to(who),
        "surface": "ephemeral" if private else "interaction",
        "quoted": text,
    }
    if uploads:
        delivery["files"] = {_reference(one): one.url for one in uploads}
    message = Message(
        id=f"{who.spot.id}:{name}",
        place=place,
        author=who.author,
        text=text,
        attachments=tuple(
            Attachment(name=one.name, media_type=one.media_type, size=one.size, reference=_reference(one))
            for one in uploads
        ),
        sent_at=datetime.now(UTC),
    )
    return Question(message=message, delivery=delivery, alone=True)


def as_asked_by(who: Whom) -> Question:
    """A question whose answer only this person would see, for what they may see (`PlatformAdapter.audience`)."""
    return question(who, private_place(who), "looked", "", private=True)


async def ask(desk: Desk, who: Whom, asked: Question) -> bool:
    """Line a question up, with its pictures: their links expire, so they are read at once, unless that takes long.

    False if it was asked before.

    Raises:
        QuestionError: there is nothing in it.
        StoreUnavailableError: it is not kept.
    """
    if not asked.message.text and not asked.message.attachments:
        raise QuestionError(who.texts.ask_empty)
    if asked.message.attachments:
        try:
            async with asyncio.timeout(READ_TIME):
                message = await desk.platform.complete(asked, desk.store.keep_picture)
        except (TimeoutError, PlatformUnavailableError) as error:
            _log.info("The files of a question are read later: %s", str(error) or "it takes too long")
        else:
            asked = asked.model_copy(update={"message": message})
    return await desk.mailbox.submit(asked) == "new"


def _reference(one: Upload) -> str:
    return f"command:{one.id}"
