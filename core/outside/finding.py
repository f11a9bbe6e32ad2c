"""What was found outside, as passages of a turn: cited like the rest, marked as from outside, never in the index."""

import zlib
from collections.abc import Sequence
from datetime import datetime

from yarl import URL

from core.evidence import OUTSIDE
from core.knowledge.documents import Passage
from core.knowledge.index import Hit
from core.knowledge.passages import passage_id
from core.language import detect_language
from core.messages import Value

TITLE_CHARACTERS = 160
TEXT_CHARACTERS = 4000
"""Of one finding; what a page says beyond is cut to what fits the question before."""

_MARKS = {"web": ("web", "网络"), "wikipedia": ("Wikipedia", "维基百科"), "graph": ("knowledge graph", "知识图谱")}


class Finding(Value):
    """A text that was found: `url` is where a person sees it, empty where nobody can; `modified` in seconds."""

    title: str
    text: str
    url: str = ""
    modified: float = 0.0


def passages_of_findings(kind: str, findings: Sequence[Finding], *, chinese: bool) -> list[Passage]:
    """Findings as passages, in their order. `kind` is "web", "wikipedia", "graph" or the name of an MCP server.

    The title says where it comes from, since that is what every platform shows of a source.
    """
    mark = _MARKS.get(kind, (kind, kind))[chinese]
    source = OUTSIDE + kind
    passages: list[Passage] = []
    for at, one in enumerate(findings):
        text = one.text.strip()[:TEXT_CHARACTERS]
        if not text:
            continue
        place = URL(one.url).host or "" if one.url else ""
        title = " ".join(one.title.split())[:TITLE_CHARACTERS]
        path = one.url or f"{mark}: {title or at + 1}"
        passages.append(
            Passage(
                id=passage_id(source, path, "text", at if not one.url else _number_of(text)),
                source=source,
                path=path,
                text=text,
                title=f"{title} ({mark}: {place})" if place and kind == "web" else f"{title} ({mark})".strip(),
                language=detect_language(text),
                audience=(),
                url=one.url,
                modified=one.modified,
            )
        )
    return passages


def as_hits(passages: Sequence[Passage]) -> list[Hit]:
    """Passages as hits, best first as they stand."""
    return [Hit(passage=one, score=0.0) for one in passages]


def _number_of(text: str) -> int:
    """A number that stays the same for a text in every process."""
    return zlib.crc32(text.encode())


def seconds_of(date: str) -> float:
    """An ISO 8601 date in seconds since 1970, 0 where it is none."""
    try:
        return datetime.fromisoformat(date.replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError):
        return 0.0
