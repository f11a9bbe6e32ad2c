"""From a file to a `Document`: what kind of file it is, told by its content first, and which loader reads it."""

from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from core.errors import DocumentError
from core.knowledge.documents import Document
from core.knowledge.loaders.sniffing import HEAD_BYTES, PICTURE_SUFFIXES, kind_by_name, kind_of
from core.knowledge.loaders.source import SourceFile

__all__ = ["MOST_BYTES", "PICTURE_SUFFIXES", "is_supported", "load", "load_file"]

MOST_BYTES = 64 * 2**20
"""The largest file that is read."""

_CONVERT = (
    "Save it as one of the supported kinds: Markdown, text, HTML, PDF, DOCX, PPTX, XLSX, CSV, e-mail or a picture."
)


class _Loader(Protocol):
    def load(self, file: SourceFile) -> Document: ...


def is_supported(path: Path) -> bool:
    """Whether there is a loader for this file; reads its first bytes.

    True for a file of a supported name that can't be opened, so that `load` says why.
    """
    if not path.is_file():
        return False
    try:
        with path.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
    except OSError:
        return kind_by_name(path.name) is not None
    return kind_of(head, path.name) is not None


def load(path: Path, root: Path) -> Document:
    """The document in a file below `root`, the ingested folder, which its links are resolved in and never leave.

    Raises:
        DocumentError: it is missing, empty, too large, damaged, encrypted, or of a kind that no loader reads.
    """
    folder = root if root.is_dir() else root.parent
    name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
    return load_file(SourceFile(path=path, root=folder, name=name, data=_read(path, name)))


def load_file(file: SourceFile) -> Document:
    """The document in a file that was read already. Raises `DocumentError`."""
    if not file.data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise DocumentError(f"{file.name} is empty.", hint="Nothing to do, unless it should have content.")
    kind = kind_of(file.data[:HEAD_BYTES], file.name, whole=file.data)
    if kind is None:
        raise DocumentError(f"{file.name} is of a kind that can't be read.", hint=_CONVERT)
    loader = cast(_Loader, import_module(f"core.knowledge.loaders.{kind}"))
    try:
        document = loader.load(file)
    except DocumentError:
        raise
    except MemoryError:
        raise DocumentError(f"{file.name} needs more memory than there is.", hint="Split it into parts.") from None
    except Exception as error:  # parsers raise anything on damaged files; each becomes one clear error
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DocumentError(
            f"{file.name} can't be read as {kind}: {reason}.",
            hint="Open it in the program it came from and save it anew.",
        ) from error
    if not document.text and not document.pictures:
        raise DocumentError(f"{file.name} is empty: it has neither text nor pictures.", hint=_CONVERT)
    return document


def _read(path: Path, name: str) -> bytes:
    try:
        if not path.is_file():
            reason = "is not a file" if path.exists() else "does not exist"
            raise DocumentError(f"{name} {reason}.", hint="Check its path.")
        with path.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise DocumentError(
            f"{name} can't be opened: {error.strerror or error}.", hint="Check that this user may read it."
        ) from error
    if len(data) > MOST_BYTES:
        raise DocumentError(f"{name} is over {MOST_BYTES // 2**20} MiB.", hint="Split it into parts.")
    return data
