"""A document as it was understood: its passages put together again into headings, paragraphs, tables and pictures,
with the cited sentence marked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from core.knowledge.documents import Passage, PictureFacts, Section

AROUND = 60
"""So many passages before and after the cited one are shown."""
_PARAGRAPH = re.compile(r"\S(?:(?!\n[ \t]*\n).)*", re.DOTALL)


class Run(NamedTuple):
    """A piece of text, and whether it is what is cited."""

    text: str
    is_cited: bool


@dataclass(frozen=True)
class Block:
    """A part of a document: a heading of a level from 1, a paragraph, a table or code, the beginning of a page, or a
    picture with the words that it was found by."""

    kind: Literal["heading", "prose", "table", "code", "page", "picture"]
    runs: tuple[Run, ...] = ()
    rows: tuple[tuple[tuple[Run, ...], ...], ...] = ()
    """Of a table: its cells, row by row."""
    level: int = 0
    page: int | None = None
    picture: PictureFacts | None = None


@dataclass(frozen=True)
class DocumentView:
    """A document; `is_whole` says whether all of it is shown, `is_found` whether the cited sentence is in it."""

    blocks: tuple[Block, ...]
    is_whole: bool
    is_found: bool


class _Range(NamedTuple):
    """Characters of a text, half open."""

    start: int
    end: int


Ranges = tuple[_Range, ...]


def document_view(passages: Sequence[Passage], quotes: Sequence[str], cited: str = "") -> DocumentView:
    """The passages of one document, in order, as blocks. The quotes stand in the passage with the id `cited`, or in
    another one, if the document was read in again."""
    at = _cited_at(passages, quotes, cited)
    around = passages[max(0, at - AROUND) : at + AROUND + 1] if at is not None else passages[: 2 * AROUND]
    home = passages[at] if at is not None else None
    marked = _find(home.text, quotes) if home is not None else ()
    texts = [one for one in around if one.kind == "text"]
    is_text = home is not None and home.kind == "text"
    blocks = list(_texts(texts, _moved(marked, home.start) if home is not None and is_text else ()))
    for one in around:
        if one.picture is not None:
            blocks.append(Block("picture", _runs(one.text, marked if one is home else ()), picture=one.picture))
    return DocumentView(tuple(blocks), len(around) == len(passages), bool(marked))


def _cited_at(passages: Sequence[Passage], quotes: Sequence[str], cited: str) -> int | None:
    """Which of the passages holds most of the quotes: the cited one, if it still does."""
    holding = [len(_find(one.text, quotes)) for one in passages]
    best = max(holding, default=0)
    at = [at for at, count in enumerate(holding) if count == best]
    return next((one for one in at if passages[one].id == cited), at[0]) if best else None


def _find(text: str, quotes: Sequence[str]) -> Ranges:
    """Where quotes stand, be it with other white space; in order, without overlap."""
    patterns = [r"\s+".join(re.escape(word) for word in quote.split()) for quote in quotes]
    found = [match.span() for pattern in patterns if pattern and (match := re.search(pattern, text))]
    ranges: list[_Range] = []
    for start, end in sorted(set(found)):
        if ranges and start < ranges[-1].end:
            ranges[-1] = _Range(ranges[-1].start, max(end, ranges[-1].end))
        else:
            ranges.append(_Range(start, end))
    return tuple(ranges)


def _moved(ranges: Ranges, by: int) -> Ranges:
    return tuple(_Range(one.start + by, one.end + by) for one in ranges)


def _texts(passages: Sequence[Passage], marked: Ranges) -> Iterator[Block]:
    done = 0
    page: int | None = None
    heading: tuple[str, ...] = ()
    for passage in passages:
        for section in _sections(passage):
            start, end = max(section.start, done), section.end
            if start >= end:
                continue
            done = end
            if section.page is not None and section.page != page:
                page = section.page
                yield Block("page", page=page)
            text = passage.text[start - passage.start : end - passage.start]
            if section.heading_path and section.heading_path != heading:
                heading = section.heading_path
                length = _heading_length(text, heading[-1])
                runs = _runs(text[:length] or heading[-1], _within(marked, start, start + length))
                yield Block("heading", _stripped(runs), level=len(heading))
                text, start = text[length:], start + length
            yield from _body(text, start, section.kind, marked)


def _sections(passage: Passage) -> Sequence[Section]:
    whole = Section(start=passage.start, end=passage.end, heading_path=passage.heading_path, page=passage.page)
    return passage.sections or (whole,)


def _heading_length(text: str, heading: str) -> int:
    """How far the heading's own line goes, where the text begins with it."""
    stripped = text.lstrip()
    return len(text) - len(stripped) + len(heading) if stripped.startswith(heading) else 0


def _body(text: str, start: int, kind: Literal["prose", "table", "code"], marked: Ranges) -> Iterator[Block]:
    if kind != "prose":
        runs = _runs(text, _within(marked, start, start + len(text)))
        if text.strip():
            yield Block(kind, runs, rows=_rows(runs) if kind == "table" else ())
        return
    for match in _PARAGRAPH.finditer(text):
        first = start + match.start()
        yield Block("prose", _stripped(_runs(match.group(), _within(marked, first, start + match.end()))))


def _within(marked: Ranges, start: int, end: int) -> Ranges:
    """What of the marked ranges is in this one, counted from its start."""
    inside = (_Range(max(one.start, start), min(one.end, end)) for one in marked)
    return _moved(tuple(one for one in inside if one.start < one.end), -start)


def _runs(text: str, marked: Ranges) -> tuple[Run, ...]:
    runs: list[Run] = []
    at = 0
    for one in marked:
        runs += [Run(text[at : one.start], is_cited=False), Run(text[one.start : one.end], is_cited=True)]
        at = one.end
    runs.append(Run(text[at:], is_cited=False))
    return tuple(run for run in runs if run.text)


def _rows(runs: tuple[Run, ...]) -> tuple[tuple[tuple[Run, ...], ...], ...]:
    """A table's cells: rows are lines, and cells stand between bars (`core.knowledge.loaders`)."""
    rows: list[list[list[Run]]] = [[[]]]
    for run in runs:
        for at, piece in enumerate(re.split(r"(\n| \| )", run.text)):
            if at % 2 == 0:
                rows[-1][-1] += [Run(piece, run.is_cited)] if piece else []
            elif piece == "\n":
                rows.append([[]])
            else:
                rows[-1].append([])
    return tuple(tuple(tuple(cell) for cell in row) for row in rows if any(row))


def _stripped(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Without white space at the ends."""
    if not runs:
        return runs
    first, last = runs[0], runs[-1]
    if len(runs) == 1:
        return (Run(first.text.strip(), first.is_cited),)
    return (Run(first.text.lstrip(), first.is_cited), *runs[1:-1], Run(last.text.rstrip(), last.is_cited))
