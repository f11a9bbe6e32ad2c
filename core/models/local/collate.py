"""Several prompts as one batch: tokens padded on the left, pictures one after the other."""

from collections.abc import Sequence

import torch


def collate(inputs: Sequence[dict[str, torch.Tensor]], pad: int) -> dict[str, torch.Tensor]:
    """The inputs of several prompts as those of one batch.

    What has a number per token is padded on the left. Everything else belongs to pictures, and is padded with zeros to
    the largest and put one after the other, as processors do it for batches (`collates` asks whether this one does).
    """
    if len(inputs) == 1:
        return dict(inputs[0])
    longest = max(one["input_ids"].shape[1] for one in inputs)
    batch: dict[str, torch.Tensor] = {}
    for name in dict.fromkeys(name for one in inputs for name in one):
        if all(name in one and one[name].shape == one["input_ids"].shape for one in inputs):
            filling = pad if name == "input_ids" else 0
            batch[name] = torch.cat([_left_padded(one[name], longest, filling) for one in inputs])
        else:
            batch[name] = _stacked([one[name] for one in inputs if name in one])
    return batch


def _left_padded(values: torch.Tensor, length: int, filling: int) -> torch.Tensor:
    return torch.nn.functional.pad(values, (length - values.shape[1], 0), value=filling)


def _stacked(values: Sequence[torch.Tensor]) -> torch.Tensor:
    largest = [max(sizes) for sizes in zip(*(value.shape[1:] for value in values), strict=True)]
    padded: list[torch.Tensor] = []
    for value in values:
        padding: list[int] = []
        for wanted, size in zip(reversed(largest), reversed(value.shape[1:]), strict=True):
            padding += [0, wanted - size]
        padded.append(torch.nn.functional.pad(value, padding) if any(padding) else value)
    return torch.cat(padded)
