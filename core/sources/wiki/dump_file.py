"""The XML that MediaWiki makes of a whole wiki (`pages-articles.xml.bz2`), page by page, never whole in memory.

Reading goes on where it was interrupted: in plain XML at a page, and in a dump of many bzip2 streams ("multistream",
https://meta.wikimedia.org/wiki/Data_dumps/Dump_format) at the stream that holds it. A document type is refused: no dump
has one, and what it declares could fill the memory.
"""

import bz2
import gzip
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from core.errors import DocumentError
from core.sources.wiki.dump_pages import DumpPage, DumpSite, Gathering

_READ = 64 * 1024
_ROOT = b"<mediawiki>"

_Piece = tuple[bytes, int | None]
"""Some XML, and the byte of the file where a stream begins with it."""


class DumpFile:
    """A dump being read, by one thread at a time.

    Args:
        path: XML as it is, or packed by bzip2 or gzip, told by its content.
        position: where to go on, as a page says; `site` is then what was read of the wiki before.

    Raises:
        DocumentError: it can't be opened.
    """

    def __init__(self, path: Path, position: int = 0, site: DumpSite | None = None) -> None:
        self._name = path.name
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise self._unreadable(error.strerror or str(error)) from error
        self._lock = threading.Lock()
        self._gathering = Gathering(site or DumpSite(), path.name)
        self._pages = self._read(position)

    @property
    def site(self) -> DumpSite:
        """What the dump says of its wiki; whole once there is a page."""
        return self._gathering.site

    def some(self, most: int) -> list[DumpPage]:
        """The next pages; none at the end.

        Raises:
            DocumentError: the file is damaged, or no dump.
        """
        with self._lock:
            pages: list[DumpPage] = []
            while len(pages) < most and (page := next(self._pages, None)) is not None:
                pages.append(page)
            return pages

    def close(self) -> None:
        """Let go of the file, once whoever reads in another thread is done."""
        with self._lock:
            self._file.close()

    def _read(self, position: int) -> Iterator[DumpPage]:
        gathering = self._gathering
        parser = gathering.parser
        try:
            self._file.seek(0)
            head = self._file.read(4)
            self._file.seek(position)
            if position:
                parser.Parse(_ROOT)
            if head.startswith(b"BZh"):
                pieces = _of_bzip2(self._file, position)
            elif head.startswith(b"\x1f\x8b"):
                pieces = _of_gzip(self._file)
            else:
                pieces = _of_plain(self._file)
                gathering.origin = position - (len(_ROOT) if position else 0)
            for data, begins in pieces:
                if begins is not None and data.lstrip().startswith(b"<page>"):
                    gathering.position = begins
                parser.Parse(data)
                yield from gathering.take()
        except expat.ExpatError as error:
            raise self._unreadable(str(error)) from error
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise self._unreadable(str(error) or "it breaks off") from error
        if not gathering.ended:
            raise self._unreadable("it breaks off before its end")

    def _unreadable(self, why: str) -> DocumentError:
        return DocumentError(
            f"{self._name} can't be read as a dump of a wiki: {why}.",
            hint="Give a pages-articles dump: .xml, .xml.bz2 or .xml.gz, downloaded whole.",
        )


def _of_plain(file: BinaryIO) -> Iterator[_Piece]:
    while data := file.read(_READ):
        yield data, None


def _of_gzip(file: BinaryIO) -> Iterator[_Piece]:
    with gzip.GzipFile(fileobj=file) as unpacked:
        while data := unpacked.read(_READ):
            yield data, None


def _of_bzip2(file: BinaryIO, position: int) -> Iterator[_Piece]:
    """What each stream holds, unpacked a piece at a time, so that a small file can't become a large memory."""
    packed, ended = b"", False
    while True:
        unpacking, begins = bz2.BZ2Decompressor(), position
        is_first = True
        while not unpacking.eof:
            if unpacking.needs_input and not packed:
                packed = file.read(_READ)
                ended = not packed
            if ended:
                raise EOFError("it breaks off within its bzip2")
            position += len(packed)
            data = unpacking.decompress(packed, _READ)
            packed = b""
            if data:
                yield data, begins if is_first else None
                is_first = False
        packed = unpacking.unused_data
        position -= len(packed)
        if not packed:
            packed = file.read(_READ)
        if not packed:
            return
