"""Web pages as a source: what a sitemap lists, and what a first page leads to."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from core.sources.connector import Connector
from tests.contract.connector import ConnectorContract
from tests.website import Website, html, page, sitemap, unavailable, website


class SiteWorld:
    """A site's documents of Markdown, listed by its first page, which is not to be found itself, or by a sitemap."""

    fetches = True

    def __init__(self, site: Website, *, by_sitemap: bool) -> None:
        self.site = site
        self.by_sitemap = by_sitemap
        self.site.location = "/sitemap.xml" if by_sitemap else "/docs/"
        self.list_pages()

    def list_pages(self) -> None:
        listed = [path for path in self.site.pages if path.endswith(".md")]
        if self.by_sitemap:
            everything = (f"{self.site.site.url}{path}" for path in listed)
            self.site.pages["/sitemap.xml"] = page(sitemap(*everything), "application/xml")
        else:
            links = "".join(f'<a href="{path}">{path}</a>' for path in listed)
            self.site.pages["/docs/"] = page(html(links, head='<meta name="robots" content="noindex">'))

    def open(self) -> Connector:
        return self.site.open()

    async def write(self, name: str, words: str) -> None:
        self.site.pages[f"/docs/{name}"] = page(f"# {name}\n\n{words}\n", "text/markdown")
        self.list_pages()

    async def remove(self, name: str) -> None:
        del self.site.pages[f"/docs/{name}"]
        self.list_pages()

    async def go_away(self) -> None:
        self.there = dict(self.site.pages)
        self.site.pages.update(dict.fromkeys([*self.there, "/robots.txt"], unavailable))

    async def come_back(self) -> None:
        self.site.site.pages = self.there


class TestFirstPage(ConnectorContract):
    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncGenerator[SiteWorld]:
        async with website(tmp_path) as site:
            yield SiteWorld(site, by_sitemap=False)


class TestSitemap(ConnectorContract):
    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncGenerator[SiteWorld]:
        async with website(tmp_path) as site:
            yield SiteWorld(site, by_sitemap=True)
