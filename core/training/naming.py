"""An auxiliary loss that teaches to see: each patch of a picture must name what its region shows.

A language model's loss reaches the picture encoder only through a few words at the end of a long way, and a small model
takes long to find out that the picture matters. Here each patch, projected into the language model's space, is held
against the word vectors: it must be near the words of the region that covers it most, and near the background's word
where none does.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.training.lessons import Region
from core.training.scratch_config import Naming

if TYPE_CHECKING:
    import torch

COVERED = 0.15
"""The share of a patch that a region must cover for the patch to name it."""


def region_of_patches(regions: Sequence[Region], grid: int) -> np.ndarray:
    """For each patch, row by row, the number of the region that covers most of it, or -1; shape (grid * grid,)."""
    owner = np.full((grid, grid), -1)
    covered = np.full((grid, grid), COVERED)
    edges = np.arange(grid) / grid
    for number, region in enumerate(regions):
        left, top, right, bottom = region.box
        width = (np.minimum(edges + 1 / grid, right) - np.maximum(edges, left)).clip(0) * grid
        height = (np.minimum(edges + 1 / grid, bottom) - np.maximum(edges, top)).clip(0) * grid
        share = np.outer(height, width)
        more = share > covered
        owner[more], covered[more] = number, share[more]
    return owner.ravel()


def naming_loss(
    patches: "torch.Tensor",
    word_vectors: "torch.Tensor",
    regions: Sequence[Sequence[Region]],
    word_numbers: dict[str, int],
    naming: Naming,
) -> "torch.Tensor":
    """The mean of what patches leave to be wished for in naming their region's words.

    Args:
        patches: projected patches, normalized as the language model's output is; (pictures, patches, width).
        word_vectors: (words, width).
        regions: the regions of each picture.
        word_numbers: the token of each word that regions use, and of the background's.
        naming: the weights.
    """
    import torch

    grid = int(patches.shape[1] ** 0.5)
    background = word_numbers[naming.background]
    most = max((len(region.words) for of_one in regions for region in of_one), default=1)
    # A region with fewer words than others leaves places empty; they count nothing.
    words = np.full((len(regions), grid * grid, most), -1)
    weights = np.full((len(regions), grid * grid), naming.background_weight, dtype=np.float32)
    for row, of_one in enumerate(regions):
        owner = region_of_patches(of_one, grid)
        words[row, owner == -1] = background
        weights[row, owner >= 0] = 1.0
        for number, region in enumerate(of_one):
            numbers = [word_numbers[word] for word in region.words]
            words[row, owner == number, : len(numbers)] = numbers
    targets, weight = torch.tensor(words, device=patches.device), torch.tensor(weights, device=patches.device)
    likelihood = (patches @ word_vectors.T).log_softmax(-1)
    named = likelihood.gather(-1, targets.clamp(min=0)) * (targets >= 0)
    return -(named.mean(-1) * weight).sum() / weight.sum()
