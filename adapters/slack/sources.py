"""The sources of an answer, as small print below it."""

from collections.abc import Sequence

from adapters.markdown.mentions import defused
from adapters.slack.blocks import Block, bounded, context
from adapters.slack.converting import escaped, is_link, link
from adapters.texts import Texts
from core.reply import Citation

SHOWN = 10
"""So many sources are shown; of others there is only the number."""
TITLE = 120
QUOTE = 160
ADDRESS = 1000
PRINT = 2800
"""Characters of one block; Slack takes 3,000."""


def source_blocks(citations: Sequence[Citation], texts: Texts) -> tuple[Block, ...]:
    """A heading and a line for each source: `[1] title › heading, p. 2 — “quote”`."""
    if not citations:
        return ()
    sources: dict[int, list[Citation]] = {}
    for citation in citations:
        sources.setdefault(citation.number, []).append(citation)
    lines = [f"*{texts.sources}*", *(_line(one, texts) for one in list(sources.values())[:SHOWN])]
    if len(sources) > SHOWN:
        lines.append(f"_{texts.more_sources.format(count=len(sources) - SHOWN)}_")
    prints: list[str] = []
    for line in lines:
        if prints and len(prints[-1]) + len(line) < PRINT:
            prints[-1] += f"\n{line}"
        else:
            prints.append(line)
    return tuple(context(one) for one in prints)


def _line(citations: Sequence[Citation], texts: Texts) -> str:
    first = citations[0]
    title = bounded(_plain(first.title or first.source), TITLE)
    named = link(first.url, title) if is_link(first.url) and len(first.url) <= ADDRESS else escaped(title)
    section = f" › {escaped(bounded(_plain(first.section), TITLE))}" if first.section.strip() else ""
    page = f", {texts.page.format(page=first.page)}" if first.page is not None else ""
    quotes = list(dict.fromkeys(_plain(one.quote) for one in citations if one.quote.strip()))
    shown = " … ".join(quotes)
    quote = f" — “{escaped(bounded(shown, QUOTE))}”" if shown else ""
    return f"[{first.number}] {named}{section}{page}{quote}"


def _plain(text: str) -> str:
    return defused(" ".join(text.split()))
