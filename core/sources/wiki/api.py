"""MediaWiki's Action API, as Wikipedia and most companies' wikis have it: search, pages, what changed since.

Asked as its etiquette says (https://www.mediawiki.org/wiki/API:Etiquette): one request after another, many titles in
one, `maxlag` so that a busy cluster is left alone, and who asks in the User-Agent.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from html import unescape
from typing import Any, cast
from urllib.parse import quote, urlencode, urljoin

from core.errors import AddressError, SettingsError, SiteUnavailableError
from core.fetching.guard import Fetcher
from core.fetching.pace import LONGEST_WAIT, retry_after
from core.messages import Value

MOST_TITLES = 50
"""Titles in one request; more are for bots with special rights."""
MAX_LAG = 5
"""Seconds that a wiki's databases may be behind, beyond which it is left alone."""
ARTICLES = (0,)
"""The namespace of articles, which are what a wiki is for."""
LONGEST_QUERY = 1500
PATIENCE = 5
"""How often a wiki that asks to be left alone is asked again."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,12})*\Z")
_WAITS = frozenset({"maxlag", "ratelimited", "readonly", "internal_api_error_DBQueryError"})
_REFUSES = frozenset({"readapidenied", "permissiondenied", "mwoauth-invalid-authorization", "assertuserfailed"})
_MARKUP = re.compile(r"<[^>]*>")


class WikiSite(Value):
    """A wiki: what it is called, its language, the licence of its texts, and its namespaces for categories."""

    name: str
    language: str = ""
    licence: str = ""
    licence_url: str = ""
    category: str = "Category"
    articles: str = ""
    """The address of an article, with "$1" for its title."""

    def address_of(self, title: str) -> str:
        """Where people read an article."""
        return self.articles.replace("$1", quote(title.replace(" ", "_"), safe="/:@!$*(),;~-._"))


class WikiHit(Value):
    """A page that a search found; `snippet` is plain text around what matched."""

    title: str
    snippet: str = ""
    url: str = ""


class WikiRevision(Value):
    """The newest revision of a page, and under which titles it was asked for; `modified` in seconds since 1970."""

    title: str
    page_id: int
    revision: int
    modified: float = 0.0
    url: str = ""
    asked: tuple[str, ...] = ()


class WikiPage(Value):
    """A page as it stands: its HTML as the wiki renders it, or its wikitext, whichever was asked for."""

    title: str
    page_id: int
    revision: int
    modified: float = 0.0
    url: str = ""
    html: str = ""
    wikitext: str = ""


def api_address(location: str) -> str:
    """The API's address from what people write: a language of Wikipedia ("en"), or the address itself.

    Anything else is given back as it is.
    """
    location = location.strip()
    if _LANGUAGE.match(location.lower()):
        return f"https://{location.lower()}.wikipedia.org/w/api.php"
    return location


class WikiApi:
    """One wiki's API. Its methods raise `SiteUnavailableError`, `AddressError`, and `SettingsError` if it refuses us.

    Args:
        fetcher: how it is asked; its `contact` says who does.
        address: of `api.php`, or a language of Wikipedia.
        token: an owner-only OAuth token for a wiki that is not open to all; sent to this wiki alone.
    """

    def __init__(self, fetcher: Fetcher, address: str, *, token: str = "") -> None:
        self.address = api_address(address)
        self._fetcher = fetcher
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._site: WikiSite | None = None

    async def site(self) -> WikiSite:
        """What the wiki says of itself; asked once."""
        if self._site is None:
            answer = await self._call(meta="siteinfo", siprop="general|rightsinfo|namespaces")
            query = _mapping(answer.get("query"))
            general, rights = _mapping(query.get("general")), _mapping(query.get("rightsinfo"))
            categories = _mapping(_mapping(query.get("namespaces")).get("14"))
            self._site = WikiSite(
                name=_text(general, "sitename") or self.address,
                language=_text(general, "lang"),
                licence=_text(rights, "text"),
                licence_url=_text(rights, "url"),
                category=_text(categories, "name") or "Category",
                articles=urljoin(urljoin(self.address, _text(general, "server")), _text(general, "articlepath")),
            )
        return self._site

    async def search(self, query: str, limit: int = 5) -> list[WikiHit]:
        """Pages that a search of the wiki's own finds, best first, `limit` at most (50)."""
        site = await self.site()
        limit = max(1, min(limit, MOST_TITLES))
        answer = await self._call(list="search", srsearch=query[:300], srlimit=str(limit), srprop="snippet")
        return [
            WikiHit(title=title, snippet=_plain(_text(one, "snippet")), url=site.address_of(title))
            for one in _list(_mapping(answer.get("query")), "search")
            if (title := _text(one, "title"))
        ]

    async def page(self, title: str) -> WikiPage | None:
        """A page as HTML, redirects followed; None where there is none of that title."""
        found = await self.revisions([title])
        return await self.html(found[0]) if found else None

    async def revisions(self, titles: Sequence[str]) -> list[WikiRevision]:
        """The newest revisions of pages, redirects followed, each page once; titles without a page are left out."""
        found: dict[int, WikiRevision] = {}
        titles = [title for title in titles if title.strip() and "|" not in title]  # "|" is in no title
        for start in range(0, len(titles), MOST_TITLES):
            asked = titles[start : start + MOST_TITLES]
            async for query in self._pages(titles="|".join(asked), redirects="1", **_REVISION):
                for one in _revisions(query, asked):
                    known = found.get(one.page_id)
                    found[one.page_id] = one if known is None else _merged(known, one)
        return list(found.values())

    async def html(self, revision: WikiRevision) -> WikiPage | None:
        """A page as the wiki renders it now; None where it is there no more."""
        try:
            answer = await self._call(
                action="parse",
                pageid=str(revision.page_id),
                prop="text|revid",
                disableeditsection="1",
                disabletoc="1",
                disablelimitreport="1",
            )
        except AddressError as error:
            if error.reason == "gone":
                return None
            raise
        parsed = _mapping(answer.get("parse"))
        return WikiPage(
            title=_text(parsed, "title") or revision.title,
            page_id=revision.page_id,
            revision=_number(parsed, "revid") or revision.revision,
            modified=revision.modified,
            url=revision.url,
            html=_text(parsed, "text"),
        )

    async def wikitexts(self, revisions: Sequence[WikiRevision]) -> AsyncIterator[WikiPage]:
        """Pages as wikitext, many in one request."""
        for start in range(0, len(revisions), MOST_TITLES):
            asked = "|".join(str(one.page_id) for one in revisions[start : start + MOST_TITLES])
            async for query in self._pages(pageids=asked, rvslots="main", **{**_REVISION, "rvprop": _WITH_CONTENT}):
                for page in _list(query, "pages"):
                    for said in _list(page, "revisions")[:1]:
                        text = _mapping(_mapping(said.get("slots")).get("main")).get("content")
                        if isinstance(text, str):
                            yield _page(page, said, text)

    async def titles_found(self, query: str, most: int, namespaces: Sequence[int] = ARTICLES) -> list[str]:
        """Titles of pages that the wiki's search finds, best first."""
        return await self._titles("search", most, srsearch=query[:300], srprop="", srnamespace=_joined(namespaces))

    async def titles_of_all(self, most: int, prefix: str = "", namespaces: Sequence[int] = ARTICLES) -> list[str]:
        """Titles of all pages, redirects left out, of those that begin with `prefix` if one is given."""
        titles: list[str] = []
        for namespace in namespaces:  # the API takes one at a time here
            chosen = {"apfilterredir": "nonredirects", "apprefix": prefix, "apnamespace": str(namespace)}
            if most > len(titles):
                titles += await self._titles("allpages", most - len(titles), **chosen)
        return titles

    async def titles_in_category(
        self, category: str, depth: int, most: int, namespaces: Sequence[int] = ARTICLES
    ) -> list[str]:
        """Titles of the pages in a category and, `depth` levels down, in those below it."""
        prefix = (await self.site()).category
        name = category if ":" in category else f"{prefix}:{category}"
        titles: dict[str, None] = {}
        seen, level = {name}, [name]
        for remaining in range(depth, -1, -1):
            below: list[str] = []
            for one in level:
                left = most - len(titles)
                if left <= 0:
                    return list(titles)
                members = await self._members(one, "page", left, namespaces)
                titles.update(dict.fromkeys(members))
                if remaining:
                    below += [sub for sub in await self._members(one, "subcat", most, (14,)) if sub not in seen]
                    seen.update(below)
            level = below
        return list(titles)[:most]

    async def _members(self, category: str, kind: str, most: int, namespaces: Sequence[int]) -> list[str]:
        chosen = {"cmtitle": category, "cmtype": kind, "cmprop": "title", "cmnamespace": _joined(namespaces)}
        return await self._titles("categorymembers", most, **chosen)

    async def _titles(self, module: str, most: int, **asked: str) -> list[str]:
        prefix = {"search": "sr", "allpages": "ap", "categorymembers": "cm"}[module]
        titles: list[str] = []
        async for query in self._pages(list=module, **{f"{prefix}limit": str(max(1, min(most, 500)))}, **asked):
            titles += [_text(one, "title") for one in _list(query, module)]
            if len(titles) >= most:
                break
        return titles[:most]

    async def _pages(self, **asked: str) -> AsyncIterator[dict[str, Any]]:
        """The `query` of each answer, continued to the end."""
        onward: dict[str, str] = {}
        while True:
            answer = await self._call(**{**asked, **onward})
            yield _mapping(answer.get("query"))
            following = {key: str(value) for key, value in _mapping(answer.get("continue")).items()}
            if not following or following == onward:
                return
            onward = following

    async def _call(self, **asked: str) -> dict[str, Any]:
        """One request, waited for while the wiki asks to be left alone."""
        sent = {"action": "query", "format": "json", "formatversion": "2", "maxlag": str(MAX_LAG), **asked}
        wait = 0.0
        for _ in range(PATIENCE):
            # A long list of titles does not fit into an address; what does is better kept by caches in between.
            is_long = len(urlencode(sent)) > LONGEST_QUERY
            fetched = await self._fetcher.fetch(
                self.address,
                params=None if is_long else sent,
                form=sent if is_long else None,
                headers=self._headers,
            )
            answer = _json(fetched.data, self.address)
            said = _mapping(answer.get("error"))
            if not said:
                return answer
            code, info = _text(said, "code"), _text(said, "info")
            if code not in _WAITS:
                raise _refusal(code, info, self.address)
            wait = min(retry_after(fetched.headers, time.time) or max(1.0, wait * 2), LONGEST_WAIT)
            await asyncio.sleep(wait)
        raise SiteUnavailableError(
            f"The wiki at {self.address} asks to be left alone.", hint="It is tried again later.", retry_after=wait
        )


_REVISION = {"prop": "info|revisions", "inprop": "url", "rvprop": "ids|timestamp"}
_WITH_CONTENT = "ids|timestamp|content"


def _joined(namespaces: Sequence[int]) -> str:
    return "|".join(map(str, namespaces))


def _json(data: bytes, address: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise AddressError(
            f"{address} is no API of a MediaWiki.",
            hint="Its address ends in api.php; the page Special:Version of the wiki names it.",
            reason="kind",
        )
    return cast(dict[str, Any], found)


def _refusal(code: str, info: str, address: str) -> AddressError | SettingsError:
    said = f"The wiki at {address} says: {_plain(info) or code}"
    if code in ("missingtitle", "nosuchpageid", "invalidtitle"):
        return AddressError(said, reason="gone")
    if code in _REFUSES or code.startswith("mwoauth"):
        return SettingsError(said, hint="Give a token with the option token_env, or check the one that is given.")
    return AddressError(said, hint="Check what the source is set up to read.", reason="denied")


def _revisions(query: dict[str, Any], asked: Sequence[str]) -> list[WikiRevision]:
    """The revisions in one answer, each with the titles of `asked` that led to it."""
    onward = {_text(one, "from"): _text(one, "to") for key in ("normalized", "redirects") for one in _list(query, key)}
    ends: dict[str, list[str]] = {}
    for title in asked:
        end = title
        for _ in range(len(onward)):
            if end not in onward:
                break
            end = onward[end]
        ends.setdefault(end, []).append(title)
    return [
        WikiRevision(
            title=_text(page, "title"),
            page_id=_number(page, "pageid"),
            revision=_number(said, "revid"),
            modified=_moment(_text(said, "timestamp")),
            url=_text(page, "canonicalurl") or _text(page, "fullurl"),
            asked=tuple(ends.get(_text(page, "title"), ())),
        )
        for page in _list(query, "pages")
        if _number(page, "pageid")
        for said in _list(page, "revisions")[:1]
    ]


def _page(page: dict[str, Any], said: dict[str, Any], wikitext: str) -> WikiPage:
    return WikiPage(
        title=_text(page, "title"),
        page_id=_number(page, "pageid"),
        revision=_number(said, "revid"),
        modified=_moment(_text(said, "timestamp")),
        url=_text(page, "canonicalurl") or _text(page, "fullurl"),
        wikitext=wikitext,
    )


def _merged(known: WikiRevision, more: WikiRevision) -> WikiRevision:
    return known.model_copy(update={"asked": tuple(dict.fromkeys((*known.asked, *more.asked)))})


def _plain(snippet: str) -> str:
    return " ".join(unescape(_MARKUP.sub("", snippet)).split())


def _moment(timestamp: str) -> float:
    try:
        return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0


def _mapping(found: object) -> dict[str, Any]:
    return cast(dict[str, Any], found) if isinstance(found, dict) else {}


def _list(found: dict[str, Any], key: str) -> list[dict[str, Any]]:
    several = found.get(key)
    return [_mapping(one) for one in cast(list[object], several)] if isinstance(several, list) else []


def _text(found: dict[str, Any], key: str) -> str:
    said = found.get(key)
    return said if isinstance(said, str) else ""


def _number(found: dict[str, Any], key: str) -> int:
    said = found.get(key)
    return said if isinstance(said, int) else 0
