"""The sources that an answer cites: one for each number, with all that is quoted of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.markdown.mentions import defused
from core.links import without_links
from core.reply import Citation

SHOWN = 10
"""So many sources are shown; of others there is only the number."""


@dataclass(frozen=True)
class Source:
    """What is said of one; its texts are one line each, mention nobody, lead nowhere, and are as long as they are.

    `section` and `quote` are empty where there is none.
    """

    number: int
    title: str
    section: str
    page: int | None
    quote: str
    url: str


def sources_of(citations: Sequence[Citation]) -> list[Source]:
    """The sources in the order in which they are cited first."""
    cited: dict[int, list[Citation]] = {}
    for citation in citations:
        cited.setdefault(citation.number, []).append(citation)
    return [_source(of_one) for of_one in cited.values()]


def _source(citations: Sequence[Citation]) -> Source:
    first = citations[0]
    quotes = dict.fromkeys(_plain(one.quote) for one in citations if one.quote.strip())
    return Source(
        number=first.number,
        title=_plain(first.title or first.source),
        section=_plain(first.section) if first.section.strip() else "",
        page=first.page,
        quote=" … ".join(quotes),
        url=first.url,
    )


def _plain(text: str) -> str:
    return defused(without_links(" ".join(text.split())))
