"""Cutting text into sentences, English and Chinese, with lists, table rows and headings as sentences of their own."""

import re
from collections.abc import Iterator
from typing import NamedTuple

LONGEST = 600
"""A longer run without an end is cut at a clause, or anywhere: OCR, logs and minified text have no sentences."""

_ABBREVIATION = re.compile(
    r"mr|mrs|ms|dr|prof|sr|jr|st|vs|etc|inc|ltd|co|corp|no|vol|fig|eq|dept|est|approx|"
    r"gen|col|sgt|capt|lt|rev|hon|pres|gov|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|"
    r"nov|dec|e\.g|i\.e|cf|al|p|pp|ph\.d|u\.s|u\.k|a\.m|p\.m"
)
_HAN = "\u3400-\u9fff"
_END = re.compile(
    r"(?<![.!?])[.!?]++[\"'”’)\]]*+(?=\s|$)"
    rf"|(?:[。！？；]|(?<=[{_HAN}])[!?])++[”’」』）)\"']*+"
    r"|(?<!…)…{2,}+[”’」』）)\"']*+"
)
_BEFORE = 24
"""So many characters before a full stop tell whether it belongs to an abbreviation."""
_LAST_WORD = re.compile(r"(?:^|[^\w.])([\w.]{1,23})$")
_LINE = re.compile(r"[^\n]+")
_STARTS_LINE = re.compile(r"\s*(?:[-*+•·‣◦]|\d{1,3}[.)、]|[（(]?[一二三四五六七八九十]{1,3}[)）、]|[>#|])\s*")
_CLAUSE = re.compile(r"[,，;；:：、]\s*|\s+")


class Span(NamedTuple):
    """A sentence: `text[start:end]`, without white space at its ends."""

    start: int
    end: int


def split_sentences(text: str) -> list[Span]:
    """The sentences of a text in order; every character that is not white space is in exactly one.

    A line break ends a sentence where the next line begins a list item or a table row, where the line is short, and
    at blank lines; within a wrapped paragraph it does not.
    """
    spans: list[Span] = []
    for start, end in _paragraphs(text):
        for first, last in _within(text, start, end):
            spans.extend(_bounded(text, first, last))
    return spans


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Runs of lines that belong together."""
    start: int | None = None
    previous = 0
    for match in _LINE.finditer(text):
        line = match.group()
        if not line.strip():
            continue
        apart = start is not None and (
            text.count("\n", previous, match.start()) > 1
            or _STARTS_LINE.match(line) is not None
            or " | " in line
            or not _wraps(text, previous, match.start())
        )
        if start is None:
            start = match.start()
        elif apart:
            yield start, previous
            start = match.start()
        previous = match.end()
    if start is not None:
        yield start, previous


def _wraps(text: str, line_end: int, next_start: int) -> bool:
    """Whether a line goes on in the next: it is long, ends in the middle, and what follows is no new beginning."""
    line_start = text.rfind("\n", 0, line_end) + 1
    line = text[line_start:line_end].rstrip()
    if len(line) < 50 or " | " in line or line[-1] in ".!?。！？:：;；":
        return False
    following = text[next_start : next_start + 200].lstrip()[:1]
    return bool(following) and not following.isupper()


def _within(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for match in _END.finditer(text, start, end):
        if match.group()[0] == "." and not _ends_here(text, begin, match, end):
            continue
        yield begin, match.end()
        begin = match.end()
    if begin < end:
        yield begin, end


def _ends_here(text: str, begin: int, match: re.Match[str], end: int) -> bool:
    """Whether a full stop ends a sentence: not after an abbreviation, an initial or a list number."""
    before = text[max(begin, match.start() - _BEFORE) : match.start()]
    word = _LAST_WORD.search(before)
    last = word.group(1).lower() if word else ""
    if _ABBREVIATION.fullmatch(last) or (len(last) == 1 and last.isalpha() and last != "i"):
        return False
    if last.isdigit() and len(before) < _BEFORE and not before[: -len(last)].strip(" \n-*•"):
        return False
    following = text[match.end() : min(end, match.end() + _BEFORE)].lstrip()[:1]
    return not following.islower()


def _bounded(text: str, start: int, end: int) -> Iterator[Span]:
    while True:
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if end - start <= LONGEST:
            break
        clauses = [match.end() for match in _CLAUSE.finditer(text, start + LONGEST // 2, start + LONGEST)]
        cut = clauses[-1] if clauses else start + LONGEST
        first = cut
        while first > start and text[first - 1].isspace():
            first -= 1
        yield Span(start, first)
        start = cut
    if start < end:
        yield Span(start, end)
