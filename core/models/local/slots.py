"""Keys and values of all running answers in one cache: a row each, filled from the left, whatever the others' lengths.

A new answer is copied into a free row, and a finished one is overwritten by the last, without touching the rest; so
answers join and leave between any two steps. The step's mask says how much of each row holds, and since every token's
position is given to the model, where in its row a token lies does not matter. Buffers grow in blocks: the cache that
transformers keeps is copied wholly at each step.
"""

from typing import Any, cast

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

BLOCK = 128
"""Tokens by which the rows grow."""


def can_take_rows(cache: Any) -> bool:
    """Whether rows of this cache can be moved into slots: plain full attention in each layer, and nothing else kept."""
    layers = cast(list[Any], getattr(cache, "layers", None) or [])
    return (
        isinstance(cache, DynamicCache)
        and bool(layers)
        and all(type(layer) is DynamicLayer and layer.is_initialized for layer in layers)
    )


class SlotCache(DynamicCache):
    """A cache for steps of one token a row. `lengths` says how many tokens each of the running rows holds."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self.device = device
        self.layers: list[Any] = []
        self.lengths = torch.zeros(0, dtype=torch.long, device=device)
        self.longest = 0

    @property
    def rows(self) -> int:
        """How many answers are running."""
        return int(self.lengths.shape[0])

    def take(self, cache: Any, row: int, padding: int) -> None:
        """Move a row of a prompt's cache in; its first `padding` tokens are padding."""
        source = cast(list[Any], cache.layers)
        if not self.layers:
            self.layers = [_SlotLayer(self) for _ in source]
        length = int(source[0].keys.shape[-2]) - padding
        for ours, theirs in zip(self.layers, source, strict=True):
            ours.write(self.rows, theirs.keys[row, :, padding:], theirs.values[row, :, padding:])
        self.lengths = torch.cat([self.lengths, self.lengths.new_tensor([length])])
        self.longest = max(self.longest, length)

    def drop(self, row: int) -> None:
        """Let a row go; the last one takes its place."""
        last = self.rows - 1
        if row != last:
            for layer in self.layers:
                layer.move(last, row)
            self.lengths[row] = self.lengths[last]
        self.lengths = self.lengths[:last]
        self.longest = int(self.lengths.max()) if last else 0

    def mask(self) -> torch.Tensor:
        """The next step's attention mask, of shape (rows, longest + 1): what each row holds, its new token included."""
        return (torch.arange(self.longest + 1, device=self.device) <= self.lengths[:, None]).long()

    def stepped(self) -> None:
        """A step has succeeded: every row holds one token more. A failed one is simply done again."""
        self.lengths = self.lengths + 1
        self.longest += 1


class _SlotLayer(DynamicLayer):
    """Keys and values of one layer, each of shape (slots, heads, capacity, dimension)."""

    def __init__(self, cache: SlotCache) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType]
        self._cache = cache

    def write(self, row: int, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Fill a row from the left; of shape (heads, tokens, dimension)."""
        all_keys, all_values = self._with_room(row + 1, keys.shape[1] + 1, keys, values)
        all_keys[row, :, : keys.shape[1]] = keys
        all_values[row, :, : values.shape[1]] = values

    def move(self, source: int, target: int) -> None:
        """Copy what a row holds over another."""
        length = int(self._cache.lengths[source])
        for buffer in (self.keys, self.values):
            if buffer is not None:
                buffer[target, :, :length] = buffer[source, :, :length]

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Add one token to each row, of shape (rows, heads, 1, dimension); answers all that the rows hold."""
        lengths, longest, rows = self._cache.lengths, self._cache.longest, key_states.shape[0]
        keys, values = self._with_room(rows, longest + 1, key_states[0], value_states[0])
        numbers = torch.arange(rows, device=lengths.device)
        keys[numbers, :, lengths] = key_states[:, :, 0]
        values[numbers, :, lengths] = value_states[:, :, 0]
        return keys[:rows, :, : longest + 1], values[:rows, :, : longest + 1]

    def get_seq_length(self) -> int:
        """The longest row."""
        return self._cache.longest

    def _with_room(
        self, rows: int, tokens: int, keys: torch.Tensor, values: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The buffers, grown to so many rows and tokens; `keys` and `values` show what they are to be like."""
        held = (0, 0) if self.keys is None else (int(self.keys.shape[0]), int(self.keys.shape[2]))
        if self.keys is not None and self.values is not None and rows <= held[0] and tokens <= held[1]:
            return self.keys, self.values
        capacity = max(held[1], -(-tokens // BLOCK) * BLOCK)
        all_keys = _grown(self.keys, max(rows, held[0]), capacity, keys)
        all_values = _grown(self.values, max(rows, held[0]), capacity, values)
        self.keys, self.values, self.is_initialized = all_keys, all_values, True
        return all_keys, all_values


def _grown(old: torch.Tensor | None, rows: int, capacity: int, like: torch.Tensor) -> torch.Tensor:
    """A larger buffer with what the old one held. Zeros, since what is masked must at least be a number."""
    new = like.new_zeros((rows, like.shape[0], capacity, like.shape[-1]))
    if old is not None:
        new[: old.shape[0], :, : old.shape[2]] = old
    return new
