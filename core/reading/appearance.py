"""What a picture looks like: screenshot or diagram, dialog, form, table, its colours, what is marked in it.

People ask for a picture by how they remember it ("the popup with the red box", "绿色背景的登录页"), and no page says
such things. They are measured here from pixels and from where OCR found text, without any model.
"""

from collections.abc import Sequence

from core.evidence import OcrLine
from core.messages import Value
from core.reading.picture_colours import Colour, MarkedText, background_of, coloured_letters, colours_of, on_colour
from core.reading.picture_kinds import Kind, kinds_of
from core.reading.picture_marks import marks_of, within
from core.reading.picture_view import view_of

VERSION = "1"
"""Changes when the same picture would be described differently."""


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


def look(data: bytes, lines: Sequence[OcrLine]) -> Appearance:
    """Look at a normalized picture with the lines that OCR read in it."""
    view = view_of(data, lines)
    frames, arrow = marks_of(view)
    background = background_of(view)
    framed = [line.text for line in view.lines if any(within(line.box, frame) for frame in frames)]
    return Appearance(
        kinds=kinds_of(view, background),
        background=background,
        colours=colours_of(view),
        frames=len(frames),
        framed=tuple(dict.fromkeys(framed))[:6],
        arrow=arrow,
        buttons=on_colour(view),
        letters=coloured_letters(view),
        texts=len(view.lines),
    )
