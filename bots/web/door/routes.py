"""Signing in and out, and choosing the language: plain forms, which work without scripts."""

import ipaddress
import math
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from bots.web.door.arrivals import Arrival
from bots.web.door.counting import ADDRESS_TRIES, NAME_TRIES, TRIES_WINDOW
from bots.web.door.doorway import Doorway, doorway_of
from bots.web.door.entering import BROWSER_DAYS, session_secret
from bots.web.door.people_file import KeptPerson, person_id
from bots.web.door.refusals import RefusedError
from bots.web.door.secrets import cookie, cookie_name, digest, new_secret
from bots.web.door.sessions import LONGEST
from bots.web.door.words import WORDS
from bots.web.pages import LANGUAGE_COOKIE, language_of, page
from bots.web.visitors import Visitor

router = APIRouter(include_in_schema=False)

HOME = "/chat"
LONGEST_NAME = 256
LONGEST_PATH = 2048
_YEAR = 365 * 86_400
_TRIES = {"sign-in-name": NAME_TRIES, "sign-in-address": ADDRESS_TRIES}


@router.get("/sign-in")
async def sign_in_page(request: Request, back: str = "") -> Response:
    """Where somebody signs in; whoever is in already goes on."""
    if _visitor(request) is not None:
        return RedirectResponse(local_path(back) or HOME, status_code=303)
    return _page(request, back)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Begin a session for whoever knows the password of that name."""
    door = doorway_of(request)
    if door.rules.login != "password":
        return RedirectResponse(HOME, status_code=303)
    arrival, name = _arrival(request), name[:LONGEST_NAME]
    try:
        found = await _Try(door, arrival, person_id(name), _browser(request, arrival)).person(password)
    except RefusedError as refusal:
        return _waits(request, back, name, refusal)
    if found is None:
        return _page(request, back, name=name, wrong=WORDS[language_of(request)]["wrong"], status=401)
    await door.sessions.end(session_secret(request, arrival))
    secret = await door.sessions.begin(*found)
    response = RedirectResponse(local_path(back) or HOME, status_code=303)
    _give(response, cookie("session", secret, https=arrival.https, seconds=LONGEST))
    await _remember(request, response, door, found[0])
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session of this browser."""
    arrival = _arrival(request)
    await doorway_of(request).sessions.end(session_secret(request, arrival))
    response = RedirectResponse("/sign-in", status_code=303)
    _give(response, cookie("session", "", https=arrival.https, seconds=0))
    return response


@router.post("/language")
async def choose_language(
    request: Request,
    language: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Read in this language from now on, at this browser."""
    response = RedirectResponse(local_path(back) or HOME, status_code=303)
    if language in WORDS:
        secure = _arrival(request).https
        response.set_cookie(LANGUAGE_COOKIE, language, _YEAR, secure=secure, httponly=True, samesite="lax")
    return response


def local_path(path: str) -> str:
    """A path of this page, as an address that leads nowhere else; empty for what is none.

    Browsers take `//host` and `/\\host` for other hosts, and pass over tabs and line ends in them
    (https://url.spec.whatwg.org/#url-parsing).
    """
    if (
        len(path) > LONGEST_PATH
        or not path.startswith("/")
        or path.startswith("//")
        or "\\" in path
        or not path.isprintable()
    ):
        return ""
    try:
        parts = urlsplit(path)
    except ValueError:
        return ""
    if parts.scheme or parts.netloc or parts.path in {"/sign-out", "/language"}:
        return ""
    return quote(path, safe="/?&=%#:@!$'()*+,;~-._")


class _Try:
    """One try to sign in. Tries are counted for a name and for an address; a browser at which somebody has signed in
    before is counted alone, so that nobody is kept out by the tries of others
    (https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies)."""

    def __init__(self, door: Doorway, arrival: Arrival, id_: str, browser: str) -> None:
        self._door = door
        self._address = digest(_household(arrival.address))
        self._id = id_
        self._browser = browser

    async def person(self, password: str) -> tuple[str, KeptPerson] | None:
        """Whose name and password it is.

        Raises:
            RefusedError: too many failed.
        """
        counts = [("sign-in-name", digest(self._id)), ("sign-in-address", self._address)]
        if await self._is_known():
            counts = [("sign-in-name", digest(f"{self._id} {self._browser}"))]
        await self._count(counts)
        kept = (await self._door.directory.file.people()).people.get(self._id)
        if not await self._door.passwords.is_right(password, kept.password if kept is not None else ""):
            return None
        await self._door.counting.forget(*counts[0])
        for one in counts[1:]:
            await self._door.counting.give_back(*one)
        return (self._id, kept) if kept is not None else None

    async def _count(self, counts: list[tuple[str, str]]) -> None:
        """Count this try before it is made; one that is not made, since there were too many, does not count."""
        for number, (scope, name) in enumerate(counts):
            try:
                await self._door.counting.take(scope, name, _TRIES[scope], TRIES_WINDOW)
            except RefusedError:
                for one in counts[:number]:
                    await self._door.counting.give_back(*one)
                raise

    async def _is_known(self) -> bool:
        return bool(self._browser) and await self._door.sessions.is_known(self._browser, self._id)


def _household(address: str) -> str:
    """An address, or for IPv6 the network of 64 bits, all of which one household has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


async def _remember(request: Request, response: Response, door: Doorway, id_: str) -> None:
    arrival = _arrival(request)
    browser = _browser(request, arrival) or new_secret()
    await door.sessions.know(browser, id_)
    _give(response, cookie("browser", browser, https=arrival.https, seconds=BROWSER_DAYS * 86_400))


def _browser(request: Request, arrival: Arrival) -> str:
    found = request.cookies.get(cookie_name("browser", https=arrival.https), "")
    return found if len(found) == len(new_secret()) else ""


def _give(response: Response, made: str) -> None:
    response.headers.append("Set-Cookie", made)


def _waits(request: Request, back: str, name: str, refusal: RefusedError) -> Response:
    minutes = max(1, math.ceil(int(refusal.headers["Retry-After"]) / 60))
    words = WORDS[language_of(request)]["wait"].format(minutes=minutes)
    response = _page(request, back, name=name, wrong=words, status=refusal.status)
    response.headers.update(refusal.headers)
    return response


def _page(request: Request, back: str, *, name: str = "", wrong: str = "", status: int = 200) -> Response:
    by_proxy = doorway_of(request).rules.login == "proxy"
    back = local_path(back)
    return page(
        request, None, "door/sign-in.html", WORDS, status=status, name=name, wrong=wrong, back=back, by_proxy=by_proxy
    )


def _visitor(request: Request) -> Visitor | None:
    found: Visitor | None = request.state.visitor
    return found


def _arrival(request: Request) -> Arrival:
    found: Arrival = request.state.arrival
    return found
