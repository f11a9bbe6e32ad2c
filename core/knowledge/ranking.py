"""Ranking candidates again by how well they fit the question: the second look that a first search can't afford."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.knowledge.documents import Passage
from core.knowledge.index import Hit
from core.knowledge.terms import index_terms
from core.reading.questions import asked_for, content_terms, could_answer
from core.reading.sentences import split_sentences

FEATURES = (
    "fused",
    "lexical",
    "dense",
    "dense_share",
    "coverage",
    "coverage_in_place",
    "pairs",
    "sentence",
    "sentence_in_place",
    "document",
    "document_coverage",
    "shape",
    "found_by_words",
)
"""The columns of `passage_features`, in order."""
NEAR = 3
SECOND_HAND = 1.5
"""What a picture gives away, in log-odds: most of its words are those of its page, and the page says them first."""


_WITH_ENCODER = {
    "fused": -0.11,
    "lexical": 3.94,
    "dense": 2.40,
    "dense_share": 3.80,
    "coverage": -2.45,
    "coverage_in_place": 6.51,
    "pairs": 5.04,
    "sentence": 0.23,
    "sentence_in_place": 2.64,
    "document": 0.55,
    "document_coverage": 0.93,
    "shape": -0.20,
    "found_by_words": -0.72,
}
_BY_WORDS_ALONE = {
    "fused": 6.45,
    "lexical": 2.83,
    "coverage": -3.87,
    "coverage_in_place": 8.88,
    "pairs": 5.67,
    "sentence": 1.11,
    "sentence_in_place": 1.83,
    "document": 2.28,
    "document_coverage": 1.91,
    "shape": -0.22,
}
# The weights above: a conditional logit over the candidates, fitted to XQuAD (English, where the encoder reads;
# Chinese, where it does not), CMRC 2018 and the single-document questions of DragonBall. Fitted on one half of the
# questions, it ranks the other half as well within half a percent; tests/bench/retrieval.py prints the figures.


def rerank(question: str, hits: Sequence[Hit], *, encoded: bool) -> list[Hit]:
    """The same hits, best first; `score` becomes the probability that the hit is the one, among these (0 to 1).

    `encoded` says whether the question was in a language that the encoder reads, so that cosines mean something.
    """
    if not hits:
        return []
    weights = _WITH_ENCODER if encoded else _BY_WORDS_ALONE
    scores = passage_features(question, hits) @ np.asarray([weights.get(name, 0.0) for name in FEATURES])
    scores -= [SECOND_HAND * (hit.passage.kind == "picture") for hit in hits]
    likely = np.exp(scores - scores.max())
    likely /= likely.sum()
    order: list[int] = np.argsort(-scores, kind="stable").tolist()
    return [hits[at].model_copy(update={"score": float(likely[at]), "first_rank": at + 1}) for at in order]


@dataclass(frozen=True)
class _Terms:
    """A candidate's terms: of its text, of the place it stands in, and of each sentence."""

    text: list[str]
    place: frozenset[str]
    sentences: list[frozenset[str]]


def passage_features(question: str, hits: Sequence[Hit]) -> NDArray[np.float64]:
    """Shape (number of hits, number of `FEATURES`): what speaks for each candidate, each roughly from 0 to 1.

    How much a term tells is read off the candidates themselves, so that any index will do.
    """
    terms = [_terms_of(hit.passage) for hit in hits]
    weights = _weigh(question, terms)
    total = sum(weights.values()) or 1.0
    asked = content_terms(question)
    pairs = list(dict.fromkeys(pairwise(asked)))
    kind = asked_for(question)
    best_lexical = max((hit.lexical or 0.0 for hit in hits), default=0.0) or 1.0
    best_dense = max((hit.dense or 0.0 for hit in hits), default=0.0) or 1.0
    of_document: dict[str, float] = defaultdict(float)
    words_of_document: dict[str, set[str]] = defaultdict(set)
    for hit, its in zip(hits, terms, strict=True):
        key = f"{hit.passage.source}\0{hit.passage.path}"
        of_document[key] += ((hit.lexical or 0.0) / best_lexical) ** 2
        words_of_document[key] |= set(its.text) | its.place
    best_document = max(of_document.values(), default=0.0) or 1.0

    def coverage(found: AbstractSet[str]) -> float:
        return sum(weight for term, weight in weights.items() if term in found) / total

    rows: list[list[float]] = []
    for hit, its in zip(hits, terms, strict=True):
        key = f"{hit.passage.source}\0{hit.passage.path}"
        words = set(its.text)
        rows.append(
            [
                hit.score,
                (hit.lexical or 0.0) / best_lexical,
                hit.dense or 0.0,
                (hit.dense or 0.0) / best_dense,
                coverage(words),
                coverage(words | its.place),
                _pairs_found(pairs, its.text) / max(1, len(pairs)),
                max((coverage(sentence) for sentence in its.sentences), default=0.0),
                max((coverage(sentence | its.place) for sentence in its.sentences), default=0.0),
                of_document[key] / best_document,
                coverage(words_of_document[key]),
                float(could_answer(kind, hit.passage.text)),
                float(hit.lexical is not None),
            ]
        )
    return np.asarray(rows, dtype=np.float64).reshape(len(hits), len(FEATURES))


def _terms_of(passage: Passage) -> _Terms:
    return _terms(passage.text, " \n ".join([passage.title, *passage.heading_path, passage.lead]))


@lru_cache(maxsize=4096)
def _terms(text: str, place: str) -> _Terms:
    sentences = [index_terms(text[span.start : span.end]) for span in split_sentences(text)]
    return _Terms(
        text=[term for sentence in sentences for term in sentence],
        place=frozenset(index_terms(place)),
        sentences=[frozenset(sentence) for sentence in sentences],
    )


def _weigh(question: str, candidates: Sequence[_Terms]) -> dict[str, float]:
    frequency = Counter(term for one in candidates for term in {*one.text, *one.place})
    count = len(candidates)
    return {
        term: math.log(1 + (count - frequency[term] + 0.5) / (frequency[term] + 0.5)) * (1.5 if len(term) > 1 else 1.0)
        for term in content_terms(question)
    }


def _pairs_found(pairs: Sequence[tuple[str, str]], terms: Sequence[str]) -> int:
    """How many pairs of a question's neighbouring terms follow one another here within `NEAR` places."""
    wanted = {term for pair in pairs for term in pair}
    places: dict[str, list[int]] = defaultdict(list)
    for at, term in enumerate(terms):
        if term in wanted:
            places[term].append(at)
    return sum(
        any(0 < second - first <= NEAR for first in places[left] for second in places[right]) for left, right in pairs
    )
