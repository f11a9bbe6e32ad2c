"""What speaks for a sentence as the answer to a question, in numbers: the features that its score is made of."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

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
    "section",
    "around",
    "passage_coverage",
    "length",
    "short",
    "label",
    "question",
    "topic",
    "topic_around",
    "topic_passage",
    "topic_anywhere",
    "topic_cosine",
    "best_topic_cosine",
)
"""The columns of `sentence_features`, in order."""
SENTENCES = 240
"""More sentences than this are not looked at."""
_LABEL = re.compile(r"\s*#|.{0,80}[:：]\s*[*_]*\s*$|\W*$", re.DOTALL)
"""A heading, a label that announces what follows, a rule: it says what comes, not what is so."""
_WORD = re.compile(r"[\w'’-]+")


@dataclass(frozen=True)
class Candidate:
    """A sentence of the evidence: `position` is its place among its passage's sentences.

    `section` is the nearest heading or label above it within the passage, and the headings the passage stands under.
    """

    evidence: EvidencePassage
    span: Span
    text: str
    position: int
    section: str

    @property
    def is_label(self) -> bool:
        """Whether it is a heading or a label rather than a statement."""
        return is_label(self.text)


def is_label(text: str) -> bool:
    """Whether a sentence only announces what follows."""
    return _LABEL.match(text) is not None


def candidates_of(passages: Sequence[EvidencePassage]) -> list[Candidate]:
    """The sentences of passages, best passage first."""
    found: list[Candidate] = []
    for evidence in passages:
        text = evidence.passage.text
        headings = " ".join(evidence.passage.heading_path)
        label = ""
        for position, span in enumerate(split_sentences(text)):
            sentence = text[span.start : span.end]
            found.append(Candidate(evidence, span, sentence, position, f"{headings} {label}"))
            label = sentence if is_label(sentence) else label
    return found[:SENTENCES]


class Weights:
    """A question's terms and how much each tells: rare ones much, frequent ones little."""

    def __init__(self, question: str, sentences: Sequence[set[str]]) -> None:
        frequency = Counter(term for sentence in sentences for term in sentence)
        count = len(sentences)
        self.of = {
            term: math.log(1 + (count - frequency[term] + 0.5) / (frequency[term] + 0.5))
            * (1.5 if len(term) > 1 else 1.0)
            for term in content_terms(question)
        }
        self._total = sum(self.of.values()) or 1.0

    def coverage(self, terms: set[str]) -> float:
        """The share of the question's weight (0 to 1) that is among terms."""
        return sum(weight for term, weight in self.of.items() if term in terms) / self._total


class Topic:
    """What a question asks of the thing it names: its words without those that title, headings and lead say already.

    "What is the annual budget of Bridgewater City Hospital" asks the hospital's record for a budget. That the record
    is the hospital's, its title says; whether it answers, the rest of the words must tell.
    """

    def __init__(self, question: str, candidates: Sequence[Candidate]) -> None:
        places = {one.evidence.number: one.evidence.passage for one in candidates}
        said = " ".join(" ".join((one.title, one.lead, *one.heading_path)) for one in places.values())
        named = set(index_terms(said))
        asked = content_terms(question)
        self._terms = {term: 1.5 if len(term) > 1 else 1.0 for term in asked if term not in named}
        self._total = sum(self._terms.values())
        words = [word for word in _WORD.findall(question) if not set(index_terms(word)) <= named]
        self.words = " ".join(words) or question

    def coverage(self, terms: set[str]) -> float:
        """The share of it (0 to 1) that is among terms; 1 where nothing is asked but the name."""
        if not self._total:
            return 1.0
        return sum(weight for term, weight in self._terms.items() if term in terms) / self._total


def sentence_features(question: str, candidates: Sequence[Candidate], encoder: Encoder | None) -> NDArray[np.float64]:
    """Shape (number of candidates, number of `FEATURES`), each feature roughly from 0 to 1."""
    sequences = [index_terms(one.text) for one in candidates]
    terms = [set(sequence) for sequence in sequences]
    weights = Weights(question, terms)
    coverage = [weights.coverage(one) for one in terms]
    asked = content_terms(question)
    pairs = set(pairwise(asked))
    kind = asked_for(question)
    topic = Topic(question, candidates)
    cosine, topic_cosine = _cosines((question, topic.words), candidates, encoder)
    best_topic_cosine = max(topic_cosine, default=0.0)
    anywhere = topic.coverage(set[str]().union(*terms))
    passages = _Passages(candidates, terms, cosine)
    rows: list[list[float]] = []
    for at, one in enumerate(candidates):
        number = one.evidence.number
        neighbours = [near for near in (at - 1, at + 1) if passages.same(at, near)]
        section = set(index_terms(one.section))
        around = terms[at].union(section, *(terms[near] for near in neighbours))
        new = [term for term in sequences[at] if term not in weights.of]
        rows.append(
            [
                coverage[at],
                len(pairs & _near_pairs(sequences[at])) / max(1, len(pairs)),
                cosine[at],
                passages.cosine[number],
                float(could_answer(kind, one.text)),
                1.0 / (1 + passages.rank[number]),
                passages.share(one),
                coverage[at - 1] if at - 1 in neighbours else 0.0,
                coverage[at + 1] if at + 1 in neighbours else 0.0,
                weights.coverage(section),
                weights.coverage(around),
                weights.coverage(passages.terms[number]),
                min(1.0, math.log1p(len(new)) / 5),
                float(len(new) < 3),
                float(one.is_label),
                float(one.text.rstrip().endswith(("?", "？"))),
                topic.coverage(terms[at]),
                topic.coverage(around),
                topic.coverage(passages.terms[number]),
                anywhere,
                topic_cosine[at],
                best_topic_cosine,
            ]
        )
    return np.asarray(rows, dtype=np.float64).reshape(len(candidates), len(FEATURES))


class _Passages:
    """What holds of the passages that the candidates come from, by their number."""

    def __init__(self, candidates: Sequence[Candidate], terms: Sequence[set[str]], cosine: Sequence[float]) -> None:
        self.rank: dict[int, int] = {}
        self.terms: dict[int, set[str]] = {}
        self.cosine: dict[int, float] = {}
        scores = [one.evidence.score for one in candidates]
        self._top, self._low = max(scores, default=0.0), min(scores, default=0.0)
        self._numbers = [one.evidence.number for one in candidates]
        for one, its, near in zip(candidates, terms, cosine, strict=True):
            number = one.evidence.number
            if number not in self.rank:
                passage = one.evidence.passage
                self.rank[number] = len(self.rank)
                place = " ".join((passage.title, passage.lead, *passage.heading_path))
                self.terms[number] = set(index_terms(place))
            self.terms[number].update(its)
            self.cosine[number] = max(self.cosine.get(number, -1.0), near)

    def same(self, at: int, near: int) -> bool:
        """Whether two candidates stand in one passage."""
        return 0 <= near < len(self._numbers) and self._numbers[at] == self._numbers[near]

    def share(self, one: Candidate) -> float:
        """The retriever's score of a candidate's passage, from 0 (the worst here) to 1 (the best)."""
        return (one.evidence.score - self._low) / (self._top - self._low) if self._top > self._low else 1.0


def _near_pairs(terms: Sequence[str]) -> set[tuple[str, str]]:
    """Terms that follow one another within three places."""
    return {(first, second) for gap in (1, 2, 3) for first, second in zip(terms, terms[gap:], strict=False)}


def _cosines(asked: Sequence[str], candidates: Sequence[Candidate], encoder: Encoder | None) -> tuple[list[float], ...]:
    """For each of the texts asked with, how near every candidate is to it."""
    if encoder is None or not candidates:
        return tuple([0.0] * len(candidates) for _ in asked)
    vectors = encoder.encode([*asked, *(one.text for one in candidates)])
    return tuple((vectors[len(asked) :] @ vectors[at]).tolist() for at in range(len(asked)))
