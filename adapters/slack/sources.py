"""The sources of an answer, as small print below it."""

from collections.abc import Sequence

from adapters.slack.blocks import Block, bounded, context
from adapters.slack.converting import escaped, is_link, link
from adapters.sources import SHOWN, Source, sources_of
from adapters.texts import Texts
from core.reply import Citation

TITLE = 120
QUOTE = 160
ADDRESS = 1000
PRINT = 2800
"""Characters of one block; Slack takes 3,000."""


def source_blocks(citations: Sequence[Citation], texts: Texts) -> tuple[Block, ...]:
    """A heading and a line for each source: `[1] title › heading, p. 2 — “quote”`."""
    if not citations:
        return ()
    sources = sources_of(citations)
    lines = [f"*{texts.sources}*", *(_line(one, texts) for one in sources[:SHOWN])]
    if len(sources) > SHOWN:
        lines.append(f"_{texts.more_sources.format(count=len(sources) - SHOWN)}_")
    prints: list[str] = []
    for line in lines:
        if prints and len(prints[-1]) + len(line) < PRINT:
            prints[-1] += f"\n{line}"
        else:
            prints.append(line)
    return tuple(context(one) for one in prints)


def _line(source: Source, texts: Texts) -> str:
    title = bounded(source.title, TITLE)
    named = link(source.url, title) if is_link(source.url) and len(source.url) <= ADDRESS else escaped(title)
    section = f" › {escaped(bounded(source.section, TITLE))}" if source.section else ""
    page = f", {texts.page.format(page=source.page)}" if source.page is not None else ""
    quote = f" — “{escaped(bounded(source.quote, QUOTE))}”" if source.quote else ""
    return f"[{source.number}] {named}{section}{page}{quote}"
