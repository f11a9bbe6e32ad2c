"""Captions: what a picture shows, in one to three sentences, from any chat model that sees.

What the model says is only a description once it has been cleaned: it is indexed, shown, and read by models again. A
picture may hold words that pose as instructions; they reach the model between delimiters that they can't close, and
nothing that comes back can do more than be read.
"""

import asyncio
import base64
import re
import secrets
from collections.abc import Sequence
from contextlib import aclosing
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast

from langchain_core.messages import AIMessageChunk, ContentBlock, HumanMessage

from core.errors import ModelUnavailableError
from core.evidence import OcrLine
from core.models.chat import ChatModel
from core.models.ocr import text_of
from core.models.served.notes import NOTES
from core.prompting import DESCRIBE
from core.reading.sentences import split_sentences

CaptionLanguage = Literal["en", "zh"]

SENTENCES = 3
CAPTION_CHARACTERS = 400
OCR_CHARACTERS = 600
LONGEST_THOUGHT = 20_000
"""Characters after which a model that still thinks aloud is not listened to any more."""

_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_LINE_MARK = re.compile(r"^\s*(?:#{1,6}\s+|>\s*|[-*+•]\s+|\d+[.)]\s+|```\w*\s*$|[-*_]{3,}\s*$)", re.MULTILINE)
_EMPHASIS = re.compile(r"\*{1,3}|_{2,3}|`+|~~")
_INTRODUCTION = re.compile(
    r"^\W*(?:(?:sure|certainly|of course|okay|ok)[!,.]?\s*|(?:好的|当然)[，,。!！]?\s*)?"
    r"(?:here(?:'s| is| are)\b[^.:：\n]{0,60}[:：]|(?:caption|description|alt(?:ernative)? text)\s*[:：]"
    r"|(?:以下|下面)[^。：:\n]{0,20}[：:]|(?:图片)?(?:描述|说明)[：:])\s*",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"^\W*(?:i['’]?m (?:sorry|unable)|i am (?:sorry|unable)|sorry|i can(?:no|['’])?t|as an ai\b"
    r"|抱歉|对不起|很抱歉|我无法|我不能)",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class Captioner:
    """Writes captions with one model; `at_once` are asked for side by side, so that a model that batches can."""

    def __init__(self, chat: ChatModel, *, at_once: int = 8) -> None:
        self._chat = chat
        self.at_once = at_once
        self._free = asyncio.Semaphore(at_once)

    @property
    def model(self) -> str:
        """The name of the model that writes."""
        return self._chat.name

    async def caption(self, picture: bytes, lines: Sequence[OcrLine] = (), *, language: CaptionLanguage = "en") -> str:
        """What a normalized picture shows; empty where the model had nothing to say, or refused.

        Args:
            picture: its bytes.
            lines: what OCR read in it, which small models read less well.
            language: what it is written in, by a model that can be told.

        Raises:
            ModelUnavailableError: the model is away. Models of other makers raise errors of their own.
        """
        message = self._message(picture, lines, language)
        said = ""
        async with self._free, aclosing(cast(Any, self._chat.model.astream([message]))) as chunks:
            async for chunk in chunks:
                _check_seen(chunk, self._chat.name)
                said += chunk.text
                if _is_enough(said):
                    break
        return clean_caption(said)

    def _message(self, picture: bytes, lines: Sequence[OcrLine], language: CaptionLanguage) -> HumanMessage:
        text = DESCRIBE if self._chat.prompt == "brief" else _instructions(lines, language)
        kind = "image/jpeg" if picture.startswith(b"\xff\xd8") else "image/png"
        blocks: list[ContentBlock] = [
            {"type": "text", "text": text},
            {"type": "image", "base64": base64.b64encode(picture).decode(), "mime_type": kind},
        ]
        return HumanMessage(content_blocks=blocks)


def clean_caption(said: str) -> str:
    """What a model said of a picture as plain text of one to three sentences; empty where that leaves nothing."""
    text = _TAG.sub(" ", _THOUGHT.sub(" ", said))
    text = _EMPHASIS.sub("", _LINE_MARK.sub("", _LINK.sub(r"\1", _CONTROL.sub("", text))))
    text = _INTRODUCTION.sub("", " ".join(text.split()))
    text = text.strip().strip('"“”「」').strip()
    if _REFUSAL.match(text) or not any(map(str.isalnum, text)):
        return ""
    kept = ""
    for _, end in split_sentences(text)[:SENTENCES]:
        if kept and end > CAPTION_CHARACTERS:
            break
        kept = text[:end]
    return kept if len(kept) <= CAPTION_CHARACTERS else kept[: CAPTION_CHARACTERS - 1].rstrip() + "…"


def _check_seen(chunk: AIMessageChunk, model: str) -> None:
    """Refuse the words of a fallback that was not shown the picture."""
    notes = cast(list[dict[str, str]], chunk.response_metadata.get(NOTES, []))
    if any(note.get("kind") in {"unseen", "quoting"} for note in notes):
        raise ModelUnavailableError(
            f"The model {model} did not answer, and what would answer in its place can't see pictures.",
            hint="Try again; if it stays so, check the model with `lorelens doctor`.",
        )


def _is_enough(said: str) -> bool:
    """Whether what was said holds all that would be kept."""
    text = _THOUGHT.sub(" ", said).strip()
    return (
        len(said) > LONGEST_THOUGHT or len(text) > 2 * CAPTION_CHARACTERS or len(split_sentences(text)) > SENTENCES + 1
    )


def _instructions(lines: Sequence[OcrLine], language: CaptionLanguage) -> str:
    read = text_of(lines)[:OCR_CHARACTERS].strip()
    if not read:
        return _standing_words(language)
    seal = secrets.token_hex(4)
    return f"<picture-text-{seal}>\n{read}\n</picture-text-{seal}>\n\n{_standing_words(language)}"


@cache
def _standing_words(language: CaptionLanguage) -> str:
    return files("config").joinpath(f"caption.{language}.md").read_text(encoding="utf-8").strip()
