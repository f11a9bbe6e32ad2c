"""What goes wrong with Weaviate, said as our errors: what the operator can mend apart from what passes."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import grpc
import httpx
from weaviate.exceptions import (
    AuthenticationFailedError,
    InsufficientPermissionsError,
    UnexpectedStatusCodeError,
    WeaviateBaseError,
    WeaviateConnectionError,
    WeaviateDeleteManyError,
    WeaviateTimeoutError,
    WeaviateUnsupportedFeatureError,
)

from core.errors import IndexUnavailableError, LorelensError, SettingsError

Result = TypeVar("Result")

CALL_SECONDS = 8.0
"""How long one reading call may take, with what the client tries again after 1, 2 and 4 seconds; somebody waits."""
WRITE_SECONDS = 120.0
PAUSES = (0.25, 0.5, 1.0)
"""Seconds before a call that the client itself does not repeat is tried again."""

_REFUSED = re.compile(r"unauthori[sz]ed|unauthenticated|anonymous access|invalid api key|forbidden", re.IGNORECASE)
_TOO_OLD = re.compile(r"version \S+ is not supported", re.IGNORECASE)
_TOKENIZER = re.compile(r"(gse|kagome_ja|kagome_kr)\W.*tokenizer|tokenizer.*\W(gse|kagome_ja|kagome_kr)", re.IGNORECASE)
_PASSING_STATUS = frozenset({429, 502, 503, 504})


@asynccontextmanager
async def clear_errors(url: str) -> AsyncGenerator[None]:
    """Errors of the client, of HTTP and of gRPC as ours.

    Raises:
        SettingsError: the key is refused, the server is too old, or a tokenizer is not turned on.
        IndexUnavailableError: anything else.
    """
    try:
        yield
    except LorelensError:
        raise
    except (WeaviateBaseError, httpx.HTTPError, grpc.RpcError, OSError, TimeoutError) as error:
        raise _ours(error, url) from error


async def patiently(call: Callable[[], Awaitable[Result]], seconds: float | None = None) -> Result:
    """What a call answers; it is made again, after a while and a few times, where the server could not be reached.

    Each time it may take so many seconds; None: as long as one that reads.
    """
    for pause in (*PAUSES, None):
        try:
            async with asyncio.timeout(CALL_SECONDS if seconds is None else seconds):
                return await call()
        except (WeaviateBaseError, httpx.HTTPError, grpc.RpcError) as error:
            if pause is None or not _passes(error):
                raise
            await asyncio.sleep(pause)
    raise AssertionError("the last try returns or raises")


def _passes(error: Exception) -> bool:
    """Whether it is worth trying again. What the client has tried several times itself is not tried here as well."""
    if isinstance(error, UnexpectedStatusCodeError):
        return error.status_code in _PASSING_STATUS
    if isinstance(error, WeaviateDeleteManyError):
        return "[UNAVAILABLE]" in str(error)
    return isinstance(error, WeaviateConnectionError | httpx.TransportError) and not isinstance(
        error, WeaviateTimeoutError
    )


def _ours(error: BaseException, url: str) -> LorelensError:
    text = " ".join(str(error).split())
    if _key_refused(error, text):
        return SettingsError(
            f"Weaviate at {url} refuses the key.",
            hint="Set LORELENS_WEAVIATE_API_KEY to a key that may read, write and change the schema there.",
        )
    if isinstance(error, WeaviateUnsupportedFeatureError) or _TOO_OLD.search(text):
        return SettingsError(
            f"Weaviate at {url} is too old: {text[:200]}",
            hint="Use Weaviate 1.33 or newer; collection aliases work since then.",
        )
    if match := _TOKENIZER.search(text):
        name = (match[1] or match[2]).upper()
        return SettingsError(
            f"Weaviate at {url} has the tokenizer {name.lower()} turned off.",
            hint=f"Start the server with the environment variable ENABLE_TOKENIZER_{name}=true, or set "
            'LORELENS_WEAVIATE_TOKENIZER to "terms".',
        )
    hint = "Check that the server runs, and LORELENS_WEAVIATE_URL and LORELENS_WEAVIATE_GRPC; then try again."
    if isinstance(error, TimeoutError) and not text:
        return IndexUnavailableError(f"Weaviate at {url} does not answer in time.", hint=hint)
    return IndexUnavailableError(f"Weaviate at {url} can't be reached or used: {text[:300]}", hint=hint)


def _key_refused(error: BaseException, text: str) -> bool:
    if isinstance(error, AuthenticationFailedError | InsufficientPermissionsError):
        return True
    if isinstance(error, UnexpectedStatusCodeError):
        return error.status_code in (401, 403)
    return bool(_REFUSED.search(text))
