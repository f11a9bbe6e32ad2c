"""Boxes around what an answer quotes from a picture, numbered as in the list beside it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.explaining.canvas import enlarged, letter_size, letters
from core.explaining.explanation import Box

if TYPE_CHECKING:
    from PIL.Image import Image

INK, PAPER = (196, 30, 90), (255, 255, 255)
"""Colours of a box and of the halo that sets it off from whatever is behind it."""
MARGIN = 3
"""Pixels between what is quoted and its box."""


def draw_boxes(picture: "Image", boxes: Sequence[Box]) -> "Image":
    """The picture with a numbered box (from 1) around each of these, given in its pixels."""
    from PIL import ImageDraw

    drawn = enlarged(picture.convert("RGB"))
    if drawn is picture:
        drawn = picture.copy()
    scale = drawn.width / picture.width
    canvas = ImageDraw.Draw(drawn)
    for number, box in enumerate(boxes, start=1):
        left, top, right, bottom = _around(box, scale, drawn.size)
        canvas.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=PAPER, width=5)
        canvas.rectangle((left, top, right, bottom), outline=INK, width=3)
        _number(drawn, str(number), left, top)
    return drawn


def _around(box: Box, scale: float, size: tuple[int, int]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (edge * scale for edge in box)
    return (
        max(1.0, left - MARGIN),
        max(1.0, top - MARGIN),
        min(size[0] - 2.0, right + MARGIN),
        min(size[1] - 2.0, bottom + MARGIN),
    )


def _number(drawn: "Image", number: str, left: float, top: float) -> None:
    """The box's number, at its left end where there is room, else over its corner."""
    from PIL import ImageDraw

    canvas = ImageDraw.Draw(drawn)
    size = letter_size(drawn.width)
    font = letters(size)
    width, height = canvas.textlength(number, font=font) + size * 0.6, size * 1.3
    x = left - width if left >= width else left
    y = min(max(0.0, top), drawn.height - height)
    canvas.rectangle((x, y, x + width, y + height), fill=INK)
    canvas.text((x + width / 2, y + height / 2), number, fill=PAPER, font=font, anchor="mm")
