"""Choosing the sentences that answer a question: as few as it allows, verbatim, or none where nothing supports one."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.evidence import EvidencePassage
from core.language import detect_language
from core.messages import Value
from core.models.encoder import Encoder
from core.reading.features import FEATURES, Candidate, candidates_of, sentence_features

PASSAGES = 3
"""Sentences are chosen from so many of the best passages; further ones mislead more often than they help."""
SURE = 0.62
"""When the chosen sentences hold this share of the probability, no further one is added."""
DECLINE_BELOW = 0.5
"""Support below which no answer is given (tests/bench/reading.py measures precision and recall)."""

_WITH_ENCODER = {
    "coverage": 6.11,
    "cosine": 4.88,
    "best_cosine": 7.36,
    "shape": 1.54,
    "rank": 1.43,
    "share": 0.54,
    "before": 1.12,
    "after": 0.64,
    "passage_coverage": 2.07,
    "length": 2.31,
    "short": -3.97,
    "pairs": -0.27,
    "question": -2.9,
}
_BY_WORDS_ALONE = {
    "coverage": 18.16,
    "pairs": -6.17,
    "shape": 1.75,
    "rank": 1.97,
    "share": 1.28,
    "before": 1.17,
    "after": 0.51,
    "passage_coverage": 5.16,
    "length": -0.23,
    "short": -0.2,
    "question": -2.9,
}
# The weights above: a conditional logit over the sentences of the three best passages, fitted to XQuAD (English, where
# the encoder reads; Chinese, where it does not) and CMRC 2018. Fitted on one half of the questions, the other half gains
# within a percent of what the fitted half does; tests/bench/reading.py prints the figures.


class Sentence(Value):
    """A chosen sentence: verbatim `text`, in the passage with this evidence number at these offsets."""

    number: int
    text: str
    start: int
    end: int
    score: float


class Selection(Value):
    """The sentences chosen, in reading order; `support` (0 to 1) is how well they answer; `declined`: not enough."""

    sentences: tuple[Sentence, ...] = ()
    support: float = 0.0
    declined: bool = True


class Ranked(NamedTuple):
    """Candidates with their features, log-odds and probabilities of holding the answer."""

    candidates: list[Candidate]
    features: NDArray[np.float64]
    scores: NDArray[np.float64]
    probabilities: NDArray[np.float64]


def select_sentences(
    question: str, passages: Sequence[EvidencePassage], *, limit: int = 3, encoder: Encoder | None = None
) -> Selection:
    """The one to `limit` sentences of the passages (best first) that answer a question best."""
    ranked = rank_sentences(question, passages, encoder)
    if not ranked.candidates:
        return Selection()
    order = np.argsort(-ranked.scores, kind="stable")
    chosen: list[int] = []
    share = 0.0
    for at in order[:limit]:
        chosen.append(int(at))
        share += float(ranked.probabilities[at])
        if share >= SURE:
            break
    best = chosen[0]
    support = support_of(ranked, best)
    chosen.sort(key=lambda at: _place(ranked.candidates[at], ranked, best))
    return Selection(
        sentences=tuple(_sentence(ranked, at) for at in chosen), support=support, declined=support < DECLINE_BELOW
    )


def rank_sentences(question: str, passages: Sequence[EvidencePassage], encoder: Encoder | None) -> Ranked:
    """All sentences of the best passages with their scores."""
    if encoder is not None and encoder.languages is not None and detect_language(question) not in encoder.languages:
        encoder = None
    text = [one for one in passages if one.passage.kind == "text"] or list(passages)
    candidates = candidates_of(text[:PASSAGES])
    features = sentence_features(question, candidates, encoder)
    weights = _WITH_ENCODER if encoder is not None else _BY_WORDS_ALONE
    scores = features @ np.asarray([weights.get(name, 0.0) for name in FEATURES])
    likely = np.exp(scores - scores.max()) if len(scores) else scores
    return Ranked(candidates, features, scores, likely / likely.sum() if len(scores) else scores)


def support_of(ranked: Ranked, best: int) -> float:
    """How likely the best sentence answers at all, from 0 to 1, by how much of the question it and its passage cover."""
    feature = dict(zip(FEATURES, ranked.features[best], strict=True))
    evidence = 8.0 * feature["passage_coverage"] + 4.0 * feature["coverage"] - 5.0
    return 1 / (1 + math.exp(-evidence))


def _place(candidate: Candidate, ranked: Ranked, best: int) -> tuple[bool, int, int]:
    """Reading order, the passage of the best sentence first."""
    return (
        candidate.evidence.number != ranked.candidates[best].evidence.number,
        candidate.evidence.number,
        candidate.span.start,
    )


def _sentence(ranked: Ranked, at: int) -> Sentence:
    candidate = ranked.candidates[at]
    return Sentence(
        number=candidate.evidence.number,
        text=candidate.text,
        start=candidate.span.start,
        end=candidate.span.end,
        score=float(ranked.probabilities[at]),
    )
