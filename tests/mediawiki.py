"""A MediaWiki on loopback, as far as its Action API answers about pages: revisions, redirects, categories, search."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any

from aiohttp import web

from tests.sites import Site, site

AT_ONCE = 3
"""Members of a list in one answer; more come by continuation."""


NAMESPACES = {"Project": "4", "Category": "14"}
"""Numbers of namespaces by their names; all else are articles."""


@dataclass
class WikiEntry:
    """A page: its number, its newest revision, its wikitext, and the HTML where that is not made of the words alone."""

    page_id: int
    revision: int
    text: str
    html: str = ""
    categories: tuple[str, ...] = ()


@dataclass
class MediaWiki:
    """A wiki that a test writes. `queries` are what its API was asked; `fault` is an error that it answers with."""

    site: Site
    pages: dict[str, WikiEntry] = field(default_factory=dict[str, WikiEntry])
    redirects: dict[str, str] = field(default_factory=dict[str, str])
    queries: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    fault: str = ""
    away: bool = False
    token: str = ""
    licence: str = "CC BY-SA 4.0"
    revision: int = 1000

    @property
    def api(self) -> str:
        return f"{self.site.url}/w/api.php"

    def write(self, title: str, text: str, html: str = "", categories: tuple[str, ...] = ()) -> WikiEntry:
        """Make or change a page."""
        self.revision += 1
        before = self.pages.get(title)
        page_id = before.page_id if before else self.revision
        self.pages[title] = WikiEntry(page_id, self.revision, text, html, categories)
        return self.pages[title]

    def move(self, title: str, to: str) -> None:
        """Give a page another title, as a revision of it; the old one leads on."""
        self.pages[to] = self.pages.pop(title)
        self.revision += 1
        self.pages[to].revision = self.revision
        self.redirects[title] = to

    def asked(self, action: str) -> list[dict[str, str]]:
        """The requests of an action since the wiki is there."""
        return [one for one in self.queries if one["action"] == action]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        asked = {**request.query, **{key: str(value) for key, value in (await request.post()).items()}}
        self.queries.append(asked)
        if self.away:
            return web.Response(status=503)
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"error": {"code": "readapidenied", "info": "You need read permission."}})
        if self.fault:
            fault, self.fault = self.fault, ""
            return web.json_response({"error": {"code": fault, "info": fault}}, headers={"Retry-After": "0"})
        if asked["action"] == "parse":
            return web.json_response(self._parsed(asked))
        if "meta" in asked:
            return web.json_response({"query": self._siteinfo()})
        if "list" in asked:
            return web.json_response(self._listed(asked))
        return web.json_response(self._pages(asked))

    def _siteinfo(self) -> dict[str, Any]:
        general = {"sitename": "Team Wiki", "lang": "en", "server": self.site.url, "articlepath": "/wiki/$1"}
        rights = {"text": self.licence, "url": "https://licence.example/by-sa" if self.licence else ""}
        return {"general": general, "rightsinfo": rights, "namespaces": {"14": {"name": "Category"}}}

    def _parsed(self, asked: Mapping[str, str]) -> dict[str, Any]:
        for title, page in self.pages.items():
            if str(page.page_id) == asked.get("pageid") or title == asked.get("page"):
                html = page.html or "".join(f"<p>{escape(one)}</p>" for one in page.text.split("\n\n"))
                html = f'<div class="mw-content-ltr mw-parser-output">{html}</div>'
                return {"parse": {"title": title, "pageid": page.page_id, "revid": page.revision, "text": html}}
        return {"error": {"code": "nosuchpageid", "info": "There is no page with that ID."}}

    def _pages(self, asked: Mapping[str, str]) -> dict[str, Any]:
        query: dict[str, Any] = {"pages": []}
        if "pageids" in asked:
            wanted = asked["pageids"].split("|")
            titles = [title for title, page in self.pages.items() if str(page.page_id) in wanted]
        else:
            titles = asked["titles"].split("|")
            assert len(titles) <= 50
            normal = {one: one[:1].upper() + one[1:].replace("_", " ") for one in titles}
            query["normalized"] = [{"from": one, "to": to} for one, to in normal.items() if one != to]
            titles = list(normal.values())
            query["redirects"] = [{"from": one, "to": self.redirects[one]} for one in titles if one in self.redirects]
            titles = [self.redirects.get(one, one) for one in titles]
        for title in dict.fromkeys(titles):
            page = self.pages.get(title)
            if page is None:
                query["pages"].append({"title": title, "missing": True})
                continue
            said: dict[str, Any] = {"revid": page.revision, "timestamp": "2026-01-02T03:04:05Z"}
            if "content" in asked.get("rvprop", ""):
                said["slots"] = {"main": {"content": page.text}}
            url = f"{self.site.url}/wiki/{title.replace(' ', '_')}"
            query["pages"].append({"title": title, "pageid": page.page_id, "canonicalurl": url, "revisions": [said]})
        return {"batchcomplete": True, "query": query}

    def _listed(self, asked: Mapping[str, str]) -> dict[str, Any]:
        kind = asked["list"]
        if kind == "allpages":
            below = (one for one in self.pages if one.rpartition(":")[2].startswith(asked.get("apprefix", "")))
            titles = sorted(one for one in below if _is_of(one, asked["apnamespace"]))
        elif kind == "search":
            words = re.findall(r"\w+", asked["srsearch"].lower())
            found = (one for one, page in self.pages.items() if all(word in page.text.lower() for word in words))
            titles = [one for one in found if _is_of(one, asked["srnamespace"])]
        else:
            members = (one for one in self.pages if self._is_in(one, asked["cmtitle"]))
            kinds = (one for one in members if one.startswith("Category:") == (asked["cmtype"] == "subcat"))
            titles = sorted(one for one in kinds if _is_of(one, asked["cmnamespace"]))
        start = int(asked.get("offset", "0"))
        answer: dict[str, Any] = {"query": {kind: [{"title": one} for one in titles[start : start + AT_ONCE]]}}
        if start + AT_ONCE < len(titles):
            answer["continue"] = {"offset": start + AT_ONCE, "continue": "-||"}
        return answer

    def _is_in(self, title: str, category: str) -> bool:
        return category.removeprefix("Category:") in self.pages[title].categories


def _is_of(title: str, namespaces: str) -> bool:
    return NAMESPACES.get(title.partition(":")[0], "0") in namespaces.split("|")


@asynccontextmanager
async def mediawiki() -> AsyncGenerator[MediaWiki]:
    async with site() as made:
        wiki = MediaWiki(made)
        made.pages["/w/api.php"] = wiki.answer
        yield wiki
