"""Passages as Markdown: where one stands, with its link, and the words around what was looked for, in bold.

What documents say is shown as they say it: their own markup and links are made harmless.
"""

import re
from collections.abc import Collection

from core.knowledge.documents import Passage
from core.knowledge.terms import index_terms
from core.links import without_links
from core.reading.questions import content_terms
from core.reading.sentences import split_sentences

EXCERPT_CHARACTERS = 300
PLACE_CHARACTERS = 150

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"[^\W_\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_MARKUP = re.compile(r"[\\`*~\[\]<]|(?<!\w)_|_(?!\w)|\A[#>+-]")

Spans = list[tuple[int, int]]


def plain(text: str) -> str:
    """A document's words on one line, as Markdown that shows them and nothing else."""
    return _escaped(without_links(" ".join(text.split())))


def place_of(passage: Passage, page: str, heading: tuple[str, ...] | None = None) -> str:
    """Title › headings, linked if the document has an address; then its page in the given words, where it has one."""
    title = passage.title or passage.path
    path = " › ".join(dict.fromkeys(part for part in (title, *(heading or passage.heading_path)) if part))
    named = plain(path if len(path) <= PLACE_CHARACTERS else f"{path[:PLACE_CHARACTERS].rstrip()} …")
    linked = f"[{named}](<{passage.url}>)" if passage.url else f"**{named}**"
    return f"{linked}, {page}" if passage.page is not None else linked


def excerpt(text: str, query: str) -> tuple[str, str]:
    """The words of a passage around what was looked for, in bold; and the sentence that they are chosen by."""
    wanted = set(content_terms(query))
    sentences = [text[start:end] for start, end in split_sentences(text)] or [text]
    found = [len(wanted & set(index_terms(sentence))) for sentence in sentences]
    first = last = found.index(max(found))
    best = sentences[first]
    shown = " ".join(best.split())
    while last + 1 < len(sentences) and len(shown) + len(sentences[last + 1]) <= EXCERPT_CHARACTERS:
        last += 1
        shown = f"{shown} {' '.join(sentences[last].split())}"
    while first > 0 and len(shown) + len(sentences[first - 1]) <= EXCERPT_CHARACTERS:
        first -= 1
        shown = f"{' '.join(sentences[first].split())} {shown}"
    shown = _cut(shown, wanted)
    before = "… " if first > 0 else ""
    after = " …" if last + 1 < len(sentences) and not shown.endswith("…") else ""
    return f"{before}{_bold(shown, wanted)}{after}", best


def highlights(text: str, query: str) -> Spans:
    """Where in a passage the words stand that were looked for: start and end, in characters, in order."""
    return _spans(text, set(content_terms(query)))


def _cut(text: str, wanted: Collection[str]) -> str:
    """So much of a long sentence as is shown, from shortly before the first of the words."""
    if len(text) <= EXCERPT_CHARACTERS:
        return text
    spans = _spans(text, wanted)
    start = max(0, spans[0][0] - EXCERPT_CHARACTERS // 4) if spans else 0
    end = start + EXCERPT_CHARACTERS
    return ("… " if start else "") + text[start:end].strip() + (" …" if end < len(text) else "")


def _bold(text: str, wanted: Collection[str]) -> str:
    shown: list[str] = []
    at = 0
    text = without_links(text)
    for start, end in _spans(text, wanted):
        shown += [_escaped(text[at:start]), "**", _escaped(text[start:end]), "**"]
        at = end
    return "".join([*shown, _escaped(text[at:])])


def _escaped(text: str) -> str:
    return _MARKUP.sub(lambda match: f"\\{match.group()}", text)


def _spans(text: str, wanted: Collection[str]) -> Spans:
    """Where the words stand: whole words by their stems, Chinese by its pairs of characters."""
    spans: Spans = [
        match.span() for match in _WORD.finditer(text) if not set(wanted).isdisjoint(index_terms(match.group()))
    ]
    pairs = {term for term in wanted if len(term) == 2 and _HAN.fullmatch(term)}
    singles = {term for term in wanted if len(term) == 1} if not pairs else set[str]()
    for run in _HAN.finditer(text):
        for at in range(run.start(), run.end()):
            if text[at : min(at + 2, run.end())] in pairs:
                spans.append((at, at + 2))
            elif text[at] in singles:
                spans.append((at, at + 1))
    return _joined(sorted(spans))


def _joined(spans: Spans) -> Spans:
    joined: Spans = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
