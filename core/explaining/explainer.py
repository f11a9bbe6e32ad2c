"""From what an answer stood on to why it is what it is, and to the pictures that show it."""

import asyncio
import io
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.errors import QuestionError
from core.evidence import OcrLine
from core.explaining.explanation import ExplainedPicture, Explanation, HeatMap
from core.explaining.picture_lines import quoted_lines
from core.explaining.record import AnswerRecord, picture_hashes
from core.explaining.seeing import seen_by
from core.explaining.sentences import cited_sentences, passed_over
from core.messages import Picture
from core.pictures import NormalizedPicture, normalize
from core.turn import PictureSource

if TYPE_CHECKING:  # a chat model may bring torch along
    from PIL.Image import Image

    from core.knowledge.access import KnowledgeAccess
    from core.models.chat import ChatModel
    from core.models.encoder import Encoder
    from core.models.ocr import OcrReader

Role = Literal["asked", "shown", "seen"]
_MARKER = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Drawing:
    """An explained picture with boxes or a heat map drawn on it."""

    kind: Literal["boxes", "heat"]
    of: ExplainedPicture
    drawn: NormalizedPicture


class Explainer:
    """Explains answers. `chat` gives the chat model; it is called only where a local model's attention is shown."""

    def __init__(
        self,
        *,
        encoder: "Encoder | None",
        ocr: "OcrReader",
        find: PictureSource,
        chat: "Callable[[], Awaitable[ChatModel]]",
        data: Path,
        access: "Callable[[], Awaitable[KnowledgeAccess]] | None" = None,
    ) -> None:
        self._encoder = encoder
        self._ocr = ocr
        self._find = find
        self._chat = chat
        self._data = data
        self._access = access

    async def seen_by(self, record: AnswerRecord, audience: Collection[str]) -> AnswerRecord | None:
        """The record as far as these principals may see now what it holds; None if they may not see what the answer
        itself stood on. Whether the answer was for them is another question (`AnswerRecord.may_be_seen_by`).

        Raises:
            IndexUnavailableError: who may see what can't be looked up.
        """
        return seen_by(record, audience, await self._access()) if self._access is not None else record

    async def explain(
        self, record: AnswerRecord, *, word: str = "", audience: Collection[str] | None = None
    ) -> Explanation:
        """Why the answer is what it is; the heat map is of `word`, or of the whole answer.

        `audience` is what the one who asks may see, where they are not known to have been shown the answer.

        Raises:
            QuestionError: the answer was not for them, or `word` does not stand in it.
            ModelUnavailableError: a local model failed.
        """
        if audience is not None:
            seen = await self.seen_by(record, audience) if record.may_be_seen_by(audience) else None
            if seen is None:
                raise QuestionError("This answer was given to others.", hint="Ask the question yourself.")
            record = seen
        if word and word.casefold() not in record.reply.text.casefold():
            raise QuestionError(f'"{word}" does not stand in the answer.', hint="Name a word of the answer.")
        heat, without = await self._heat(record, word)
        cited = await asyncio.to_thread(cited_sentences, record, self._encoder)
        return Explanation(
            id=record.id,
            question=record.question.text,
            searched=" | ".join(filter(None, (record.evidence.rewritten, record.evidence.standalone))),
            answer=record.reply.text,
            model=record.reply.model,
            declined=record.reply.declined,
            support=record.reply.support,
            cited=cited,
            passed_over=passed_over(record),
            pictures=tuple([await self._picture(record, *one, heat) for one in _pictures_of(record)]),
            no_attention=without,
        )

    async def draw(self, explanation: Explanation) -> list[Drawing]:
        """What can be drawn on the explained pictures: boxes, then the heat map, picture by picture."""
        return [drawing for one in explanation.pictures for drawing in await self._drawn(one)]

    async def boxed(self, record: AnswerRecord, sha256: str) -> NormalizedPicture | None:
        """A picture of the answer or its question with boxes around what the answer quotes from it; None if it quotes
        nothing of it, or the picture is none of these."""
        for picture, role, source in _pictures_of(record):
            if picture.sha256 == sha256:
                drawn = await self._drawn(await self._picture(record, picture, role, source, {}))
                return next((one.drawn for one in drawn if one.kind == "boxes"), None)
        return None

    async def _drawn(self, one: ExplainedPicture) -> list[Drawing]:
        data = await self._find(one.picture.sha256) if one.lines or one.heat else None
        return await asyncio.to_thread(_drawings, one, data) if data is not None else []

    async def _heat(self, record: AnswerRecord, word: str) -> tuple[dict[str, HeatMap], str]:
        """The heat maps by picture, or why there is none."""
        from core.explaining.looking import LookingError, heat_maps
        from core.models.chat import LOCAL

        if not record.prompt:
            return {}, "unseen" if record.pictures else ""
        if not record.reply.model.startswith(LOCAL):
            return {}, "not_local"
        chat = await self._chat()
        if chat.name != record.reply.model:
            return {}, "other_model"
        try:
            return await heat_maps(record, chat.model, self._find, self._data, word=word), ""
        except LookingError as error:
            return {}, error.message

    async def _picture(
        self, record: AnswerRecord, picture: Picture, role: Role, source: str, heat: dict[str, HeatMap]
    ) -> ExplainedPicture:
        data = await self._find(picture.sha256)
        lines = await self._lines(record, picture, data)
        return ExplainedPicture(
            picture=picture,
            role=role,
            source=source,
            lines=quoted_lines(_MARKER.sub("", record.reply.text), lines),
            heat=heat.get(picture.sha256),
            gone=data is None,
        )

    async def _lines(self, record: AnswerRecord, picture: Picture, data: bytes | None) -> tuple[OcrLine, ...]:
        """What was read in a picture: as it was read for the answer, else read now."""
        for known, reading in zip(record.pictures, record.evidence.pictures, strict=False):
            if known.sha256 == picture.sha256:
                return reading.lines
        return await asyncio.to_thread(self._ocr.read, data) if data is not None else ()


def _pictures_of(record: AnswerRecord) -> list[tuple[Picture, Role, str]]:
    """The pictures of the question, of the reply, and those that only the model was given; each once."""
    found: dict[str, tuple[Picture, Role, str]] = {one.sha256: (one, "asked", one.name) for one in record.pictures}
    for shown in record.reply.pictures:
        found.setdefault(shown.picture.sha256, (shown.picture, "shown", shown.source))
    known = {one.passage.picture.sha256: one.passage for one in record.evidence.passages if one.passage.picture}
    for sha256 in picture_hashes(record):
        passage = known.get(sha256)
        if passage is not None and passage.picture is not None:
            facts = passage.picture
            picture = Picture(sha256=sha256, media_type=facts.media_type, width=facts.width, height=facts.height)
            found.setdefault(sha256, (picture, "seen", passage.path))
    return list(found.values())


def _drawings(explained: ExplainedPicture, data: bytes) -> list[Drawing]:
    from PIL import Image

    from core.explaining.boxes import draw_boxes
    from core.explaining.heatmap import heat_overlay

    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    drawings: list[Drawing] = []
    if explained.lines:
        boxed = draw_boxes(image, [line.box for line in explained.lines])
        drawings.append(Drawing("boxes", explained, _kept(boxed, explained, "quotes")))
    if explained.heat is not None:
        drawings.append(Drawing("heat", explained, _kept(heat_overlay(image, explained.heat), explained, "attention")))
    return drawings


def _kept(image: "Image", explained: ExplainedPicture, what: str) -> NormalizedPicture:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    stem = explained.source.rpartition("/")[2].rpartition(".")[0] or "picture"
    return normalize(buffer.getvalue(), name=f"{stem}-{what}.png")
