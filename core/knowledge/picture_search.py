"""Finding pictures by words: candidates from the index, ranked by where in a picture's words the question is found.

The words of a picture are of different kinds: what can be read in it, what its pages say, how it looks. Joined into one
text, a screenshot full of letters drowns the sentence that introduces it; so they are ranked as fields (BM25F), each by
its own length, and that ranking is added to the encoder's, both in standard scores over the candidates.
"""

import asyncio
import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.knowledge.documents import Passage, PictureFacts
from core.knowledge.index import Hit, KnowledgeIndex, SearchQuery
from core.knowledge.picture_passages import near
from core.knowledge.terms import index_terms
from core.language import detect_language
from core.messages import EVERYONE
from core.models.encoder import Encoder

CANDIDATES = 200
QUESTION_CHARACTERS = 2000
READ = 1.0
"""How much the encoder's ranking counts beside the words', for a question in a language that it reads."""
HALF_READ = 0.5
"""The same for a question in another language that holds Latin words, as product names in a Chinese one."""
SATURATION, LENGTH = 1.2, 0.75
"""k1 and b of BM25F (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009)."""

_LATIN = re.compile(r"[A-Za-z]{2}")

Scores = NDArray[np.float64]


async def find_pictures(
    question: str,
    index: KnowledgeIndex,
    encoder: Encoder | None,
    *,
    limit: int = 10,
    audience: tuple[str, ...] = (EVERYONE,),
    sources: Sequence[str] | None = None,
) -> list[Hit]:
    """The pictures that fit a description best, best first.

    Raises:
        IndexUnavailableError: the index can't be read.
        ModelUnavailableError: the encoder can't be loaded.
    """
    question = question[:QUESTION_CHARACTERS].strip()
    if not question:
        return []
    weight = _dense_weight(question, encoder)
    vector = None
    if encoder is not None and weight > 0:
        vector = tuple((await asyncio.to_thread(encoder.encode, [question]))[0].tolist())
    query = SearchQuery(
        text=question,
        vector=vector,
        dense_weight=weight / (1 + weight),
        limit=CANDIDATES,
        audience=audience,
        sources=tuple(sources) if sources is not None else None,
        kinds=("picture",),
    )
    candidates = await index.search(query)
    return (await asyncio.to_thread(rank_pictures, question, candidates, dense_weight=weight))[:limit]


def rank_pictures(question: str, candidates: Sequence[Hit], *, dense_weight: float = READ) -> list[Hit]:
    """Candidates ranked again, best first; scores lie between 0 and 1 and order this list alone."""
    if not candidates:
        return []
    words = _word_scores(index_terms(question), [hit.passage for hit in candidates])
    dense = np.array([hit.dense or 0.0 for hit in candidates])
    total = (_standard(words) + dense_weight * _standard(dense)) / (1 + dense_weight)
    scores = 1 / (1 + np.exp(-total))
    order = sorted(range(len(candidates)), key=lambda at: (-scores[at], candidates[at].passage.id))
    return [candidates[at].model_copy(update={"score": float(scores[at]), "first_rank": at + 1}) for at in order]


def _dense_weight(question: str, encoder: Encoder | None) -> float:
    if encoder is None:
        return 0.0
    if encoder.languages is None or detect_language(question) in encoder.languages:
        return READ
    return HALF_READ if _LATIN.search(question) else 0.0


def _fields(facts: PictureFacts) -> dict[str, tuple[str, float]]:
    """The words of a picture by kind, and how much each counts: of a context its end the most."""
    return {
        "ocr": (facts.ocr, 1.0),
        "caption": (facts.caption, 1.0),
        "appearance": (facts.appearance, 1.0),
        "near": (near(facts.context), 1.0),
        "headings": (facts.headings, 1.0),
        "alt": (facts.alt, 1.0),
        "context": (facts.context, 0.5),
    }


def _word_scores(terms: Sequence[str], passages: Sequence[Passage]) -> Scores:
    """BM25F over the passages, which are also what says how rare a term is."""
    counted = [
        {name: (*_counts(text), weight) for name, (text, weight) in _fields(passage.picture).items()}
        if passage.picture is not None
        else {"text": (*_counts(passage.text), 1.0)}
        for passage in passages
    ]
    lengths: dict[str, list[int]] = {}
    for fields in counted:
        for name, (_, length, _) in fields.items():
            lengths.setdefault(name, []).append(length)
    mean = {name: max(1.0, sum(of_field) / len(of_field)) for name, of_field in lengths.items()}
    scores = np.zeros(len(passages))
    for term in set(terms):
        found = np.array(
            [
                sum(
                    weight * counts[term] / (1 - LENGTH + LENGTH * length / mean[name])
                    for name, (counts, length, weight) in fields.items()
                    if term in counts
                )
                for fields in counted
            ]
        )
        having = int((found > 0).sum())
        rarity = math.log(1 + (len(passages) - having + 0.5) / (having + 0.5))
        scores += rarity * found * (SATURATION + 1) / (SATURATION + found)
    return scores


@lru_cache(maxsize=20_000)
def _counts(text: str) -> tuple[Counter[str], int]:
    terms = index_terms(text)
    return Counter(terms), len(terms)


def _standard(scores: Scores) -> Scores:
    spread = float(scores.std())
    return (scores - scores.mean()) / spread if spread > 1e-9 else np.zeros_like(scores)
