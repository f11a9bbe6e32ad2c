"""The message that somebody asks about: kept while they write their question, and remembered before it.

A dialog can't carry a whole message, and a platform does not show it again where the app can't read.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from pydantic import JsonValue, ValidationError

from adapters.payloads import mapping
from core.conversation_keys import read_reference, reference
from core.mailbox import Mailbox
from core.messages import Message, Value
from core.question import Question

KEPT = 1800
"""Seconds: as long as the response URL of Slack's dialogs can be used, and longer than an interaction of Discord's."""

COPIES_KNOWN = 400 * 86_400
"""Seconds for which is known what was remembered of a message because somebody asked about it."""


class About(Value):
    """The message, and where its files are, by their ids."""

    message: Message
    urls: Mapping[str, str] = {}


async def put_aside(mailbox: Mailbox, about: About, name: str = "") -> str:
    """Keep a message for a dialog; the name under which it is found again, which is made up unless given."""
    name = name or secrets.token_urlsafe(12)
    key = mailbox.store.keys.once(mailbox.platform, f"about-{name}")
    await mailbox.store.redis.execute("SET", key, about.model_dump_json(), "EX", KEPT)
    return name


async def put_aside_before(mailbox: Mailbox, name: str) -> About | None:
    """What was kept under a name; None if it is kept no more."""
    kept = await mailbox.store.redis.execute("GET", mailbox.store.keys.once(mailbox.platform, f"about-{name}"))
    try:
        return About.model_validate_json(kept) if kept else None
    except ValidationError:
        return None


async def asking_about(mailbox: Mailbox, question: Question, about: About) -> Question:
    """The question with the pictures of the message that it is about; the message is remembered right before it.

    It is a copy that goes when the message is deleted (`forget_copies`): where it stands itself, more may have been
    said since, and an answer that only one person sees has a conversation of its own.
    """
    asked, message = question.message, about.message
    pictures = [file for file in message.attachments if file.media_type.startswith("image/") or not file.media_type]
    others = tuple(file for file in message.attachments if file not in pictures)
    channel, _, one = message.id.partition(":")
    copy = message.model_copy(
        update={
            "id": f"{channel}:about-{one}-{asked.id.partition(':')[2]}",
            "place": asked.place,
            "attachments": others,
            "sent_at": asked.sent_at - timedelta(milliseconds=1),
        }
    )
    if copy.text or copy.pictures or copy.attachments:
        copies = _copies(mailbox, message.id)
        noted = ("SADD", copies, reference(asked.place.conversation, copy.id))
        await mailbox.store.redis.execute_all([noted, ("EXPIRE", copies, COPIES_KNOWN)])
        await mailbox.store.remember(copy)
    files: dict[str, JsonValue] = {**mapping(question.delivery.get("files")), **about.urls}
    return question.model_copy(
        update={
            "message": asked.model_copy(update={"attachments": (*asked.attachments, *pictures)}),
            "delivery": {**question.delivery, **({"files": files} if files else {})},
        }
    )


async def forget_copies(mailbox: Mailbox, message_id: str) -> None:
    """Delete what was remembered of a message because somebody asked about it."""
    copies = _copies(mailbox, message_id)
    for conversation, copy in map(read_reference, await mailbox.store.redis.execute("SMEMBERS", copies)):
        await mailbox.store.delete(conversation, copy)
    await mailbox.store.redis.execute("DEL", copies)


def _copies(mailbox: Mailbox, message_id: str) -> str:
    return mailbox.store.keys.once(mailbox.platform, f"copies-{message_id}")
