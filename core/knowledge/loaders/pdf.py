"""PDF: text and pictures page by page, lines joined into paragraphs, the outline as headings."""

import hashlib
import io
import logging
import re
from collections.abc import Iterator
from typing import Any, cast

from pypdf import PageObject, PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import Destination

from core.errors import DocumentError
from core.knowledge.documents import Document
from core.knowledge.loaders.building import DocumentBuilder, clean, tidy
from core.knowledge.loaders.sniffing import is_picture
from core.knowledge.loaders.source import SourceFile, given_title

SMALLEST_PICTURE = 32
"""Pictures with a side shorter than this many pixels are rules and bullets, and left out."""

_OUTLINE_DEPTH = 6
_ITEM = re.compile(
    r"^(?:[•◦▪▫■□●○‣⁃∙·–—*-]\s|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]\s|[（(]?[一二三四五六七八九十]{1,3}[、）)])"
)
_END = re.compile(r"[.!?:;。！？：；…][\"'”’)\]）」』]*$")
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")


def load(file: SourceFile) -> Document:
    """The pages in order; `page` counts from 1. A scanned page without text keeps its picture."""
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it tells of every oddity it mended
    reader = PdfReader(io.BytesIO(file.data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise DocumentError(f"{file.name} is encrypted.", hint="Save it without a password.")
    builder = DocumentBuilder()
    outline = _outline(reader)
    kept: set[str] = set()
    for number, page in enumerate(reader.pages, start=1):
        builder.page(number)
        _add_text(builder, page, number, outline.get(number, []))
        _add_pictures(builder, page, number, file.name, kept)
    builder.title = given_title(reader.metadata.title if reader.metadata else "") or file.readable_name
    return builder.build(file.readable_name)


def _outline(reader: PdfReader) -> dict[int, list[tuple[int, str]]]:
    """The bookmarks of each page, with their level."""
    found: dict[int, list[tuple[int, str]]] = {}

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


def _add_text(builder: DocumentBuilder, page: PageObject, number: int, headings: list[tuple[int, str]]) -> None:
    try:
        text = clean(page.extract_text())
    except Exception as error:  # noqa: BLE001 - pypdf raises anything on a broken page; the others are kept
        builder.warn(f"The text of page {number} can't be read: {type(error).__name__}: {error}.")
        return
    waiting = {_folded(title): (level, title) for level, title in headings}
    paragraphs = list(paragraphs_of(text))
    present = {_folded(paragraph) for paragraph, _ in paragraphs}
    for key in [key for key in waiting if key not in present]:
        builder.under(*waiting.pop(key))
    for paragraph, tight in paragraphs:
        heading = waiting.pop(_folded(paragraph), None)
        if heading:
            builder.heading(heading[0], paragraph)
        else:
            builder.prose(paragraph, tight=tight)


def _folded(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def paragraphs_of(text: str) -> Iterator[tuple[str, bool]]:
    """A page's lines as paragraphs: a line goes on where it reaches the margin and the next begins no item.

    The flag says that a paragraph is a short line right below another, as in a list, a table or an address.
    """
    lines = [" ".join(line.split()) for line in text.split("\n")]
    lengths = sorted(map(len, filter(None, lines)))
    usual = lengths[len(lengths) * 9 // 10] if lengths else 0
    paragraph, last, tight = "", "", False
    for line in [*lines, ""]:
        if paragraph and line and not _ITEM.match(line) and _reaches_margin(last, usual):
            paragraph = _joined(paragraph, line)
        else:
            if paragraph:
                yield paragraph, tight
            tight = bool(last) and (bool(_ITEM.match(line)) or max(len(last), len(line)) < usual * 0.6)
            paragraph = line
        last = line


def _reaches_margin(line: str, usual: int) -> bool:
    return len(line) >= usual * (0.85 if _END.search(line) else 0.6)


def _joined(paragraph: str, line: str) -> str:
    if paragraph[-1:] in ("-", "\xad") and paragraph[-2:-1].isalpha() and line[:1].islower():
        return paragraph[:-1] + line
    if _CJK.match(paragraph[-1:]) and _CJK.match(line[:1]):
        return paragraph + line
    return f"{paragraph} {line}"


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
