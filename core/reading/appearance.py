"""What a picture looks like: screenshot or diagram, dialog, form, table, its colours, what is marked in it.

People ask for a picture by how they remember it ("the popup with the red box", "绿色背景的登录页"), and no page says
such things. They are measured here from pixels and from where OCR found text, without any model: cautiously, for a
wrong word costs more than a missing one. Colours and shapes are looked at on a copy of at most 640 pixels.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.evidence import OcrLine
from core.messages import Value

Kind = Literal[
    "screenshot", "diagram", "chart", "photo", "dialog", "form", "table", "tree", "login", "code", "terminal"
]
Colour = Literal["red", "orange", "yellow", "green", "cyan", "blue", "purple", "black", "gray", "dark"]
Pixels = NDArray[np.float32]
Mask = NDArray[np.bool_]

VERSION = "1"
"""Changes when the same picture would be described differently."""
LARGE = 0.012
"""Share of a picture that a colour has to cover to be called one of its colours."""
LOOKED_AT = 640
"""Longest side, in pixels, of the copy that is looked at."""

_CANCELS = re.compile(r"^\W*(?:cancel|close|dismiss|not now|取消|关闭)\W*$", re.IGNORECASE)
_BUTTON = re.compile(
    r"^\W*(?:ok|submit|save|apply|confirm|cancel|close|delete|edit|add|search|create|send|next|back|log ?in|sign ?in"
    r"|help|settings|publish|upload|download|copy|run|refresh|提交|保存|确定|确认|取消|关闭|删除|编辑|添加|新增|搜索|查询|创建|发送"
    r"|下一步|返回|登录|帮助|设置|发布|上传|下载|复制|刷新|操作|回滚|授权)\W*$"
    r"|^\W*(?:添加|新增|新建|创建|管理|返回|搜索|过滤)\w{1,9}\W*$|^\W*(?:add|create|new|search) \w+\W*$",
    re.IGNORECASE,
)
_SUBMITS = re.compile(r"^\W*(?:submit|save|apply|create|提交|保存|创建|发布|publish)\W*$", re.IGNORECASE)
_REQUIRED = re.compile(r"^\s*[*＊]\s*\w|[:：]\s*$")
_PASSWORD = re.compile(r"^(?:\w+ ){0,2}pass ?word\W*$|^.{0,6}密码\W*$", re.IGNORECASE)
_SIGN_IN = re.compile(
    r"^(?:log ?in|sign ?in|(?:\w+ ){0,2}user ?name)\W*$|^.{0,6}(?:登录|登陆|用户名)\W*$", re.IGNORECASE
)
_CODE = re.compile(r"[{};]\s*$|</?\w+[^>]*>|/>|\w\(.*\)|^\s*(?:import|public|def|class|return|const|var)\b|\w+=[\"'\w]")
_PROMPT = re.compile(r"^\s*(?:[$#>%]|\w+@[\w-]+[:~]|[dl-][rwx-]{9})\s?|^total \d+$")
_NUMBER = re.compile(r"^[-+$€¥]?\d[\d.,]*\s?[%kKmMbB]?$")


class MarkedText(Value):
    """Words that stand on, or within, a colour."""

    colour: Colour
    text: str


class Appearance(Value):
    """What a picture looks like. `colours` are those of its larger areas, the largest first, white left out."""

    kinds: tuple[Kind, ...] = ()
    background: Colour | None = None
    colours: tuple[Colour, ...] = ()
    frames: int = 0
    framed: tuple[str, ...] = ()
    arrow: bool = False
    buttons: tuple[MarkedText, ...] = ()
    letters: tuple[MarkedText, ...] = ()
    texts: int = 0


@dataclass(frozen=True)
class _View:
    """A picture made small: brightness 0 to 255, saturation 0 to 1, hue 0 to 360; text boxes in its pixels."""

    value: Pixels
    saturation: Pixels
    hue: Pixels
    lines: tuple[OcrLine, ...]

    @property
    def height(self) -> int:
        return self.value.shape[0]

    @property
    def width(self) -> int:
        return self.value.shape[1]


def look(data: bytes, lines: Sequence[OcrLine]) -> Appearance:
    """Look at a normalized picture with the lines that OCR read in it."""
    view = _view(data, lines)
    frames, arrow = _marks(view)
    background = _background(view)
    framed = [line.text for line in view.lines if any(_within(line.box, frame) for frame in frames)]
    return Appearance(
        kinds=_kinds(view, background),
        background=background,
        colours=_colours(view),
        frames=len(frames),
        framed=tuple(dict.fromkeys(framed))[:6],
        arrow=arrow,
        buttons=_on_colour(view),
        letters=_coloured_letters(view),
        texts=len(view.lines),
    )


def _view(data: bytes, lines: Sequence[OcrLine]) -> _View:
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
    return _View(pixels.mean(axis=2), (high - low) / np.maximum(high, 1), hue * 60, tuple(scaled))


# --- colours ---------------------------------------------------------------------------------------------------------

_HUES: tuple[tuple[Colour, float, float], ...] = (
    ("orange", 15, 42),
    ("yellow", 42, 68),
    ("green", 68, 165),
    ("cyan", 165, 192),
    ("blue", 192, 258),
    ("purple", 258, 320),
)


def _colour_masks(view: _View) -> dict[Colour, Mask]:
    vivid = (view.saturation > 0.3) & (view.value > 60)
    masks: dict[Colour, Mask] = {name: vivid & (view.hue >= start) & (view.hue < end) for name, start, end in _HUES}
    masks["red"] = (view.saturation > 0.45) & (view.value > 60) & ((view.hue < 15) | (view.hue >= 345))
    return masks


def _colours(view: _View) -> tuple[Colour, ...]:
    shares: dict[Colour, float] = {name: float(mask.mean()) for name, mask in _colour_masks(view).items()}
    large: list[Colour] = [name for name, share in shares.items() if share >= LARGE]
    return tuple(sorted(large, key=lambda name: -shares[name])[:4])


def _background(view: _View) -> Colour | None:
    """The colour of most of the picture, if that is not white or light gray."""
    for name, mask in _colour_masks(view).items():
        if mask.mean() > 0.45:
            return name
    dark = (view.value < 80) & (view.saturation < 0.6)
    return "dark" if dark.mean() > 0.5 else None


def _box(view: _View, line: OcrLine) -> tuple[slice, slice]:
    left, top, right, bottom = (round(side) for side in line.box)
    return slice(max(0, top), max(top + 1, min(view.height, bottom))), slice(
        max(0, left), max(left + 1, min(view.width, right))
    )


def _on_colour(view: _View, most: int = 8) -> tuple[MarkedText, ...]:
    """Short words that stand on a patch of colour of their own, as on a button or a tab."""
    masks = _colour_masks(view)
    found: list[MarkedText] = []
    for line in view.lines:
        place = _box(view, line)
        for name, mask in masks.items():
            if len(line.text) <= 24 and mask[place].mean() > 0.55 and mask.mean() < 0.3:
                found.append(MarkedText(colour=name, text=line.text))
    return tuple(found[:most])


def _coloured_letters(view: _View) -> tuple[MarkedText, ...]:
    """Words written in red on a light ground: warnings, and what somebody was to notice."""
    red = _colour_masks(view)["red"]
    found: list[MarkedText] = []
    for line in view.lines:
        place = _box(view, line)
        ink = (view.value[place] < 190) | (view.saturation[place] > 0.35)
        if len(line.text) > 3 and view.value[place].mean() > 120 and ink.mean() > 0.05:
            share = float((red[place] & ink).sum() / ink.sum())
            if share > 0.6 and red[place].mean() < 0.6:
                found.append(MarkedText(colour="red", text=line.text[:80]))
    return tuple(found[:4])


# --- marks -----------------------------------------------------------------------------------------------------------

Box = tuple[float, float, float, float]


def _within(inner: Box, outer: Box) -> bool:
    across = (inner[0] + inner[2]) / 2
    down = (inner[1] + inner[3]) / 2
    return outer[0] <= across <= outer[2] and outer[1] <= down <= outer[3]


def _marks(view: _View) -> tuple[list[Box], bool]:
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
            over_text = any(_within(line.box, box) or _within(box, line.box) for line in view.lines)
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


# --- kinds -----------------------------------------------------------------------------------------------------------


def _kinds(view: _View, background: Colour | None) -> tuple[Kind, ...]:
    texts = [line.text for line in view.lines]
    if _flatness(view) < 0.35 and len(texts) < 15:
        return ("photo",)
    found = _windows(view, texts, background)
    buttons = sum(_BUTTON.match(text) is not None for text in texts)
    if not found and not buttons and background is None:
        if _is_chart(view):
            return ("chart",)
        if _is_diagram(view):
            return ("diagram",)
    if _is_table(view):
        found.append("table")
    if sum(_REQUIRED.search(text) is not None for text in texts) >= 2 or any(map(_SUBMITS.match, texts)):
        found.append("form")
    return ("screenshot", *found) if found or buttons or background == "dark" else ()


def _windows(view: _View, texts: Sequence[str], background: Colour | None) -> list[Kind]:
    """What only screenshots show."""
    found: list[Kind] = []
    if _is_over_dimmed_ground(view) or _has_cancel_button(view):
        found.append("dialog")
    if any(map(_PASSWORD.search, texts)) and any(map(_SIGN_IN.search, texts)):
        found.append("login")
    if background == "dark" and view.value.mean() < 60 and any(map(_PROMPT.search, texts)):
        found.append("terminal")
    elif len(texts) >= 3 and sum(_CODE.search(text) is not None for text in texts) >= 0.4 * len(texts):
        found.append("code")
    elif "dialog" not in found and _is_tree(view):
        found.append("tree")
    return found


def _flatness(view: _View) -> float:
    """The share of neighbouring pixels that are equal: near 1 for what was drawn, low for what was photographed."""
    if view.width < 2:
        return 1.0
    return float((np.abs(np.diff(view.value, axis=1)) < 1.5).mean())


def _is_over_dimmed_ground(view: _View) -> bool:
    """Whether a bright window stands before a darkened page."""
    bright = (view.value > 238) & (view.saturation < 0.1)
    rows, columns = bright.mean(axis=1) > 0.2, bright.mean(axis=0) > 0.15
    if not rows.any() or not columns.any():
        return False
    top, bottom = np.flatnonzero(rows)[[0, -1]]
    left, right = np.flatnonzero(columns)[[0, -1]]
    area = (bottom - top + 1) * (right - left + 1) / bright.size
    outside = np.ones_like(bright)
    outside[top : bottom + 1, left : right + 1] = False
    if not 0.05 < area < 0.85 or outside.mean() < 0.1:
        return False
    around = view.value[outside]
    gray = view.saturation[outside].mean() < 0.35
    return bool(bright[top : bottom + 1, left : right + 1].mean() > 0.6 and np.quantile(around, 0.9) < 205 and gray)


def _has_cancel_button(view: _View) -> bool:
    """Whether a cancel or close button stands in the bottom quarter, beside another."""
    low = [line for line in view.lines if line.box[1] > 0.7 * view.height]
    cancels = [line for line in low if _CANCELS.match(line.text)]
    others = [line for line in low if _BUTTON.match(line.text) and not _CANCELS.match(line.text)]
    return any(abs(one.box[1] - other.box[1]) < 0.04 * view.height + 4 for one in cancels for other in others)


def _is_tree(view: _View) -> bool:
    """Whether lines, one a row, are indented in at least three steps, as files in their folders are."""
    if not 4 <= len(view.lines) <= 40:
        return False
    lefts = [line.box[0] for line in sorted(view.lines, key=lambda line: line.box[1])]
    tops = sorted((line.box[1] + line.box[3]) / 2 for line in view.lines)
    high = float(np.median([line.box[3] - line.box[1] for line in view.lines]))
    one_a_row = sum(below - above > 0.6 * high for above, below in pairwise(tops))
    deeper = sum(0.4 * high < below - above < 4 * high for above, below in pairwise(lefts))
    single_words = sum(len(line.text.split()) <= 2 for line in view.lines) / len(view.lines)
    return one_a_row >= 0.9 * (len(tops) - 1) and deeper >= 3 and single_words > 0.7


def _is_table(view: _View) -> bool:
    """Whether at least three rows have three cells each that begin below one another."""
    lines = sorted(view.lines, key=lambda line: line.box[1] + line.box[3])
    rows: list[list[OcrLine]] = []
    for line in lines:
        if rows and rows[-1][0].box[1] < (line.box[1] + line.box[3]) / 2 < rows[-1][0].box[3]:
            rows[-1].append(line)
        else:
            rows.append([line])
    near = 0.015 * view.width + 2
    for first in rows:
        starts = [line.box[0] for line in first]
        if len(starts) < 3:
            continue
        alike = sum(
            sum(any(abs(line.box[0] - start) < near for line in row) for start in starts) >= max(3, 0.6 * len(starts))
            for row in rows
        )
        if alike >= 3:
            return True
    return False


def _is_chart(view: _View) -> bool:
    """Whether many of its texts are numbers, and several stand on one axis."""
    numbers = [line for line in view.lines if _NUMBER.match(line.text.strip())]
    if len(numbers) < 5 or len(numbers) < 0.35 * len(view.lines):
        return False
    near_x, near_y = 0.02 * view.width + 2, 0.02 * view.height + 2
    return any(
        sum(abs(one.box[2] - other.box[2]) < near_x for other in numbers) >= 4
        or sum(abs(one.box[1] - other.box[1]) < near_y for other in numbers) >= 4
        for one in numbers
    )


def _is_diagram(view: _View) -> bool:
    """Whether labels on a light ground stand on patches of colour, or are spread, not lined up at their left."""
    labels = view.lines
    if not 2 <= len(labels) <= 150 or (view.value > 190).mean() < 0.35:
        return False
    heights = [line.box[3] - line.box[1] for line in labels]
    if float(np.median(heights)) < 0.01 * max(view.width, view.height):
        return False
    if sum(len(line.text) <= 30 for line in labels) < 0.7 * len(labels):
        return False
    if len(_on_colour(view, most=len(labels))) > 0.25 * len(labels):
        return True
    near = 0.01 * view.width + 1
    in_line = max(sum(abs(one.box[0] - other.box[0]) < near for other in labels) for one in labels)
    return in_line <= max(3, 0.45 * len(labels))
