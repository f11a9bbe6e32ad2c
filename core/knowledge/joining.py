"""Neighbours joined: hits that follow one another in a section are one passage, and a sentence that runs on is whole.

A document is cut into what an encoder can read, not into what belongs together. Nothing is joined that differs in who
may see it. Offsets stay true: between two parts is white space, as much as in the document, though not always the same.
"""

import asyncio
import re
from collections.abc import Sequence
from itertools import pairwise

from core.knowledge.access import Readable
from core.knowledge.documents import Passage, Section
from core.knowledge.index import Hit
from core.reading.sentences import split_sentences

MOST_CHARACTERS = 3200
"""What is joined is no longer than this: two or three passages, so that none crowds out the others."""
MOST_APART = 64
"""More characters than this are no white space between two passages: they are of different versions of a document."""
REST_CHARACTERS = 400
"""A sentence is made whole by no more than this; what is longer is no sentence."""
LINE_CHARACTERS = 20
"""A shorter line without a full stop is a heading or an item of a list."""

_ENDS_OPEN = re.compile(r"[\w,，、)）”’-]\Z")
_GOES_ON = re.compile(r"[a-z\u00df-\u00ff\u3400-\u9fff]")


async def join(hits: Sequence[Hit], index: Readable) -> list[Hit]:
    """The same hits, best first, those that follow one another as one: no more text, in the order it is written in.

    A joined hit has the place, the score and the ranks of its best part, the best cosines, and the id and ordinal of
    its first. One that begins or ends within a sentence gets the rest of it, from the passages beside it. Raises
    `IndexUnavailableError`.
    """
    runs: list[list[Hit]] = []
    for hit in hits:
        beside = [run for run in runs if _fit(run, [hit])]
        if not beside:
            runs.append([hit])
            continue
        beside[0].append(hit)
        for other in beside[1:]:
            if _fit(beside[0], other):  # The hit is what lay between the two.
                beside[0].extend(other)
                runs.remove(other)
    return list(await asyncio.gather(*(_as_one(run, index) for run in runs)))


def holds(one: Passage, other: Passage) -> bool:
    """Whether all of a passage stands in another, which may be joined of several."""
    if one.id == other.id and len(one.text) >= len(other.text):
        return True
    if not (_is_of_same(one, other) and one.start <= other.start):
        return False
    return one.text[other.start - one.start :].startswith(other.text)


async def _as_one(run: Sequence[Hit], index: Readable) -> Hit:
    """One hit of a run, the best first."""
    parts = _in_order([hit.passage for hit in run])
    whole = await _with_rest(parts, index)
    if len(whole) == 1:
        return run[0]
    also = dict.fromkeys(path for hit in run for path in hit.also_in)
    return run[0].model_copy(
        update={
            "passage": _joined(whole).model_copy(update={"id": parts[0].id, "ordinal": parts[0].ordinal}),
            "lexical": max((hit.lexical for hit in run if hit.lexical is not None), default=None),
            "dense": max((hit.dense for hit in run if hit.dense is not None), default=None),
            "also_in": tuple(also),
        }
    )


async def _with_rest(parts: list[Passage], index: Readable) -> list[Passage]:
    """Passages in order, with the rest of the sentences that they begin and end within."""
    first, last = parts[0], parts[-1]
    before = await index.neighbours(first, 1, 0) if first.ordinal > 0 and _may_begin_within(first) else []
    after = await index.neighbours(last, 0, 1) if _ends_open(last) else []
    heads = [_part(one, *split_sentences(one.text)[-1]) for one in before if _runs_on(one, first)]
    rests = [_part(one, *split_sentences(one.text)[0]) for one in after if _runs_on(last, one)]
    return [
        *(one for one in heads if len(one.text) <= REST_CHARACTERS),
        *parts,
        *(one for one in rests if len(one.text) <= REST_CHARACTERS),
    ]


def _fit(run: Sequence[Hit], others: Sequence[Hit]) -> bool:
    """Whether two runs are one, and not too long."""
    parts = _in_order([hit.passage for hit in (*run, *others)])
    if sum(len(one.text) for one in parts) > MOST_CHARACTERS:
        return False
    return all(_follow(one, other) for one, other in pairwise(parts))


def _in_order(passages: Sequence[Passage]) -> list[Passage]:
    return sorted(passages, key=lambda one: one.ordinal)


def _is_of_same(one: Passage, other: Passage) -> bool:
    """Whether two texts are of one document, open to the same people, and know where in it they stand."""
    return (
        (one.source, one.path) == (other.source, other.path)
        and set(one.audience) == set(other.audience)
        and _has_place(one)
        and _has_place(other)
    )


def _has_place(passage: Passage) -> bool:
    """Whether it is known where in its document a text stands; of what comes from outside it is not."""
    return passage.kind == "text" and len(passage.text) == passage.end - passage.start


def _follow(one: Passage, other: Passage) -> bool:
    """Whether a passage goes on where another ends, in the same section."""
    return (
        other.ordinal == one.ordinal + 1
        and _is_of_same(one, other)
        and 0 <= other.start - one.end <= MOST_APART
        and _last_path(one) == _first_path(other)
    )


def _first_path(passage: Passage) -> tuple[str, ...]:
    return passage.sections[0].heading_path if passage.sections else passage.heading_path


def _last_path(passage: Passage) -> tuple[str, ...]:
    return passage.sections[-1].heading_path if passage.sections else passage.heading_path


def _runs_on(one: Passage, other: Passage) -> bool:
    """Whether a sentence begins in one passage and ends in the next."""
    return _follow(one, other) and _ends_open(one) and _is_prose(other, 0) and _GOES_ON.match(other.text) is not None


def _ends_open(passage: Passage) -> bool:
    """Whether a passage ends without a full stop, in a line that is no heading."""
    text = passage.text
    last_line = len(text) - text.rfind("\n") - 1
    open_end = _ENDS_OPEN.search(text) is not None
    return _has_place(passage) and open_end and _is_prose(passage, -1) and last_line >= LINE_CHARACTERS


def _may_begin_within(passage: Passage) -> bool:
    """Whether it is worth to look at what goes before: a small letter says so; Chinese has none, but has pages."""
    return _has_place(passage) and _is_prose(passage, 0) and (passage.text[:1].islower() or passage.page is not None)


def _is_prose(passage: Passage, at: int) -> bool:
    return not passage.sections or passage.sections[at].kind == "prose"


def _part(passage: Passage, start: int, end: int) -> Passage:
    """A passage cut to some of its characters, with the sections of those."""
    first, last = passage.start + start, passage.start + end
    sections = [
        one.model_copy(update={"start": max(one.start, first), "end": min(one.end, last)})
        for one in passage.sections
        if one.start < last and one.end > first
    ]
    return passage.model_copy(
        update={
            "text": passage.text[start:end],
            "start": first,
            "end": last,
            "sections": tuple(sections),
            "page": next((one.page for one in sections), passage.page),
        }
    )


def _joined(parts: Sequence[Passage]) -> Passage:
    """Passages that follow one another as one; it stands under what the headings of all have in common."""
    text, sections = parts[0].text, list(parts[0].sections)
    path = parts[0].heading_path
    for one, other in pairwise(parts):
        text += _between(one, other) + other.text
        path = tuple(heading for heading, its in zip(path, other.heading_path, strict=False) if heading == its)
        sections += other.sections
    return parts[0].model_copy(
        update={
            "text": text,
            "end": parts[-1].end,
            "sections": tuple(_merged(sections)),
            "heading_path": path or parts[0].heading_path,
        }
    )


def _between(one: Passage, other: Passage) -> str:
    """White space, as much as the document has there: within a sentence spaces, else a new line or paragraph."""
    gap = other.start - one.end
    return " " * gap if _runs_on(one, other) else "\n\n"[:gap].ljust(gap)


def _merged(sections: Sequence[Section]) -> list[Section]:
    """Sections in order, the two halves of one that was cut as one again."""
    merged: list[Section] = []
    for one in sections:
        last = merged[-1] if merged else None
        if last and (last.heading_path, last.page, last.kind) == (one.heading_path, one.page, one.kind):
            merged[-1] = last.model_copy(update={"end": one.end})
        else:
            merged.append(one)
    return merged
