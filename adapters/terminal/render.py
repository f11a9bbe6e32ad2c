"""Reply parts in a terminal: a status while it works, Markdown, numbered sources, the paths of pictures, failures."""

from collections.abc import AsyncIterator, Callable, Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.spinner import Spinner
from rich.style import Style
from rich.text import Text

from core.reply import Citation, Failure, Reply, ReplyPart, ShownPicture, Status, gather
from core.reply import Text as Said

STAGES = {
    "thinking": "thinking",
    "searching": "searching",
    "looking": "looking at the picture",
    "reading": "reading",
    "writing": "writing",
    "waiting": "waiting for the knowledge",
}
QUOTE_CHARACTERS = 280
CAPTION_CHARACTERS = 100


async def render(
    parts: AsyncIterator[ReplyPart], *, picture_path: Callable[[str], Path], console: Console | None = None
) -> Reply:
    """Show parts as they come; answer the whole reply.

    On a terminal the answer grows in place; into a file or a pipe it is written once, plain.
    """
    console = console or Console()
    taken: list[ReplyPart] = []
    if console.is_terminal:
        with Live(console=console, refresh_per_second=8, transient=True) as live:
            status = ""
            async for part in parts:
                taken.append(part)
                if isinstance(part, Status):
                    status = f"{STAGES[part.stage]} {part.detail}".strip()
                said = "".join(one.text for one in taken if isinstance(one, Said))
                live.update(Markdown(said) if said else Spinner("dots", Text(_shortened(status, 80), style="dim")))
    else:
        taken = [part async for part in parts]
    reply = gather(taken)
    for block in _blocks(reply, picture_path):
        # A path is not broken into lines, so that it can be copied and clicked.
        console.print(block, soft_wrap=isinstance(block, Text))
    return reply


def _blocks(reply: Reply, picture_path: Callable[[str], Path]) -> list[RenderableType]:
    blocks: list[RenderableType] = []
    if reply.text.strip():
        blocks.append(Markdown(reply.text.strip()))
    for shown in reply.pictures:
        blocks.append(_picture(shown, picture_path))
    if reply.citations:
        blocks.append(Text("\nSources", style="bold"))
        for _, citations in groupby(reply.citations, key=lambda one: (one.number, one.source, one.heading, one.page)):
            blocks += _source(list(citations))
    if reply.failure is not None:
        blocks.append(_failure(reply.failure))
    return blocks


def _picture(shown: ShownPicture, picture_path: Callable[[str], Path]) -> RenderableType:
    path = picture_path(shown.picture.sha256)
    caption = _shortened(shown.caption.splitlines()[0] if shown.caption else shown.source, CAPTION_CHARACTERS)
    return Text.assemble(("\n▣ ", "green"), (caption, "bold"), f"\n  {shown.source}\n  ", (str(path), "green"))


def _source(citations: Sequence[Citation]) -> list[RenderableType]:
    """One source with all that is quoted from it."""
    first = citations[0]
    place = " › ".join(part for part in (first.source, first.heading) if part)
    page = f", p. {first.page}" if first.page is not None else ""
    quotes = [_shortened(" ".join(one.quote.split()), QUOTE_CHARACTERS) for one in citations]
    return [
        Text.assemble((f"[{first.number}] ", "bold"), (place + page, "cyan")),
        *([Text(f"    {first.url}", style=Style(color="blue", link=first.url))] if first.url else []),
        *(Padding(Text(f"“{quote}”", style="dim"), (0, 0, 0, 4)) for quote in quotes),
    ]


def _failure(failure: Failure) -> RenderableType:
    return Panel(Text(f"{failure.message}\n{failure.hint}".strip()), border_style="red", title="No answer")


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 2].rstrip() + " …"
