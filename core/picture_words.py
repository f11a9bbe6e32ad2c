"""A picture that somebody sends, in words to search by: what OCR reads in it and, where that is little, what it shows.

A photograph of a red light says nothing; "a red light" finds the page that says what it means. A model that sees puts
that into words, at the cost of a short call; without one, kind and colours are measured.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.evidence import OcrLine
from core.models.ocr import text_of

if TYPE_CHECKING:
    from core.captioning import Captioner, CaptionLanguage

LITTLE = 16
"""Letters and digits below which what was read says little of what a picture is about."""

READ_CHARACTERS = 300
"""How much of what was read stands in a description."""

_log = logging.getLogger(__name__)


def reads_little(lines: Sequence[OcrLine]) -> bool:
    """Whether the words in a picture are too few to find something by."""
    return sum(map(str.isalnum, text_of(lines))) < LITTLE


async def shown_in(
    data: bytes, lines: Sequence[OcrLine], captioner: "Captioner | None", language: "CaptionLanguage"
) -> str:
    """What a normalized picture shows: a caption, or kind and colours where no model sees or it does not answer."""
    if captioner is not None:
        try:
            caption = await captioner.caption(data, lines, language=language)
        except Exception:  # noqa: BLE001 - the question is still searched by its own words
            _log.warning("A picture could not be described for the search", exc_info=True)
        else:
            if caption:
                return caption
    english, _, rest = (await asyncio.to_thread(_looks, data, lines)).partition("\n")
    return rest.partition("\n")[0] if language == "zh" else english


async def words_of(data: bytes, lines: Sequence[OcrLine], captioner: "Captioner | None" = None) -> str:
    """All words that a picture is searched by: what is read in it; where that is little, its looks and its caption.

    The words for looks are many, English and Chinese, and would drown those that were read.
    """
    read = text_of(lines)
    if not reads_little(lines):
        return read
    parts = [read, await asyncio.to_thread(_looks, data, lines)]
    if captioner is not None:
        parts.append(await shown_in(data, lines, captioner, "en"))
    return "\n".join(part for part in parts if part)


def _looks(data: bytes, lines: Sequence[OcrLine]) -> str:
    from core.reading.appearance import look
    from core.reading.appearance_words import describe

    return describe(look(data, lines))


async def measured_in(data: bytes, lines: Sequence[OcrLine], language: "CaptionLanguage") -> str:
    """What can be said of a picture without a model that sees: its kind and colours, and the words in it."""
    english, _, rest = (await asyncio.to_thread(_looks, data, lines)).partition("\n")
    read = " · ".join(line for line in text_of(lines).split("\n") if line.strip())
    read = read if len(read) <= READ_CHARACTERS else read[:READ_CHARACTERS].rstrip() + "…"
    if language == "zh":
        parts = [rest.partition("\n")[0], f"图中文字：{read}" if read else ""]
        return "。".join(part for part in parts if part) or "看不出这张图片的内容。"
    parts = [english, f"It reads: {read}" if read else ""]
    return ". ".join(part[:1].upper() + part[1:] for part in parts if part) or "Nothing could be made out in it."
