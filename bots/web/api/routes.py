"""The routes of this area: the API, its description, and the reference as a page."""

from functools import cache
from typing import Any

from fastapi import APIRouter, Request, Security
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPBearer

from bots.web.api import asking, conversations, searching
from bots.web.api.description import description_of
from bots.web.api.reference import operations
from bots.web.api.words import WORDS
from bots.web.pages import page
from bots.web.visitors import Seen

_token = HTTPBearer(auto_error=False, scheme_name="token", description="A token of `lorelens web tokens add`.")
api = APIRouter(dependencies=[Security(_token)])
"""What the description describes. Who asks, the door has found out before (`bots.web.door`)."""
for area in (asking, searching, conversations):
    api.include_router(area.router)

router = APIRouter()
router.include_router(api)


@router.get("/api/openapi.json", include_in_schema=False)
async def described(seen: Seen) -> Response:
    """The description, for programs."""
    return JSONResponse(description())


@router.get("/api", include_in_schema=False)
async def reference(request: Request, seen: Seen) -> Response:
    """The description, for people."""
    base = str(request.base_url).rstrip("/")
    return page(request, seen, "api/reference.html", WORDS, operations=operations(description(), base), base=base)


@cache
def description() -> dict[str, Any]:
    """The description, made once."""
    return description_of(api)
