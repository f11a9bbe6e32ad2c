"""Looking at the pictures of a conversation: their bytes, what OCR reads in them, and what they show."""

import asyncio
import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING

from langchain_core.messages import ContentBlock

from core.evidence import PictureReading
from core.knowledge.picture_search import SearchedPicture
from core.language import is_chinese
from core.messages import Picture
from core.models.ocr import OcrReader
from core.picture_words import reads_little, shown_in, words_of
from core.turn import PictureSource, Turn

if TYPE_CHECKING:
    from core.captioning import Captioner

DESCRIBED = 2
"""How many pictures of a question are described for its search; each costs a call of the model."""


class Looking:
    """Looks at pictures for one assistant; `captioner` is there where the model sees."""

    def __init__(self, pictures: PictureSource, ocr: OcrReader, captioner: "Captioner | None") -> None:
        self._pictures = pictures
        self._ocr = ocr
        self._captioner = captioner

    async def read(self, picture: Picture, number: int) -> PictureReading:
        """What OCR reads in a picture; nothing where it is gone."""
        data = await self._pictures(picture.sha256)
        lines = await asyncio.to_thread(self._ocr.read, data) if data is not None else ()
        return PictureReading(number=number, width=picture.width, height=picture.height, lines=lines)

    async def describe(self, turn: Turn) -> list[str]:
        """What the question's pictures show, in its language, where little can be read in them."""
        silent = [
            (picture, reading)
            for picture, reading in zip(turn.pictures, turn.readings, strict=True)
            if reads_little(reading.lines)
        ]
        language = "zh" if is_chinese(turn.message.text) else "en"

        async def shown(picture: Picture, reading: PictureReading) -> str:
            data = await self._pictures(picture.sha256)
            return await shown_in(data, reading.lines, self._captioner, language) if data is not None else ""

        return list(await asyncio.gather(*(shown(*one) for one in silent[:DESCRIBED])))

    async def to_search(self, picture: Picture, reading: PictureReading, *, describe: bool) -> SearchedPicture | None:
        """A picture that others are to be like, described in words if need be; None where it is gone."""
        data = await self._pictures(picture.sha256)
        if data is None:
            return None
        words = await words_of(data, reading.lines, self._captioner if describe else None)
        return SearchedPicture(picture.sha256, data, words)

    async def blocks(self, hashes: Sequence[str]) -> list[ContentBlock]:
        """Those of these pictures that are still there, as a message carries them."""
        found = [await self.block(sha256) for sha256 in hashes]
        return [block for block in found if block is not None]

    async def block(self, sha256: str) -> ContentBlock | None:
        """A picture as a message carries it; None where it is gone."""
        data = await self._pictures(sha256)
        if data is None:
            return None
        kind = "image/jpeg" if data.startswith(b"\xff\xd8") else "image/png"
        return {"type": "image", "base64": base64.b64encode(data).decode(), "mime_type": kind}
