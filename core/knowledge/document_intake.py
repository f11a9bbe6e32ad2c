"""From a file to what is indexed of it: passages, and the pictures that it shows."""

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import DocumentError, IndexUnavailableError, LorelensError, PictureError
from core.knowledge.addresses import address_below, web_address
from core.knowledge.changes import About, facts_of, sha256_of
from core.knowledge.chunking import cut
from core.knowledge.discover import FoundFile
from core.knowledge.documents import Document, DocumentPicture, Passage
from core.knowledge.ledger import FileRecord
from core.knowledge.loaders import load
from core.knowledge.passages import PLACE_TOKENS, passages_of
from core.knowledge.picture_files import PictureFiles
from core.knowledge.picture_passages import PictureMention
from core.language import detect_language
from core.messages import Picture
from core.models.encoder import Encoder
from core.pictures import NormalizedPicture, normalize

SMALLEST_SIDE = 32
"""Pictures with a shorter side, in pixels, are icons and badges; nobody asks for them."""
CHARACTERS_PER_TOKEN = 4
WITHOUT_ENCODER_TOKENS = 240
KEPT_REASON = 4000

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadFile:
    """A file that was read: what the ledger notes of it, its passages, and the pictures it shows."""

    record: FileRecord
    passages: list[Passage]
    mentions: list[tuple[Picture, PictureMention]]
    warnings: list[str]


@dataclass
class DocumentIntake:
    """Reads the files of one source; meant to be called from one thread."""

    root: Path
    source: str
    audience: tuple[str, ...]
    rules: str
    encoder: Encoder | None
    pictures: PictureFiles
    base: str = ""
    """The address below which the files of the source are seen."""
    about: About | None = None
    _seen: dict[str, Picture | str] = field(default_factory=dict[str, "Picture | str"])

    def read(self, found: FoundFile) -> ReadFile | FileRecord:
        """The file's content, or the record of why it could not be read.

        Raises:
            IndexUnavailableError: its pictures can't be kept.
            ModelUnavailableError: the encoder can't be used.
        """
        now = time.time()
        sha256 = sha256_of(found.file)
        record = FileRecord(
            path=found.path,
            size=found.size,
            mtime_ns=found.mtime_ns,
            sha256=sha256,
            rules=self.rules,
            outcome="pending",
            read_at=now,
            told=facts_of(found.path, self.about),
        )
        try:
            return self._read(found, record)
        except DocumentError as error:
            return record.model_copy(update={"outcome": "failed", "reason": error.message})
        except LorelensError:
            raise
        except Exception as error:  # noqa: BLE001 - one file never stops the others, whatever it does to our own code
            _log.exception("%s could not be read", found.file)
            reason = f"It can't be read: {' '.join(str(error).split())[:200] or type(error).__name__}."
            return record.model_copy(update={"outcome": "failed", "reason": reason})

    def _read(self, found: FoundFile, record: FileRecord) -> ReadFile:
        document = self._with_facts(load(found.file, self.root), found.path)
        passages = self._passages(document, found)
        warnings = list(document.warnings)
        mentions: list[tuple[Picture, PictureMention]] = []
        for shown in document.pictures:
            picture = self._picture(shown)
            if isinstance(picture, str):
                warnings.append(picture)
            elif min(picture.width, picture.height) >= SMALLEST_SIDE:
                mentions.append((picture, _mention(document, shown, found.path)))
        if warnings and not passages and not mentions:
            raise DocumentError(" ".join(warnings))
        noted = {"passages": len(passages), "reason": "\n".join(warnings)[:KEPT_REASON], "url": document.url}
        return ReadFile(record.model_copy(update=noted), passages, mentions, warnings)

    def _with_facts(self, document: Document, path: str) -> Document:
        facts = self.about(path) if self.about is not None else None
        if facts is None:
            return document
        known = {
            "title": facts.title or document.title,
            "url": document.url or web_address(facts.url),
            "modified": document.modified or facts.modified,
        }
        return document.model_copy(update=known)

    def _passages(self, document: Document, found: FoundFile) -> list[Passage]:
        encoder = self.encoder
        chunks = cut(
            document,
            count_tokens=encoder.count_tokens if encoder else _count_tokens,
            budget=encoder.token_limit - PLACE_TOKENS if encoder else WITHOUT_ENCODER_TOKENS,
            languages=encoder.languages if encoder else frozenset(),
        )
        return passages_of(
            document,
            chunks,
            source=self.source,
            path=found.path,
            audience=self.audience,
            url=address_below(self.base, found.path),
            modified=found.mtime_ns / 1e9,
        )

    def _picture(self, shown: DocumentPicture) -> Picture | str:
        """The picture, taken in and kept, once for all that show it; or why it can't be."""
        raw = hashlib.sha256(shown.data).hexdigest()
        if raw not in self._seen:
            try:
                taken = normalize(shown.data, name=shown.name)
            except PictureError as error:
                self._seen[raw] = error.message
            else:
                self._keep(taken)
                self._seen[raw] = taken.picture
        return self._seen[raw]

    def _keep(self, taken: NormalizedPicture) -> None:
        if min(taken.picture.width, taken.picture.height) < SMALLEST_SIDE:
            return
        try:
            self.pictures.put(taken)
        except OSError as error:
            raise IndexUnavailableError(
                f"A picture can't be kept: {error.strerror or error}.",
                hint="Make room on the disk and run the command again; nothing that was written is lost.",
            ) from error


def _mention(document: Document, shown: DocumentPicture, path: str) -> PictureMention:
    return PictureMention(
        path=path,
        title=document.title,
        name=shown.name,
        alt=shown.alt,
        heading_path=shown.heading_path,
        context=shown.context,
        page=shown.page,
        language=detect_language(f"{' '.join(shown.heading_path)} {shown.context} {shown.alt}"),
        url=document.url,
    )


def _count_tokens(texts: Sequence[str]) -> list[int]:
    return [len(text) // CHARACTERS_PER_TOKEN for text in texts]
