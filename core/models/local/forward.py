"""One pass through a model: over whole prompts, or one token further for each running answer.

What differs between architectures is asked of the model: its positions (Qwen's have three axes), what its forward
takes, and what kind of cache it keeps.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import torch
from transformers import DynamicCache

from core.models.local.collate import collate
from core.models.local.slots import SlotCache, can_take_rows


@dataclass(frozen=True)
class Filled:
    """What prompts left behind: the cache, the logits after each (rows, vocabulary), the next positions (..., rows)."""

    cache: Any
    logits: torch.Tensor
    positions: torch.Tensor
    mask: torch.Tensor


class Running(Protocol):
    """The caches of running answers, a row each; `drop` puts the last row into the place of the dropped one."""

    joinable: bool
    """Whether others may join between steps."""

    def join(self, filled: Filled) -> None:
        """Take the rows of prompts in, after those that run."""
        ...

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """One token further, of shape (rows,); answers logits of shape (rows, vocabulary)."""
        ...

    def drop(self, row: int) -> None:
        """Let an answer go."""
        ...


class Forward:
    """A model's forward pass, with what has to be known of the model."""

    def __init__(self, model: Any, device: torch.device, dtype: torch.dtype, pad: int) -> None:
        self.model = model
        self.device = device
        self._dtype = dtype
        self._pad = pad
        parameters = inspect.signature(model.forward).parameters
        self._takes = set(parameters)
        self._takes_all = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values())

    def prompts(self, inputs: Sequence[dict[str, torch.Tensor]]) -> Filled:
        """Read prompts, side by side."""
        batch = {name: self._moved(value) for name, value in collate(inputs, self._pad).items()}
        mask = batch.setdefault("attention_mask", torch.ones_like(batch["input_ids"]))
        positions = self._positions(batch)
        known = {name: value for name, value in batch.items() if name in self._takes or self._takes_all}
        cache = DynamicCache(config=self.model.config)
        output = self.model(**known, position_ids=positions, past_key_values=cache, use_cache=True, **self._only_last())
        return Filled(output.past_key_values, output.logits[:, -1], positions[..., -1] + 1, mask)

    def token(self, tokens: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache: Any) -> torch.Tensor:
        """One token further for each row; logits of shape (rows, vocabulary)."""
        output = self.model(
            input_ids=tokens[:, None],
            attention_mask=mask,
            position_ids=positions[..., None],
            past_key_values=cache,
            use_cache=True,
            **self._only_last(),
        )
        return output.logits[:, -1]

    def running(self, filled: Filled) -> Running:
        """The rows of prompts as running answers, in what fits the cache that the model keeps."""
        return SlotRows(self, filled) if can_take_rows(filled.cache) else FixedRows(self, filled)

    def _positions(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """The tokens' positions, as `generate` asks for them; of shape (rows, tokens) or (axes, rows, tokens)."""
        prepare = getattr(self.model, "_prepare_position_ids_for_generation", None)
        if prepare is None:
            mask = batch["attention_mask"]
            return (mask.long().cumsum(-1) - 1).masked_fill(mask == 0, 0)
        return prepare(batch["input_ids"], dict(batch))

    def _moved(self, value: torch.Tensor) -> torch.Tensor:
        return value.to(self.device, self._dtype if value.is_floating_point() else value.dtype)

    def _only_last(self) -> dict[str, int]:
        return {"logits_to_keep": 1} if "logits_to_keep" in self._takes else {}


class SlotRows:
    """Answers in slots, which come and go between any two steps."""

    joinable = True

    def __init__(self, forward: Forward, filled: Filled) -> None:
        self._forward = forward
        self._cache = SlotCache(forward.device)
        self._positions = filled.positions
        self._take(filled)

    def join(self, filled: Filled) -> None:
        """Take the rows of prompts in."""
        self._take(filled)
        self._positions = torch.cat([self._positions, filled.positions], dim=-1)

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """One token further."""
        logits = self._forward.token(tokens, self._cache.mask(), self._positions, self._cache)
        self._cache.stepped()
        self._positions = self._positions + 1
        return logits

    def drop(self, row: int) -> None:
        """Let an answer go."""
        self._cache.drop(row)
        self._positions = self._positions[..., _without(row, self._positions.shape[-1])]

    def _take(self, filled: Filled) -> None:
        paddings = cast(list[int], (filled.mask == 0).sum(dim=1).tolist())  # pyright: ignore[reportUnknownMemberType]
        for row, padding in enumerate(paddings):
            self._cache.take(filled.cache, row, padding)


class FixedRows:
    """Answers in the cache that the model itself keeps (sliding windows, linear attention): nobody joins on the way."""

    joinable = False

    def __init__(self, forward: Forward, filled: Filled) -> None:
        self._forward = forward
        self._cache = filled.cache
        self._mask = filled.mask
        self._positions = filled.positions

    def join(self, filled: Filled) -> None:
        """Refuses: rows of such a cache can't be moved."""
        raise RuntimeError("answers can't join those in a cache of this kind")

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """One token further."""
        mask = torch.cat([self._mask, self._mask.new_ones((self._mask.shape[0], 1))], dim=1)
        logits = self._forward.token(tokens, mask, self._positions, self._cache)
        self._mask, self._positions = mask, self._positions + 1
        return logits

    def drop(self, row: int) -> None:
        """Let an answer go."""
        kept = torch.tensor(_without(row, self._mask.shape[0]), device=self._mask.device)
        self._cache.reorder_cache(kept)
        self._mask, self._positions = self._mask[kept], self._positions[..., kept]


def _without(row: int, rows: int) -> list[int]:
    """The order of the rows that stay, the last in the place of the dropped one."""
    order = list(range(rows))
    order[row] = order[-1]
    return order[:-1]
