"""The sources of an answer, as small print below it: a telephone shows that better than an embed."""

import re
from collections.abc import Sequence
from urllib.parse import quote

from adapters.discord.blocks import bounded
from adapters.sources import SHOWN, Source, sources_of
from adapters.texts import Texts
from core.reply import Citation

TITLE = 100
QUOTE = 140
ADDRESS = 300
_MARKUP = re.compile(r"([\\*_~`|\[\]<])")


def source_lines(citations: Sequence[Citation], texts: Texts) -> tuple[str, ...]:
    """A heading and a line for each source: `-# [1] title › heading, p. 2: “quote”`."""
    if not citations:
        return ()
    sources = sources_of(citations)
    lines = [f"-# **{texts.sources}**", *(_line(one, texts) for one in sources[:SHOWN])]
    if len(sources) > SHOWN:
        lines.append(f"-# {texts.more_sources.format(count=len(sources) - SHOWN)}")
    return tuple(lines)


def _line(source: Source, texts: Texts) -> str:
    title = escaped(bounded(source.title, TITLE))
    named = f"[{title}](<{_address(source.url)}>)" if _is_link(source.url) else title
    section = f" › {escaped(bounded(source.section, TITLE))}" if source.section else ""
    page = f", {texts.page.format(page=source.page)}" if source.page is not None else ""
    said = f": “{escaped(bounded(source.quote, QUOTE))}”" if source.quote else ""
    return f"-# \\[{source.number}\\] {named}{section}{page}{said}"


def escaped(text: str) -> str:
    """Text that Discord shows as it is."""
    return _MARKUP.sub(r"\\\1", text)


def _is_link(url: str) -> bool:
    return len(url) <= ADDRESS and re.fullmatch(r"https?://\S+", url, re.IGNORECASE) is not None


def _address(url: str) -> str:
    return quote(url, safe="%/:?#[]@!$&'*+,;=~-._")
