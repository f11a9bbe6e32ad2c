"""PDF: text and pictures page by page; headings by the outline, or by their size where there is none."""

import hashlib
import io
import logging
from typing import Any, cast

from pypdf import PageObject, PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import Destination

from core.errors import DocumentError
from core.knowledge.documents import Document
from core.knowledge.loaders.building import DocumentBuilder, tidy
from core.knowledge.loaders.pdf_layout import Line, blocks_of, folded, levels_by_size, lines_of, without_running_lines
from core.knowledge.loaders.sniffing import is_picture
from core.knowledge.loaders.source import SourceFile, given_title

SMALLEST_PICTURE = 32
"""Pictures with a side shorter than this many pixels are rules and bullets, and left out."""

_OUTLINE_DEPTH = 6

_Outline = dict[int, list[tuple[int, str]]]
"""For each page its bookmarks, with their level."""


def load(file: SourceFile) -> Document:
    """The pages in order; `page` counts from 1. A scanned page without text keeps its picture."""
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it tells of every oddity it mended
    reader = PdfReader(io.BytesIO(file.data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise DocumentError(f"{file.name} is encrypted.", hint="Save it without a password.")
    builder = DocumentBuilder()
    pages = without_running_lines([_lines(builder, page, number) for number, page in enumerate(reader.pages, start=1)])
    outline = _outline(reader)
    level_by_size = levels_by_size(pages)
    kept: set[str] = set()
    for number, (page, lines) in enumerate(zip(reader.pages, pages, strict=True), start=1):
        builder.page(number)
        if outline:
            _add_outlined(builder, lines, outline.get(number, []))
        else:
            for text, level, tight in blocks_of(lines, level_by_size):
                _ = builder.heading(level, text) if level else builder.prose(text, tight=tight)
        _add_pictures(builder, page, number, file.name, kept)
    builder.title = given_title(reader.metadata.title if reader.metadata else "")
    return builder.build(file.readable_name)


def _lines(builder: DocumentBuilder, page: PageObject, number: int) -> list[Line]:
    try:
        return lines_of(page)
    except Exception as error:  # noqa: BLE001 - pypdf raises anything on a broken page; the others are kept
        builder.warn(f"The text of page {number} can't be read: {type(error).__name__}: {error}.")
        return []


def _outline(reader: PdfReader) -> _Outline:
    found: _Outline = {}

    def gather(entries: list[Any], level: int) -> None:
        for entry in entries if level <= _OUTLINE_DEPTH else ():
            if isinstance(entry, list):
                gather(cast(list[Any], entry), level + 1)
            elif isinstance(entry, Destination):
                number = reader.get_destination_page_number(entry)
                if number is not None and entry.title:
                    found.setdefault(number + 1, []).append((level, tidy(str(entry.title))))

    try:
        gather(reader.outline, 1)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}  # a broken outline costs headings, not the text
    return found


def _add_outlined(builder: DocumentBuilder, lines: list[Line], bookmarks: list[tuple[int, str]]) -> None:
    """A page whose headings the outline names; one that is not on the page as a line holds from its top."""
    levels = {folded(title): level for level, title in bookmarks}
    present = {folded(line.text) for line in lines}
    for level, title in bookmarks:
        if folded(title) not in present:
            builder.under(level, title)
    for text, level, tight in blocks_of(lines, lambda line: levels.get(folded(line.text), 0)):
        _ = builder.heading(level, text) if level else builder.prose(text, tight=tight)


def _add_pictures(builder: DocumentBuilder, page: PageObject, number: int, name: str, kept: set[str]) -> None:
    try:
        keys = list(page.images.keys())
    except Exception as error:  # noqa: BLE001 - as above
        builder.warn(f"The pictures of page {number} can't be read: {type(error).__name__}: {error}.")
        return
    for key in keys:
        try:
            found: Any = page.images[key]
            large = found.image is not None and min(found.image.size) >= SMALLEST_PICTURE
            data = _upright(found, page.rotation) if large else b""
        except Exception as error:  # noqa: BLE001 - as above
            builder.warn(f"A picture of page {number} can't be read: {type(error).__name__}: {error}.")
            continue
        digest = hashlib.sha256(data).hexdigest()
        if large and digest not in kept:
            kept.add(digest)
            builder.picture(f"{name}#picture-{len(kept)}", data)


def _upright(found: Any, rotation: int) -> bytes:
    """The picture as the page shows it, in a format that picture intake knows."""
    data: bytes = found.data
    if rotation % 360 == 0 and is_picture(data):
        return data
    written = io.BytesIO()
    found.image.rotate(-rotation, expand=True).save(written, "PNG")
    return written.getvalue()
