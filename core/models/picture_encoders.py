"""Choosing the picture encoder: any cross-modal model that sentence-transformers loads (SigLIP, CLIP, Qwen3-VL)."""

import io
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import SettingsError
from core.knowledge.index import Vectors
from core.models.picture_encoder import PictureEncoder
from core.models.sentence_models import load_sentence_model

if TYPE_CHECKING:
    from PIL.Image import Image

AT_ONCE = 8
"""Pictures of one batch: their pixels, unlike words, fill the memory soon."""
CHINESE = "请问部署流水线的示意图在哪里"
TOKENS_PER_LETTER = 1.5
"""A vocabulary that knows Chinese has a token for each of its letters or fewer; one that does not spells out bytes."""


def load_picture_encoder(name: str) -> PictureEncoder | None:
    """The picture encoder that a setting names; None for an empty name.

    Nothing heavy happens before its first use.
    """
    return SentenceTransformerPictureEncoder(name) if name else None


class SentenceTransformerPictureEncoder:
    """A model that puts words and pictures into one space, by its name on the hub or its folder."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    @property
    def languages(self) -> frozenset[str] | None:
        """English alone where its vocabulary does not know Chinese letters; what a model reads it does not say."""
        return None if self._reads_chinese else frozenset({"en"})

    def encode_pictures(self, pictures: Sequence[bytes]) -> Vectors:
        """Shape (len(pictures), dimension), float32, rows of length 1."""
        return self._encode(self._model.encode_document, [_opened(data) for data in pictures])

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, rows of length 1; what is too long for the model is cut off."""
        return self._encode(self._model.encode_query, list(texts))

    def _encode(self, encode: Any, inputs: "Sequence[str | Image]") -> Vectors:
        if not inputs:
            return np.zeros((0, self.dimension), dtype=np.float32)
        with self._lock:
            encoded = encode(inputs, normalize_embeddings=True, show_progress_bar=False, batch_size=AT_ONCE)
        return np.asarray(encoded, dtype=np.float32).reshape(len(inputs), -1)

    @cached_property
    def _dimension(self) -> int:
        return self.encode_texts(["a picture"]).shape[1]

    @cached_property
    def _reads_chinese(self) -> bool:
        tokenizer = self._model.tokenizer
        tokenizer = getattr(tokenizer, "tokenizer", tokenizer)  # of a processor
        ids = list(tokenizer(CHINESE, add_special_tokens=False)["input_ids"])
        unknown = ids.count(tokenizer.unk_token_id) if tokenizer.unk_token_id is not None else 0
        return unknown == 0 and len(ids) <= TOKENS_PER_LETTER * len(CHINESE)

    @cached_property
    def _model(self) -> Any:
        with self._lock:
            model = _load(self.name)
        if not (model.supports("text") and model.supports("image")):
            raise SettingsError(
                f'The picture encoder "{self.name}" encodes {" and ".join(model.modalities)}, not text and pictures.',
                hint="Set LORELENS_PICTURE_ENCODER to a cross-modal model such as google/siglip2-base-patch16-224.",
            )
        _pad_as_trained(model)
        return model


def _load(name: str) -> Any:
    return load_sentence_model(
        "SentenceTransformer",
        name,
        called="picture encoder",
        without="without LORELENS_PICTURE_ENCODER pictures are found by their words.",
        needs=" (torchvision from PyTorch's own index, in the version that belongs to it); SigLIP and CLIP do without",
    )


def _pad_as_trained(model: Any) -> None:
    """SigLIP learned from texts padded to their full length, and reads others badly; its own settings come first."""
    first = model[0]
    kind = getattr(getattr(first, "config", None), "model_type", "")
    if str(kind).startswith("siglip") and not first.processing_kwargs.get("text"):
        first.processing_kwargs = {**first.processing_kwargs, "text": {"padding": "max_length"}}


def _opened(data: bytes) -> "Image":
    from PIL import Image

    with Image.open(io.BytesIO(data)) as opened:
        return opened.convert("RGB")
