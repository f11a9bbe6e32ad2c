"""Who is asking: told from the browser's cookie, from a token, or from the proxy, as the settings want it."""

from dataclasses import dataclass, field

from fastapi import Request

from bots.web.door import refusals
from bots.web.door.arrivals import Arrival
from bots.web.door.counting import COSTS_WINDOW, SEARCHES, UPLOADS
from bots.web.door.directory import LOCAL, local_id, local_person
from bots.web.door.doorway import Doorway
from bots.web.door.secrets import cookie, cookie_name, csrf_of, new_secret, same
from bots.web.pages import language_of
from bots.web.visitors import Person, Visitor

BROWSER_DAYS = 400
"""For which a browser is known again; browsers keep no cookie longer."""
FORMS = frozenset({"/sign-in", "/sign-out", "/language"})
"""Plain forms, which carry no X-CSRF-Token: where they come from is enough."""

_SAFE = {"GET", "HEAD", "OPTIONS"}
_OPEN_API = {"/api", "/api/openapi.json"}
"""What describes the API; it is read on the page too."""


@dataclass
class Entry:
    """Who asks, if that is known, and the cookies that their browser is given."""

    visitor: Visitor | None = None
    cookies: list[str] = field(default_factory=list[str])


class Entering:
    """Finds out who asks."""

    def __init__(self, doorway: Doorway) -> None:
        self._door = doorway

    async def enter(self, request: Request, arrival: Arrival) -> Entry:
        """Who asks, once it is sure that they ask themselves and no other page in their name.

        Raises:
            RefusedError: it is not; or they did too much.
            StoreUnavailableError: Redis is away.
        """
        if is_api(request):
            entry = await self._by_program(request, arrival)
        else:
            entry = await self._by_browser(request, arrival)
            if request.method not in _SAFE:
                if not arrival.is_own(request):
                    raise refusals.other_origin()
                _check_csrf(request, entry.visitor)
        if entry.visitor is not None:
            await self._count(request, entry.visitor.person)
        return entry

    async def may_stay(self, request: Request, arrival: Arrival, visitor: Visitor) -> bool:
        """Whether who has entered might still: it is asked again while a long response goes out."""
        if is_bearer(request):
            return await self._bearer(request) == visitor.person
        if self._door.rules.login == "password" and not is_api(request):
            return await self._signed_in(request, arrival, uses=False) == visitor.person
        return await self._door.directory.person(visitor.person.id) == visitor.person

    # --- browsers --------------------------------------------------------------------------------------------------

    async def _by_browser(self, request: Request, arrival: Arrival) -> Entry:
        if self._door.rules.login == "password":
            secret, entry = session_secret(request, arrival), Entry()
            who = await self._signed_in(request, arrival)
        else:
            secret, entry = _browser(request, arrival)
            who = await self._without_password(request, arrival, secret)
        if who is not None:
            can_sign_out = self._door.rules.login == "password"
            csrf = csrf_of(secret, who.id)
            entry.visitor = Visitor(person=who, language=language_of(request), csrf=csrf, can_sign_out=can_sign_out)
        return entry

    async def _without_password(self, request: Request, arrival: Arrival, browser: str) -> Person | None:
        if self._door.rules.login == "proxy":
            return await self._door.directory.proxied.named(request, by_proxy=arrival.by_proxy)
        return local_person(local_id(browser))

    async def _signed_in(self, request: Request, arrival: Arrival, *, uses: bool = True) -> Person | None:
        session = await self._door.sessions.of(session_secret(request, arrival), uses=uses)
        if session is None:
            return None
        people = await self._door.directory.file.people()
        kept = people.people.get(session.person)
        if kept is None or kept.stamp != session.stamp:  # they were removed, or have another password
            return None
        return people.person(session.person)

    # --- programs --------------------------------------------------------------------------------------------------

    async def _by_program(self, request: Request, arrival: Arrival) -> Entry:
        rules = self._door.rules
        if rules.login == "proxy":  # whoever forges its headers is told, as on the page
            await self._door.directory.proxied.named(request, by_proxy=arrival.by_proxy)
        if is_bearer(request):
            who = await self._bearer(request)
        elif rules.login == "none":
            if not arrival.is_own(request, says_nothing=True):
                raise refusals.other_origin()
            if not _is_preflighted(request):
                raise refusals.unsafe_body()
            who = local_person(LOCAL)
        else:
            who = None
        return Entry(who and Visitor(person=who, language=language_of(request)))

    async def _bearer(self, request: Request) -> Person | None:
        token = request.headers["authorization"].partition(" ")[2].strip()
        return (await self._door.directory.file.people()).bearer(token)

    async def _count(self, request: Request, who: Person) -> None:
        """What costs is counted for each person; questions are by `core.fair_use`."""
        if is_upload(request):
            await self._door.counting.take("uploads", f"web/{who.id}", UPLOADS, COSTS_WINDOW)
        elif request.scope["path"].rstrip("/").endswith("/search"):
            await self._door.counting.take("searches", f"web/{who.id}", SEARCHES, COSTS_WINDOW)


def is_api(request: Request) -> bool:
    """Whether it is asked by a program; what describes the API is a page."""
    path = request.scope["path"]
    if path in _OPEN_API and request.method in _SAFE and not is_bearer(request):
        return False
    return path == "/api" or path.startswith("/api/")


def is_bearer(request: Request) -> bool:
    """Whether a token is sent along (RFC 6750, 2.1) to the API."""
    path = request.scope["path"]
    if not (path == "/api" or path.startswith("/api/")):
        return False
    return request.headers.get("authorization", "").partition(" ")[0].lower() == "bearer"


def may_be_large(request: Request) -> bool:
    """Whether it may bring files; to the API also within JSON, in base64."""
    return is_upload(request) or (request.scope["path"] == "/api/ask" and _kind(request) == "application/json")


def is_upload(request: Request) -> bool:
    """Whether it brings files."""
    return _kind(request) == "multipart/form-data" and request.scope["path"] not in FORMS


def session_secret(request: Request, arrival: Arrival) -> str:
    """What the browser holds of a session; empty if nothing."""
    return request.cookies.get(cookie_name("session", https=arrival.https), "")


def _browser(request: Request, arrival: Arrival) -> tuple[str, Entry]:
    """The secret of the browser; one that has none is given one."""
    secret = request.cookies.get(cookie_name("browser", https=arrival.https), "")
    if len(secret) == len(new_secret()):
        return secret, Entry()
    secret = new_secret()
    kept = cookie("browser", secret, https=arrival.https, seconds=BROWSER_DAYS * 86_400)
    return secret, Entry(cookies=[kept])


def _check_csrf(request: Request, visitor: Visitor | None) -> None:
    if visitor is None or request.scope["path"] in FORMS:
        return
    if not visitor.csrf or not same(request.headers.get("x-csrf-token", ""), visitor.csrf):
        raise refusals.no_csrf_token()


def _is_preflighted(request: Request) -> bool:
    """Whether a browser would ask us first before it sent this body for another page, as it would not for a form's
    (https://fetch.spec.whatwg.org/#cors-safelisted-request-header)."""
    kind = _kind(request)
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if kind == "application/json" or not (kind or has_body):
        return True
    return kind == "multipart/form-data" and "x-lorelens" in request.headers


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
