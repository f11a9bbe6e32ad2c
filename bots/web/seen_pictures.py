"""The bytes of a picture for whoever may see it: one of the knowledge as `KnowledgeAccess` says, or one of their own
conversations."""

import asyncio

from bots.web.desk import WebDesk
from bots.web.visitors import PLATFORM, Person
from core.conversation_keys import read_reference
from core.messages import Place


async def seen_picture(desk: WebDesk, person: Person, sha256: str, *, growing: Place | None = None) -> bytes | None:
    """A picture's bytes, PNG or JPEG; None if there is none of this hash, or this person may not see it.

    In a conversation of their own a picture may be shown that no message carries yet: with `growing`, the replies of
    that one are looked at too.

    Raises:
        StoreUnavailableError: Redis is away.
        IndexUnavailableError: the knowledge can't be looked up.
    """
    if await _is_own(desk, person, sha256) or (growing is not None and await _grows(desk, growing, sha256)):
        kept = await desk.store.picture(sha256)
        if kept is not None:
            return kept
    access = await desk.application.access()
    if await access.showing(sha256, person.audience):
        return await asyncio.to_thread(desk.application.pictures.get, sha256)
    return None


async def _is_own(desk: WebDesk, person: Person, sha256: str) -> bool:
    """Whether a message in one of the person's conversations carries it."""
    for member in await desk.store.redis.execute("SMEMBERS", desk.store.keys.picture_uses(sha256)):
        conversation, message_id = read_reference(member)
        place = Place.named(conversation)
        if place.platform != PLATFORM or place.channel != person.id:
            continue
        # The index may point at what is kept no more.
        for message in await desk.store.messages(conversation, [message_id]):
            if any(one.sha256 == sha256 for one in message.pictures):
                return True
    return False


async def _grows(desk: WebDesk, place: Place, sha256: str) -> bool:
    standing = await desk.board.all_standing(place.conversation)
    return any(one.picture.sha256 == sha256 for shown in standing.values() for one in shown.reply.pictures)
