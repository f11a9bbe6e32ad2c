"""What kind of file it is: by its content first, by its name where the content does not say."""

import io
import re
import zipfile
from pathlib import PurePosixPath

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif"})

_BY_SUFFIX = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "markdown",
    ".txt": "text",
    ".text": "text",
    ".rst": "text",
    ".adoc": "text",
    ".asciidoc": "text",
    ".org": "text",
    ".log": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".docm": "docx",
    ".pptx": "pptx",
    ".pptm": "pptx",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".csv": "csv",
    ".tsv": "csv",
    ".eml": "email",
    **dict.fromkeys(PICTURE_SUFFIXES, "pictures"),
}
_BINARY = frozenset({"pdf", "docx", "pptx", "xlsx", "pictures"})
_OFFICE_FOLDERS = (("word/", "docx"), ("ppt/", "pptx"), ("xl/", "xlsx"))
_HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})
HEAD_BYTES = 8192
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\b\t\n\f\r\x1b")


def is_picture(data: bytes) -> bool:
    """Whether the bytes start as a picture of a kind that can be taken does."""
    return (
        data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*"))
        or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
        or (data[:2] == b"BM" and data[6:10] == b"\x00\x00\x00\x00")
        or (data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS)
    )


def kind_by_name(name: str) -> str | None:
    """The loader that a name asks for, or None; a name without a suffix may be text."""
    suffix = PurePosixPath(name).suffix.lower()
    if not suffix:
        return "text"
    return _BY_SUFFIX.get(suffix)


def kind_of(head: bytes, name: str, *, whole: bytes | None = None) -> str | None:
    """The loader for a file that starts with `head`, or None where there is none.

    `whole` is the file's content where it is at hand already; without it an office file is told by its suffix.
    """
    named = kind_by_name(name)
    if head.startswith(b"%PDF-") or (b"%PDF-" in head[:1024] and named == "pdf"):
        return "pdf"
    if is_picture(head):
        return "pictures"
    if head.startswith(b"PK\x03\x04"):
        return _office_kind(whole) if whole is not None else named if named in _BINARY else None
    if named in _BINARY:
        return named
    if looks_binary(head):
        return None
    if named in ("text", None) and _HTML.match(head):
        return "html"
    return named


def looks_binary(head: bytes) -> bool:
    """Whether bytes are not text in any encoding that is read here."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return False
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return b"\x00" in head or controls * 20 > len(head)


def _office_kind(data: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return None
    if "[Content_Types].xml" not in names:
        return None
    return next((kind for folder, kind in _OFFICE_FOLDERS if any(name.startswith(folder) for name in names)), None)
