"""Web pages as a source: a page and what it leads to, a whole site, or what a sitemap lists.

Everything is fetched through the guard, as a polite robot does: robots.txt is kept to, one page at a time is asked for,
and what did not change is not fetched again.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from core.errors import QuestionError
from core.fetching.guard import Fetcher
from core.fetching.pace import Pace
from core.sources.connector import Part, SourceSpec, Watch
from core.sources.mirror import Mirror
from core.sources.web.crawl import Crawling
from core.sources.web.options import Choice, authorization_of, choice_of
from core.sources.web.state import Crawl


class WebKind:
    """`core.sources.connector.ConnectorKind` for web pages."""

    summary = "Web pages: a page and those below it, a site, or the pages of a sitemap."

    def check(self, spec: SourceSpec) -> SourceSpec:
        """The spec with its address made whole. Raises `QuestionError`."""
        if spec.url:
            raise QuestionError("Each page has its own address.", hint="Leave --url out.")
        return spec.model_copy(update={"location": str(choice_of(spec).location)})

    def open(self, spec: SourceSpec, given: Any) -> "WebConnector":
        """Its connector.

        Raises:
            SettingsError: the variable that is to hold a token does not.
        """
        return WebConnector(spec, replace(choice_of(spec), token=authorization_of(spec)))


class WebConnector:
    """`core.sources.connector.Connector` for one site, fetched with a `fetcher` of its own unless one is given."""

    def __init__(self, spec: SourceSpec, choice: Choice, fetcher: Fetcher | None = None) -> None:
        self._spec = spec
        self._choice = choice
        self._fetcher = fetcher or Fetcher(allow=choice.allow, pace=Pace(choice.interval), contact=choice.contact)

    async def parts(self) -> AsyncIterator[Part]:
        """The site."""
        yield Part(audience=self._spec.audience)

    async def fetch(self, part: Part, mirror: Mirror, watch: Watch) -> None:
        """Bring the mirror up to what the site says now, going on with a sync that was interrupted.

        Raises:
            SettingsError: where the site begins is nothing that is read, or not open to us.
            SiteUnavailableError: the site can't be had now.
        """
        state = await asyncio.to_thread(lambda: Crawl.of(mirror.cursor()))
        await Crawling(self._choice, self._fetcher, mirror, state, watch).run()

    async def close(self) -> None:
        """Let go of connections."""
        await self._fetcher.close()


web = WebKind()
