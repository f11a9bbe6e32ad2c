"""What somebody drew onto a picture to point at something: red frames and arrows."""

import numpy as np
from numpy.typing import NDArray

from core.reading.picture_view import Mask, View

Box = tuple[float, float, float, float]


def within(inner: Box, outer: Box) -> bool:
    """Whether the middle of one box lies in the other."""
    across = (inner[0] + inner[2]) / 2
    down = (inner[1] + inner[3]) / 2
    return outer[0] <= across <= outer[2] and outer[1] <= down <= outer[3]


def marks_of(view: View) -> tuple[list[Box], bool]:
    """Red frames that somebody drew around something, and whether a red arrow points at something."""
    red = (view.saturation > 0.55) & (view.value > 70) & ((view.hue < 18) | (view.hue >= 342))
    if not 0.0003 < red.mean() < 0.2:
        return [], False
    frames: list[Box] = []
    arrow = False
    for rows, columns in _components(red):
        top, bottom, left, right = rows.min(), rows.max(), columns.min(), columns.max()
        height, width = int(bottom - top) + 1, int(right - left) + 1
        box = (float(left), float(top), float(right), float(bottom))
        if min(height, width) >= 8 and _is_frame(rows - top, columns - left, height, width):
            frames.append(box)
        elif max(height, width) >= 0.03 * max(view.height, view.width) and min(height, width) >= 5:
            over_text = any(within(line.box, box) or within(box, line.box) for line in view.lines)
            arrow = arrow or (not over_text and len(rows) < 0.6 * height * width)
    return frames, arrow


def _is_frame(rows: NDArray[np.intp], columns: NDArray[np.intp], height: int, width: int) -> bool:
    """Whether pixels run along all four sides of their box and leave its inside free."""
    edge = max(2, min(height, width) // 6)
    sides = (
        len(np.unique(columns[rows < edge])) / width,
        len(np.unique(columns[rows >= height - edge])) / width,
        len(np.unique(rows[columns < edge])) / height,
        len(np.unique(rows[columns >= width - edge])) / height,
    )
    inside = (rows >= edge) & (rows < height - edge) & (columns >= edge) & (columns < width - edge)
    room = max(1, (height - 2 * edge) * (width - 2 * edge))
    return min(sides) > 0.75 and inside.sum() / room < 0.25


def _components(mask: Mask) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows and columns of each group of touching pixels, small groups left out."""
    left = {(int(row), int(column)) for row, column in np.argwhere(mask)}
    groups: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
    while left:
        edge = [left.pop()]
        group: list[tuple[int, int]] = []
        while edge:
            row, column = edge.pop()
            group.append((row, column))
            near = {(row + down, column + across) for down in (-2, -1, 0, 1, 2) for across in (-2, -1, 0, 1, 2)} & left
            left -= near
            edge.extend(near)
        if len(group) >= 24:
            points = np.array(group)
            groups.append((points[:, 0], points[:, 1]))
    return groups
