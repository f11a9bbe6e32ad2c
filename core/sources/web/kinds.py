"""Which kinds of answers are read, and the suffix of the file that each becomes."""

from pathlib import PurePosixPath

from yarl import URL

from core.fetching.answers import Fetched
from core.knowledge.loaders.sniffing import HEAD_BYTES, kind_of

KINDS = (
    *("text/", "application/xhtml+xml", "application/pdf", "application/x-pdf", "application/vnd."),
    *("application/markdown", "application/octet-stream", "binary/octet-stream"),
)
"""Media types, or how they begin, that are fetched; what is read of them, the bytes and `suffix_of` say."""
SITEMAP_KINDS = ("application/xml", "application/gzip", "application/x-gzip", *KINDS)
PICTURE_KINDS = ("image/", "application/octet-stream", "binary/octet-stream")

_BY_KIND = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "application/x-pdf": ".pdf",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "application/markdown": ".md",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "text/x-rst": ".rst",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
_TEXT = frozenset({".txt", ".md", ".markdown", ".mdx", ".rst", ".adoc", ".asciidoc", ".org", ".csv", ".tsv", ".log"})
_FILES = _TEXT | {".pdf", ".docx", ".pptx", ".xlsx"}
IS_TEXT = _TEXT
"""Suffixes of what is kept in UTF-8, whatever it came in."""


def suffix_of(answer: Fetched, url: URL) -> str:
    """The suffix for what came from an address; empty where it is of no kind that is read."""
    named = PurePosixPath(url.path).suffix.lower()
    suffix = _BY_KIND.get(answer.kind, "")
    if answer.kind == "text/plain":
        suffix = named if named in _TEXT else ".txt"
    elif answer.kind.endswith("octet-stream"):
        suffix = named if named in _FILES else ""
    if not suffix:
        return ""
    head = answer.data[:HEAD_BYTES]
    if suffix == ".pdf" and b"%PDF-" in head[:1024]:
        return suffix
    # PDF and office files show it by their bytes: a page that says sorry is none, whatever it is called.
    found = kind_of(head, f"page{suffix if suffix in _TEXT else ''}", whole=answer.data)
    if found in ("html", "pdf"):
        return f".{found}"
    if suffix == ".html" or suffix in _TEXT:
        return suffix if found not in (None, "pictures") else ""
    return suffix if f".{found}" == suffix else ""
