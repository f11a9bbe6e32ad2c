"""From passages to their vectors."""

import asyncio
from collections.abc import Sequence

import numpy as np

from core.knowledge.documents import Passage
from core.knowledge.index import Vectors
from core.knowledge.passages import embedding_text
from core.models.encoder import Encoder

AT_ONCE = 16_000
"""Characters of one call to the encoder: enough to fill a batch, few enough that an interrupt is heard soon."""


async def encode_passages(encoder: Encoder | None, passages: Sequence[Passage]) -> Vectors | None:
    """Shape (len(passages), dimension), a row of zeros for what the encoder can't read; None without an encoder.

    Texts of like length are encoded together, so that little is computed for padding.
    """
    if encoder is None or not passages:
        return None
    texts = [embedding_text(passage, encoder.languages) for passage in passages]
    vectors = np.zeros((len(texts), encoder.dimension), dtype=np.float32)
    readable = sorted((at for at, text in enumerate(texts) if text.strip()), key=lambda at: len(texts[at]))
    while readable:
        size = max(1, AT_ONCE // len(texts[readable[-1]]))
        batch, readable = readable[-size:], readable[:-size]
        vectors[batch] = await asyncio.to_thread(encoder.encode, [texts[at] for at in batch])
    return vectors
