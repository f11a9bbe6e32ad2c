"""What somebody chose to be read of a site: where it begins, how far it goes, and how it is asked for."""

import re
from dataclasses import dataclass

from yarl import URL

from core.errors import AddressError, QuestionError
from core.fetching.addresses import WEB_PORTS, AllowList, checked
from core.sources.connector import SourceSpec, check_options, token_of
from core.sources.web.addresses import Scope, tidy

DEPTH = 5
PAGES = 1000
MOST_PAGES = 50_000
INTERVAL = 1.0
OPTIONS = frozenset(
    {"depth", "pages", "within", "include", "exclude", "pictures", "interval", "contact", "allow", "token_env"}
)
RULES = "1"
"""Changes when the same page would be kept differently, so that unchanged pages are fetched again."""


@dataclass(frozen=True)
class Choice:
    """The options of a source of web pages, understood.

    `depth` is how many links pages may be away from the first; None: a sitemap's pages alone, or `DEPTH` from a page.
    `pages` bounds how many addresses are asked for, `interval` is in seconds, `token` what is sent as Authorization to
    the site itself and nobody else.
    """

    location: URL
    depth: int | None = None
    pages: int = PAGES
    within: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    pictures: bool = True
    interval: float = INTERVAL
    contact: str = ""
    allow: tuple[str, ...] = ()
    token: str = ""

    @property
    def rules(self) -> str:
        """What has to be equal for an unchanged page to be left alone."""
        return f"{RULES}/{'with' if self.pictures else 'without'} pictures"

    def headers(self, url: URL) -> dict[str, str]:
        """What is sent along: the token, to the site that was named alone."""
        return {"Authorization": self.token} if self.token and url.origin() == self.location.origin() else {}

    def scope(self, within: tuple[str, ...]) -> Scope:
        """The addresses that belong, where they are at or below `within`."""
        return Scope(within, self.include, self.exclude)


def choice_of(spec: SourceSpec) -> Choice:
    """Understand a source's location and options.

    Raises:
        QuestionError: something in them is wrong; says what to write.
    """
    options = spec.options
    check_options(options, OPTIONS, "A site")
    if options.get("pictures", "yes") not in ("yes", "no"):
        raise QuestionError("pictures says neither yes nor no.", hint="Write pictures=no or leave it out.")
    allow = _listed(options.get("allow", ""))
    contact = options.get("contact", "")
    if not contact.isprintable() or not contact.isascii():
        raise QuestionError("The contact is sent to the site, in ASCII.", hint="Write an e-mail address or a URL.")
    return Choice(
        location=_location(spec.location, allow),
        depth=_number("depth", options["depth"], 0, 100) if "depth" in options else None,
        pages=_number("pages", options.get("pages", str(PAGES)), 1, MOST_PAGES),
        within=tuple(str(_location(one, allow)) for one in _listed(options.get("within", ""))),
        include=_listed(options.get("include", "")),
        exclude=_listed(options.get("exclude", "")),
        pictures=options.get("pictures", "yes") == "yes",
        interval=_seconds(options.get("interval", str(INTERVAL))),
        contact=contact,
        allow=allow,
    )


def authorization_of(spec: SourceSpec) -> str:
    """What is sent as Authorization: the token, as a bearer token unless it names another scheme.

    Raises:
        SettingsError: the variable that is to hold it does not.
    """
    token = token_of(spec.options)
    return token if not token or " " in token else f"Bearer {token}"


def _location(text: str, allow: tuple[str, ...]) -> URL:
    address = text.strip()
    if not address:
        raise QuestionError("Which site?", hint="Give the address of a page, a site or a sitemap.")
    if "://" not in address and re.match(r"[\w.-]+\.\w+(?::\d+)?(?:/|\Z)", address):
        address = f"https://{address}"
    try:
        url = tidy(checked(address, allow=AllowList.of(allow), ports=WEB_PORTS))
    except AddressError as error:
        hint = "Give a page of the web; a host of the own network is opened by --option allow=HOST or allow=10.0.0.0/8."
        raise QuestionError(error.message, hint=hint) from error
    if url is None:
        raise QuestionError(f'"{text}" is no address of the web.', hint="Write it whole, as https://docs.example.org/.")
    return url


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (one.strip() for one in text.split(","))))


def _number(name: str, text: str, least: int, most: int) -> int:
    if not text.isdecimal() or len(text) > 9 or not least <= int(text) <= most:
        raise QuestionError(f'{name}="{text}" can\'t be.', hint=f"Write a number from {least} to {most}.")
    return int(text)


def _seconds(text: str) -> float:
    if not re.match(r"\d{1,4}(\.\d{1,6})?\Z", text):
        raise QuestionError(f'interval="{text}" is no number of seconds.', hint="Write interval=2.")
    return float(text)
