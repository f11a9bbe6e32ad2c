"""Drawn scenes of coloured shapes, and where in the picture each shape is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Pair = tuple[str, str]
"""A colour's and a shape's name."""

SIDE = 48
COLOURS: Mapping[str, Colour] = {
    "red": (220, 30, 30),
    "blue": (40, 60, 220),
    "green": (30, 170, 60),
    "yellow": (235, 215, 40),
    "purple": (140, 40, 170),
    "orange": (245, 140, 20),
}
NEW_COLOURS: Mapping[str, Colour] = {"cyan": (20, 200, 215)}
"""What the model is not taught from the start, for teaching it later."""
SHAPES = ("circle", "square", "triangle")
UNSEEN: tuple[Pair, ...] = (("red", "triangle"), ("blue", "circle"), ("green", "square"), ("orange", "circle"))
"""Pairs that no training scene shows, though it shows each colour and each shape."""
SEEN: tuple[Pair, ...] = tuple(
    (colour, shape) for colour in COLOURS for shape in SHAPES if (colour, shape) not in UNSEEN
)


@dataclass(frozen=True)
class Thing:
    """A drawn shape; `box` is left, top, right, bottom in pixels. A name is empty where it has none."""

    colour: str
    shape: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Scene:
    """A picture and what is in it, from left to right."""

    picture: Image.Image
    things: tuple[Thing, ...]

    @property
    def alike(self) -> bool:
        """Whether all things are of one colour and shape."""
        return len({(thing.colour, thing.shape) for thing in self.things}) == 1


def scene_of(random: Random, pairs: Sequence[Pair] = SEEN, *, colours: Mapping[str, Colour] = COLOURS) -> Scene:
    """A scene: one or two things alike, or two that differ in both colour and shape."""
    alike = scene_alike(random, pairs, colours=colours)
    return alike if random.random() < 0.45 else scene_of_two(random, pairs, colours=colours)


def scene_alike(random: Random, pairs: Sequence[Pair] = SEEN, *, colours: Mapping[str, Colour] = COLOURS) -> Scene:
    """One or two things of one colour and shape."""
    colour, shape = random.choice(pairs)
    return _draw(random, [(colour, shape, colours[colour])] * random.choice((1, 1, 2)), _ground(random))


def scene_of_two(random: Random, pairs: Sequence[Pair] = SEEN, *, colours: Mapping[str, Colour] = COLOURS) -> Scene:
    """Two things that differ in both colour and shape."""
    first = random.choice(pairs)
    second = random.choice([pair for pair in pairs if pair[0] != first[0] and pair[1] != first[1]])
    return _draw(random, [(*pair, colours[pair[0]]) for pair in (first, second)], _ground(random))


def scene_without_name(random: Random) -> Scene:
    """Things with a shape but a colour that has no name, or with a colour but no regular shape.

    They teach colours and shapes apart from each other, so that pairs never seen are still told.
    """
    many = random.choice((1, 1, 2))
    if random.random() < 0.65:
        colour, ground = _odd_colour(random), _ground(random)
        while _distance(colour, ground) < 80:
            colour = _odd_colour(random)
        return _draw(random, [("", random.choice(SHAPES), colour)] * many, ground)
    colour = random.choice(sorted(COLOURS))
    return _draw(random, [(colour, "", COLOURS[colour])] * many, _ground(random))


def _draw(random: Random, wanted: Sequence[tuple[str, str, Colour]], ground: Colour) -> Scene:
    places = _places(random, len(wanted))
    # Half of the pictures are drawn larger and shrunk, so that edges are smooth as in a photograph.
    scale = random.choice((1, 3))
    picture = Image.new("RGB", (SIDE * scale, SIDE * scale), ground)
    canvas = ImageDraw.Draw(picture)
    outline = random.getrandbits(32)
    things: list[Thing] = []
    for (colour, shape, paint), (x, y, half) in zip(wanted, places, strict=True):
        points = _outline(shape, Random(outline))
        fill = tuple(max(0, min(255, part + random.randint(-18, 18))) for part in paint)
        if shape == "circle":
            canvas.ellipse([scale * (x - half), scale * (y - half), scale * (x + half), scale * (y + half)], fill=fill)
        else:
            canvas.polygon([(scale * (x + half * dx), scale * (y + half * dy)) for dx, dy in points], fill=fill)
        things.append(Thing(colour, shape, (x - half, y - half, x + half, y + half)))
    if scale > 1:
        picture = picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return Scene(picture, tuple(sorted(things, key=lambda thing: thing.box)))


def _outline(shape: str, random: Random) -> list[tuple[float, float]]:
    """Corners within the square from -1 to 1; without a shape, those of an irregular polygon."""
    if shape == "square":
        return [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    if shape == "triangle":
        return [(0, -1), (-1, 1), (1, 1)]
    corners, turn = random.randint(5, 9), random.uniform(0, math.tau)
    angles = [turn + math.tau * corner / corners for corner in range(corners)]
    return [(random.uniform(0.45, 1) * math.cos(angle), random.uniform(0.45, 1) * math.sin(angle)) for angle in angles]


def _places(random: Random, many: int) -> list[tuple[float, float, float]]:
    """Centre and half side of one square, or of two that do not touch: the second stands to the right, or below."""
    if many == 1:
        half = random.uniform(12, 18)
        return [(_between(random, half), _between(random, half), half)]
    one, other = random.uniform(9, 11.25), random.uniform(9, 11.25)
    near = random.uniform(one + 1, SIDE - 4 - one - 2 * other)
    far = random.uniform(near + one + other + 2, SIDE - 2 - other)
    across = _between(random, one), _between(random, other)
    if random.random() < 0.5:
        return [(near, across[0], one), (far, across[1], other)]
    return [(across[0], near, one), (across[1], far, other)]


def _between(random: Random, half: float) -> float:
    """A centre at which a square of this half side lies within the picture."""
    return random.uniform(half + 1, SIDE - 2 - half)


def _ground(random: Random) -> Colour:
    low, high = (195, 255) if random.random() < 0.6 else (0, 45)
    return (random.randint(low, high), random.randint(low, high), random.randint(low, high))


def _odd_colour(random: Random) -> Colour:
    """A colour that is far from every one that has a name."""
    while True:
        colour = (random.randint(0, 255), random.randint(0, 255), random.randint(0, 255))
        if all(_distance(colour, named) > 55 for named in COLOURS.values()):
            return colour


def _distance(one: Colour, other: Colour) -> float:
    return math.dist(one, other)
