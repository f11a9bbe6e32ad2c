"""The page and the API as one ASGI app: the areas' routes behind the door, and errors said in words."""

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from bots.background import log_failure
from bots.web.api.problems import not_understood
from bots.web.api.routes import router as api
from bots.web.chat.routes import router as chat
from bots.web.desk import WebDesk
from bots.web.door.middleware import Door
from bots.web.door.refusals import RefusedError
from bots.web.door.routes import router as door
from bots.web.knowledge.routes import router as knowledge
from bots.web.pages import STATIC, language_of, page
from bots.web.quality.routes import router as quality
from bots.web.visitors import NotAllowedError, NotSignedInError, Visitor
from bots.web.words import WORDS
from core.errors import LorelensError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


def web_app(desk: WebDesk) -> FastAPI:
    """The app over a desk; it watches the board while it lives."""

    @asynccontextmanager
    async def living(app: FastAPI) -> "AsyncGenerator[None]":
        async with desk.watching.running():
            yield

    # The pages for trying the API out that FastAPI brings would load scripts from elsewhere; `bots.web.api` has one.
    app = FastAPI(title="Lorelens", lifespan=living, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = desk
    for router in (api, chat, knowledge, quality, door):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(LorelensError, _explained)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unforeseen)
    app.add_middleware(Door, desk=desk, explain=_told)
    return app


async def _told(request: Request, error: Exception) -> Response:
    """Whatever went wrong, said."""
    return await (_explained if isinstance(error, LorelensError) else _unforeseen)(request, error)


async def _explained(request: Request, error: Exception) -> Response:
    """An error with a hint; whoever is not signed in is led to where they can."""
    assert isinstance(error, LorelensError)  # noqa: S101 - as it was registered
    if isinstance(error, NotSignedInError) and not _wants_json(request):
        if "HX-Request" in request.headers:
            return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
        path = request.url.path
        back = f"?back={quote(path)}" if request.method == "GET" and path not in {"/", "/chat"} else ""
        return RedirectResponse(f"/sign-in{back}", status_code=303)
    status = 401 if isinstance(error, NotSignedInError) else 403 if isinstance(error, NotAllowedError) else 400
    if isinstance(error, UnavailableError):
        status = 503
    message, hint = error.said(in_chinese=language_of(request) == "zh")
    response = _problem(request, error.status if isinstance(error, RefusedError) else status, message, hint)
    if isinstance(error, RefusedError):
        response.headers.update(error.headers)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _invalid(request: Request, error: Exception) -> Response:
    if _wants_json(request):
        return await not_understood(request, error)
    words = WORDS[language_of(request)]
    return _problem(request, 422, words["error"], "")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as it was registered
    words = WORDS[language_of(request)]
    if error.status_code == 404:
        return _problem(request, 404, words["not_found"], words["not_found_hint"])
    response = _problem(request, error.status_code, str(error.detail), "")
    response.headers.update(error.headers or {})
    return response


async def _unforeseen(request: Request, error: Exception) -> Response:
    log_failure("Answering a request of the page", error)
    return _problem(request, 500, WORDS[language_of(request)]["error"], "")


def _problem(request: Request, status: int, message: str, hint: str) -> Response:
    """What is wrong: as JSON for programs (RFC 9457), as a piece for htmx, else as a page."""
    if _wants_json(request):
        content = {"title": message, "detail": hint, "status": status}
        return JSONResponse(content, status, media_type="application/problem+json")
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    words = WORDS[visitor.language if visitor is not None else language_of(request)]
    return page(
        request,
        visitor,
        "problem.html",
        {"en": {}, "zh": {}},
        status=status,
        title=words["error"] if status != 404 else words["not_found"],
        message=message,
        hint=hint,
    )


def _wants_json(request: Request) -> bool:
    return request.url.path.startswith("/api/")
