"""A wiki as a source: Wikipedia, or any MediaWiki by the address of its `api.php`.

Which pages there are and what their newest revisions are is asked for fifty at a time; only those that differ from what
the mirror's cursor says are fetched.
"""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterable
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from core.errors import AddressError, QuestionError, SettingsError, SiteUnavailableError
from core.fetching.guard import Fetcher
from core.fetching.pace import Pace
from core.knowledge.documents import DocumentFacts
from core.messages import Value
from core.sources.connector import Part, SourceSpec, Watch, token_of
from core.sources.mirror import Mirror
from core.sources.wiki.api import WikiApi, WikiPage, WikiRevision, WikiSite
from core.sources.wiki.pages import clean, document, page_path, picture_path, pictures_of
from core.sources.wiki.setup import checked_location, choice_of, is_wikimedia
from core.sources.wiki.wikitext import html_of

MOST_PICTURE_BYTES = 10 * 2**20
INTERVAL = 0.1
"""Seconds between two requests; they are made one after another besides."""
KEPT_EVERY = 25
"""Pages after which it is kept how far the fetching has come."""
MOST_REFUSED = 5
"""Pages in a row that a wiki won't give, after which it is asked for no more."""
FORM = 1
"""Counted up when pages are to be read anew, though they are the same."""


class WikiKind:
    """`core.sources.connector.ConnectorKind` for MediaWikis."""

    summary = "A wiki: Wikipedia by its language (en) with titles=, category= or search=; any MediaWiki by its api.php."

    def check(self, spec: SourceSpec) -> SourceSpec:
        """The spec with the API's address as its location, and the wiki's host as its name if it has none.

        Raises:
            QuestionError: something in it is wrong or missing.
        """
        location, choice = checked_location(spec.location), choice_of(spec.options)
        if choice.is_all and not choice.prefix and is_wikimedia(location):
            raise QuestionError(
                "Which pages of it?", hint="Name some with titles=A|B, category=NAME or search=WORDS; or read a dump."
            )
        name = spec.name or (urlsplit(location).hostname or "")  # each wiki's address ends in the same word
        return spec.model_copy(update={"name": name, "location": location})

    def open(self, spec: SourceSpec, given: Any) -> "WikiConnector":
        """Its connector.

        Raises:
            SettingsError: the variable that is to hold a token does not.
        """
        return WikiConnector(spec, token=token_of(spec.options))


class _Known(Value):
    """A page as it was last fetched: its revision (0: it is to be fetched again), its file, and its pictures' files."""

    revision: int
    path: str
    pictures: tuple[str, ...] = ()


class WikiConnector:
    """`core.sources.connector.Connector` for one wiki."""

    def __init__(self, spec: SourceSpec, fetcher: Fetcher | None = None, *, token: str = "") -> None:
        self._spec = spec
        self._choice = choice_of(spec.options)
        self._fetcher = fetcher or Fetcher(
            allow=spec.options.get("allow", "").split(","),
            pace=Pace(INTERVAL),
            contact=spec.options.get("contact", "").strip(),
        )
        self._token = token
        self._api = WikiApi(self._fetcher, spec.location, token=token)

    async def parts(self) -> AsyncIterator[Part]:
        """The wiki."""
        with _refusals_told():
            site = await self._api.site()
        yield Part(name=site.name, audience=self._spec.audience, url=self._spec.url)

    async def fetch(self, part: Part, mirror: Mirror, watch: Watch) -> None:
        """Fetch the pages that are new or changed, and remove those that are gone or chosen no more."""
        with _refusals_told():
            site = await self._api.site()
            found = await self._found(watch)
            known = _known(mirror, self._form)
            state = _State(mirror, known, self._form)
            state.keep_only({one.page_id for one in found})
            wanted = [one for one in found if state.differs(one)]
            try:
                await self._bring(wanted, site, state, watch)
            finally:
                state.keep()
            state.remove_others()

    async def close(self) -> None:
        """Let go of connections."""
        await self._fetcher.close()

    @property
    def _form(self) -> str:
        how = "html" if self._choice.as_html else "wikitext"
        return f"{FORM} {how}{' pictures' if self._choice.pictures else ''}"

    async def _found(self, watch: Watch) -> list[WikiRevision]:
        """The newest revisions of the pages that are chosen."""
        choice, api = self._choice, self._api
        more = choice.most + 1  # one more says that there are more
        titles = dict.fromkeys(choice.titles)
        for category in choice.categories:
            members = await api.titles_in_category(category, choice.depth, more, choice.namespaces)
            if not members:
                watch.problem(category, "The wiki has no pages in a category of that name.")
            titles.update(dict.fromkeys(members))
        if choice.search:
            titles.update(dict.fromkeys(await api.titles_found(choice.search, more, choice.namespaces)))
        if choice.is_all:
            titles.update(dict.fromkeys(await api.titles_of_all(more, choice.prefix, choice.namespaces)))
        if len(titles) > choice.most:
            watch.problem(self._spec.name, f"There are more pages than the {choice.most} that are read (option most).")
        found = await api.revisions(list(titles)[: choice.most])
        there = {title for one in found for title in one.asked}
        for title in choice.titles[: choice.most]:
            if title not in there:
                watch.problem(title, "The wiki has no page of that title.")
        return found

    async def _bring(self, wanted: list[WikiRevision], site: WikiSite, state: "_State", watch: Watch) -> None:
        done = 0
        async for page, pictures, whole in self._pages(wanted, site, watch):
            state.write(page, pictures, whole=whole)
            watch.fetched(page.title, total=len(wanted))
            done += 1
            if done % KEPT_EVERY == 0:
                state.keep()

    async def _pages(
        self, wanted: list[WikiRevision], site: WikiSite, watch: Watch
    ) -> AsyncIterator[tuple[WikiPage, dict[str, bytes], bool]]:
        """Each page with the document made of it in `html`, its pictures by their files, and whether it has all."""
        if not self._choice.as_html:
            async for page in self._api.wikitexts(wanted):
                content = await asyncio.to_thread(html_of, page.wikitext, (site.category,))
                yield page.model_copy(update={"html": document(page.title, content, site).decode()}), {}, True
            return
        refused = 0
        for one in wanted:
            try:
                page = await self._api.html(one)
            except AddressError as error:
                refused += 1
                if error.reason == "kind" or refused > MOST_REFUSED:
                    raise
                watch.problem(one.title, error.message)
                continue
            refused = 0
            if page is None:  # it went in between, which the next time shows
                continue
            base = page.url or self._spec.location
            pictures, whole = await self._pictures(page.html, base, watch)
            files = {address: picture_path(address) for address in pictures}
            content = await asyncio.to_thread(clean, page.html, base, files)
            html = document(page.title, content, site).decode()
            kept = {picture_path(address): data for address, data in pictures.items()}
            yield page.model_copy(update={"html": html}), kept, whole

    async def _pictures(self, markup: str, base: str, watch: Watch) -> tuple[dict[str, bytes], bool]:
        """The pictures of a page by their address, and whether all were had that can be."""
        pictures: dict[str, bytes] = {}
        whole = True
        if not self._choice.pictures:
            return pictures, whole
        for address in await asyncio.to_thread(pictures_of, markup, base):
            is_own = urlsplit(address)[:2] == urlsplit(self._spec.location)[:2]
            headers = {"Authorization": f"Bearer {self._token}"} if self._token and is_own else {}
            try:
                answer = await self._fetcher.fetch(address, headers=headers, kinds=("image/",), most=MOST_PICTURE_BYTES)
                pictures[address] = answer.data
            except AddressError as error:
                watch.problem(address, error.message)
            except SiteUnavailableError as error:
                watch.problem(address, error.message)
                whole = False  # the page is fetched again the next time
        return pictures, whole


class _State:
    """What is known of the pages, kept as it changes."""

    def __init__(self, mirror: Mirror, known: dict[int, _Known], form: str) -> None:
        self._mirror = mirror
        self._known = known
        self._form = form

    def keep_only(self, page_ids: set[int]) -> None:
        """Remove what is gone, before anything is fetched."""
        gone = self._known.keys() - page_ids
        for page_id in gone:
            self._mirror.remove(self._known.pop(page_id).path)
        if gone:
            self.keep()
            self.remove_others()

    def differs(self, page: WikiRevision) -> bool:
        """Whether a page is another than what the mirror has of it."""
        known = self._known.get(page.page_id)
        if (
            known is None
            or known.revision != page.revision
            or known.path != page_path(page.title, page.page_id, ".html")
        ):
            return True
        facts = self._mirror.facts(known.path)
        return facts is None or facts.url != page.url

    def write(self, page: WikiPage, pictures: dict[str, bytes], *, whole: bool) -> None:
        """Write a page that was fetched, and remove the file that it had under another title."""
        path = page_path(page.title, page.page_id, ".html")
        for picture, data in pictures.items():
            self._mirror.write(picture, data)
        self._mirror.write(
            path, page.html.encode(), DocumentFacts(title=page.title, url=page.url, modified=page.modified)
        )
        before = self._known.get(page.page_id)
        self._known[page.page_id] = _Known(revision=page.revision if whole else 0, path=path, pictures=tuple(pictures))
        if before is not None and before.path != path:
            self._mirror.remove(before.path)

    def keep(self) -> None:
        """Keep how far the fetching has come."""
        pages = {str(key): [one.revision, one.path, *one.pictures] for key, one in self._known.items()}
        self._mirror.keep_cursor({"form": self._form, "pages": pages})

    def remove_others(self) -> None:
        """Remove files that belong to no page: of a run that was killed, or pictures that are shown no more."""
        own = {path for one in self._known.values() for path in (one.path, *one.pictures)}
        for path in _others(self._mirror.paths(), own):
            self._mirror.remove(path)


def _others(paths: Iterable[str], own: set[str]) -> list[str]:
    return [path for path in paths if path not in own]


def _known(mirror: Mirror, form: str) -> dict[int, _Known]:
    """What the cursor says; where pages were read otherwise, each is to be fetched again, and kept until then."""
    cursor = mirror.cursor()
    pages: Any = cursor.get("pages", {})
    known: dict[int, _Known] = {}
    try:
        for key, (revision, path, *pictures) in pages.items():
            revision = revision if cursor.get("form") == form else 0
            known[int(key)] = _Known(revision=revision, path=path, pictures=tuple(pictures))
    except (AttributeError, ValueError, TypeError):  # not of our making: all is fetched again
        return {}
    return known


@contextmanager
def _refusals_told() -> Generator[None]:
    """What a wiki refuses is the operator's to mend."""
    try:
        yield
    except AddressError as error:
        raise SettingsError(error.message, hint=error.hint or "Check the address of the wiki.") from error


wikipedia = WikiKind()
"""What the entry point group `lorelens.sources` names."""
