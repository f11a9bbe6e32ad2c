"""How much a request may bring: what it says is checked before, and what it sends while it is read."""

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from bots.web.door.refusals import RefusedError, too_large


def limited(receive: Receive, said: str | None, limit: int, *, in_chinese: bool) -> Receive:
    """A body of `limit` bytes at most; `said` is its Content-Length.

    Raises:
        RefusedError: it is said to be larger.
        HTTPException: raised by the reader (whom FastAPI lets pass that alone), it is larger.
    """
    refusal = too_large(limit)
    digits = (said or "0").strip().lstrip("0")
    if digits.isascii() and digits.isdigit() and (len(digits) > 15 or int(digits) > limit):
        raise refusal
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > limit:
                raise _as_http(refusal, in_chinese=in_chinese)
        return message

    return counted


def _as_http(refusal: RefusedError, *, in_chinese: bool) -> HTTPException:
    message, hint = refusal.said(in_chinese=in_chinese)
    return HTTPException(refusal.status, f"{message} {hint}", dict(refusal.headers))
