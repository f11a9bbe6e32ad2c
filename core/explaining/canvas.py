"""What the drawn explanations have in common: a size at which they can be looked at, and letters for their captions."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

SMALLEST, LARGEST = 480, 1600
"""Longest side, in pixels, of a drawn explanation."""


def enlarged(picture: "Image") -> "Image":
    """The picture in a size at which it can be looked at, its sides in proportion."""
    from PIL import Image

    longest = max(picture.size)
    scale = max(SMALLEST / longest, 1.0) if longest < SMALLEST else min(LARGEST / longest, 1.0)
    if scale == 1.0:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.LANCZOS)


def letter_size(width: int) -> int:
    """How high letters must be, in pixels, to be read in a picture of this width on a phone."""
    return max(15, round(width / 40))


def letters(size: int) -> "FreeTypeFont | ImageFont":
    """Pillow's own letters, which are Latin: what needs words is said beside the picture."""
    from PIL import ImageFont

    return ImageFont.load_default(size)
