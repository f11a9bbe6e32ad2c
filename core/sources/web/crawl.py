"""Going through a site: page by page from where it begins, or through what its sitemap lists, and only that.

A page that did not change costs a question, or none where the sitemap says so; its links are known from the last time.
What is gone or closed is removed, what is away for now stays. Pages that nothing leads to any more are asked for once
more: they stay as long as they are there, unless a sitemap says which pages there are.
"""

import asyncio
import time
from collections.abc import Iterable

from yarl import URL

from core.errors import AddressError, SettingsError, SiteUnavailableError
from core.fetching.answers import Fetched
from core.fetching.guard import Fetcher
from core.fetching.pace import LONGEST_WAIT
from core.knowledge.in_threads import to_the_end
from core.sources.connector import Watch
from core.sources.mirror import Mirror
from core.sources.web.addresses import Scope, may_be_page, tidy
from core.sources.web.keeping import Keeping
from core.sources.web.kinds import suffix_of
from core.sources.web.options import DEPTH, Choice
from core.sources.web.page import Page, read_page
from core.sources.web.rules import Robots, rules_of_headers
from core.sources.web.sitemap import is_over
from core.sources.web.start import Start, fetch_page
from core.sources.web.state import Crawl, PageRecord, Step

KEEP_EVERY = 25
"""Pages after which the cursor is kept, unless keeping it would take more of the time than 1 / `KEEP_SHARE`."""
KEEP_SHARE = 20
AWAY_AFTER = 3
"""Pages in a row that can't be had, after which the site counts as away."""
BELIEVED = 7 * 86_400.0
"""Seconds for which it is believed that an address leads to another, or that a sitemap knows what changed."""


class Crawling:
    """One sync of one site, or the rest of one."""

    def __init__(self, choice: Choice, fetcher: Fetcher, mirror: Mirror, state: Crawl, watch: Watch) -> None:
        self._choice = choice
        self._fetcher = fetcher
        self._mirror = mirror
        self._state = state
        self._watch = watch
        self._robots = Robots(fetcher)
        self._keeping = Keeping(fetcher, self._robots, mirror, state)
        self._had: dict[str, Fetched] = {}
        self._scope = Scope(())
        self._away = 0

    async def run(self) -> None:
        """Go through the site. The cursor is kept as it goes, and when it ends however it ends.

        Raises:
            SettingsError: where it begins is nothing that is read, or not open to us.
            SiteUnavailableError: the site can't be had now.
        """
        state = self._state
        if not (state.running and (state.rules, state.location) == (self._choice.rules, str(self._choice.location))):
            await self._begin()
        self._scope = self._choice.scope(state.within)
        try:
            done, due = 0, 0.0
            while state.queue or self._add_unlisted():
                await self._step(state.queue[0])
                state.queue.popleft()
                done += 1
                if done % KEEP_EVERY == 0 and time.monotonic() >= due:
                    began = time.monotonic()
                    await to_the_end(self._keep)
                    due = time.monotonic() + KEEP_SHARE * (time.monotonic() - began)
            await self._finish()
        finally:
            await to_the_end(self._keep)

    def _keep(self) -> None:
        self._mirror.keep_cursor(self._state.cursor())

    async def _begin(self) -> None:
        """See what is there to begin with; nothing of what is known changes before that is had."""
        choice, state = self._choice, self._state
        known = self._known(choice.location)
        known = known if state.rules == choice.rules else known.unsettled()
        begun = await Start(choice, self._fetcher, self._robots, self._watch).look(known)
        state.begin(choice.rules, str(choice.location))
        state.by_sitemap, state.partial, state.within = begun.by_sitemap, begun.partial, begun.within
        self._scope = choice.scope(begun.within)
        if begun.answer is not None:
            self._had[begun.address] = begun.answer
            self._meet(begun.address, 0)
        depth = 0 if begun.by_sitemap else 1
        for address, lastmod in begun.listed.items():
            self._meet(address, depth, lastmod)
        if not state.queue:
            raise SettingsError(
                f"{choice.location} lists no page that is within {', '.join(begun.within)}.",
                hint="Check the options within, include and exclude. What was read before is kept.",
            )

    def _known(self, url: URL) -> PageRecord:
        """What is known of a page, nothing where its file is not there."""
        record = self._state.pages.get(str(url), PageRecord())
        return record if self._keeping.is_there(record) else PageRecord()

    @property
    def _depth(self) -> int:
        return self._choice.depth if self._choice.depth is not None else 0 if self._state.by_sitemap else DEPTH

    def _meet(self, address: str, depth: int, lastmod: str = "", *, chosen: bool = True) -> None:
        """Put an address that was met on the list, unless it is there, or not of this source, or one too many."""
        state = self._state
        url = URL(address)
        if address in state.met or (chosen and not (self._scope.holds(url) and may_be_page(url))):
            return
        if len(state.met) >= self._choice.pages:
            state.over = True
            return
        state.met.add(address)
        state.queue.append(Step(address=address, depth=depth, lastmod=lastmod))

    def _follow(self, links: Iterable[str], depth: int) -> None:
        if depth < self._depth:
            for link in links:
                self._meet(link, depth + 1)

    def _add_unlisted(self) -> bool:
        """Once all is done, ask for the pages that were known and not met; whether there are any."""
        state = self._state
        if state.asked_all or state.by_sitemap:
            return False
        state.asked_all = True
        for address, record in list(state.pages.items()):
            if not record.alias:
                self._meet(address, self._depth)
        return bool(state.queue)

    async def _step(self, step: Step) -> None:
        """Ask for one address, and do what its answer says."""
        url = URL(step.address)
        record = self._state.pages.get(step.address, PageRecord())
        now = time.time()
        if record.alias and now - record.asked < BELIEVED:
            self._meet(record.alias, step.depth, step.lastmod)
        elif not self._scope.holds(url):
            await self._keeping.drop(step.address)
        elif self._is_as_listed(record, step, now):
            self._follow(record.links, step.depth)
        else:
            try:
                await self._ask(url, record, step)
                self._away = 0
            except AddressError as error:
                self._away = 0
                await self._not_had(step.address, error)
            except SiteUnavailableError as error:
                self._away += 1
                if self._away >= AWAY_AFTER or (error.retry_after or 0) > LONGEST_WAIT or not self._state.pages:
                    raise
                self._watch.problem(step.address, error.message)
                self._state.partial = True
                self._follow(record.links, step.depth)

    def _is_as_listed(self, record: PageRecord, step: Step, now: float) -> bool:
        """Whether the sitemap says that a page is as it was had."""
        return (
            bool(step.lastmod)
            and step.lastmod == record.lastmod
            and is_over(step.lastmod, record.asked)
            and now - record.asked < BELIEVED
            and self._keeping.is_there(record)
        )

    async def _ask(self, url: URL, record: PageRecord, step: Step) -> None:
        """Raises AddressError: it is not there for us; SiteUnavailableError: it can't be had now."""
        answer = self._had.pop(str(url), None)
        if not await self._robots.allow(url):
            await self._keeping.drop(str(url))
            return
        if answer is None:
            answer = await fetch_page(self._fetcher, self._choice, url, self._known(url))
        final = tidy(answer.url)
        if final is not None and final != url:
            await self._led_on(url, final)
            if answer.is_unchanged:  # of what was here before
                self._meet(str(final), step.depth, step.lastmod)
            elif str(final) not in self._state.met and self._scope.holds(final):
                await self._arrive(final, answer, step)
            return
        if answer.is_unchanged:
            update = {"asked": time.time(), "lastmod": step.lastmod}
            self._state.pages[str(url)] = record.model_copy(update=update)
            self._follow(record.links, step.depth)
        else:
            await self._take(url, answer, step)

    async def _arrive(self, url: URL, answer: Fetched, step: Step) -> None:
        """Take what came from the address that another one leads to."""
        self._state.met.add(str(url))
        try:
            if await self._robots.allow(url):
                await self._take(url, answer, step)
            else:
                await self._keeping.drop(str(url))
        except BaseException:
            self._state.met.discard(str(url))
            raise

    async def _take(self, url: URL, answer: Fetched, step: Step) -> None:
        """Keep what came, or what is to be known of it."""
        suffix = suffix_of(answer, url)
        if not suffix:
            raise AddressError(f"{url.with_query(None)} is of no kind that is read.", reason="kind")
        rules = rules_of_headers(answer)
        page: Page | None = None
        links: tuple[str, ...] = ()
        if suffix == ".html":
            page = await asyncio.to_thread(read_page, answer.data, answer.charset, url)
            rules |= page.rules
            if await self._says_it_is_another(url, page, step):
                return
            if not rules.nofollow:
                links = tuple(str(one) for one in page.links if may_be_page(one) and self._scope.holds(one))
            if rules.noimageindex or not self._choice.pictures:
                page.leave_pictures()
        self._follow(links, step.depth)
        if rules.noindex or (page is not None and not page.has_words):
            await self._keeping.drop(str(url))
            update = {"etag": answer.etag, "last_modified": answer.last_modified, "asked": time.time(), "links": links}
            self._state.pages[str(url)] = PageRecord().model_copy(update=update)
            if not rules.noindex:
                self._watch.problem(str(url), "It says nothing without its scripts, which are not run.")
        elif await self._keeping.page(url, answer, step, suffix, page, links):
            self._watch.fetched(str(url), total=len(self._state.met))

    async def _says_it_is_another(self, url: URL, page: Page, step: Step) -> bool:
        """Whether a page says that its own address is another one of this source, which is asked for instead then."""
        other = page.canonical
        if other is None or other == url or str(url) in self._state.own or not self._scope.holds(other):
            return False
        if other.raw_path == "/" and url.raw_path.strip("/"):
            return False  # a whole site that says that it is its first page
        known = self._state.pages.get(str(other), PageRecord())
        if known.alias == str(url):
            return False  # each says that it is the other
        await self._led_on(url, other)
        self._meet(str(other), step.depth, step.lastmod)
        return True

    async def _led_on(self, url: URL, final: URL) -> None:
        await self._keeping.drop(str(url))
        if self._scope.holds(final):
            self._state.pages[str(url)] = PageRecord(alias=str(final), asked=time.time())

    async def _not_had(self, address: str, error: AddressError) -> None:
        """Remove what is not there for us; what said that it is there is taken as it is."""
        await self._keeping.drop(address)
        if error.reason not in ("gone", "kind"):
            self._watch.problem(address, error.message)
        for other in [one for one, page in self._state.pages.items() if page.alias == address]:
            await self._keeping.drop(other)
            self._state.own.add(other)
            self._state.met.discard(other)
            self._meet(other, self._depth)

    async def _finish(self) -> None:
        """Remove what was not met, unless what would have named it could not be had."""
        state = self._state
        for address in [one for one in state.pages if one not in state.met and not state.partial]:
            await self._keeping.drop(address)
        await self._keeping.drop_others()
        if state.over:
            self._watch.problem(
                str(self._choice.location),
                f"It has more than {self._choice.pages} pages; choose with include and exclude, or set pages higher.",
            )
        state.end()
