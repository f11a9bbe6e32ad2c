"""What people say in Discord: questions go into the mailbox, edits and deletions follow them."""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from adapters.discord.heard import Heard, snowflake
from adapters.payloads import Payload, listing
from adapters.understood import Asked, Deleted, Edited, Understood
from bots.discord.desk import Desk
from bots.discord.saving import follow_deletion, follow_edit
from core.errors import PlatformUnavailableError
from core.question import Question

READ_TIME = 4.0
"""Seconds for which the files of a message are waited for before it is kept; the worker reads what is missing then."""
NAMED_LATE = 3600.0
"""Seconds after which a message that is edited to name Lorelens is not taken for a question any more."""

_log = logging.getLogger(__name__)


async def register(desk: Desk) -> None:
    """Listen for messages; each is held until the mailbox has it."""

    def created(payload: Payload) -> None:
        heard = Heard.of(payload)
        desk.waiting.put(heard.channel, "Taking in a message", partial(take, desk, heard))

    def changed(payload: Payload) -> None:
        heard = Heard.of(payload)
        if heard.edited:
            desk.waiting.put(heard.channel, "Taking in an edit", partial(take_edited, desk, heard))
            desk.waiting.put(heard.channel, "Following an edit", partial(follow_edit, desk, heard))

    def deleted(payload: Payload) -> None:
        channel = snowflake(payload.get("channel_id"))
        for message in map(snowflake, [payload.get("id"), *listing(payload.get("ids"))]):
            if channel and message:
                work = partial(take_deleted, desk, channel, message)
                desk.waiting.put(channel, "Taking in a deletion", work)
                followed = partial(follow_deletion, desk, channel, message)
                desk.waiting.put(channel, "Following a deletion", followed)

    desk.client.hear("MESSAGE_CREATE", created)
    desk.client.hear("MESSAGE_UPDATE", changed)
    desk.client.hear("MESSAGE_DELETE", deleted)
    desk.client.hear("MESSAGE_DELETE_BULK", deleted)


async def take(desk: Desk, heard: Heard) -> Understood:
    """Take in a message, from the gateway or from a channel's history.

    Raises:
        StoreUnavailableError: it is not kept.
        PlatformUnavailableError: what it belongs to can't be learned now.
    """
    understood = await desk.platform.intake.events.said(heard, partial(_takes_part, desk, heard.sent_at))
    return await _act(desk, understood)


async def take_edited(desk: Desk, heard: Heard) -> Understood:
    """Take in a message as it reads now; one that reads as it is kept changes nothing. Raises as `take` does.

    What is not kept may name Lorelens only now: then it is a question, unless it is old.
    """
    if not heard.author:
        # Discord tells of a whole message; others that speak its protocol may tell of what changed alone.
        whole = await desk.platform.intake.chains.fetch(heard.channel, heard.id)
        heard = replace(whole, guild=heard.guild) if whole is not None else heard
    understood = await desk.platform.intake.events.changed(heard)
    if not isinstance(understood, Edited):
        return await _act(desk, understood)
    message = understood.message
    kept = await desk.store.messages(message.place.conversation, [message.id])
    if not kept and (datetime.now(UTC) - heard.sent_at).total_seconds() < NAMED_LATE:
        understood = await take(desk, heard)
        kept = await desk.store.messages(message.place.conversation, [message.id])  # as a history told of it, maybe
    if kept and kept[0].text != message.text:
        await desk.mailbox.edited(message)
    return understood


async def take_deleted(desk: Desk, channel: str, message: str) -> Understood:
    """Take in that a message is gone. Raises as `take` does."""
    return await _act(desk, await desk.platform.intake.events.deleted(channel, message))


async def _act(desk: Desk, understood: Understood) -> Understood:
    match understood:
        case Asked(question):
            await desk.mailbox.submit(await _with_files(desk, question))
        case Deleted(conversation, message_id):
            await desk.mailbox.deleted(conversation, message_id)
        case _:
            pass
    return understood


async def _with_files(desk: Desk, question: Question) -> Question:
    """The question with its pictures: their links expire, so they are read when it comes, unless that takes long."""
    if not question.message.attachments:
        return question
    try:
        async with asyncio.timeout(READ_TIME):
            message = await desk.platform.complete(question, desk.store.keep_picture)
    except (TimeoutError, PlatformUnavailableError) as error:
        _log.info("The files of a message are read later: %s", error or "it takes too long")
        return question
    return question.model_copy(update={"message": message})


async def _takes_part(desk: Desk, at: datetime, conversation: str) -> bool:
    return await desk.mailbox.takes_part(conversation, at)
