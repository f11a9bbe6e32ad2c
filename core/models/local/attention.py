"""Where a local model looks in its pictures while it says an answer: its attention from words to picture tokens.

The prompt is read as always; then the answer is put into the model's mouth token by token, with the plain attention
that tells its weights. So only one row of weights per layer and head is in memory at a time, long as the prompt may be.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.models.local.forward import Forward
from core.models.local.loading import LoadedModel
from core.models.local.picture_grids import NoAttentionError, PictureGrid, picture_grids
from core.models.local.prompt import Prompt, PromptBuilder

ANSWER_TOKENS = 256
"""Of a longer answer only the beginning is looked at."""


@dataclass(frozen=True)
class Watched:
    """Attention to one picture: its grid, and `weights` of shape (layers, heads, tokens of the picture).

    A weight is the share of a head's whole attention, over all that it reads, averaged over the words asked for.
    """

    grid: PictureGrid
    weights: NDArray[np.float64]

    def heads(self) -> NDArray[np.float64]:
        """How much of its attention each head gives to the picture: shape (layers, heads)."""
        return self.weights.sum(axis=2)

    def map_of(self, layer: int, head: int) -> NDArray[np.float64]:
        """One head's attention laid over the picture, adding up to 1: shape (rows, columns)."""
        laid = self.grid.spread(self.weights[layer, head])
        return laid / max(float(laid.sum()), 1e-12)


def watch(loaded: LoadedModel, builder: PromptBuilder, prompt: Prompt, answer: str, *, part: str = "") -> list[Watched]:
    """The attention to each of the prompt's pictures while the model says `answer`, or only `part` of it.

    Where `part` does not stand in the answer, the whole answer is looked at. To be called on the model's own thread.

    Raises:
        NoAttentionError: where its picture tokens stand is not known, or its windows do not reach back to them.
    """
    grids = picture_grids(loaded.model, loaded.processor, prompt)
    if not grids:
        return []
    columns = np.concatenate([grid.positions for grid in grids])
    with torch.inference_mode():
        said = _Saying(loaded, prompt)
        with eager_attention(loaded.model):
            said.begin()
            tokens, spans = said.tokens_of(answer, builder)
            rows = said.say(tokens, _asked(answer, part, spans), columns)
    if not rows.any():
        raise NoAttentionError("No layer of this model reads its pictures and the answer at once.")
    ends = np.cumsum([len(grid.positions) for grid in grids])
    return [Watched(grid, rows[:, :, end - len(grid.positions) : end]) for grid, end in zip(grids, ends, strict=True)]


def _asked(answer: str, part: str, spans: list[tuple[int, int]]) -> set[int]:
    """The tokens that make up a part of the answer; all of them if there is no such part."""
    start = answer.casefold().find(part.casefold()) if part else -1
    chosen = {at for at, (begin, end) in enumerate(spans) if begin < start + len(part) and end > start >= 0}
    return chosen or set(range(len(spans))) or {0}


class _Saying:
    """A prompt that was read but for its last token, from where the answer begins."""

    def __init__(self, loaded: LoadedModel, prompt: Prompt) -> None:
        self._loaded = loaded
        ids = prompt.inputs["input_ids"]
        self._last = int(ids[0, -1])
        self._length = int(ids.shape[1])
        cut = {name: value[:, :-1] if value.shape == ids.shape else value for name, value in prompt.inputs.items()}
        filled = Forward(loaded.model, loaded.device, loaded.dtype, pad=0).prompts([cut])
        self._cache = filled.cache
        self._positions = filled.positions
        self._mask = filled.mask
        self._begun: Any = None

    def begin(self) -> None:
        """Read the prompt's last token, which chooses the answer's first."""
        self._begun = self._step(self._last, watched=True)

    def tokens_of(self, answer: str, builder: PromptBuilder) -> tuple[list[int], list[tuple[int, int]]]:
        """The answer's tokens, and where in it each stands; no more than `ANSWER_TOKENS`.

        Models whose words begin with a space begin an answer with one or without; the model itself says which.
        """
        tokens, spans = builder.encode(answer)
        spaced, spaced_spans = builder.encode(f" {answer}")
        logits = self._begun.logits[0, -1]
        if tokens and spaced and logits[spaced[0]] > logits[tokens[0]]:
            tokens, spans = spaced, [(max(0, begin - 1), end - 1) for begin, end in spaced_spans]
        return tokens[:ANSWER_TOKENS], spans[:ANSWER_TOKENS]

    def say(self, tokens: list[int], asked: set[int], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """The mean attention of the asked tokens to the given columns: shape (layers, heads, columns).

        The attention that leads to a token is that of the step before it, which chose it.
        """
        output = self._begun
        rows: list[NDArray[np.float64]] = []
        for at in range(max(asked) + 1):
            if at > 0:
                output = self._step(tokens[at - 1], watched=at in asked)
            if at in asked:
                rows.append(_row(output.attentions, columns, self._length + at))
        return np.mean(rows, axis=0)

    def _step(self, token: int, *, watched: bool) -> Any:
        self._mask = torch.cat([self._mask, self._mask.new_ones((1, 1))], dim=1)
        output = self._loaded.model(
            input_ids=torch.tensor([[token]], device=self._loaded.device),
            attention_mask=self._mask,
            position_ids=self._positions[..., None],
            past_key_values=self._cache,
            use_cache=True,
            output_attentions=watched,
        )
        self._positions = self._positions + 1
        return output


def _row(attentions: Any, columns: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    """Shape (layers, heads, columns): each layer's newest row; zeros where a window has left a column behind."""
    known = [one for one in attentions if one is not None]
    rows = np.zeros((len(known), max(one.shape[1] for one in known), len(columns)))
    for layer, one in enumerate(known):
        places = columns - (length - one.shape[-1])
        rows[layer][:, places >= 0] = one[0, :, -1].double().cpu().numpy()[:, places[places >= 0]]
    return rows


@contextmanager
def eager_attention(model: Any) -> Generator[None]:
    """The language model with the plain attention, which tells its weights; afterwards as it was."""
    decoder = model.get_decoder()
    before = decoder.config._attn_implementation
    decoder.set_attn_implementation("eager")
    try:
        yield
    finally:
        decoder.set_attn_implementation(before)
