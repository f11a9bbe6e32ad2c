"""What the lines of a PDF page are: paragraphs that run over several of them, list items, and headings by their size.

A PDF has no paragraphs and, without an outline, no headings: only lines and how large they are set.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from pypdf import PageObject

from core.knowledge.loaders.building import clean

_LARGER = 1.15
"""How much larger than the running text a heading is set."""

_LEVELS = 4
_LONGEST_HEADING = 120
_ITEM = re.compile(
    r"^(?:[•◦▪▫■□●○‣⁃∙·–—*-]\s|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]\s|[（(]?[一二三四五六七八九十]{1,3}[、）)])"
)
_END = re.compile(r"[.!?:;。！？：；…][\"'”’)\]）」』]*$")
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")


class Line(NamedTuple):
    """A line of text; `size` is the smallest size of its letters in points, 0 where that is not known."""

    text: str
    size: float


class Block(NamedTuple):
    """A paragraph, or a heading of a level from 1; `tight` is a short line right below another, as in a list."""

    text: str
    level: int = 0
    tight: bool = False


def lines_of(page: PageObject) -> list[Line]:
    """The lines of a page in reading order, an empty one between blocks that stand apart."""
    drawn: list[tuple[str, float]] = []

    def see(text: str, matrix: Any, text_matrix: Any, _font: Any, size: float) -> None:
        if text:
            scale = max(abs(text_matrix[0]), abs(text_matrix[1])) * max(abs(matrix[0]), abs(matrix[1]))
            drawn.append((text, round(float(size) * float(scale) * 2) / 2))

    text = clean(page.extract_text(visitor_text=see))
    sizes: dict[str, float] = {}
    line, smallest = "", 0.0
    for part, size in drawn:
        pieces = clean(part).split("\n")
        for number, piece in enumerate(pieces):
            if number:
                sizes[folded(line)], line, smallest = smallest, "", 0.0
            if piece.strip():
                line, smallest = line + piece, min(smallest or size, size)
    sizes[folded(line)] = smallest
    return [Line(" ".join(each.split()), sizes.get(folded(each), 0.0)) for each in text.split("\n")]


def without_running_lines(pages: list[list[Line]]) -> list[list[Line]]:
    """The pages without what stands at the head or foot of most of them, page numbers included."""

    def edges(lines: list[Line]) -> set[int]:
        written = [number for number, line in enumerate(lines) if line.text]
        return {*written[:2], *written[-2:]}

    def named(line: Line) -> str:
        return "".join(character for character in folded(line.text) if not character.isdigit())

    seen = Counter(name for lines in pages for name in {named(lines[number]) for number in edges(lines)})
    running = {name for name, count in seen.items() if count >= max(3, len(pages) * 0.6)}
    return [
        [line for number, line in enumerate(lines) if number not in at_edge or named(line) not in running]
        for lines, at_edge in ((lines, edges(lines)) for lines in pages)
    ]


def levels_by_size(pages: Iterable[list[Line]]) -> Callable[[Line], int]:
    """A judge of headings: the level of a line by its size among all that are larger than the running text."""
    letters: Counter[float] = Counter()
    short: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            letters[line.size] += len(line.text)
            short[line.size] += _may_head(line)
    letters.pop(0.0, None)
    usual = max(letters, key=lambda size: letters[size], default=0.0)
    larger = sorted((size for size in letters if usual and size >= usual * _LARGER and short[size]), reverse=True)
    levels = {size: min(level, _LEVELS) for level, size in enumerate(larger, start=1)}
    return lambda line: levels.get(line.size, 0) if _may_head(line) else 0


def folded(text: str) -> str:
    """The letters and digits alone: what is left of a line however it is spaced."""
    return "".join(character for character in text.casefold() if character.isalnum())


def blocks_of(lines: Iterable[Line], level_of: Callable[[Line], int]) -> Iterator[Block]:
    """Lines as blocks: a line goes on where it reaches the margin and the next begins no item and is no heading."""
    lines = list(lines)
    lengths = sorted(len(line.text) for line in lines if line.text)
    usual = lengths[len(lengths) * 9 // 10] if lengths else 0
    block, last = Block(""), ""
    for line in [*lines, Line("", 0)]:
        text, level = line.text, level_of(line)
        heads_on = level > 0 and level == block.level
        if block.text and text and (heads_on or (not block.level and not level and _goes_on(last, text, usual))):
            block = block._replace(text=_joined(block.text, text))
        else:
            if block.text:
                yield block
            tight = (
                bool(last) and not block.level and (bool(_ITEM.match(text)) or max(len(last), len(text)) < usual * 0.6)
            )
            block = Block(text, level, tight and not level)
        last = text


def _may_head(line: Line) -> bool:
    return 1 < len(line.text) <= _LONGEST_HEADING and any(map(str.isalpha, line.text))


def _goes_on(last: str, text: str, usual: int) -> bool:
    """Whether a line reaches the margin, so that the next belongs to it."""
    return not _ITEM.match(text) and len(last) >= usual * (0.85 if _END.search(last) else 0.6)


def _joined(paragraph: str, line: str) -> str:
    if paragraph[-1:] in ("-", "\xad") and paragraph[-2:-1].isalpha() and line[:1].islower():
        return paragraph[:-1] + line
    if _CJK.match(paragraph[-1:]) and _CJK.match(line[:1]):
        return paragraph + line
    return f"{paragraph} {line}"
