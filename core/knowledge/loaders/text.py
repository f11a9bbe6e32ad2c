"""Plain text: its encoding found, its paragraphs and lines kept as they are."""

import codecs
import re

from core.knowledge.documents import Document
from core.knowledge.loaders.building import DocumentBuilder, clean
from core.knowledge.loaders.source import SourceFile

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OLDER_ENCODINGS = (
    "cp1252",
    "cp1251",
    "koi8_r",
    "cp1250",
    "shift_jis",
    "euc_jp",
    "euc_kr",
    "big5",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "tis_620",
)
# Two bytes of GB 2312: punctuation, or one of its 3,755 frequent characters. Text in a single-byte encoding has hardly
# ever two high bytes side by side.
_GB_PAIR = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_GAP = re.compile(r"\n[ \t]*\n\s*")


def load(file: SourceFile) -> Document:
    """The text as it is, in one section."""
    builder = DocumentBuilder()
    for paragraph in _GAP.split(clean(decode(file.data))):
        builder.line(paragraph.strip("\n"), tight=False)
    return builder.build(file.readable_name)


def decode(data: bytes, declared: str = "") -> str:
    """The text of bytes in any common encoding; `declared` is what a header says, believed where it fits."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    for encoding in ("utf-8", declared):
        try:
            return data.decode(encoding or "utf-8")
        except (UnicodeDecodeError, LookupError):
            continue
    high = len(_HIGH_BYTE.findall(data))
    text = data.decode("utf-8", errors="replace")
    if text.count("\ufffd") * 20 <= high:
        return text
    if len(_GB_PAIR.findall(data)) * 2 >= high * 0.7:
        return data.decode("gb18030", errors="replace")
    return _guess(data)


def _guess(data: bytes) -> str:
    """Text in an older encoding; of several that fit equally well the western one, which is the most common."""
    from charset_normalizer import from_bytes

    matches = from_bytes(data[: 2**18], cp_isolation=list(_OLDER_ENCODINGS))
    best = matches.best()
    if best is None:
        return data.decode("cp1252", errors="replace")
    equal = {
        name
        for match in matches
        if match.chaos <= best.chaos and match.coherence >= best.coherence - 0.01
        for name in match.could_be_from_charset
    }
    return data.decode("cp1252" if "cp1252" in equal else best.encoding, errors="replace")
