"""Who is asking: told from the browser's cookie, from a token, or from the proxy, as the settings want it."""

from dataclasses import dataclass, field

from fastapi import Request

from bots.web.door import refusals
from bots.web.door.arrivals import Arrival
from bots.web.door.rules import Rules
from bots.web.door.secrets import cookie, cookie_name, csrf_of, digest, new_secret, same
from bots.web.pages import language_of
from bots.web.visitors import PLATFORM, WORKSPACE, Person, Visitor
from core.audience import person

LOCAL = "local"
"""The person at this machine, where nobody is asked who they are."""
BROWSER_DAYS = 400
"""For which a browser is known again; browsers keep no cookie longer."""

_SAFE = {"GET", "HEAD", "OPTIONS"}
_FORMS = {"/sign-in", "/sign-out", "/language"}
"""Plain forms, which carry no X-CSRF-Token: where they come from is enough."""
_OPEN_API = {"/api", "/api/openapi.json"}
"""What describes the API; it is read on the page too."""


@dataclass
class Entry:
    """Who asks, if that is known, and the cookies that their browser is given."""

    visitor: Visitor | None = None
    cookies: list[str] = field(default_factory=list[str])


def local_person(browser: str = "") -> Person:
    """Whoever sits at this machine, at one browser, so that two don't see each other's conversations; without it a
    program on this machine."""
    return Person(
        id=f"{LOCAL}-{digest(browser)[:32]}" if browser else LOCAL,
        role="operator",
        principals=(person(PLATFORM, WORKSPACE, LOCAL),),
    )


class Entering:
    """Finds out who asks."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    async def enter(self, request: Request, arrival: Arrival) -> Entry:
        """Who asks, once it is sure that they ask themselves and no other page in their name.

        Raises:
            RefusedError: it is not.
        """
        if _is_api(request):
            return await self._by_program(request, arrival)
        entry = await self._by_browser(request, arrival)
        if request.method not in _SAFE:
            if not arrival.is_own(request):
                raise refusals.other_origin()
            _check_token(request, entry.visitor)
        return entry

    async def _by_browser(self, request: Request, arrival: Arrival) -> Entry:
        secret, entry = self._browser(request, arrival)
        who = local_person(secret)
        entry.visitor = Visitor(person=who, language=language_of(request), csrf=csrf_of(secret, who.id))
        return entry

    def _browser(self, request: Request, arrival: Arrival) -> tuple[str, Entry]:
        """The secret of the browser; one that has none is given one."""
        secret = request.cookies.get(cookie_name("browser", https=arrival.https), "")
        if len(secret) == len(new_secret()):
            return secret, Entry()
        secret = new_secret()
        kept = cookie("browser", secret, https=arrival.https, seconds=BROWSER_DAYS * 86_400)
        return secret, Entry(cookies=[kept])

    async def _by_program(self, request: Request, arrival: Arrival) -> Entry:
        if self._rules.login != "none":
            return Entry()
        if not arrival.is_own(request, says_nothing=True):
            raise refusals.other_origin()
        if not _is_preflighted(request):
            raise refusals.unsafe_body()
        return Entry(Visitor(person=local_person(), language=language_of(request)))


def _is_api(request: Request) -> bool:
    path = request.scope["path"]
    if path in _OPEN_API and request.method in _SAFE:
        return False
    return path == "/api" or path.startswith("/api/")


def _check_token(request: Request, visitor: Visitor | None) -> None:
    if visitor is None or request.scope["path"] in _FORMS:
        return
    if not visitor.csrf or not same(request.headers.get("x-csrf-token", ""), visitor.csrf):
        raise refusals.no_csrf_token()


def _is_preflighted(request: Request) -> bool:
    """Whether a browser would ask us first before it sent this body for another page, as it would not for a form's
    (https://fetch.spec.whatwg.org/#cors-safelisted-request-header)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if kind == "application/json" or not (kind or has_body):
        return True
    return kind == "multipart/form-data" and "x-lorelens" in request.headers
