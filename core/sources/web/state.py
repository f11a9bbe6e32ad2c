"""What is known of a site between syncs and within one, as the mirror's cursor keeps it.

Of each page: its file, what to ask with the next time, and where it leads to, so that one which did not change is
followed without being fetched. Of a sync that runs: the addresses that are still to be asked for, and all that it met.
"""

import logging
from collections import deque
from collections.abc import Mapping
from typing import Any, Self

from pydantic import ConfigDict, Field

from core.messages import Value

_MANY = ("links", "pictures")
"""Of a page, what holds addresses; most of them stand on every page of a site."""

_log = logging.getLogger(__name__)


class PageRecord(Value):
    """A page as it was last had. `alias` is the address that it is at in truth, `path` its file; both may be empty.

    `asked` is when, in seconds since 1970; `lastmod` what the sitemap said then.
    """

    path: str = ""
    etag: str = ""
    last_modified: str = ""
    lastmod: str = ""
    asked: float = 0.0
    links: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    alias: str = ""

    def unsettled(self) -> "PageRecord":
        """The same, to be fetched whole the next time."""
        return self.model_copy(update={"etag": "", "last_modified": "", "lastmod": ""})


class PictureRecord(Value):
    """A picture that pages show."""

    path: str
    etag: str = ""
    last_modified: str = ""


class Step(Value):
    """An address to be asked for: how many links it is away, and what a sitemap said of it."""

    address: str
    depth: int = 0
    lastmod: str = ""


class Crawl(Value):
    """All of it. `within` is where the site was found to be; it has a sync under way while `running`.

    `partial`: a sitemap could not be had, so that what was not met may be there all the same. `over`: there was more
    than may be asked for. `by_sitemap`: the pages are those that a sitemap lists. `own`: pages that are taken as they
    are, whatever address they say is theirs.
    """

    model_config = ConfigDict(frozen=False, extra="forbid")

    rules: str = ""
    location: str = ""
    within: tuple[str, ...] = ()
    by_sitemap: bool = False
    running: bool = False
    asked_all: bool = False
    partial: bool = False
    over: bool = False
    pages: dict[str, PageRecord] = Field(default_factory=dict[str, PageRecord])
    pictures: dict[str, PictureRecord] = Field(default_factory=dict[str, PictureRecord])
    queue: deque[Step] = Field(default_factory=deque[Step])
    met: set[str] = Field(default_factory=set[str])
    own: set[str] = Field(default_factory=set[str])

    @classmethod
    def of(cls, cursor: Mapping[str, Any]) -> Self:
        """What a cursor says; from the beginning if it says nothing that is understood."""
        told = dict(cursor)
        try:
            names: list[str] = list(told.pop("addresses", []))
            told["pages"] = {address: _read_back(page, names) for address, page in dict(told.get("pages", {})).items()}
            return cls.model_validate(told)
        except (ValueError, TypeError, IndexError, AttributeError) as error:
            _log.warning("What was known of a site is not understood; its pages are asked for anew: %s", error)
            return cls()

    def begin(self, rules: str, location: str) -> None:
        """Begin a sync; what was kept by other rules is to be fetched whole."""
        if self.rules != rules:
            self.pages = {address: page.unsettled() for address, page in self.pages.items()}
        self.rules, self.location = rules, location
        self.running, self.asked_all, self.partial, self.over = True, False, False, False
        self.queue.clear()
        self.met.clear()
        self.own.clear()

    def end(self) -> None:
        """The sync is done."""
        self.running = False
        self.queue.clear()
        self.met.clear()
        self.own.clear()

    def cursor(self) -> dict[str, Any]:
        """As the mirror keeps it: an address that many pages lead to is written once. Takes its time on large sites."""
        told = self.model_dump(mode="json", exclude_defaults=True)
        names: dict[str, int] = {}
        for page in told.get("pages", {}).values():
            for field in _MANY:
                if field in page:
                    page[field] = [names.setdefault(one, len(names)) for one in page[field]]
        return {**told, "addresses": list(names)}


def _read_back(page: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    return {field: [names[at] for at in value] if field in _MANY else value for field, value in page.items()}
