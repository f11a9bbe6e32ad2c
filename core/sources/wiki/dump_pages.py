"""The pages of a dump, as they come out of its XML (https://www.mediawiki.org/wiki/Help:Export#Export_format)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import quote
from xml.parsers import expat

from core.errors import DocumentError
from core.messages import Value

MOST_TEXT = 8 * 2**20
"""Characters of one page that are kept; a wiki itself takes 2 MiB at most."""
DEEPEST = 50


class DumpSite(Value):
    """What a dump says of its wiki: its name and language, below which address articles are, and its namespaces."""

    name: str = ""
    language: str = ""
    articles: str = ""
    namespaces: Mapping[str, str] = {}

    def address_of(self, title: str) -> str:
        """Where people read an article; empty where the dump does not say."""
        return self.articles + quote(title.replace(" ", "_"), safe="/:@!$*(),;~-._") if self.articles else ""


class DumpPage(Value):
    """A page with its newest revision in the dump; `modified` in seconds since 1970.

    `model` is what its text is ("wikitext"), `position` the byte of the file where reading can be gone on with it.
    """

    title: str = ""
    page_id: int = 0
    revision: int = 0
    namespace: int = 0
    text: str = ""
    model: str = "wikitext"
    modified: float = 0.0
    is_redirect: bool = False
    position: int = 0


class Gathering:
    """What a parser meets, put together to pages.

    `position` is where a stream of the file begins with a page; `origin` is set for plain XML, where each page's own
    place is known: what is added to the parser's count of bytes.
    """

    def __init__(self, site: DumpSite, name: str) -> None:
        self.site = site
        self.ended = False
        self.position = 0
        self.origin: int | None = None
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._said
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._name = name
        self._within: list[str] = []
        self._words: list[str] = []
        self._length = 0
        self._key = ""
        self._page: dict[str, str] = {}
        self._page_position = 0
        self._pages: list[DumpPage] = []

    def take(self) -> Iterator[DumpPage]:
        """The pages that were ended since the last time."""
        pages, self._pages = self._pages, []
        yield from pages

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._within and name != "mediawiki":
            raise self._refused("it begins with something else")
        self._within.append(name)
        if len(self._within) > DEEPEST:
            raise self._refused("it is nested too deeply")
        self._words, self._length = [], 0
        match self._within[1:]:
            case []:
                if language := attributes.get("xml:lang", ""):
                    self.site = self.site.model_copy(update={"language": language[:20]})
            case ["page"]:
                self._page = {}
                index = self.parser.CurrentByteIndex
                self._page_position = self.position if self.origin is None else self.origin + index
            case ["page", "redirect"]:
                self._page["redirect"] = "yes"
            case ["siteinfo", "namespaces", "namespace"]:
                self._key = attributes.get("key", "")
            case _:
                pass

    def _said(self, words: str) -> None:
        if len(self._within) > 2 and self._length < MOST_TEXT:
            self._words.append(words)
            self._length += len(words)

    def _end(self, name: str) -> None:
        words = "".join(self._words)[:MOST_TEXT]
        self._words, self._length = [], 0
        match self._within[1:]:
            case []:
                self.ended = True
            case ["page"]:
                self._pages.append(self._made())
            case ["page", ("title" | "ns" | "id") as part]:
                self._page[part] = words.strip()
            case ["page", "revision", ("id" | "timestamp" | "model" | "text") as part]:
                self._page[f"revision {part}"] = words
            case ["siteinfo", "sitename"]:
                self.site = self.site.model_copy(update={"name": words.strip()})
            case ["siteinfo", "base"]:
                self.site = self.site.model_copy(update={"articles": _below(words.strip())})
            case ["siteinfo", "namespaces", "namespace"]:
                named = {**self.site.namespaces, self._key: words.strip()}
                self.site = self.site.model_copy(update={"namespaces": named})
            case _:
                pass
        self._within.pop()

    def _made(self) -> DumpPage:
        page = self._page
        return DumpPage(
            title=page.get("title", ""),
            page_id=_number(page.get("id", "")),
            revision=_number(page.get("revision id", "")),
            namespace=_number(page.get("ns", "")),
            text=page.get("revision text", ""),
            model=page.get("revision model", "").strip() or "wikitext",
            modified=_moment(page.get("revision timestamp", "").strip()),
            is_redirect="redirect" in page,
            position=self._page_position,
        )

    def _doctype(self, *_: object) -> None:
        raise self._refused("it declares a document type, which no dump does")

    def _refused(self, why: str) -> DocumentError:
        return DocumentError(
            f"{self._name} is no dump of a wiki: {why}.", hint="Give a pages-articles dump: .xml, .xml.bz2 or .xml.gz."
        )


def _below(base: str) -> str:
    """The address below which articles are, from that of the main page."""
    if not base.startswith(("https://", "http://")):
        return ""
    start, named, _ = base.rpartition("?title=")
    return start + named if named else f"{base.rpartition('/')[0]}/"


def _number(words: str) -> int:
    words = words.strip()
    return int(words) if words.lstrip("-").isdecimal() and len(words) < 20 else 0


def _moment(timestamp: str) -> float:
    try:
        return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0
