"""What speaks for a sentence as the answer to a question, in numbers: the features that its score is made of."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.evidence import EvidencePassage
from core.knowledge.terms import index_terms
from core.models.encoder import Encoder
from core.reading.questions import asked_for, content_terms, could_answer
from core.reading.sentences import Span, split_sentences

FEATURES = (
    "coverage",
    "pairs",
    "cosine",
    "best_cosine",
    "shape",
    "rank",
    "share",
    "before",
    "after",
    "heading",
    "passage_coverage",
    "length",
    "short",
    "question",
)
"""The columns of `sentence_features`, in order."""
SENTENCES = 160
"""More sentences than this are not looked at."""


@dataclass(frozen=True)
class Candidate:
    """A sentence of the evidence: `position` is its place among its passage's sentences."""

    evidence: EvidencePassage
    span: Span
    text: str
    position: int


class Weighed(NamedTuple):
    """A question's terms and how much each tells: rare ones much, frequent ones little."""

    weights: dict[str, float]
    total: float


def candidates_of(passages: Sequence[EvidencePassage]) -> list[Candidate]:
    """The sentences of text passages, best passage first."""
    found: list[Candidate] = []
    for evidence in passages:
        text = evidence.passage.text
        for position, span in enumerate(split_sentences(text)):
            found.append(Candidate(evidence, span, text[span.start : span.end], position))
    return found[:SENTENCES]


def sentence_features(question: str, candidates: Sequence[Candidate], encoder: Encoder | None) -> NDArray[np.float64]:
    """Shape (number of candidates, number of `FEATURES`), each feature roughly from 0 to 1."""
    terms = [index_terms(one.text) for one in candidates]
    weighed = _weigh(question, terms)
    coverage = [_coverage(weighed, set(one)) for one in terms]
    asked = content_terms(question)
    pairs = set(zip(asked, asked[1:], strict=False))
    kind = asked_for(question)
    cosine = _cosines(question, candidates, encoder)
    ranks: dict[int, int] = {}
    scores = [one.evidence.score for one in candidates]
    top, low = max(scores, default=0.0), min(scores, default=0.0)
    of_passage: dict[int, set[str]] = {}
    best_cosine: dict[int, float] = {}
    for one, its, near in zip(candidates, terms, cosine, strict=True):
        number = one.evidence.number
        ranks.setdefault(number, len(ranks))
        of_passage.setdefault(number, set()).update(its)
        best_cosine[number] = max(best_cosine.get(number, -1.0), near)
    rows: list[list[float]] = []
    for at, one in enumerate(candidates):
        number = one.evidence.number
        same_before = at > 0 and candidates[at - 1].evidence.number == number
        same_after = at + 1 < len(candidates) and candidates[at + 1].evidence.number == number
        sequence = terms[at]
        new = [term for term in sequence if term not in weighed.weights]
        place = " ".join([one.evidence.passage.title, *one.evidence.passage.heading_path])
        rows.append(
            [
                coverage[at],
                len(pairs & _near_pairs(sequence)) / max(1, len(pairs)),
                cosine[at],
                best_cosine[number],
                float(could_answer(kind, one.text)),
                1.0 / (1 + ranks[number]),
                (one.evidence.score - low) / (top - low) if top > low else 1.0,
                coverage[at - 1] if same_before else 0.0,
                coverage[at + 1] if same_after else 0.0,
                _coverage(weighed, set(index_terms(place))),
                _coverage(weighed, of_passage[number]),
                min(1.0, math.log1p(len(new)) / 5),
                float(len(new) < 3),
                float(one.text.rstrip().endswith(("?", "？"))),
            ]
        )
    return np.asarray(rows, dtype=np.float64).reshape(len(candidates), len(FEATURES))


def _weigh(question: str, sentences: Sequence[Sequence[str]]) -> Weighed:
    frequency = Counter(term for sentence in sentences for term in set(sentence))
    count = len(sentences)
    weights = {
        term: math.log(1 + (count - frequency[term] + 0.5) / (frequency[term] + 0.5)) * (1.5 if len(term) > 1 else 1.0)
        for term in content_terms(question)
    }
    return Weighed(weights, sum(weights.values()) or 1.0)


def _coverage(weighed: Weighed, terms: set[str]) -> float:
    return sum(weight for term, weight in weighed.weights.items() if term in terms) / weighed.total


def _near_pairs(terms: Sequence[str]) -> set[tuple[str, str]]:
    """Terms that follow one another within three places."""
    return {(first, second) for gap in (1, 2, 3) for first, second in zip(terms, terms[gap:], strict=False)}


def _cosines(question: str, candidates: Sequence[Candidate], encoder: Encoder | None) -> list[float]:
    if encoder is None or not candidates:
        return [0.0] * len(candidates)
    vectors = encoder.encode([question, *(one.text for one in candidates)])
    return [float(near) for near in vectors[1:] @ vectors[0]]
