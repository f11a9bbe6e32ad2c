"""A picture on its own: a document of one picture and no text."""

from pathlib import PurePosixPath

from core.knowledge.documents import Document
from core.knowledge.loaders.building import DocumentBuilder
from core.knowledge.loaders.source import SourceFile


def load(file: SourceFile) -> Document:
    """The picture, under its readable name; whether it can be decoded is picture intake's to say."""
    builder = DocumentBuilder()
    builder.picture(file.name, file.data)
    return builder.build(file.readable_name or PurePosixPath(file.name).name)
