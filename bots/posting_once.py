"""A reply that a listener posts by itself: nobody else takes over, and nothing is noted of it."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence

from pydantic import JsonValue

from core.messages import Place
from core.posting import Outlet, Posted, Posting
from core.reply import ReplyPart

_UNHURRIED = 3600.0
"""Seconds; nobody else takes over."""


async def post_once(
    outlet: Outlet, place: Place, delivery: Mapping[str, JsonValue], parts: Sequence[ReplyPart], *, key: str = ""
) -> str:
    """Post the parts as an answer is posted; the platform's id of the reply.

    `delivery` is what the platform needs for it, and `key` tells it from all others where it could come twice. Raises
    as the outlet does.
    """
    posting = Posting(
        place=place,
        questions=(),
        key=key or secrets.token_hex(12),
        taken_over=False,
        posted=dict(delivery),
        ready=_ready,
        note=_note,
    )
    return await outlet.post(posting, _each(parts))


async def _ready() -> float:
    return _UNHURRIED


async def _note(posted: Posted) -> None:
    """Nobody goes on with it."""


async def _each(parts: Sequence[ReplyPart]) -> AsyncIterator[ReplyPart]:
    for part in parts:
        yield part
