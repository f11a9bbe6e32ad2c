"""Drawn pictures of two shapes with a question about one of them, by which heads are chosen whose attention is shown.

What every vision-language model knows is drawn: colours and shapes with common names. Where the asked shape stands is
known, so a head that looks at it can be told from one that does not.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 192
COLOURS = {
    "red": (215, 35, 35),
    "blue": (45, 65, 215),
    "green": (35, 165, 65),
    "yellow": (235, 210, 45),
}
SHAPES = ("circle", "square", "triangle")


@dataclass(frozen=True)
class AskedScene:
    """A picture, a question about one of its two shapes, the answer, and that shape's box in shares of the sides."""

    picture: "Image"
    question: str
    answer: str
    box: tuple[float, float, float, float]

    @property
    def chance(self) -> float:
        """The share of the picture that the box covers."""
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top)


def asked_scene(number: int) -> AskedScene:
    """The scene of a number; the same each time."""
    from PIL import Image, ImageDraw

    random = np.random.default_rng(number)
    low, high = ((200, 256), (0, 46))[number % 2]
    red, green, blue = (int(part) for part in random.integers(low, high, size=3))
    picture = Image.new("RGB", (SIDE, SIDE), (red, green, blue))
    canvas = ImageDraw.Draw(picture)
    colours: list[str] = random.permutation(sorted(COLOURS))[:2].tolist()
    shapes: list[str] = random.permutation(SHAPES)[:2].tolist()
    places = _apart(random)
    for colour, shape, place in zip(colours, shapes, places, strict=True):
        canvas.polygon(_outline(shape, place), fill=COLOURS[colour])
    x, y, half = places[0]
    box = ((x - half) / SIDE, (y - half) / SIDE, (x + half) / SIDE, (y + half) / SIDE)
    return AskedScene(picture, f"What color is the {shapes[0]}?", colours[0], box)


def _apart(random: np.random.Generator) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Centre and half side of two squares that do not touch."""
    while True:
        one, other = (_place(random) for _ in range(2))
        if max(abs(one[0] - other[0]), abs(one[1] - other[1])) > one[2] + other[2] + 8:
            return one, other


def _place(random: np.random.Generator) -> tuple[float, float, float]:
    half = random.uniform(0.17, 0.24) * SIDE
    return random.uniform(half + 4, SIDE - half - 4), random.uniform(half + 4, SIDE - half - 4), half


def _outline(shape: str, place: tuple[float, float, float]) -> list[tuple[float, float]]:
    x, y, half = place
    if shape == "square":
        return [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
    if shape == "triangle":
        return [(x, y - half), (x - half, y + half), (x + half, y + half)]
    turns = [math.tau * corner / 48 for corner in range(48)]
    return [(x + half * math.cos(turn), y + half * math.sin(turn)) for turn in turns]
