"""Several prompts as one batch: tokens padded on the left, pictures one after the other."""

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image


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
        if all(one[name].shape == one["input_ids"].shape for one in inputs if name in one):
            filling = pad if name == "input_ids" else 0
            values = [one.get(name, torch.zeros_like(one["input_ids"])) for one in inputs]
            batch[name] = torch.cat([_left_padded(value, longest, filling) for value in values])
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


def pad_of(tokenizer: Any) -> int:
    """The token that stands where there is none."""
    pad = tokenizer.pad_token_id
    return int(pad if pad is not None else tokenizer.eos_token_id or 0)


def collates(processor: Any) -> bool:
    """Whether `collate` makes of prompts with pictures what the processor makes of them; tried on blank pictures."""
    token = str(getattr(processor, "image_token", None) or "<image>")
    pictures = [Image.new("RGB", size, "gray") for size in ((64, 64), (96, 48), (48, 96))]
    prompts = [(token, pictures[:1]), (f"{token} a {token}", pictures[1:])]
    options: dict[str, Any] = {"return_tensors": "pt", "padding": True, "padding_side": "left"}
    try:
        wanted = processor(text=[text for text, _ in prompts], images=[shown for _, shown in prompts], **options)
        apart = [processor(text=[text], images=[shown], **options) for text, shown in prompts]
        made = collate(apart, pad_of(processor.tokenizer))
    except (ValueError, TypeError, RuntimeError, KeyError):
        return False
    return set(made) == set(wanted) and all(torch.equal(made[name], wanted[name]) for name in made)
