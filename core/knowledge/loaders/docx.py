"""Word documents, by way of the HTML that mammoth makes of them."""

import io
import posixpath
import zipfile
from typing import Any
from xml.etree import ElementTree

from core.knowledge.documents import Document
from core.knowledge.loaders.archives import open_archive
from core.knowledge.loaders.building import DocumentBuilder
from core.knowledge.loaders.html import read_html
from core.knowledge.loaders.links import FoundPicture
from core.knowledge.loaders.sniffing import is_picture
from core.knowledge.loaders.source import SourceFile

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Code'] => pre:separator('\\n')
p[style-name='Source Code'] => pre:separator('\\n')
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Preformatted Text'] => pre:separator('\\n')
"""
_TITLE = "{http://purl.org/dc/elements/1.1/}title"


def load(file: SourceFile) -> Document:
    """The document's text with headings, lists and tables, and its pictures with their alternative text."""
    with open_archive(file) as archive:
        title = _title(archive)
        has_equations = any(
            b"oMath" in archive.read(part) for part in archive.namelist() if part.endswith("document.xml")
        )
    builder = DocumentBuilder()
    markup, pictures = _to_html(_with_equations(file.data) if has_equations else file.data, file.name, builder)
    read_html(builder, markup, lambda link: pictures.get(link, ""))
    return builder.build(title or file.readable_name)


def _title(archive: zipfile.ZipFile) -> str:
    try:
        properties = ElementTree.fromstring(archive.read("docProps/core.xml"))  # noqa: S314 - has no document type
    except (KeyError, ElementTree.ParseError):
        return ""
    return (properties.findtext(_TITLE) or "").strip()


def _with_equations(data: bytes) -> bytes:
    """The same file with its equations written as LaTeX, which mammoth would leave out."""
    from markitdown.converter_utils.docx.pre_process import pre_process_docx

    return pre_process_docx(io.BytesIO(data)).read()


def _to_html(data: bytes, name: str, builder: DocumentBuilder) -> tuple[str, dict[str, FoundPicture]]:
    import mammoth

    library: Any = mammoth
    pictures: dict[str, FoundPicture] = {}

    def keep(image: Any) -> dict[str, str]:
        link = f"{posixpath.basename(name)}#picture-{len(pictures) + 1}"
        try:
            with image.open() as opened:
                content: bytes = opened.read()
        except (KeyError, OSError, library.docx.files.InvalidFileReferenceError) as error:
            builder.warn(f"A picture was left out: it is linked, not embedded, or damaged ({error}).")
            return {"src": ""}
        if not is_picture(content):
            builder.warn(f"A picture was left out: {image.content_type} can't be read.")
            return {"src": ""}
        pictures[link] = FoundPicture(f"{name}#picture-{len(pictures) + 1}", content)
        return {"src": link}

    converted: Any = library.convert_to_html(
        io.BytesIO(data), style_map=_STYLES, convert_image=library.images.img_element(keep)
    )
    return str(converted.value), pictures
