"""The colours of a picture: of its ground, its larger areas, its buttons and its letters."""

from typing import Literal

from core.evidence import OcrLine
from core.messages import Value
from core.reading.picture_view import Mask, View

Colour = Literal["red", "orange", "yellow", "green", "cyan", "blue", "purple", "black", "gray", "dark"]

LARGE = 0.012
"""Share of a picture that a colour has to cover to be called one of its colours."""

_HUES: tuple[tuple[Colour, float, float], ...] = (
    ("orange", 15, 42),
    ("yellow", 42, 68),
    ("green", 68, 165),
    ("cyan", 165, 192),
    ("blue", 192, 258),
    ("purple", 258, 320),
)


class MarkedText(Value):
    """Words that stand on, or within, a colour."""

    colour: Colour
    text: str


def colour_masks(view: View) -> dict[Colour, Mask]:
    """Which pixels are of which colour."""
    vivid = (view.saturation > 0.3) & (view.value > 60)
    masks: dict[Colour, Mask] = {name: vivid & (view.hue >= start) & (view.hue < end) for name, start, end in _HUES}
    masks["red"] = (view.saturation > 0.45) & (view.value > 60) & ((view.hue < 15) | (view.hue >= 345))
    return masks


def colours_of(view: View) -> tuple[Colour, ...]:
    """The colours of larger areas, the largest first, white and gray left out."""
    shares: dict[Colour, float] = {name: float(mask.mean()) for name, mask in colour_masks(view).items()}
    large: list[Colour] = [name for name, share in shares.items() if share >= LARGE]
    return tuple(sorted(large, key=lambda name: -shares[name])[:4])


def background_of(view: View) -> Colour | None:
    """The colour of most of the picture, if that is not white or light gray."""
    for name, mask in colour_masks(view).items():
        if mask.mean() > 0.45:
            return name
    dark = (view.value < 80) & (view.saturation < 0.6)
    return "dark" if dark.mean() > 0.5 else None


def _box_of(view: View, line: OcrLine) -> tuple[slice, slice]:
    """Where a line of text stands, as rows and columns; at least one pixel."""
    left, top, right, bottom = (round(side) for side in line.box)
    left, top = min(max(0, left), view.width - 1), min(max(0, top), view.height - 1)
    return slice(top, max(top + 1, bottom)), slice(left, max(left + 1, right))


def on_colour(view: View, most: int = 8) -> tuple[MarkedText, ...]:
    """Short words that stand on a patch of colour of their own, as on a button or a tab."""
    masks = colour_masks(view)
    found: list[MarkedText] = []
    for line in view.lines:
        place = _box_of(view, line)
        for name, mask in masks.items():
            if len(line.text) <= 24 and mask[place].mean() > 0.55 and mask.mean() < 0.3:
                found.append(MarkedText(colour=name, text=line.text))
    return tuple(found[:most])


def coloured_letters(view: View) -> tuple[MarkedText, ...]:
    """Words written in red on a light ground: warnings, and what somebody was to notice."""
    red = colour_masks(view)["red"]
    found: list[MarkedText] = []
    for line in view.lines:
        place = _box_of(view, line)
        ink = (view.value[place] < 190) | (view.saturation[place] > 0.35)
        if len(line.text) > 3 and view.value[place].mean() > 120 and ink.mean() > 0.05:
            share = float((red[place] & ink).sum() / ink.sum())
            if share > 0.6 and red[place].mean() < 0.6:
                found.append(MarkedText(colour="red", text=line.text[:80]))
    return tuple(found[:4])
