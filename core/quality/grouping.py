"""Texts that ask for the same, put together: by their vectors where the encoder reads their language, else by terms.

The text that most others are near leads a group, then the one of those that are left, and so on: greedy leader
clustering in the order of density (as the community detection of sentence-transformers). Texts that name different
numbers or codes ask for different things, however near they are.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.knowledge.terms import index_terms
from core.language import detect_language
from core.models.encoder import Encoder
from core.reading.questions import content_terms

COSINE = 0.65
"""From this cosine of two vectors on they ask for the same; measured on paraphrases with MiniLM (docs/quality.md)."""
OVERLAP = 0.45
"""From this cosine of two sets of content terms on."""

_TELLING = re.compile(r"[A-Za-z]*[-_]?\d[\w.:-]*")


def reads(encoder: Encoder | None, text: str) -> bool:
    """Whether an encoder reads the language of a text."""
    return encoder is not None and (encoder.languages is None or detect_language(text) in encoder.languages)


def encoded(
    texts: Sequence[str], encoder: Encoder | None, known: Mapping[str, NDArray[np.float32]]
) -> dict[str, NDArray[np.float32]]:
    """A vector for each text that the encoder reads; those that are known are not made again. Takes its time."""
    wanted = list(dict.fromkeys(text for text in texts if reads(encoder, text)))
    missing = [text for text in wanted if text not in known]
    made = encoder.encode(missing) if encoder is not None and missing else ()
    return {text: known[text] for text in wanted if text in known} | dict(zip(missing, made, strict=True))


def grouped(texts: Sequence[str], vectors: Mapping[str, NDArray[np.float32]]) -> list[list[int]]:
    """The positions of texts that ask for the same, each once; in a group its leader comes first."""
    near = _near(texts, vectors)
    left = np.ones(len(texts), dtype=bool)
    groups: list[list[int]] = []
    while left.any():
        crowds = np.where(left, near[:, left].sum(axis=1), -1)
        leader = int(crowds.argmax())
        members = [leader, *(int(at) for at in np.flatnonzero(near[leader] & left) if at != leader)]
        left[members] = False
        groups.append(members)
    return groups


def _near(texts: Sequence[str], vectors: Mapping[str, NDArray[np.float32]]) -> NDArray[np.bool_]:
    """Shape (n, n): whether two texts ask for the same."""
    near = _by_terms(texts)
    have = [at for at, text in enumerate(texts) if text in vectors]
    if have:
        matrix = np.stack([vectors[texts[at]] for at in have])
        near[np.ix_(have, have)] = matrix @ matrix.T >= COSINE
    telling = [frozenset(found.lower() for found in _TELLING.findall(text)) for text in texts]
    coded = [at for at, named in enumerate(telling) if named]
    for at in coded:
        for other in coded:
            if telling[at].isdisjoint(telling[other]):
                near[at, other] = False
    np.fill_diagonal(near, val=True)
    return near


def _by_terms(texts: Sequence[str]) -> NDArray[np.bool_]:
    sets = [frozenset(content_terms(text)) or frozenset(index_terms(text)) for text in texts]
    numbers = {term: at for at, term in enumerate(sorted({term for one in sets for term in one}))}
    rows: NDArray[np.float32] = np.zeros((len(texts), max(1, len(numbers))), dtype=np.float32)
    for at, one in enumerate(sets):
        rows[at, [numbers[term] for term in one]] = 1 / max(1, len(one)) ** 0.5
    product: NDArray[Any] = rows @ rows.T
    return product >= OVERLAP
