"""How a request got here: by which name, from which address, with or without TLS; a proxy in front is heard if it is
believed."""

from dataclasses import dataclass

from fastapi import Request

from bots.web.door import refusals
from bots.web.door.hosts import Host, host_of, is_own_origin
from bots.web.door.rules import Rules

_PASSED_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""Headers that proxies add; on a machine that asks nobody who they are they mean that others get here too."""


@dataclass(frozen=True)
class Arrival:
    """Where a request came from, and by which name the page was asked for."""

    host: Host
    address: str
    https: bool
    by_proxy: bool
    """Whether a proxy that is believed passed it on."""

    def is_own(self, request: Request, *, says_nothing: bool = False) -> bool:
        """Whether a request comes from our own page, as the browser says (Origin, else Sec-Fetch-Site). A program says
        neither: then it is `says_nothing`."""
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
        if origin is not None:
            return is_own_origin(origin, self.host, https=self.https)
        if site is not None:
            return site == "same-origin" or (says_nothing and site == "none")
        return says_nothing


def arrival_of(request: Request, rules: Rules) -> Arrival:
    """How a request got here.

    Raises:
        RefusedError: it is for another host, or came by a proxy where none may stand.
    """
    named = request.headers.getlist("host")
    host = host_of(named[0]) if len(named) == 1 else None
    if host is None:
        raise refusals.unclear_host()
    if not rules.answers_to(host):
        raise refusals.other_host()
    if rules.login == "none" and any(name in request.headers for name in _PASSED_ON):
        raise refusals.came_by_proxy()
    address = request.client.host if request.client is not None else ""
    by_proxy = rules.believes(address)
    https = request.scope["scheme"] == "https"
    if by_proxy:
        schemes = request.headers.getlist("x-forwarded-proto")
        https = https or (bool(schemes) and schemes[-1].rpartition(",")[2].strip().lower() == "https")
        address = _behind(request, rules) or address
    return Arrival(host, address, https, by_proxy)


def _behind(request: Request, rules: Rules) -> str:
    """Who asked the proxies: the last of those passed on that is no proxy itself; what stands before it anybody may
    have written."""
    passed = [one.strip() for line in request.headers.getlist("x-forwarded-for") for one in line.split(",")]
    return next((one for one in reversed(passed) if not rules.believes(one)), "")[:64]
