"""What can go wrong, as the description of the API says it, and requests that are not understood."""

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from bots.web.api.models import Problem, Wrong

PROBLEM = "application/problem+json"
_SCHEMA = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_MEANINGS = {
    400: "The request can't be taken as it is.",
    401: "There is no token, or it is none that is known (any more).",
    403: "Whoever asks may not do this.",
    404: "There is none, or it is somebody else's.",
    413: "It is too large.",
    415: "The body is of a kind that is not taken.",
    421: "Lorelens does not answer to the name that was asked.",
    422: "What was sent is not understood; `errors` says where.",
    429: "That was a lot in a short time; `Retry-After` says when to come again.",
    503: "The conversation store or the knowledge can't be reached now.",
}
EVERYWHERE = (400, 401, 403, 421, 422, 503)
"""What may come of any request."""


def responses(*more: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route documents: those of every request, and these."""
    return {status: {"description": _MEANINGS[status], "content": _SCHEMA} for status in sorted({*EVERYWHERE, *more})}


async def not_understood(request: Request, error: Exception) -> Response:
    """The response to what does not have the form that is wanted; it quotes nothing of what was sent."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as it was registered
    wrong = [
        Wrong(where=".".join(str(part) for part in one["loc"] if part != "body"), what=str(one["msg"]))
        for one in error.errors()
    ]
    problem = Problem(
        title="What was sent is not understood.",
        detail="See errors, and /api for what is wanted.",
        status=422,
        errors=wrong,
    )
    return JSONResponse(problem.model_dump(), 422, media_type=PROBLEM)
