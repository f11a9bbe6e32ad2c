"""From a document and its chunks to passages, and from a passage to the words that are embedded."""

import hashlib
from collections.abc import Iterator, Sequence

from core.knowledge.chunking import Chunk
from core.knowledge.documents import Document, Passage, Section
from core.knowledge.picture_passages import encoder_text
from core.reading.sentences import split_sentences

PLACE_TOKENS = 38
"""Room that a chunk leaves in what the encoder reads, for the title and headings it stands under."""
PLACE_CHARACTERS = 120
LEAD_CHARACTERS = 240


def passages_of(
    document: Document,
    chunks: Sequence[Chunk],
    *,
    source: str,
    path: str,
    audience: tuple[str, ...],
    url: str = "",
    modified: float = 0.0,
) -> list[Passage]:
    """The text passages of a document, in order; ids are the same each time the same document is read.

    `url` is where it is seen and `modified` when it was changed, unless it says that itself.
    """
    lead = _lead(document.text)
    return [
        Passage(
            id=passage_id(source, path, "text", ordinal),
            source=source,
            path=path,
            text=chunk.text,
            title=document.title,
            lead=lead if ordinal else "",
            heading_path=chunk.heading_path,
            page=chunk.page,
            start=chunk.start,
            end=chunk.end,
            sections=sections,
            ordinal=ordinal,
            language=chunk.language,
            audience=audience,
            url=document.url or url,
            modified=document.modified or modified,
        )
        for ordinal, (chunk, sections) in enumerate(zip(chunks, _sections(document, chunks), strict=True))
    ]


def _sections(document: Document, chunks: Sequence[Chunk]) -> Iterator[tuple[Section, ...]]:
    """What each chunk has of each section, so that a passage is the same whatever comes after it."""
    first, sections = 0, document.sections
    for chunk in chunks:
        while first < len(sections) and sections[first].end <= chunk.start:
            first += 1
        last = first
        while last < len(sections) and sections[last].start < chunk.end:
            last += 1
        yield tuple(
            one.model_copy(update={"start": max(one.start, chunk.start), "end": min(one.end, chunk.end)})
            for one in sections[first:last]
        )


def _lead(text: str) -> str:
    """How a text begins: its first words, to the end of a sentence where one ends."""
    opening = " ".join(text[: LEAD_CHARACTERS * 2].split())
    if len(opening) <= LEAD_CHARACTERS:
        return opening
    ends = [end for _, end in split_sentences(opening) if LEAD_CHARACTERS // 2 <= end <= LEAD_CHARACTERS]
    return opening[: ends[-1] if ends else LEAD_CHARACTERS].strip()


def passage_id(source: str, path: str, kind: str, ordinal: int) -> str:
    """32 hexadecimal digits that name a passage."""
    return hashlib.sha256("\0".join((source, path, kind, str(ordinal))).encode()).hexdigest()[:32]


def embedding_text(passage: Passage, languages: frozenset[str] | None) -> str:
    """What the encoder reads of a passage: where it stands, then its words; nothing if it can't read them.

    A heading says what a chunk is about, and the chunk itself often does not.
    """
    if passage.picture is not None:
        return encoder_text(passage, languages)
    if languages is not None and passage.language not in languages:
        return ""
    place = " › ".join(dict.fromkeys(part for part in (passage.title, *passage.heading_path) if part))
    place = place[-PLACE_CHARACTERS:] if passage.heading_path else f"{place}\n{passage.lead}"[:PLACE_CHARACTERS]
    return f"{place}\n{passage.text}" if place.strip() else passage.text
