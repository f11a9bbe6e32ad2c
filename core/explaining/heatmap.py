"""A heat map laid over its picture: grey where the model did not look, bright where it did, with a legend below.

Brightness grows with the value all along the scale, and hue goes with it, so that it reads in grey and by people who
see few colours: the anchors are those of matplotlib's "inferno" (Nathaniel Smith and Stéfan van der Walt, CC0).
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.explaining.canvas import enlarged, letter_size, letters
from core.explaining.explanation import HeatMap

if TYPE_CHECKING:
    from PIL.Image import Image

_ANCHORS = np.array(
    [
        (0, 0, 4),
        (27, 12, 65),
        (74, 12, 107),
        (120, 28, 109),
        (165, 44, 96),
        (207, 68, 70),
        (237, 105, 37),
        (251, 155, 6),
        (247, 209, 61),
        (252, 255, 164),
    ],
    dtype=np.float64,
)
Values = NDArray[np.float64]


def heat_overlay(picture: "Image", heat: HeatMap) -> "Image":
    """The picture under its heat map, and below it the scale, from little attention to much."""
    from PIL import Image

    base = enlarged(picture.convert("RGB"))
    strength = _smooth(heat, base.size)
    colours = _colours(strength)
    grey = np.asarray(base.convert("L"), dtype=np.float64)[:, :, None] * 0.55 + 60
    opacity = (0.15 + 0.7 * strength)[:, :, None]
    blended = np.clip(grey * (1 - opacity) + colours * opacity, 0, 255).astype(np.uint8)
    whole = Image.new("RGB", (base.width, base.height + 2 * letter_size(base.width)), "white")
    whole.paste(Image.fromarray(blended), (0, 0))
    _scale(whole, base.height)
    return whole


def _smooth(heat: HeatMap, size: tuple[int, int]) -> Values:
    """From 0 to 1 in the picture's size; shape (height, width)."""
    from PIL import Image

    cells = np.asarray(heat.values, dtype=np.float32).reshape(heat.rows, heat.columns)
    large = np.asarray(Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC), dtype=np.float64)
    large = np.clip(large, 0, None)
    return large / max(float(large.max()), 1e-12)


def _colours(strength: Values) -> Values:
    """Shape (height, width, 3)."""
    at = np.linspace(0, 1, len(_ANCHORS))
    return np.stack([np.interp(strength, at, _ANCHORS[:, channel]) for channel in range(3)], axis=-1)


def _scale(whole: "Image", top: int) -> None:
    from PIL import Image, ImageDraw

    canvas = ImageDraw.Draw(whole)
    size = letter_size(whole.width)
    font, middle = letters(size), top + size
    canvas.text((size, middle), "-", fill="black", font=font, anchor="mm")
    canvas.text((whole.width - size, middle), "+", fill="black", font=font, anchor="mm")
    length = max(1, whole.width - 4 * size)
    bar = _colours(np.linspace(0, 1, length)[None, :]).repeat(size, axis=0)
    whole.paste(Image.fromarray(bar.astype(np.uint8)), (2 * size, middle - size // 2))
