"""The pictures of a source, brought up to date in the index: what OCR reads in them, and the words of their pages."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.errors import LorelensError
from core.evidence import OcrLine
from core.knowledge.documents import Passage
from core.knowledge.encoding import encode_passages
from core.knowledge.index import KnowledgeIndex
from core.knowledge.ingest_report import NotRead, Progress
from core.knowledge.ledger import Ledger, StalePicture
from core.knowledge.picture_files import PictureFiles
from core.knowledge.picture_passages import picture_passage
from core.models.encoder import Encoder
from core.models.ocr import VERSION as OCR_VERSION
from core.models.ocr import OcrReader
from core.reading.appearance import VERSION as APPEARANCE_VERSION
from core.reading.appearance import look
from core.reading.appearance_words import describe

BATCH = 32

_log = logging.getLogger(__name__)


@dataclass
class PictureIngest:
    """One run over the pictures of one source. Order of writes as for documents; see `core.knowledge.ingest`."""

    source: str
    audience: tuple[str, ...]
    rules: str
    index: KnowledgeIndex
    ledger: Ledger
    pictures: PictureFiles
    ocr: OcrReader
    encoder: Encoder | None
    progress: Progress
    warnings: list[NotRead] = field(default_factory=list[NotRead])
    written: int = 0

    async def run(self) -> None:
        """Write the passages of pictures whose mentions or rules changed; remove those that nothing shows any more."""
        rules = f"{self.rules}/{OCR_VERSION}/{APPEARANCE_VERSION}"
        stale = self.ledger.stale_pictures(self.source, rules)
        await self._remove([one for one in stale if not one.mentions])
        shown = [one for one in stale if one.mentions]
        self.progress.begin("pictures", len(shown))
        for first in range(0, len(shown), BATCH):
            await self._write(shown[first : first + BATCH], rules)

    async def _remove(self, gone: Sequence[StalePicture]) -> None:
        await self.index.delete_passages([one.passage_id for one in gone if one.passage_id])
        for one in gone:
            if self.ledger.remove_picture(self.source, one.picture.sha256):
                self.pictures.delete(one.picture.sha256)

    async def _write(self, batch: Sequence[StalePicture], rules: str) -> None:
        passages = [await self._passage(one) for one in batch]
        vectors = await encode_passages(self.encoder, passages)
        ids = {one.picture.sha256: passage.id for one, passage in zip(batch, passages, strict=True)}
        old = [one.passage_id for one in batch if one.passage_id not in ("", ids[one.picture.sha256])]
        await self.index.delete_passages(old)
        self.ledger.begin_pictures(self.source, ids)
        await self.index.upsert(passages, vectors)
        self.ledger.finish_pictures(self.source, ids, rules)
        self.written += len(batch)

    async def _passage(self, stale: StalePicture) -> Passage:
        # The document that shows it says more of it than the file lying in the folder does.
        mentions = sorted(stale.mentions, key=lambda one: (one.path == one.name, one.path))
        names = sorted({one.name for one in mentions})
        path = next((name for name in names if "#" not in name), names[0])
        lines = await self._lines(stale.picture.sha256, path)
        data = await asyncio.to_thread(self.pictures.get, stale.picture.sha256)
        caption = describe(await asyncio.to_thread(look, data, lines)) if data is not None else ""
        self.progress.advance("pictures", path)
        return picture_passage(
            mentions, lines, stale.picture, source=self.source, path=path, audience=self.audience, caption=caption
        )

    async def _lines(self, sha256: str, path: str) -> tuple[OcrLine, ...]:
        """What OCR reads in a picture; kept, as it takes a second or two."""
        known = self.ledger.notes.reading(sha256, OCR_VERSION)
        if known is not None:
            return known
        data = await asyncio.to_thread(self.pictures.get, sha256)
        if data is None:
            self.warnings.append(NotRead(path=path, reason="The picture went away while it was read."))
            return ()
        try:
            lines = await asyncio.to_thread(self.ocr.read, data)
        except LorelensError:
            raise
        except Exception as error:  # noqa: BLE001 - one picture never stops the others
            _log.exception("The text in %s could not be read", path)
            self.warnings.append(NotRead(path=path, reason=f"The text in this picture can't be read: {error}."))
            return ()
        self.ledger.notes.keep_reading(sha256, OCR_VERSION, lines)
        return lines
