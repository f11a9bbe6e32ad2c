"""Drawing with Pillow alone: smooth boxes, shadows, arrows and text, in the font that Pillow carries.

Everything is drawn at `SCALE` times the size and scaled down, which smooths every edge. Coordinates are in pixels of
the finished picture.
"""

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SCALE = 3
INK = "#1e293b"
MUTED = "#64748b"
LINE = "#cbd5e1"
PAPER = "#ffffff"
GROUND = "#f6f8fb"
BLUE = "#2563eb"
TEAL = "#0f766e"
AMBER = "#b45309"
RED = "#dc2626"
GREEN = "#15803d"
TINTS = {BLUE: "#e8f0fe", TEAL: "#e3f5f2", AMBER: "#fdf1dc", RED: "#fdeaea", GREEN: "#e5f6ea", MUTED: "#eef2f7"}
Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@cache
def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size * SCALE)


class Canvas:
    """A picture while it is drawn."""

    def __init__(self, width: int, height: int, ground: str = GROUND) -> None:
        self.size = (width, height)
        self._image = Image.new("RGB", (width * SCALE, height * SCALE), ground)
        self._draw = ImageDraw.Draw(self._image)

    def save(self, path: Path) -> None:
        """Write it as PNG."""
        small = self._image.resize(self.size, Image.Resampling.LANCZOS)
        small.save(path, optimize=True)

    def text(
        self, at: Point, text: str, size: float = 16, colour: str = INK, *, anchor: str = "la", bold: bool = False
    ) -> float:
        """Write one line; `anchor` as in Pillow ("la" left and top, "mm" the middle). Answers its width."""
        font = _font(size)
        weight = size * SCALE / 46 if bold else 0
        self._draw.text(_scaled(at), text, fill=colour, font=font, anchor=anchor, stroke_width=weight)
        return font.getlength(text) / SCALE

    def lines(self, at: Point, lines: Sequence[str], size: float = 16, colour: str = INK, anchor: str = "la") -> None:
        """Write lines below each other."""
        for number, line in enumerate(lines):
            self.text((at[0], at[1] + number * size * 1.45), line, size, colour, anchor=anchor)

    def box(
        self, box: Box, fill: str = PAPER, edge: str | None = LINE, *, radius: float = 10, shadow: bool = False
    ) -> None:
        """A rounded box."""
        if shadow:
            self._shadow(box, radius)
        self._draw.rounded_rectangle(
            _scaled_box(box), radius * SCALE, fill=fill, outline=edge, width=round(1.4 * SCALE) if edge else 0
        )

    def card(self, box: Box, title: str, detail: Sequence[str] = (), colour: str = BLUE) -> None:
        """A box with a coloured edge, a bold title and lines of detail, all in the middle."""
        self.box(box, TINTS[colour], colour, shadow=True)
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2 - 10.5 * len(detail)
        self.text((x, y), title, 18, colour, anchor="mm", bold=True)
        for number, line in enumerate(detail, start=1):
            self.text((x, y + 3 + 20 * number), line, 14, INK, anchor="mm")

    def diamond(self, centre: Point, width: float, height: float, lines: Sequence[str], colour: str = AMBER) -> None:
        """A decision of a flow chart."""
        x, y = centre
        corners = [(x, y - height / 2), (x + width / 2, y), (x, y + height / 2), (x - width / 2, y)]
        self._draw.polygon([_scaled(corner) for corner in corners], fill=TINTS[colour])
        self.path([*corners, corners[0]], colour, 1.4)
        for number, line in enumerate(lines):
            self.text((x, y + (number - (len(lines) - 1) / 2) * 21), line, 16, colour, anchor="mm", bold=True)

    def button(self, box: Box, label: str, *, fill: str = PAPER, colour: str = INK) -> None:
        """A button; one with a coloured ground is the main one."""
        self.box(box, fill, LINE if fill == PAPER else fill, radius=7)
        self.text(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), label, 15, colour, anchor="mm", bold=True)

    def pill(self, at: Point, label: str, colour: str) -> None:
        """A small rounded label; `at` is the middle of its left edge."""
        x, y = at
        width = _font(13).getlength(label) / SCALE + 22
        self.box((x, y - 12, x + width, y + 12), TINTS[colour], None, radius=12)
        self.text((x + width / 2, y), label, 13, colour, anchor="mm", bold=True)

    def path(self, points: Sequence[Point], colour: str = MUTED, width: float = 2, *, dashed: bool = False) -> None:
        """A line through points."""
        for start, end in pairwise(points):
            for piece in _dashes(start, end) if dashed else [(start, end)]:
                self._draw.line([_scaled(piece[0]), _scaled(piece[1])], fill=colour, width=round(width * SCALE))
        for point in () if dashed else points[1:-1]:
            self.dot(point, width / 2, colour)

    def arrow(self, points: Sequence[Point], colour: str = MUTED, *, dashed: bool = False, both: bool = False) -> None:
        """A line that ends in an arrow head, or in two."""
        self.path(points, colour, dashed=dashed)
        self._head(points[-2], points[-1], colour)
        if both:
            self._head(points[1], points[0], colour)

    def dot(self, centre: Point, radius: float, colour: str) -> None:
        """A filled circle."""
        x, y = centre
        self._draw.ellipse(_scaled_box((x - radius, y - radius, x + radius, y + radius)), fill=colour)

    def polygon(self, points: Sequence[Point], fill: str) -> None:
        """A filled shape."""
        self._draw.polygon([_scaled(point) for point in points], fill=fill)

    def _head(self, before: Point, tip: Point, colour: str) -> None:
        angle = math.atan2(tip[1] - before[1], tip[0] - before[0])
        sides = [(tip[0] - 12 * math.cos(angle + turn), tip[1] - 12 * math.sin(angle + turn)) for turn in (0.42, -0.42)]
        self._draw.polygon([_scaled(tip), *map(_scaled, sides)], fill=colour)

    def _shadow(self, box: Box, radius: float) -> None:
        left, top, right, bottom = _scaled_box(box)
        margin = 14 * SCALE
        origin = (round(left) - margin, round(top) - margin)
        size = (round(right - left) + 2 * margin, round(bottom - top) + 2 * margin)
        mask = Image.new("L", size, 0)
        inner = (margin, margin + 4 * SCALE, size[0] - margin, size[1] - margin + 4 * SCALE)
        ImageDraw.Draw(mask).rounded_rectangle(inner, radius * SCALE, fill=38)
        self._image.paste("#334155", origin, mask.filter(ImageFilter.GaussianBlur(5 * SCALE)))


def _scaled(point: Point) -> Point:
    return point[0] * SCALE, point[1] * SCALE


def _scaled_box(box: Box) -> Box:
    return box[0] * SCALE, box[1] * SCALE, box[2] * SCALE, box[3] * SCALE


def _dashes(start: Point, end: Point, dash: float = 8, gap: float = 6) -> list[tuple[Point, Point]]:
    length = math.dist(start, end)
    step = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)

    def along(distance: float) -> Point:
        return start[0] + step[0] * distance, start[1] + step[1] * distance

    count = math.ceil(length / (dash + gap))
    return [(along(n * (dash + gap)), along(min(length, n * (dash + gap) + dash))) for n in range(count)]
