"""Search hits in a terminal: where each stands, how well it fits, and its words."""

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.style import Style
from rich.text import Text

from core.knowledge.index import Hit

SHOWN_CHARACTERS = 400
SHOWN_PLACES = 3


def show_hits(hits: Sequence[Hit], *, picture_path: Callable[[str], Path], console: Console | None = None) -> None:
    """Print hits, best first."""
    console = console or Console()
    if not hits:
        console.print("Nothing was found. Other words may help; `lorelens sources` shows what there is.")
    for number, hit in enumerate(hits, start=1):
        passage = hit.passage
        place = " › ".join([passage.path, *passage.heading_path])
        page = f"  p. {passage.page}" if passage.page is not None else ""
        console.print(
            Text.assemble((f"{number}. ", "bold"), (place, "bold cyan"), (page, "cyan"), (f"  {hit.score:.3f}", "dim"))
        )
        if passage.url:
            console.print(Padding(Text(passage.url, style=Style(color="blue", link=passage.url)), (0, 0, 0, 3)))
        if passage.picture is not None:
            console.print(Padding(Text(str(picture_path(passage.picture.sha256)), style="green"), (0, 0, 0, 3)))
        text = " ".join(passage.text.split())
        shown = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS].rstrip() + " …"
        if hit.also_in:
            console.print(Padding(Text(_also_in(hit.also_in), style="dim"), (0, 0, 0, 3)))
        console.print(Padding(Text(shown), (0, 0, 1, 3)))


def _also_in(paths: Sequence[str]) -> str:
    """Where the same words stand, too: a few places, and how many more."""
    more = len(paths) - SHOWN_PLACES
    return f"also in {', '.join(paths[:SHOWN_PLACES])}" + (f" and {more} more" if more > 0 else "")
