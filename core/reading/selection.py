"""Choosing the sentences that answer a question: as few as it allows, verbatim, or none where nothing supports one."""

import math
import re
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
SURE = 0.75
"""When the chosen sentences hold this share of the probability, no further one is added."""
DECLINE_BELOW = 0.5
"""Support below which no answer is given (tests/bench/reading.py measures precision and recall)."""

BETWEEN = 3
"""Sentences so few characters apart (white space) are quoted as one."""
_SPEAKS_OF_BEFORE = re.compile(
    r"(?:It|They|He|She|This|That|These|Those|Its|Their|His|Her)\b(?! is why)|(?:其|它|他|她|这|该|此)(?!中|他|们俩)"
)

_WITH_ENCODER = {
    "coverage": 4.0,
    "pairs": -0.4,
    "cosine": -0.9,
    "best_cosine": 5.4,
    "shape": 1.1,
    "rank": 1.1,
    "share": -0.4,
    "after": -1.0,
    "section": 10.4,
    "around": 1.2,
    "passage_coverage": 3.5,
    "length": 0.4,
    "short": -0.4,
    "label": -0.6,
    "question": -2.5,
    "topic": 0.4,
    "topic_around": 1.2,
    "topic_cosine": 5.3,
}
_BY_WORDS_ALONE = {
    "coverage": 8.6,
    "pairs": -5.8,
    "shape": 1.6,
    "rank": 1.7,
    "share": 0.7,
    "before": -0.8,
    "after": -1.0,
    "section": 4.8,
    "around": 1.8,
    "passage_coverage": 3.6,
    "length": -0.8,
    "short": -1.6,
    "label": -1.7,
    "question": -2.5,
    "topic": 3.1,
    "topic_around": 2.9,
}
# The weights above: a conditional logit over the sentences of the three best passages, fitted to XQuAD (English, where
# the encoder reads; Chinese, where it does not), CMRC 2018 and the answerable questions of DragonBall. Fitted on one
# half of the questions, it does as well on the other within two percent; tests/bench/reading.py prints the figures.

_SUPPORT_WITH_ENCODER = {
    "topic_anywhere": 1.45,
    "topic_passage": 0.66,
    "topic_around": 0.49,
    "best_topic_cosine": 2.53,
    "probability": 0.22,
    "shape": 0.54,
    "always": -3.07,
}
_SUPPORT_BY_WORDS_ALONE = {
    "topic_anywhere": 2.04,
    "topic_passage": 0.44,
    "topic_around": 0.34,
    "probability": 1.13,
    "shape": 0.40,
    "always": -1.98,
}
# A logistic regression of answerable against unanswerable on the same questions, fitted and measured likewise.


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
    encoded: bool


def select_sentences(
    question: str,
    passages: Sequence[EvidencePassage],
    *,
    limit: int = 3,
    encoder: Encoder | None = None,
    said: str = "",
) -> Selection:
    """The one to `limit` sentences of the passages (best first) that answer a question best.

    Sentences that stand in `said`, what was answered before, are no answer to a further question.
    """
    ranked = rank_sentences(question, passages, encoder)
    if not ranked.candidates:
        return Selection()
    order = [int(at) for at in np.argsort(-ranked.scores, kind="stable")]
    order = [at for at in order if not _says_nothing_new(ranked.candidates[at], said)] or order
    best = order[0]
    open_to = float(sum(ranked.probabilities[at] for at in order)) or 1.0
    chosen: list[int] = []
    share = 0.0
    for at in order:
        if len(chosen) >= limit or share >= SURE:
            break
        if at not in chosen:
            chosen += _with_its_own(ranked.candidates, at, chosen)[: limit - len(chosen)]
        share = float(sum(ranked.probabilities[one] for one in chosen)) / open_to
    support = support_of(ranked, best)
    chosen.sort(key=lambda at: _place(ranked.candidates[at], ranked, best))
    return Selection(
        sentences=tuple(_sentence(ranked, at) for at in chosen), support=support, declined=support < DECLINE_BELOW
    )


def runs(sentences: Sequence[Sentence]) -> list[tuple[int, int, int]]:
    """Number, start and end of each run of sentences that follow one another in a passage, as one quote each."""
    found: list[tuple[int, int, int]] = []
    for one in sentences:
        if found and found[-1][0] == one.number and 0 <= one.start - found[-1][2] <= BETWEEN:
            found[-1] = (one.number, found[-1][1], one.end)
        else:
            found.append((one.number, one.start, one.end))
    return found


def _with_its_own(candidates: Sequence[Candidate], at: int, chosen: Sequence[int]) -> list[int]:
    """A sentence, with what a label announces; or with the sentence before, which its pronoun speaks of."""
    own = [at]
    if candidates[at].is_label:
        own.append(at + 1)
    elif not chosen and _SPEAKS_OF_BEFORE.match(candidates[at].text):
        own.append(at - 1)
    number = candidates[at].evidence.number
    return [
        one
        for one in own
        if 0 <= one < len(candidates) and one not in chosen and candidates[one].evidence.number == number
    ]


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
    return Ranked(candidates, features, scores, likely / likely.sum() if len(scores) else scores, encoder is not None)


def support_of(ranked: Ranked, best: int) -> float:
    """How likely the evidence answers at all, from 0 to 1: whether it speaks of what the question asks for."""
    features = dict(zip(FEATURES, ranked.features[best].tolist(), strict=True))
    features |= {"probability": float(ranked.probabilities[best]), "always": 1.0}
    weights = _SUPPORT_WITH_ENCODER if ranked.encoded else _SUPPORT_BY_WORDS_ALONE
    return 1 / (1 + math.exp(-sum(weight * features[name] for name, weight in weights.items())))


def _says_nothing_new(candidate: Candidate, said: str) -> bool:
    """Whether a sentence was said before, or is a heading, which the citation names anyway."""
    passage = candidate.evidence.passage
    headings = {heading for section in passage.sections for heading in section.heading_path}
    return candidate.text in said or candidate.text.strip("# ") in headings


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
