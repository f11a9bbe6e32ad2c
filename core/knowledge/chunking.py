"""Cutting a document into chunks: along its headings, within what the encoder reads, verbatim, without overlap."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from core.knowledge.documents import Document, Section
from core.language import UNKNOWN, detect_language
from core.messages import Value

CountTokens = Callable[[Sequence[str]], list[int]]

_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n[ \t]*\S[^\n]*)*")
_LINE = re.compile(r"\S[^\n]*")
_SENTENCE = re.compile(r"\S.*?(?:[。！？；…]+[”’」』）)\"']*|[.!?]+[\"'”’)\]]*(?=\s)|$)", re.S | re.M)
_FINER = (_PARAGRAPH, _LINE, _SENTENCE)
_BATCH = 4096


class ChunkLimits(Value):
    """How large chunks become.

    `characters` bounds a chunk in a language the encoder does not read, `most_characters` any chunk, however many
    tokens the encoder could take. A chunk filled less than `smallest` (a share of what fits) joins a neighbour.
    """

    characters: int = 950
    most_characters: int = 1600
    smallest: float = 0.25


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
    neighbouring sections under one parent share a chunk.

    Args:
        document: what to cut.
        count_tokens: the encoder's count; called a few times, with many texts.
        budget: how many tokens a chunk may have where the encoder reads its language.
        languages: ISO 639-1 codes that the encoder reads; None for any, empty where there is no encoder.
        limits: bounds in characters, and what counts as small.
    """
    measure = _Measure(document.text, count_tokens, budget, languages, limits)
    units = _keep_together(document, _units(document, measure))
    spans = _verified(_join_small(_pack(document, units, limits), limits), measure)
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
        for span in _matches(_PARAGRAPH, document.text, section.start, section.end)
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
    if level < len(_FINER):
        return _matches(_FINER[level], text, *span)
    return _windows(text, span, ceil(cost * 1.05))


def _matches(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(text, start, end):
        trimmed = match.group().rstrip()
        if trimmed:
            yield match.start(), match.start() + len(trimmed)


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
    for place in range(latest, min(latest + 16, end)):
        joined = text[place - 1] == "\u200d" or unicodedata.category(text[place]) in ("Mn", "Mc", "Me", "Cf", "Sk")
        if not joined:
            return place
    return latest


def _keep_together(document: Document, units: list[_Unit]) -> list[_Unit]:
    """Units joined that belong together and fit: a block of code, a table, a heading and what comes right under it."""
    sections, text = document.sections, document.text

    def of_one_block(last: _Unit, unit: _Unit) -> bool:
        section = sections[unit.section]
        return last.section == unit.section and section.kind != "prose" and last.start == section.start

    def headed(last: _Unit, unit: _Unit) -> bool:
        path = sections[unit.section].heading_path
        return bool(path) and sections[last.section].heading_path == path and text[last.start : last.end] == path[-1]

    for belongs in (of_one_block, headed):
        kept: list[_Unit] = []
        for unit in units:
            if kept and kept[-1].cost + unit.cost <= 1 and belongs(kept[-1], unit):
                kept[-1] = _Unit(kept[-1].start, unit.end, unit.section, kept[-1].cost + unit.cost)
            else:
                kept.append(unit)
        units = kept
    return units


def _pack(document: Document, units: Sequence[_Unit], limits: ChunkLimits) -> list[list[_Unit]]:
    """Units in groups of a chunk each."""
    runs = _runs(document.sections)
    totals: dict[int, float] = {}
    for unit in units:
        totals[runs[unit.section]] = totals.get(runs[unit.section], 0.0) + unit.cost
    groups: list[list[_Unit]] = []
    used = 0.0
    for unit in units:
        run = runs[unit.section]
        if groups and used + unit.cost <= 1 and _joins(document, groups[-1][-1], unit, runs, totals[run], used, limits):
            groups[-1].append(unit)
            used += unit.cost
        else:
            groups.append([unit])
            used = unit.cost
    return groups


def _joins(
    document: Document,
    last: _Unit,
    unit: _Unit,
    runs: Sequence[int],
    total: float,
    used: float,
    limits: ChunkLimits,
) -> bool:
    """Whether a unit that fits goes into the chunk that is being filled."""
    if runs[last.section] == runs[unit.section]:
        # A section of one and a bit chunks becomes two halves, not one full chunk and a crumb.
        return total <= 1 or used < total / ceil(total) * 0.98
    if used < limits.smallest:
        return True
    before, after = document.sections[last.section].heading_path, document.sections[unit.section].heading_path
    siblings = len(_shared(before, after)) >= min(len(before), len(after)) - 1
    return siblings and used + total <= 1


def _runs(sections: Sequence[Section]) -> list[int]:
    """For each section the number of the run it is in: neighbours under one heading path and on one page."""
    runs: list[int] = []
    for number, section in enumerate(sections):
        before = sections[number - 1] if number else None
        same = before and (before.heading_path, before.page) == (section.heading_path, section.page)
        runs.append(runs[-1] + (not same) if runs else 0)
    return runs


def _join_small(groups: list[list[_Unit]], limits: ChunkLimits) -> list[list[_Unit]]:
    """What is still small joins the chunk before it, or that joins it, where both fit into one."""
    joined: list[list[_Unit]] = []
    cost_before = 0.0
    for group in groups:
        cost = sum(unit.cost for unit in group)
        if joined and cost_before + cost <= 1 and min(cost, cost_before) < limits.smallest:
            joined[-1].extend(group)
            cost_before += cost
        else:
            joined.append(group)
            cost_before = cost
    return joined


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
