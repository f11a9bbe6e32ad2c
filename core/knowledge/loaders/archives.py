"""The zip archives that office files are: bounded before anything in them is parsed."""

import io
import zipfile

from core.errors import DocumentError
from core.knowledge.loaders.source import SourceFile

MOST_UNPACKED_BYTES = 512 * 2**20
"""An archive that would unpack to more is refused."""

MOST_XML_BYTES = 64 * 2**20
"""A single part of XML that would unpack to more is refused: a tree of it takes some thirty times the memory."""

_MOST_PARTS = 20_000
_MARKUP = (".xml", ".rels", ".vml")
_SPLIT = b"<!DOCTYPE"


def open_archive(file: SourceFile) -> zipfile.ZipFile:
    """The file's archive. Raises `DocumentError` for one that is damaged, encrypted, a bomb, or declares entities."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(file.data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise DocumentError(
            f"{file.name} is damaged: {error}.", hint="Open it in its program and save it anew."
        ) from error
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise DocumentError(f"{file.name} is encrypted.", hint="Save it without a password.")
    large = [part for part in parts if part.filename.lower().endswith(_MARKUP) and part.file_size > MOST_XML_BYTES]
    if len(parts) > _MOST_PARTS or large or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        raise DocumentError(f"{file.name} would unpack to far too much.", hint="Split it into smaller documents.")
    for part in parts:
        if part.filename.lower().endswith(_MARKUP) and _declares_entities(archive.read(part)):
            raise DocumentError(
                f"{file.name} is refused: {part.filename} declares a document type, which office files never do.",
                hint="Open it in its program and save it anew.",
            )
    return archive


def _declares_entities(markup: bytes) -> bool:
    """Whether XML has a document type, in any encoding a parser would take: entities can be bombs, or read files."""
    return _SPLIT in markup or (b"\x00" in markup[:64] and _SPLIT in markup.replace(b"\x00", b""))
