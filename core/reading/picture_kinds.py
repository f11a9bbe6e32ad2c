"""What kind of picture it is: a screenshot with its dialog, form, table or tree; a diagram, a chart, a photograph.

Cautiously: a wrong word costs more than a missing one, and a picture may be of no kind at all.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np

from core.evidence import OcrLine
from core.reading.picture_colours import Colour, on_colour
from core.reading.picture_view import View

Kind = Literal[
    "screenshot", "diagram", "chart", "photo", "dialog", "form", "table", "tree", "login", "code", "terminal"
]

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


def kinds_of(view: View, background: Colour | None) -> tuple[Kind, ...]:
    """What a picture is; what it shows as a screenshot comes behind "screenshot"."""
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


def _windows(view: View, texts: Sequence[str], background: Colour | None) -> list[Kind]:
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


def _flatness(view: View) -> float:
    """The share of neighbouring pixels that are equal: near 1 for what was drawn, low for what was photographed."""
    if view.width < 2:
        return 1.0
    return float((np.abs(np.diff(view.value, axis=1)) < 1.5).mean())


def _is_over_dimmed_ground(view: View) -> bool:
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


def _has_cancel_button(view: View) -> bool:
    """Whether a cancel or close button stands in the bottom quarter, beside another."""
    low = [line for line in view.lines if line.box[1] > 0.7 * view.height]
    cancels = [line for line in low if _CANCELS.match(line.text)]
    others = [line for line in low if _BUTTON.match(line.text) and not _CANCELS.match(line.text)]
    return any(abs(one.box[1] - other.box[1]) < 0.04 * view.height + 4 for one in cancels for other in others)


def _is_tree(view: View) -> bool:
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


def _is_table(view: View) -> bool:
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


def _is_chart(view: View) -> bool:
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


def _is_diagram(view: View) -> bool:
    """Whether labels on a light ground stand on patches of colour, or are spread, not lined up at their left."""
    labels = view.lines
    if not 2 <= len(labels) <= 150 or (view.value > 190).mean() < 0.35:
        return False
    heights = [line.box[3] - line.box[1] for line in labels]
    if float(np.median(heights)) < 0.01 * max(view.width, view.height):
        return False
    if sum(len(line.text) <= 30 for line in labels) < 0.7 * len(labels):
        return False
    if len(on_colour(view, most=len(labels))) > 0.25 * len(labels):
        return True
    near = 0.01 * view.width + 1
    in_line = max(sum(abs(one.box[0] - other.box[0]) < near for other in labels) for one in labels)
    return in_line <= max(3, 0.45 * len(labels))
