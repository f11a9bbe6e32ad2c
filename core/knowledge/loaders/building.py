"""Building a `Document` block by block: headings, prose, tables, code, pages and pictures, with exact offsets."""

import re
from collections.abc import Sequence
from typing import Literal

from core.knowledge.addresses import web_address
from core.knowledge.documents import Document, DocumentPicture, Section

CONTEXT_CHARACTERS = 300
"""How much of the text before a picture is kept as its context."""

# What can't be stored or shown: control characters, and halves of surrogate pairs.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufeff\ud800-\udfff]")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[ \t\xa0]+")
_SPACE_AT_BREAK = re.compile(r" ?\n ?")

Kind = Literal["prose", "table", "code"]


def clean(text: str) -> str:
    """The text with one kind of line end, and without characters that can't be stored or shown."""
    return _UNPRINTABLE.sub("", _LINE_ENDS.sub("\n", text))


def tidy(text: str) -> str:
    """Running text: single spaces, no space at line ends, nothing around it."""
    return _SPACE_AT_BREAK.sub("\n", _SPACES.sub(" ", clean(text))).strip()


class DocumentBuilder:
    """Takes a document's blocks in reading order; `build` gives the document.

    Blocks are separated by a blank line, lines of one list or table by a line break. What separates two blocks belongs
    to the first, so that the sections tile the text.
    """

    def __init__(self) -> None:
        self.title = ""
        self.url = ""
        self.modified = 0.0
        self._top_headings: list[tuple[int, str]] = []
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[tuple[int, str]] = []
        self._page: int | None = None
        self._sections: list[tuple[int, tuple[str, ...], int | None, Kind]] = []
        self._opened = False
        self._pictures: list[DocumentPicture] = []
        self._warnings: dict[str, None] = {}

    @property
    def heading_path(self) -> tuple[str, ...]:
        """The headings that the next block stands under, outermost first."""
        return tuple(text for _, text in self._headings)

    @property
    def length(self) -> int:
        """How many characters of text there are so far."""
        return self._length

    @property
    def is_empty(self) -> bool:
        """Whether there is neither text nor a picture so far."""
        return not self._parts and not self._pictures

    def page(self, number: int | None) -> None:
        """What follows stands on this page, slide or sheet, counted from 1."""
        self._page = number

    def heading(self, level: int, text: str) -> int:
        """Open a section under a heading; `level` is 1 for the outermost. Answers where its line starts."""
        line = " ".join(tidy(text).split())
        if not line:
            return self._length
        self.under(level, line)
        self._opened = True
        start = self._append(line, "prose", "\n\n")
        if level == 1:
            self._top_headings.append((start, line))
        return start

    def under(self, level: int, text: str) -> None:
        """What follows stands under a heading that is not itself part of the text; an empty one closes the level."""
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        line = " ".join(tidy(text).split())
        if line:
            self._headings.append((level, line))

    def prose(self, text: str, *, tight: bool = False) -> int:
        """Add a paragraph, or a line of a list (`tight`: on the line after the last). Answers where it starts."""
        return self._append(tidy(text), "prose", "\n" if tight else "\n\n")

    def line(self, text: str, *, tight: bool = True) -> int:
        """Add a line whose indentation says something. Answers where it starts."""
        return self._append(clean(text).rstrip(), "prose", "\n" if tight else "\n\n")

    def code(self, text: str) -> int:
        """Add a block of code, verbatim."""
        return self._append(clean(text).strip("\n").rstrip(), "code", "\n\n")

    def table(self, rows: Sequence[Sequence[str]]) -> int:
        """Add a table, a line a row, its cells separated by bars; rows without a word are left out."""
        lines = [" | ".join(" ".join(tidy(cell).split()) for cell in row) for row in rows if any(map(str.strip, row))]
        return self._append("\n".join(line.rstrip() for line in lines), "table", "\n\n")

    def picture(self, name: str, data: bytes, *, alt: str = "", position: int | None = None) -> None:
        """Add a picture where the text has come to, or at a `position` that a block before it answered."""
        self._pictures.append(
            DocumentPicture(
                name=clean(name),
                data=data,
                alt=" ".join(tidy(alt).split()),
                heading_path=self.heading_path,
                page=self._page,
                position=self._length if position is None else position,
            )
        )

    def include(self, document: Document) -> None:
        """Add a whole document, below the headings that are open: what came inside of the one being built."""
        base, offset = self.heading_path, self._length + (2 if self._parts and document.text else 0)
        if document.text:
            if self._parts:
                self._parts.append("\n\n")
            for part in document.sections:
                self._sections.append((offset + part.start, base + part.heading_path, part.page, part.kind))
            self._parts.append(document.text)
            self._length = offset + len(document.text)
            self._opened = True
        self._pictures += (
            picture.model_copy(
                update={"heading_path": base + picture.heading_path, "position": offset + picture.position}
            )
            for picture in document.pictures
        )
        self._warnings.update(dict.fromkeys(document.warnings))

    def warn(self, sentence: str) -> None:
        """Note a part that could not be read, once."""
        self._warnings[clean(sentence)] = None

    def build(self, fallback_title: str) -> Document:
        """The document; its title is the one set, else its heading of level 1, else `fallback_title`.

        Where several headings of level 1 divide a document, the first is its title only if nothing stands before it.
        """
        text = "".join(self._parts)
        bounds = [*(start for start, *_ in self._sections), len(text)]
        return Document(
            title=" ".join(tidy(self.title).split()) or self._top_heading() or clean(fallback_title),
            text=text,
            sections=tuple(
                Section(start=start, end=bounds[number + 1], heading_path=path, page=page, kind=kind)
                for number, (start, path, page, kind) in enumerate(self._sections)
            ),
            pictures=tuple(
                picture.model_copy(update={"context": _context(text, picture.position)}) for picture in self._pictures
            ),
            warnings=tuple(self._warnings),
            url=web_address(self.url),
            modified=self.modified,
        )

    def _top_heading(self) -> str:
        if not self._top_headings:
            return ""
        start, line = self._top_headings[0]
        return line if start == 0 or len(self._top_headings) == 1 else ""

    def _append(self, text: str, kind: Kind, separator: str) -> int:
        if not text.strip():
            return self._length
        if self._parts:
            self._parts.append(separator)
            self._length += len(separator)
        start = self._length
        place = (self.heading_path, self._page, kind)
        if self._opened or kind != "prose" or not self._sections or self._sections[-1][1:] != place:
            self._sections.append((start, *place))
            self._opened = False
        self._parts.append(text)
        self._length += len(text)
        return start


def _context(text: str, position: int) -> str:
    """The text right before a picture, from the start of a word."""
    before = text[max(0, position - CONTEXT_CHARACTERS) : position]
    if position > CONTEXT_CHARACTERS and not text[position - CONTEXT_CHARACTERS - 1].isspace():
        head, space, tail = before.partition(" ")
        before = tail if space and len(head) < 40 else before
    return " ".join(before.split())
