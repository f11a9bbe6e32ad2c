"""From a picture to the page that explains it: the lines read in it that a retrieved passage speaks of too.

A question beside a screenshot ("what does this mean?") often names nothing itself; the error code in the picture does.
"""

from collections.abc import Sequence

from core.evidence import EvidencePassage, PictureReading
from core.knowledge.terms import index_terms
from core.reading.questions import content_terms

PASSAGES = 3
"""Lines are looked for in so many of the best passages."""
TELLING = 2
"""A line with fewer terms than this is a button or a menu's entry, unless it is a code such as E-17."""


def linked_lines(readings: Sequence[PictureReading], passages: Sequence[EvidencePassage]) -> tuple[str, ...]:
    """The lines of pictures, verbatim, all of whose words stand in the one text passage that speaks of most of them."""
    lines = [line.text for reading in readings for line in reading.lines if _is_telling(line.text)]
    terms = [set(content_terms(line)) for line in lines]
    best: tuple[str, ...] = ()
    most = 0
    for evidence in [one for one in passages if one.passage.kind == "text"][:PASSAGES]:
        spoken = set(index_terms(evidence.passage.text))
        found = [at for at, asked in enumerate(terms) if asked <= spoken]
        weight = len(set[str]().union(*(terms[at] for at in found)))
        if weight > most:
            best, most = tuple(lines[at] for at in found), weight
    return tuple(dict.fromkeys(best))


def _is_telling(line: str) -> bool:
    terms = content_terms(line)
    if all(term.isdigit() for term in terms):
        return False
    is_code = any(map(str.isdigit, line)) and any(map(str.isalpha, line))
    return len(terms) >= TELLING or is_code
