"""The sources of an answer, as small print below it: a telephone shows that better than an embed."""

import re
from collections.abc import Sequence
from urllib.parse import quote

from adapters.discord.blocks import bounded
from adapters.markdown.mentions import defused
from adapters.texts import Texts
from core.reply import Citation

SHOWN = 10
"""So many sources are shown; of others there is only the number."""
TITLE = 100
QUOTE = 140
ADDRESS = 300
_MARKUP = re.compile(r"([\\*_~`|\[\]<])")


def source_lines(citations: Sequence[Citation], texts: Texts) -> tuple[str, ...]:
    """A heading and a line for each source: `-# [1] title › heading, p. 2: “quote”`."""
    if not citations:
        return ()
    sources: dict[int, list[Citation]] = {}
    for citation in citations:
        sources.setdefault(citation.number, []).append(citation)
    lines = [f"-# **{texts.sources}**", *(_line(one, texts) for one in list(sources.values())[:SHOWN])]
    if len(sources) > SHOWN:
        lines.append(f"-# {texts.more_sources.format(count=len(sources) - SHOWN)}")
    return tuple(lines)


def _line(citations: Sequence[Citation], texts: Texts) -> str:
    first = citations[0]
    title = escaped(bounded(_plain(first.title or first.source), TITLE))
    named = f"[{title}](<{_address(first.url)}>)" if _is_link(first.url) else title
    section = f" › {escaped(bounded(_plain(first.section), TITLE))}" if first.section.strip() else ""
    page = f", {texts.page.format(page=first.page)}" if first.page is not None else ""
    quotes = list(dict.fromkeys(_plain(one.quote) for one in citations if one.quote.strip()))
    shown = bounded(" … ".join(quotes), QUOTE)
    said = f": “{escaped(shown)}”" if shown else ""
    return f"-# \\[{first.number}\\] {named}{section}{page}{said}"


def escaped(text: str) -> str:
    """Text that Discord shows as it is."""
    return _MARKUP.sub(r"\\\1", text)


def _is_link(url: str) -> bool:
    return len(url) <= ADDRESS and re.fullmatch(r"https?://\S+", url, re.IGNORECASE) is not None


def _address(url: str) -> str:
    return quote(url, safe="%/:?#[]@!$&'*+,;=~-._")


def _plain(text: str) -> str:
    return defused(" ".join(text.split()))
