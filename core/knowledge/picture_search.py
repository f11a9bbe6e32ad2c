"""Finding pictures by words, and by another picture: candidates from the index, ranked by words, meaning and looks.

The words of a picture are of different kinds: what can be read in it, what its pages say, how it looks. Joined into one
text, a screenshot full of letters drowns the sentence that introduces it; so they are ranked as fields (BM25F), each by
its own length, and that ranking is added to the encoder's and the picture encoder's, all in standard scores over the
candidates. A picture that is searched by is taken for the words that can be said of it, and for what it looks like.
"""

import asyncio
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.knowledge.access import Readable
from core.knowledge.documents import Passage, PictureFacts
from core.knowledge.index import Hit, ImageVector, SearchQuery, Vectors
from core.knowledge.picture_passages import near
from core.knowledge.terms import index_terms
from core.language import detect_language
from core.messages import EVERYONE
from core.models.encoder import Encoder
from core.models.picture_encoder import PictureEncoder

CANDIDATES = 200
QUESTION_CHARACTERS = 2000
READ = 1.0
"""How much the encoder's ranking counts beside the words', for a question in a language that it reads."""
HALF_READ = 0.5
"""The same for a question in another language that holds Latin words, as product names in a Chinese one."""
LOOKS = 1.0
"""How much the picture encoder's ranking counts beside the words', for words in a language that it reads."""
LIKENESS = 2.0
"""The same for a picture that is searched by: the words that can be said of it say less of it than its looks."""
SATURATION, LENGTH = 1.2, 0.75
"""k1 and b of BM25F (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009)."""

_LATIN = re.compile(r"[A-Za-z]{2}")

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class SearchedPicture:
    """A normalized picture that others are to be like, with the words that can be said of it."""

    sha256: str
    data: bytes
    words: str = ""


async def find_pictures(
    question: str,
    index: Readable,
    encoder: Encoder | None,
    *,
    picture_encoder: PictureEncoder | None = None,
    like: SearchedPicture | None = None,
    limit: int = 10,
    audience: tuple[str, ...] = (EVERYONE,),
    sources: Sequence[str] | None = None,
) -> list[Hit]:
    """The pictures that fit a description best, or are most `like` a picture, best first; the very same comes first.

    Raises:
        IndexUnavailableError: the index can't be read.
        ModelUnavailableError: an encoder can't be loaded.
    """
    words = "\n".join(part for part in (question.strip(), like.words if like else "") if part)[:QUESTION_CHARACTERS]
    image = await _image(question.strip(), like, picture_encoder)
    if not words and image is None and like is None:
        return []
    weight = _dense_weight(words, encoder)
    vector = None
    if encoder is not None and weight > 0:
        vector = tuple((await asyncio.to_thread(encoder.encode, [words]))[0].tolist())
    image_weight = LIKENESS if like is not None else LOOKS
    query = SearchQuery(
        text=words,
        vector=vector,
        dense_weight=weight / (1 + weight),
        image=image,
        image_weight=image_weight / (1 + weight + image_weight),
        limit=CANDIDATES,
        audience=audience,
        sources=tuple(sources) if sources is not None else None,
        kinds=("picture",),
    )
    candidates = await index.search(query)
    ranked = await asyncio.to_thread(
        rank_pictures, words, candidates, dense_weight=weight, image_weight=image_weight if image is not None else 0.0
    )
    if like is not None:
        same = [
            Hit(passage=passage, score=1.0, image=1.0 if image is not None else None)
            for passage in await index.showing(like.sha256, audience)
            if sources is None or passage.source in sources
        ]
        ids = {hit.passage.id for hit in same}
        ranked = [*same, *(hit for hit in ranked if hit.passage.id not in ids)]
    return ranked[:limit]


async def _image(question: str, like: SearchedPicture | None, encoder: PictureEncoder | None) -> ImageVector | None:
    """What is compared with the vectors `image`: the picture itself, or a description that the encoder reads."""
    if encoder is None:
        return None

    def encoded() -> Vectors | None:
        if like is not None:
            return encoder.encode_pictures([like.data])
        if not question or (encoder.languages is not None and detect_language(question) not in encoder.languages):
            return None
        return encoder.encode_texts([question])

    vectors = await asyncio.to_thread(encoded)
    return ImageVector(encoder=encoder.name, values=tuple(vectors[0].tolist())) if vectors is not None else None


def rank_pictures(
    question: str, candidates: Sequence[Hit], *, dense_weight: float = READ, image_weight: float = 0.0
) -> list[Hit]:
    """Candidates ranked again, best first; scores lie between 0 and 1 and order this list alone."""
    if not candidates:
        return []
    words = _word_scores(index_terms(question), [hit.passage for hit in candidates])
    dense = np.array([hit.dense or 0.0 for hit in candidates])
    looks = np.array([hit.image if hit.image is not None else np.nan for hit in candidates])
    total = standard_scores(words) + dense_weight * standard_scores(dense) + image_weight * standard_scores(looks)
    total /= 1 + dense_weight + image_weight
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


def standard_scores(scores: Scores) -> Scores:
    """Standard scores; what has none (not a number) is taken for an average one."""
    known = scores[~np.isnan(scores)]
    spread = float(known.std()) if len(known) else 0.0
    return np.nan_to_num((scores - known.mean()) / spread, nan=0.0) if spread > 1e-9 else np.zeros_like(scores)
