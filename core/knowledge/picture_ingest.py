"""The pictures of a source, brought up to date in the index: what they say and show, and the words of their pages."""

import asyncio
import logging
from collections.abc import Collection, Sequence
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
from core.knowledge.picture_vectors import encode_pictures
from core.models.encoder import Encoder
from core.models.ocr import VERSION as OCR_VERSION
from core.models.ocr import OcrReader
from core.models.picture_encoder import PictureEncoder
from core.reading.appearance import VERSION as APPEARANCE_VERSION
from core.reading.appearance import look
from core.reading.appearance_words import describe

VERSION = "2"
"""Changes when the passage of a picture would be made differently of the same notes."""
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
    picture_encoder: PictureEncoder | None
    progress: Progress
    base: str = ""
    """The address below which the files of the source are seen."""
    warnings: list[NotRead] = field(default_factory=list[NotRead])
    written: int = 0

    @property
    def _rules(self) -> str:
        encoder = self.picture_encoder.name if self.picture_encoder else "none"
        rules = f"{self.rules}/{OCR_VERSION}/{APPEARANCE_VERSION}/{VERSION}/{encoder}"
        return f"{rules}/{self.base}" if self.base else rules

    async def run(self) -> None:
        """Write the passages of pictures whose mentions or rules changed; remove those that nothing shows any more."""
        await self._make_room()
        stale = self.ledger.stale_pictures(self.source, self._rules)
        await self._remove([one for one in stale if not one.mentions])
        shown = [one for one in stale if one.mentions]
        self.progress.begin("pictures", len(shown))
        for first in range(0, len(shown), BATCH):
            batch = shown[first : first + BATCH]
            await self._write(batch, seen=True)
            self.written += len(batch)

    async def renew(self, sha256s: Collection[str]) -> None:
        """Write the passages of these pictures, of which something new is known."""
        stale = self.ledger.stale_pictures(self.source, self._rules)
        await self._write([one for one in stale if one.picture.sha256 in sha256s])

    async def _make_room(self) -> None:
        """For vectors of this picture encoder; then no picture of any source has one yet."""
        encoder = self.picture_encoder
        if encoder is None or await self.index.picture_encoder() == encoder.name:
            return
        dimension = await asyncio.to_thread(lambda: encoder.dimension)
        self.ledger.distrust_images()
        await self.index.hold_images(encoder.name, dimension)

    async def _remove(self, gone: Sequence[StalePicture]) -> None:
        await self.index.delete_passages([one.passage_id for one in gone if one.passage_id])
        for one in gone:
            if self.ledger.remove_picture(self.source, one.picture.sha256):
                self.pictures.delete(one.picture.sha256)

    async def _write(self, batch: Sequence[StalePicture], *, seen: bool = False) -> None:
        passages = [await self._passage(one, seen=seen) for one in batch]
        vectors = await encode_passages(self.encoder, passages)
        hashes = [one.picture.sha256 for one in batch]
        images = await encode_pictures(self.picture_encoder, hashes, self.pictures, self.ledger.notes, self.warnings)
        ids = {one.picture.sha256: passage.id for one, passage in zip(batch, passages, strict=True)}
        old = [one.passage_id for one in batch if one.passage_id not in ("", ids[one.picture.sha256])]
        await self.index.delete_passages(old)
        self.ledger.begin_pictures(self.source, ids)
        await self.index.upsert(passages, vectors, images)
        self.ledger.finish_pictures(self.source, ids, self._rules)

    async def _passage(self, stale: StalePicture, *, seen: bool) -> Passage:
        # The document that shows it says more of it than the file lying in the folder does.
        mentions = sorted(stale.mentions, key=lambda one: (one.path == one.name, one.path))
        names = sorted({one.name for one in mentions})
        path = next((name for name in names if "#" not in name), names[0])
        lines = await self._lines(stale.picture.sha256, path)
        appearance = await self._looks(stale.picture.sha256, lines)
        if seen:
            self.progress.advance("pictures", path)
        return picture_passage(
            mentions,
            lines,
            stale.picture,
            source=self.source,
            path=path,
            audience=self.audience,
            caption=self.ledger.notes.caption(stale.picture.sha256),
            appearance=appearance,
            base=self.base,
        )

    async def _looks(self, sha256: str, lines: Sequence[OcrLine]) -> str:
        """The words for how a picture looks; kept."""
        version = f"{OCR_VERSION}/{APPEARANCE_VERSION}"
        known = self.ledger.notes.looks(sha256, version)
        if known is not None:
            return known
        data = await asyncio.to_thread(self.pictures.get, sha256)
        if data is None:
            return ""
        words = describe(await asyncio.to_thread(look, data, lines))
        self.ledger.notes.keep_looks(sha256, version, words)
        return words

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
