"""Documents that come along with a question: read like those of the knowledge, for their conversation alone.

They are cut, encoded and ranked in memory, and nothing of them is kept but a few that were read last.
"""

import asyncio
import hashlib
import math
from collections import Counter, OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import DocumentError
from core.knowledge.chunking import cut
from core.knowledge.documents import Passage
from core.knowledge.index import Hit
from core.knowledge.loaders import MOST_BYTES, load_file
from core.knowledge.loaders.source import SourceFile
from core.knowledge.passages import PLACE_TOKENS, embedding_text, passages_of
from core.knowledge.ranking import rerank
from core.knowledge.terms import index_terms
from core.language import detect_language
from core.models.encoder import Encoder
from core.reading.questions import content_terms

KEPT = 16
"""So many documents that were read stay at hand."""
MOST_PASSAGES = 400
"""What is read of one document: about two hundred pages."""
CANDIDATES = 40
"""So many passages, the best by words, are also compared by meaning."""
_WITHOUT_ENCODER_TOKENS = 240
_K1, _B = 1.2, 0.75
"""The constants of BM25 (Robertson and Zaragoza 2009, section 3.5)."""


class AttachedDocuments:
    """Reads attached documents and finds what answers a question in them."""

    def __init__(self, encoder: Encoder | None) -> None:
        self._encoder = encoder
        self._read: OrderedDict[str, list[Passage]] = OrderedDict()

    async def read(self, name: str, data: bytes) -> list[Passage]:
        """The passages of a document, in order. Raises `DocumentError`, which says why it can't be read."""
        key = hashlib.sha256(name.encode() + b"\0" + data).hexdigest()
        if key not in self._read:
            self._read[key] = await asyncio.to_thread(self._passages, name, data)
            while len(self._read) > KEPT:
                self._read.popitem(last=False)
        self._read.move_to_end(key)
        return self._read[key]

    def _passages(self, name: str, data: bytes) -> list[Passage]:
        if len(data) > MOST_BYTES:
            raise DocumentError(f"{name} is over {MOST_BYTES // 2**20} MiB.", hint="Split it into parts.")
        called = name.replace("\\", "/").rpartition("/")[2] or "document"
        # Its links lead nowhere: there is no folder that it stands in.
        document = load_file(SourceFile(path=Path(called), root=Path("/nonexistent"), name=called, data=data))
        encoder = self._encoder
        chunks = cut(
            document,
            count_tokens=encoder.count_tokens if encoder else lambda texts: [len(text) // 4 for text in texts],
            budget=encoder.token_limit - PLACE_TOKENS if encoder else _WITHOUT_ENCODER_TOKENS,
            languages=encoder.languages if encoder else frozenset(),
        )
        source = f"attached:{hashlib.sha256(data).hexdigest()[:12]}"
        return passages_of(document, chunks[:MOST_PASSAGES], source=source, path=called, audience=())

    async def find(self, question: str, passages: Sequence[Passage], found: Sequence[Hit], limit: int) -> list[Hit]:
        """The best of these passages and of what the knowledge holds, best first.

        Where a question names nothing that stands in them ("sum this up"), they are taken from the beginning, beside
        what the knowledge holds of what it does name.
        """
        return await asyncio.to_thread(self._find, question, passages, found, limit)

    def _find(self, question: str, passages: Sequence[Passage], found: Sequence[Hit], limit: int) -> list[Hit]:
        lexical = _bm25(question, passages)
        best = sorted(range(len(passages)), key=lambda at: (-lexical[at], at))[:CANDIDATES]
        if not any(lexical):
            asked = set(content_terms(question))
            named = [hit for hit in found if asked & set(index_terms(hit.passage.text))]
            return [*named[: limit // 2], *(Hit(passage=one, score=0.0) for one in passages)][:limit]
        dense = self._cosines(question, [passages[at] for at in best])
        hits = [
            Hit(passage=passages[at], score=0.0, lexical=lexical[at] or None, dense=cosine)
            for at, cosine in zip(best, dense, strict=True)
        ]
        return rerank(question, [*hits, *found], encoded=any(one is not None for one in dense))[:limit]

    def _cosines(self, question: str, passages: Sequence[Passage]) -> list[float | None]:
        encoder = self._encoder
        unread: list[float | None] = [None] * len(passages)
        if encoder is None:
            return unread
        if encoder.languages is not None and detect_language(question) not in encoder.languages:
            return unread
        texts = [embedding_text(passage, encoder.languages) for passage in passages]
        vectors = np.asarray(encoder.encode([question, *texts]), dtype=np.float64)
        cosines = vectors[1:] @ vectors[0] / (np.linalg.norm(vectors[1:], axis=1) * np.linalg.norm(vectors[0]) + 1e-12)
        return [float(cosine) if text else None for cosine, text in zip(cosines, texts, strict=True)]


def _bm25(question: str, passages: Sequence[Passage]) -> list[float]:
    """Okapi BM25 of each passage for the question's terms."""
    counts = [Counter(index_terms(" ".join([*one.heading_path, one.text]))) for one in passages]
    lengths = [sum(count.values()) for count in counts]
    average = sum(lengths) / max(1, len(lengths)) or 1.0
    scores = [0.0] * len(passages)
    for term in dict.fromkeys(content_terms(question)):
        holding = sum(term in count for count in counts)
        weight = math.log(1 + (len(counts) - holding + 0.5) / (holding + 0.5))
        for at, count in enumerate(counts):
            if often := count[term]:
                scores[at] += weight * often * (_K1 + 1) / (often + _K1 * (1 - _B + _B * lengths[at] / average))
    return scores
