"""Sitemaps (sitemaps.org): the pages that a site names itself, with when each was changed; indexes, gzip and lists.

XML is read by expat as it comes; a document that declares entities is refused, and so is what unpacks to too much.
"""

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.parsers import expat

from core.errors import DocumentError

MOST_BYTES = 52_428_800
"""Of one sitemap, unpacked, as the protocol says."""
MOST_ENTRIES = 50_000

_MAP = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<\?.*?\?>\s*)*<(?:\w+:)?(?:urlset|sitemapindex)\b",
    re.S,
)


@dataclass(frozen=True)
class Entry:
    """A page, or a sitemap of an index, as it is named; `lastmod` as it is written there, empty where it is not."""

    address: str
    lastmod: str = ""


@dataclass
class Sitemap:
    """What a sitemap names."""

    pages: list[Entry] = field(default_factory=list[Entry])
    sitemaps: list[Entry] = field(default_factory=list[Entry])


def is_sitemap(data: bytes) -> bool:
    """Whether bytes are a sitemap of XML, packed or not; a list of addresses can't be told from any other text."""
    return bool(_MAP.match(unpacked(data[:65_536], partly=True)[:8192]))


def unpacked(data: bytes, *, partly: bool = False) -> bytes:
    """A sitemap's bytes, unpacked if they are gzip's.

    Raises:
        DocumentError: they are broken, or too much. With `partly`, what can be had is answered instead.
    """
    if not data.startswith(b"\x1f\x8b"):
        return data
    packed = zlib.decompressobj(wbits=31)
    try:
        text = packed.decompress(data, MOST_BYTES + 1)
    except zlib.error as error:
        raise DocumentError("The sitemap is packed, and broken.") from error
    if not partly and (len(text) > MOST_BYTES or not packed.eof):
        raise DocumentError("The sitemap is over 50 MiB, or breaks off.")
    return text


def read_sitemap(data: bytes) -> Sitemap:
    """What a sitemap names, up to 50,000 entries. Takes its time: call it in a thread.

    Raises:
        DocumentError: it is none.
    """
    data = unpacked(data)
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = data.decode("utf-8-sig", errors="replace").split()
        return Sitemap(pages=[Entry(line) for line in lines if line.startswith(("http://", "https://"))])
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        if not (reader.found.pages or reader.found.sitemaps):
            raise DocumentError(f"The sitemap is no XML: {error}.") from error
    return reader.found


def time_of(lastmod: str) -> float:
    """A `lastmod` (W3C Datetime) in seconds since 1970; 0 for what is none."""
    try:
        told = datetime.fromisoformat(lastmod.strip())
    except ValueError:
        return 0.0
    return max(0.0, (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp())


def is_over(lastmod: str, asked: float) -> bool:
    """Whether what a `lastmod` speaks of was over when a page was asked for, so that all of it was seen then.

    A day is over when it is everywhere on earth; a time without its zone may be any zone's.
    """
    told = time_of(lastmod)
    is_exact = "T" in lastmod and bool(re.search(r"(Z|[+-]\d{2}:?\d{2})\Z", lastmod.strip()))
    return told > 0 and asked > told + (60 if is_exact else 36 * 3600)


def newest(entries: Iterable[Entry]) -> dict[str, str]:
    """When each address was changed, where it is named more than once the last that was said."""
    found: dict[str, str] = {}
    for entry in entries:
        found[entry.address] = max(entry.lastmod, found.get(entry.address, ""))
    return found


class _Reader:
    """Gathers the entries while expat reads; of names, only the part after the namespace counts."""

    def __init__(self) -> None:
        self.found = Sitemap()
        self._text: list[str] | None = None
        self._address = self._lastmod = ""
        self._within = ""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._words
        self.parser.EntityDeclHandler = self._entity

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        plain = name.rpartition(" ")[2]
        if plain in ("url", "sitemap"):
            self._within, self._address, self._lastmod = name, "", ""
        # Pictures and videos have a `loc` of their own, in another namespace.
        elif self._within and plain in ("loc", "lastmod") and _space(name) == _space(self._within):
            self._text = []

    def _end(self, name: str) -> None:
        plain = name.rpartition(" ")[2]
        if self._text is not None and plain in ("loc", "lastmod"):
            text, self._text = "".join(self._text).strip(), None
            if plain == "loc":
                self._address = text
            else:
                self._lastmod = text[:40]
        elif name == self._within:
            self._within = ""
            entries = self.found.pages if plain == "url" else self.found.sitemaps
            if self._address and len(entries) < MOST_ENTRIES:
                entries.append(Entry(self._address, self._lastmod))

    def _words(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _entity(self, *_: object) -> None:
        raise DocumentError("The sitemap declares entities, which none needs.")


def _space(name: str) -> str:
    return name.rpartition(" ")[0]
