"""A site that tests read as a source: pages with ETags on loopback, and a sync of it into a mirror."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiohttp import web as server

from core.fetching.guard import Fetcher
from core.sources.connector import Connector, SourceSpec
from core.sources.mirror import Mirror
from core.sources.schedule import Unwatched
from core.sources.web.connector import WebConnector
from core.sources.web.options import authorization_of, choice_of
from tests.sites import Handler, Site, site


async def unavailable(request: server.Request) -> server.StreamResponse:
    return server.Response(status=503)


def page(body: str | bytes, kind: str = "text/html", **headers: str) -> Handler:
    """A page with an ETag, answered 304 to those who have it. Underscores in names of headers stand for dashes."""
    data = body.encode() if isinstance(body, str) else body
    etag = f'"{hashlib.sha256(data).hexdigest()[:12]}"'

    async def answer(request: server.Request) -> server.StreamResponse:
        told = {"ETag": etag, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if request.headers.get("If-None-Match") == etag:
            return server.Response(status=304, headers=told)
        return server.Response(body=data, headers={"Content-Type": kind, **told})

    return answer


def html(body: str, *, title: str = "A page", head: str = "") -> str:
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def sitemap(*addresses: str, lastmod: str = "") -> str:
    said = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    urls = "".join(f"<url><loc>{one}</loc>{said}</url>" for one in addresses)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


@dataclass
class Seen(Unwatched):
    """What a sync told of."""

    pages: list[str] = field(default_factory=list[str])
    problems: dict[str, str] = field(default_factory=dict[str, str])

    def fetched(self, item: str, *, total: int | None = None) -> None:
        self.pages.append(item)

    def problem(self, item: str, reason: str) -> None:
        self.problems[item] = reason


class Website:
    """A site, read from `location` below it with some options."""

    def __init__(self, served: Site, place: Path) -> None:
        self.site = served
        self.place = place
        self.location = "/docs/"
        self.options: dict[str, str] = {}

    @property
    def pages(self) -> dict[str, Handler | str | bytes]:
        return self.site.pages

    def open(self) -> Connector:
        options = {"allow": self.site.host, **self.options}
        spec = SourceSpec(name="source", kind="web", location=f"{self.site.url}{self.location}", options=options)
        fetcher = Fetcher(allow=(self.site.host,), tries=2, first_pause=0.01)
        return WebConnector(spec, replace(choice_of(spec), token=authorization_of(spec)), fetcher)

    def mirror(self) -> Mirror:
        return Mirror(self.place / "mirror")

    async def sync(self, watch: Unwatched | None = None) -> tuple[dict[str, str], Seen]:
        """The files that there are now, as text by path, and what was told on the way."""
        seen = Seen()
        connector, mirror = self.open(), self.mirror()
        try:
            [part] = [part async for part in connector.parts()]
            await connector.fetch(part, mirror, watch or seen)
        finally:
            await connector.close()
        return {path: (mirror.read(path) or b"").decode(errors="replace") for path in mirror.paths()}, seen

    def asked(self) -> list[str]:
        """What was asked for since the last time, but for robots.txt."""
        return [path for path in self.site.paths() if path != "/robots.txt"]


@asynccontextmanager
async def website(place: Path) -> AsyncGenerator[Website]:
    async with site() as served:
        yield Website(served, place)
