"""A picture as it is looked at: a small copy in brightness, saturation and hue, with its text where OCR found it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evidence import OcrLine

Pixels = NDArray[np.float32]
Mask = NDArray[np.bool_]

LOOKED_AT = 640
"""Longest side, in pixels, of the copy that is looked at."""


@dataclass(frozen=True)
class View:
    """A picture made small: brightness 0 to 255, saturation 0 to 1, hue 0 to 360; text boxes in its pixels."""

    value: Pixels
    saturation: Pixels
    hue: Pixels
    lines: tuple[OcrLine, ...]

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return self.value.shape[0]

    @property
    def width(self) -> int:
        """Columns of pixels."""
        return self.value.shape[1]


def view_of(data: bytes, lines: Sequence[OcrLine]) -> View:
    """A normalized picture made small, and the boxes of its text with it."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    scale = min(1.0, LOOKED_AT / max(image.size))
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BOX)
    pixels = np.asarray(image, dtype=np.float32)
    high, low = pixels.max(axis=2), pixels.min(axis=2)
    spread = np.maximum(high - low, 1e-6)
    red, green, blue = (pixels[:, :, channel] for channel in range(3))
    hue: Pixels = (red - green) / spread + 4
    hue[high == green] = ((blue - red) / spread + 2)[high == green]
    hue[high == red] = ((green - blue) / spread % 6)[high == red]
    scaled = [
        line.model_copy(update={"box": tuple(side * scale for side in line.box)}) for line in lines if line.text.strip()
    ]
    return View(pixels.mean(axis=2), (high - low) / np.maximum(high, 1), hue * 60, tuple(scaled))
