"""Cutting a document into chunks: along its headings, within what the encoder reads, verbatim, without overlap."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from core.knowledge.documents import Document
from core.language import UNKNOWN, detect_language
from core.messages import Value
from core.reading.sentences import split_sentences

CountTokens = Callable[[Sequence[str]], list[int]]

_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n[ \t]*\S[^\n]*)*")
_LINE = re.compile(r"\S[^\n]*")
_LONGEST_LINE = 10_000
_SHORT = 60
_BATCH = 4096


class ChunkLimits(Value):
    """How large chunks become.

    `characters` bounds a chunk in a language the encoder does not read, `most_characters` any chunk, however many
    tokens the encoder could take. `related` and `unrelated` say how much is against sections sharing a chunk when they
    stand under one parent, or do not; against a chunk that is empty by a half speaks 0.25, by three quarters 0.56.
    """

    characters: int = 1000
    most_characters: int = 1600
    related: float = 0.15
    unrelated: float = 0.5


USUAL_LIMITS = ChunkLimits()


class Chunk(Value):
    """A run of a document, `text` being `document.text[start:end]`; `page` is the one it starts on."""

    text: str
    start: int
    end: int
    heading_path: tuple[str, ...] = ()
    page: int | None = None
    language: str = UNKNOWN


class _Unit(NamedTuple):
    """A run that is not cut any further; `cost` is its share of what fits into a chunk."""

    start: int
    end: int
    section: int
    cost: float


def cut(
    document: Document,
    *,
    count_tokens: CountTokens,
    budget: int,
    languages: frozenset[str] | None,
    limits: ChunkLimits = USUAL_LIMITS,
) -> list[Chunk]:
    """The chunks of a document in order; every character that is not white space is in exactly one.

    A chunk breaks between sections where it can, else between paragraphs, lines, sentences, words, or anywhere. Small
    neighbouring sections, under one parent above all, share a chunk.

    Args:
        document: what to cut.
        count_tokens: the encoder's count; called a few times, with many texts.
        budget: how many tokens a chunk may have where the encoder reads its language.
        languages: ISO 639-1 codes that the encoder reads; None for any, empty where there is no encoder.
        limits: bounds in characters, and what counts as small.
    """
    measure = _Measure(document.text, count_tokens, budget, languages, limits)
    units = _keep_together(document, _units(document, measure))
    spans = _verified(_pack(document, units, limits), measure)
    return [_chunk(document, start, end, bounds) for (start, end), bounds in _with_sections(document, spans)]


@dataclass(frozen=True, slots=True)
class _Measure:
    """What a run of text costs, as a share of what fits into a chunk."""

    text: str
    count_tokens: CountTokens
    budget: int
    languages: frozenset[str] | None
    limits: ChunkLimits

    def costs(self, spans: Sequence[tuple[int, int]]) -> list[float]:
        """The cost of each run: by its tokens where its language is read, else by its characters."""
        texts = [self.text[start:end] for start, end in spans]
        costs = [len(text) / self.limits.most_characters for text in texts]
        read: list[int] = []
        for number, text in enumerate(texts):
            if not self._reads(text):
                costs[number] = max(costs[number], len(text) / self.limits.characters)
            elif costs[number] <= 1:
                read.append(number)
        for first in range(0, len(read), _BATCH):
            batch = read[first : first + _BATCH]
            for number, tokens in zip(batch, self.count_tokens([texts[number] for number in batch]), strict=True):
                costs[number] = max(costs[number], tokens / self.budget)
        return costs

    def _reads(self, text: str) -> bool:
        if not self.languages:
            return self.languages is None
        language = detect_language(text)
        return language in self.languages or language == UNKNOWN


def _units(document: Document, measure: _Measure) -> list[_Unit]:
    """The document as paragraphs, and where those don't fit as lines, sentences or windows; in order.

    Each round measures all that is new at once, so there are as many calls as there are kinds of boundary.
    """
    waiting = [
        (span, number, 1)
        for number, section in enumerate(document.sections)
        for span in _gathered(_matches(_PARAGRAPH, document.text, section.start, section.end))
    ]
    done: list[_Unit] = []
    while waiting:
        costs = measure.costs([span for span, _, _ in waiting])
        finer: list[tuple[tuple[int, int], int, int]] = []
        for (span, section, level), cost in zip(waiting, costs, strict=True):
            if cost <= 1 or span[1] - span[0] <= 1:
                done.append(_Unit(*span, section, min(cost, 1)))
            else:
                finer += ((part, section, level + 1) for part in _split(document.text, span, level, cost))
        waiting = finer
    return sorted(done)


def _split(text: str, span: tuple[int, int], level: int, cost: float) -> Iterator[tuple[int, int]]:
    """A run that does not fit, cut at the next finer kind of boundary: its lines, its sentences, or anywhere."""
    if level == 1:
        return _gathered(_matches(_LINE, text, *span))
    if level == 2:
        return _gathered(_sentences(text, span))
    return _windows(text, span, ceil(cost * 1.05))


def _sentences(text: str, span: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """The sentences of a line; one that no person would write is taken in parts, since finding them takes its time."""
    count = ceil((span[1] - span[0]) / _LONGEST_LINE)
    for start, end in _windows(text, span, count) if count > 1 else (span,):
        first = start
        ends = [start + sentence.end for sentence in split_sentences(text[start:end])]
        for stop in ends:
            if stop == ends[-1] or not _is_cluster(text, stop):
                yield first + len(text[first:stop]) - len(text[first:stop].lstrip()), stop
                first = stop


def _matches(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(text, start, end):
        trimmed = match.group().rstrip()
        if trimmed:
            yield match.start(), match.start() + len(trimmed)


def _gathered(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same runs, very short neighbours as one: where to break between them is all the same, and there may be many.

    The first stays alone, as it may be a heading.
    """
    first, start, end = True, 0, 0
    for span in spans:
        if end and (first or span[1] - start > _SHORT):
            yield start, end
            first, end = False, 0
        if not end:
            start = span[0]
        end = span[1]
    if end:
        yield start, end


def _windows(text: str, span: tuple[int, int], count: int) -> Iterator[tuple[int, int]]:
    """About `count` equal parts, cut at white space where there is some near, never inside a character's cluster."""
    start, end = span
    length = max(1, (end - start) // max(count, 2))
    while start < end:
        stop = min(start + length, end)
        if stop < end:
            stop = _seam(text, start + length * 3 // 4, stop, end - 1)
        run = text[start:stop]
        trimmed = run.strip()
        if trimmed:
            first = start + len(run) - len(run.lstrip())
            yield first, first + len(trimmed)
        start = stop


def _seam(text: str, earliest: int, latest: int, end: int) -> int:
    """A place to cut in `earliest..latest`, or a little after, where an accent or an emoji sequence goes on."""
    for place in range(latest, earliest, -1):
        if text[place - 1].isspace():
            return place
    return next((place for place in range(latest, min(latest + 16, end)) if not _is_cluster(text, place)), latest)


def _is_cluster(text: str, place: int) -> bool:
    """Whether the characters on both sides of a place are shown as one: an accent, or an emoji sequence."""
    return text[place - 1] == "\u200d" or unicodedata.category(text[place]) in ("Mn", "Mc", "Me", "Cf", "Sk")


def _keep_together(document: Document, units: list[_Unit]) -> list[_Unit]:
    """Units joined that belong together and fit: a table, a block of code, a heading and what comes right under it."""
    joined: list[_Unit] = []
    for unit in reversed(units):
        after = joined[-1] if joined else None
        if after and unit.cost + after.cost <= 1 and _belong_together(document, unit, after):
            joined[-1] = _Unit(unit.start, after.end, unit.section, unit.cost + after.cost)
        else:
            joined.append(unit)
    return joined[::-1]


def _belong_together(document: Document, unit: _Unit, after: _Unit) -> bool:
    one, other = document.sections[unit.section], document.sections[after.section]
    if unit.section == after.section and one.kind != "prose":
        return True
    path = one.heading_path
    heads = bool(path) and document.text[unit.start : unit.end] == path[-1]
    return heads and other.heading_path[: len(path)] == path


def _pack(document: Document, units: Sequence[_Unit], limits: ChunkLimits) -> list[list[_Unit]]:
    """Units in groups of a chunk each: of all ways to group them, the one with the least harm, by dynamic programming.

    Harm is done by a chunk that is far from full (the square of what is free), by one that holds sections which have
    little to do with each other, and by a break inside of a section, most of all inside a paragraph or after a colon.
    """
    apart = [_apart(document, units[number - 1], units[number], limits) for number in range(1, len(units))]
    least = [0.0] + [float("inf")] * len(units)
    began = [0] * (len(units) + 1)
    for first in range(len(units)):
        harm = least[first] + (apart[first - 1].break_harm if first else 0.0)
        filled = 0.0
        for number in range(first, len(units)):
            filled += units[number].cost
            harm += apart[number - 1].join_harm if number > first else 0.0
            if filled > 1 and number > first:
                break
            total = harm + max(0.0, 1 - filled) ** 2
            if total < least[number + 1]:
                least[number + 1], began[number + 1] = total, first
    groups: list[list[_Unit]] = []
    end = len(units)
    while end:
        groups.append(list(units[began[end] : end]))
        end = began[end]
    return groups[::-1]


class _Apart(NamedTuple):
    """What it costs to break between two neighbouring units, and what to keep them in one chunk."""

    break_harm: float
    join_harm: float


def _apart(document: Document, before: _Unit, after: _Unit, limits: ChunkLimits) -> _Apart:
    one, other = document.sections[before.section], document.sections[after.section]
    if one.heading_path == other.heading_path:
        if one.page != other.page:
            return _Apart(0.1, 0.0)
        paragraph = before.section == after.section and "\n\n" not in document.text[before.end : after.start]
        announced = document.text[before.end - 1] in ":："
        return _Apart(0.6 if paragraph or announced else 0.3, 0.0)
    related = (
        len(_shared(one.heading_path, other.heading_path)) >= min(len(one.heading_path), len(other.heading_path)) - 1
    )
    return _Apart(0.0, limits.related if related else limits.unrelated)


def _verified(groups: list[list[_Unit]], measure: _Measure) -> list[tuple[int, int]]:
    """The groups as runs of text, those cut again that are too large after all: costs need not add up exactly."""
    done: list[tuple[int, int]] = []
    while groups:
        spans = [(group[0].start, group[-1].end) for group in groups]
        again: list[list[_Unit]] = []
        for group, span, cost in zip(groups, spans, measure.costs(spans), strict=True):
            if cost <= 1 or span[1] - span[0] <= 1:
                done.append(span)
            elif len(group) > 1:
                again += [group[: len(group) // 2], group[len(group) // 2 :]]
            else:
                again += ([group[0]._replace(start=part[0], end=part[1])] for part in _windows(measure.text, span, 2))
        groups = again
    return sorted(done)


def _with_sections(
    document: Document, spans: Iterable[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Each run with the numbers of the first and the last section it touches."""
    sections, first = document.sections, 0
    for start, end in spans:
        while sections[first].end <= start:
            first += 1
        last = first
        while last + 1 < len(sections) and sections[last + 1].start < end:
            last += 1
        yield (start, end), (first, last)


def _chunk(document: Document, start: int, end: int, bounds: tuple[int, int]) -> Chunk:
    touched = document.sections[bounds[0] : bounds[1] + 1]
    path = touched[0].heading_path
    for section in touched[1:]:
        path = _shared(path, section.heading_path)
    text = document.text[start:end]
    return Chunk(
        text=text,
        start=start,
        end=end,
        heading_path=path or touched[0].heading_path,
        page=touched[0].page,
        language=detect_language(text),
    )


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """What two heading paths begin with in common."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return one[:count]
