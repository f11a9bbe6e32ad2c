"""Word documents, by way of the HTML that mammoth makes of them."""

import io
import posixpath
import zipfile
from typing import Any
from xml.etree import ElementTree

import mammoth

from core.knowledge.documents import Document
from core.knowledge.loaders.archives import open_archive
from core.knowledge.loaders.building import DocumentBuilder
from core.knowledge.loaders.equations import write_equations_out
from core.knowledge.loaders.html import read_html
from core.knowledge.loaders.links import FoundPicture
from core.knowledge.loaders.sniffing import is_picture
from core.knowledge.loaders.source import SourceFile, given_title
from core.knowledge.loaders.times import seconds_of

_MAMMOTH: Any = mammoth  # it has no types
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Code'] => pre:separator('\\n')
p[style-name='Source Code'] => pre:separator('\\n')
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Preformatted Text'] => pre:separator('\\n')
"""
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_MODIFIED = "{http://purl.org/dc/terms/}modified"


def load(file: SourceFile) -> Document:
    """The document's text with headings, lists and tables, and its pictures with their alternative text."""
    with open_archive(file) as archive:
        title, modified = _properties(archive)
        data = _with_equations(archive) if _has_equations(archive) else file.data
    builder = DocumentBuilder()
    builder.modified = modified
    markup, pictures = _to_html(data, file.name, builder)
    read_html(builder, markup, lambda link: pictures.get(link, ""))
    return builder.build(title or file.readable_name)


def _properties(archive: zipfile.ZipFile) -> tuple[str, float]:
    """Its title, and when it was last changed, in seconds since 1970."""
    try:
        properties = ElementTree.fromstring(archive.read("docProps/core.xml"))  # noqa: S314 - has no document type
    except (KeyError, ElementTree.ParseError):
        return "", 0.0
    return given_title(properties.findtext(_TITLE)), seconds_of(properties.findtext(_MODIFIED))


def _has_equations(archive: zipfile.ZipFile) -> bool:
    return any(b"oMath" in archive.read(name) for name in archive.namelist() if _is_text(name))


def _is_text(name: str) -> bool:
    return name.startswith("word/") and name.count("/") == 1 and name.endswith(".xml")


def _with_equations(archive: zipfile.ZipFile) -> bytes:
    """The same file with its equations as text, which mammoth would leave out."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            copy.writestr(name, write_equations_out(content) if _is_text(name) else content)
    return written.getvalue()


def _to_html(data: bytes, name: str, builder: DocumentBuilder) -> tuple[str, dict[str, FoundPicture]]:
    pictures: dict[str, FoundPicture] = {}

    def keep(image: Any) -> dict[str, str]:
        link = f"{posixpath.basename(name)}#picture-{len(pictures) + 1}"
        try:
            with image.open() as opened:
                content: bytes = opened.read()
        except (KeyError, OSError, _MAMMOTH.docx.files.InvalidFileReferenceError) as error:
            builder.warn(f"A picture was left out: it is linked, not embedded, or damaged ({error}).")
            return {"src": ""}
        if not is_picture(content):
            builder.warn(f"A picture was left out: {image.content_type} can't be read.")
            return {"src": ""}
        pictures[link] = FoundPicture(f"{name}#picture-{len(pictures) + 1}", content)
        return {"src": link}

    converted: Any = _MAMMOTH.convert_to_html(
        io.BytesIO(data), style_map=_STYLES, convert_image=_MAMMOTH.images.img_element(keep)
    )
    return str(converted.value), pictures
