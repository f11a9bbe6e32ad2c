"""Batches to learn from: prompts with their answers, of which only the answers count."""

from collections.abc import Sequence

import torch

from core.models.local.collate import collate
from core.training.packing import IGNORED
from core.training.prompts import LearnedPrompt


def labelled(prompts: Sequence[LearnedPrompt], pad: int) -> dict[str, torch.Tensor]:
    """The prompts as one batch, filled up on the left as the engine does it, and `labels` of the same shape.

    A row ends with its answer, so the labels are its last tokens; all before them is `IGNORED`.
    """
    batch = collate([prompt.inputs for prompt in prompts], pad)
    labels = torch.full_like(batch["input_ids"], IGNORED)
    for row, prompt in enumerate(prompts):
        labels[row, -prompt.answer :] = batch["input_ids"][row, -prompt.answer :]
    return {**batch, "labels": labels}
