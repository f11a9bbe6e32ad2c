"""How far a dump has been read, as the mirror's cursor keeps it, and what the mirror holds of each of its pages."""

from typing import Any, Self

from pydantic import Field, ValidationError

from core.knowledge.documents import DocumentFacts
from core.messages import Value
from core.sources.mirror import Mirror
from core.sources.wiki.dump_pages import DumpPage, DumpSite


class _Kept(Value):
    """The cursor. `reading` says which file is read and what is chosen of it, `form` how pages are converted.

    `pages` holds revision, reading and file of each page by its id; those of an earlier reading than `number` are gone
    from the dump once it was read to its end (`done`).
    """

    form: str = ""
    reading: str = ""
    number: int = 0
    position: int = 0
    done: bool = False
    site: DumpSite = DumpSite()
    pages: dict[int, tuple[int, int, str]] = Field(default_factory=dict[int, tuple[int, int, str]])


class DumpProgress:
    """The progress of one dump in one mirror; `count` is how many pages of this reading were met so far."""

    def __init__(self, mirror: Mirror, kept: _Kept) -> None:
        self._mirror = mirror
        self._form, self._reading, self._number = kept.form, kept.reading, kept.number
        self._pages = dict(kept.pages)
        self.position = kept.position
        self.done = kept.done
        self.site = kept.site
        self.count = sum(number == kept.number for _, number, _ in self._pages.values())

    @classmethod
    def of(cls, mirror: Mirror, *, form: str, reading: str) -> Self:
        """Where reading goes on; from the beginning where another file, another choice or another form is wanted."""
        kept = _kept(mirror.cursor())
        if kept.form != form:
            # Each page is converted again, and what is there stays until then.
            pages = {page_id: (0, number, path) for page_id, (_, number, path) in kept.pages.items()}
            kept = kept.model_copy(update={"pages": pages, "reading": ""})
        if kept.reading != reading:
            anew = {"number": kept.number + 1, "position": 0, "done": False, "site": DumpSite()}
            kept = kept.model_copy(update={"form": form, "reading": reading, **anew})
        return cls(mirror, kept)

    def is_met(self, page: DumpPage) -> bool:
        """Whether this reading met the page already, before it was interrupted."""
        known = self._pages.get(page.page_id)
        return known is not None and known[1] == self._number

    def differs(self, page: DumpPage, path: str) -> bool:
        """Whether the page is another than the one that the mirror has."""
        known = self._pages.get(page.page_id)
        return known is None or (known[0], known[2]) != (page.revision, path) or self._mirror.facts(path) is None

    def meet(self, page: DumpPage, path: str, data: bytes | None, facts: DocumentFacts) -> None:
        """Note that the page is in the dump, and write it where it was converted."""
        before = self._pages.get(page.page_id)
        if data is not None:
            self._mirror.write(path, data, facts)
        self._pages[page.page_id] = (page.revision, self._number, path)
        if before is not None and before[2] != path:
            self._mirror.remove(before[2])
        self.count += before is None or before[1] != self._number
        self.position = page.position

    def end(self) -> None:
        """The dump was read to its end: forget what it has no more."""
        for page_id, (_, number, path) in list(self._pages.items()):
            if number != self._number:
                self._mirror.remove(path)
                del self._pages[page_id]
        self.done = True
        self.keep()
        own = {path for _, _, path in self._pages.values()}
        for path in [path for path in self._mirror.paths() if path not in own]:  # of a reading that was killed
            self._mirror.remove(path)

    def keep(self) -> None:
        """Keep how far the reading has come."""
        kept = _Kept(
            form=self._form,
            reading=self._reading,
            number=self._number,
            position=self.position,
            done=self.done,
            site=self.site,
            pages=self._pages,
        )
        self._mirror.keep_cursor(kept.model_dump(mode="json"))


def _kept(cursor: dict[str, Any]) -> _Kept:
    try:
        return _Kept.model_validate(cursor)
    except ValidationError:  # not of our making: all is read again
        return _Kept()
