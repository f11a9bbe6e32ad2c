"""Near-duplicates folded: the same words are shown once, and where else they stand is known.

Two passages are the same if nearly all their runs of terms are (Broder, "On the resemblance and containment of
documents", 1997; exact, for candidates are few). Passages that differ in a number or a negation are versions, not
copies: that difference may be the answer. Those that different people may see are never folded.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from core.knowledge.documents import Passage
from core.knowledge.index import Hit
from core.knowledge.terms import index_terms

RESEMBLANCE = 0.9
"""The share of runs that two passages have in common, of all that either has, from which on they are the same."""
RUN = 3

_TELLING = re.compile(
    r"\d+(?:[.,:]\d+)*|\b(?:not?|never|without|none|neither|nor|cannot)\b|n['’]t\b|[不没无非未别勿]", re.IGNORECASE
)


def fold(hits: Sequence[Hit]) -> list[Hit]:
    """The hits without those that say the same as a better one, which names their paths in `also_in`, and has their
    probability too."""
    kept: list[Hit] = []
    for hit in hits:
        at = next((at for at, one in enumerate(kept) if _same(one.passage, hit.passage)), None)
        if at is None:
            kept.append(hit)
            continue
        best = kept[at]
        also = dict.fromkeys([*best.also_in, hit.passage.path])
        also.pop(best.passage.path, None)
        kept[at] = best.model_copy(update={"also_in": tuple(also), "score": best.score + hit.score})
    return sorted(kept, key=lambda hit: -hit.score)


def _same(one: Passage, other: Passage) -> bool:
    if one.kind != "text" or other.kind != "text" or set(one.audience) != set(other.audience):
        return False
    ours, telling = _read(one.text)
    theirs, telling_too = _read(other.text)
    return telling == telling_too and len(ours & theirs) >= RESEMBLANCE * len(ours | theirs)


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[frozenset[tuple[str, ...]], Counter[str]]:
    terms = index_terms(text)
    runs = frozenset(tuple(terms[at : at + RUN]) for at in range(max(1, len(terms) - RUN + 1)))
    return runs, Counter(found.lower() for found in _TELLING.findall(text))
