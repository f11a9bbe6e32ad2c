"""What can go wrong with a served model, found out from whatever error its client raises, and said in words.

Each provider's client has errors of its own. What they share is told apart here by what HTTP says (a status, a
`Retry-After`) and by the kind of the exception, so that no provider's package has to be installed.
"""

import json
import re
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelNotFoundError,
    ModelPermissionDeniedError,
    ModelRateLimitError,
    ModelTimeoutError,
)

from core.errors import ModelFaultError
from core.models.served.fault_words import WORDS

Fault = Literal[
    "key",
    "forbidden",
    "unknown_model",
    "busy",
    "quota",
    "failing",
    "away",
    "silent",
    "too_long",
    "filtered",
    "refused",
    "broken_off",
    "garbled",
    "empty",
    "unexpected",
]

PASSING: frozenset[str] = frozenset({"busy", "failing", "away", "broken_off", "garbled", "empty"})
"""Faults that may be gone at once: the same model is asked again."""
LASTING: frozenset[str] = frozenset(
    {"key", "forbidden", "unknown_model", "busy", "quota", "failing", "away", "silent", "garbled"}
)
"""Faults of the server, not of the question: the model is left alone for a while where another can answer."""

DETAIL_CHARACTERS = 200
_TOO_LONG = re.compile(
    r"context[ _](?:length|size|window)|maximum context|exceed_context|too many (?:input )?tokens|prompt is too long"
    r"|input is too long|longer than the maximum model length",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    r"content[ _](?:filter|policy|management)|responsible ?ai|safety (?:system|filter)", re.IGNORECASE
)
_QUOTA = re.compile(r"insufficient_quota|exceeded your current quota|billing|credit balance", re.IGNORECASE)
_BY_STATUS: dict[int, Fault] = {401: "key", 403: "forbidden", 404: "unknown_model", 408: "silent", 429: "busy"}
_BY_KIND: tuple[tuple[type[BaseException], Fault], ...] = (
    (ContextOverflowError, "too_long"),
    (ModelAuthenticationError, "key"),
    (ModelPermissionDeniedError, "forbidden"),
    (ModelNotFoundError, "unknown_model"),
    (ModelRateLimitError, "busy"),
    (ModelTimeoutError, "silent"),
    (ModelConnectionError, "away"),
    (TimeoutError, "silent"),
    (ConnectionError, "away"),
    (json.JSONDecodeError, "garbled"),
    (UnicodeDecodeError, "garbled"),
)
_BY_NAME: dict[str, Fault] = {
    "APITimeoutError": "silent",
    "ReadTimeout": "silent",
    "ConnectTimeout": "away",
    "ConnectError": "away",
    "APIConnectionError": "away",
    "RemoteProtocolError": "broken_off",
    "ReadError": "broken_off",
    "ClientPayloadError": "broken_off",
}
"""Errors of HTTP clients, by name: httpx, aiohttp and what the vendors' clients make of them."""


def fault_error(fault: Fault, model: str, detail: str = "", *, retry_after: float | None = None) -> ModelFaultError:
    """A fault as an error in both languages; `detail` is the server's own words, already cleaned of keys."""
    detail = " ".join(detail.split())[:DETAIL_CHARACTERS].rstrip(".。 ")
    said = {
        language: tuple(
            words.format(
                model=model,
                detail=f" ({detail})" if language == "en" and detail else f"（{detail}）" if detail else "",
                wait=_wait(retry_after, language),
            )
            for words in WORDS[fault][language]
        )
        for language in ("en", "zh")
    }
    message, hint = said["en"]
    chinese = (said["zh"][0], said["zh"][1])
    return ModelFaultError(message, hint=hint, fault=fault, chinese=chinese, retry_after=retry_after)


def fault_of(error: BaseException) -> Fault:
    """What kind of fault an error of a provider's client is."""
    said = words_of(error)
    if any(isinstance(one, ContextOverflowError) for one in _chain(error)):
        return "too_long"
    status = status_of(error)
    if status is not None:
        return _of_status(status, said)
    for one in reversed(list(_chain(error))):  # the cause says it more exactly than what was made of it
        if type(one).__name__ in _BY_NAME:
            return _BY_NAME[type(one).__name__]
        for kind, fault in _BY_KIND:
            if isinstance(one, kind):
                return fault
    if _TOO_LONG.search(said):
        return "too_long"
    if "content_filter" in said or "ContentFilter" in type(error).__name__:
        return "filtered"
    if type(error).__name__ == "APIError":  # an error event in mid-stream
        return "failing"
    # What a client does with an answer that is not of the protocol's form: it stumbles over what is not there.
    return "garbled" if isinstance(error, AttributeError | TypeError | KeyError | ValueError) else "unexpected"


def _of_status(status: int, said: str) -> Fault:
    if status in _BY_STATUS:
        return "quota" if status == 429 and _QUOTA.search(said) else _BY_STATUS[status]
    if _TOO_LONG.search(said):
        return "too_long"
    if status < 500:
        return "filtered" if _FILTERED.search(said) else "refused"
    return "failing"


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an error carries, if it does."""
    for one in _chain(error):
        carried: Any = getattr(one, "status_code", None) or getattr(getattr(one, "response", None), "status_code", None)
        if isinstance(carried, int) and carried >= 400:
            return carried
    return None


def words_of(error: BaseException) -> str:
    """What the server said, out of the error that the client made of it."""
    body: Any = getattr(error, "body", None)
    if isinstance(body, dict):
        message: Any = body.get("message") or body.get("error")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if isinstance(message, dict):
            message = message.get("message")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if isinstance(message, str) and message:
            return message
    return str(error) or type(error).__name__


def retry_after_of(error: BaseException) -> float | None:
    """Seconds for which the server asks to be left alone (`Retry-After`, RFC 9110 section 10.2.3)."""
    for one in _chain(error):
        headers: Any = getattr(getattr(one, "response", None), "headers", None)
        if headers is None:
            continue
        if milliseconds := headers.get("retry-after-ms"):
            return _number(milliseconds, 1000)
        said: str = headers.get("retry-after") or ""
        if said:
            return _number(said, 1) if not said[0].isalpha() else _until(said)
    return None


def _number(text: str, divisor: float) -> float | None:
    try:
        return max(0.0, float(text) / divisor)
    except ValueError:
        return None


def _until(date: str) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - time.time())
    except ValueError:
        return None


def _wait(seconds: float | None, language: str) -> str:
    if seconds is None:
        return " in a moment" if language == "en" else "稍后"
    return f" in {seconds:.0f} seconds" if language == "en" else f"{seconds:.0f} 秒后"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what caused it."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__
