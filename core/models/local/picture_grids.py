"""Which part of a picture each of its tokens stands for, as the processors of each family of models cut pictures up."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from core.errors import LorelensError
from core.models.local.prompt import Prompt

Cells = NDArray[np.float64]
"""Shape (tokens, 4): left, top, right, bottom of what each token covers, in shares (0 to 1) of the picture's sides.

A token that stands for no place (a class token, the end of a row) covers nothing: all four are 0.
"""
_NOWHERE = np.zeros((1, 4))


class NoAttentionError(LorelensError):
    """This model's attention to its pictures can't be shown; the message says why."""

    code = "attention"


@dataclass(frozen=True)
class PictureGrid:
    """The tokens of one picture: their positions in the prompt, what each covers, and the finest grid among them."""

    positions: NDArray[np.int64]
    cells: Cells
    rows: int
    columns: int

    def spread(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weights of the tokens, each spread over what it covers of the picture: shape (rows, columns)."""
        down = _overlap(self.cells[:, 1], self.cells[:, 3], self.rows)
        across = _overlap(self.cells[:, 0], self.cells[:, 2], self.columns)
        return (down * weights[:, None]).T @ across


def picture_grids(model: Any, processor: Any, prompt: Prompt) -> list[PictureGrid]:
    """The grids of a prompt's pictures, in order.

    Raises:
        NoAttentionError: the family is not known, or the prompt's picture tokens are not those that it should have.
    """
    kind = str(model.config.model_type)
    family = _FAMILIES.get(kind)
    if family is None:
        raise NoAttentionError(
            f'Where the tokens of a picture stand is not known for models of the kind "{kind}".',
            hint=f"It is known for {', '.join(sorted(_FAMILIES))}.",
        )
    token = getattr(model.config, "image_token_id", None)
    token = model.config.image_token_index if token is None else token
    positions = (prompt.inputs["input_ids"][0] == token).nonzero().flatten().numpy()
    parts = family(model, processor, prompt)
    ends = np.cumsum([0, *(len(cells) for cells, _, _ in parts)])[1:]
    if parts and ends[-1] != len(positions):
        raise NoAttentionError(f"The prompt has {len(positions)} picture tokens where {ends[-1]} are expected.")
    return [
        PictureGrid(positions[end - len(cells) : end], cells, rows, columns)
        for end, (cells, rows, columns) in zip(ends, parts, strict=True)
    ]


_Part = tuple[Cells, int, int]


def _grid(
    rows: int, columns: int, within: tuple[float, float, float, float] = (0, 0, 1, 1), *, row_ends: bool = False
) -> Cells:
    """Equal cells of a part of the picture, row by row; with `row_ends`, a token more after each row."""
    left, top, right, bottom = within
    across = np.linspace(left, right, columns + 1)
    down = np.linspace(top, bottom, rows + 1)
    found: list[NDArray[np.float64]] = []
    for row in range(rows):
        found.append(
            np.stack([across[:-1], np.full(columns, down[row]), across[1:], np.full(columns, down[row + 1])], axis=1)
        )
        if row_ends:
            found.append(_NOWHERE)
    return np.concatenate(found)


def _llava(model: Any, processor: Any, prompt: Prompt) -> list[_Part]:
    """A grid over the picture, resized and perhaps cut to its middle; perhaps a class token before it."""
    patch = int(processor.patch_size)
    _, _, height, width = prompt.inputs["pixel_values"].shape
    rows, columns = height // patch, width // patch
    extra = int(processor.num_additional_image_tokens) - (processor.vision_feature_select_strategy == "default")
    before = [_NOWHERE] * max(0, extra)
    return [
        (np.concatenate([*before, _grid(rows, columns, _middle(processor.image_processor, *one.size))]), rows, columns)
        for one in prompt.pictures
    ]


def _middle(image_processor: Any, width: int, height: int) -> tuple[float, float, float, float]:
    """The part of a picture that is left where the processor cuts out its middle."""
    size, crop = dict(image_processor.size), getattr(image_processor, "crop_size", None)
    if not image_processor.do_center_crop or "shortest_edge" not in size or not crop:
        return (0, 0, 1, 1)
    scale = size["shortest_edge"] / min(width, height)
    across = min(1.0, crop["width"] / (width * scale))
    down = min(1.0, crop["height"] / (height * scale))
    return ((1 - across) / 2, (1 - down) / 2, (1 + across) / 2, (1 + down) / 2)


def _idefics(model: Any, processor: Any, prompt: Prompt) -> list[_Part]:
    """Tiles, row by row, then the picture as a whole; a small picture only as a whole."""
    length = int(processor.image_seq_len)
    side = math.isqrt(length)
    parts: list[_Part] = []
    for picture in prompt.pictures:
        tiles = processor.image_processor.get_number_of_image_patches(picture.height, picture.width, {})
        down, across = int(tiles[1]), int(tiles[2])
        cells = [
            _grid(side, side, (column / across, row / down, (column + 1) / across, (row + 1) / down))
            for row in range(down)
            for column in range(across)
        ]
        parts.append((np.concatenate([*cells, _grid(side, side)]), side * max(1, down), side * max(1, across)))
    return parts


def _qwen(model: Any, processor: Any, prompt: Prompt) -> list[_Part]:
    """One grid as fine as the picture is large; neighbouring patches are merged into one token."""
    merge = int(processor.image_processor.merge_size)
    grids = prompt.inputs["image_grid_thw"].numpy() if prompt.pictures else ()
    sizes = [(int(height) // merge, int(width) // merge) for _, height, width in grids]
    return [(_grid(rows, columns), rows, columns) for rows, columns in sizes]


def _onevision(model: Any, processor: Any, prompt: Prompt) -> list[_Part]:
    """The picture as a whole; one that comes alone also as a finer grid, with a token after each row.

    Of several, each is centred on a square ground.
    """
    side = math.isqrt(int(processor.num_image_tokens))
    whole = _grid(side, side)
    less = int(processor.vision_feature_select_strategy == "default")
    if len(prompt.pictures) != 1:
        return [
            (np.concatenate([_grid(side, side, _on_square(*one.size)), _NOWHERE])[less:], side, side)
            for one in prompt.pictures
        ]
    [picture] = prompt.pictures
    height, width = prompt.inputs["pixel_values"].shape[-2:]
    pinpoints = processor.image_processor.image_grid_pinpoints
    best: tuple[int, int] = _best_resolution((picture.height, picture.width), pinpoints)
    tokens, rows = processor._get_unpadded_features(
        picture.height, picture.width, side, side, best[0] // height, best[1] // width
    )
    fine = _grid(rows, tokens // rows, row_ends=True)
    return [(np.concatenate([whole, fine])[less:], rows, tokens // rows)]


def _on_square(width: int, height: int) -> tuple[float, float, float, float]:
    """The square ground that a picture is centred on, in shares of the picture's sides: parts of it lie outside."""
    longest = max(width, height)
    across, down = longest / width, longest / height
    return ((1 - across) / 2, (1 - down) / 2, (1 + across) / 2, (1 + down) / 2)


def _gemma(model: Any, processor: Any, prompt: Prompt) -> list[_Part]:
    """One square grid over the resized picture."""
    side = math.isqrt(int(model.config.mm_tokens_per_image))
    return [(_grid(side, side), side, side) for _ in prompt.pictures]


def _best_resolution(size: tuple[int, int], pinpoints: Any) -> tuple[int, int]:
    from transformers import image_processing_utils

    return cast(Any, image_processing_utils).select_best_resolution(size, pinpoints)


_FAMILIES: dict[str, Callable[[Any, Any, Prompt], list[_Part]]] = {
    "llava": _llava,
    "idefics3": _idefics,
    "smolvlm": _idefics,
    "llava_onevision": _onevision,
    "qwen2_vl": _qwen,
    "qwen2_5_vl": _qwen,
    "qwen3_vl": _qwen,
    "qwen3_5": _qwen,
    "gemma3": _gemma,
}


def _overlap(begins: NDArray[np.float64], ends: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Shape (tokens, count): the share of each stretch that lies in each of `count` equal parts of the whole."""
    edges = np.linspace(0, 1, count + 1)
    common = np.minimum(ends[:, None], edges[None, 1:]) - np.maximum(begins[:, None], edges[None, :-1])
    length = np.maximum(ends - begins, 1e-12)[:, None]
    return np.where(ends[:, None] > begins[:, None], np.clip(common, 0, None) / length, 0.0)
