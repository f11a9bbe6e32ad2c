"""CSV files: whatever separates the columns, rows with the names of their columns."""

import csv
from io import StringIO

from core.knowledge.documents import Document
from core.knowledge.loaders.building import DocumentBuilder, clean
from core.knowledge.loaders.rows import add_rows
from core.knowledge.loaders.source import SourceFile
from core.knowledge.loaders.text import decode

_SEPARATORS = ",;\t|"
_LONGEST_FIELD = 2**26


def load(file: SourceFile) -> Document:
    """The rows as one table."""
    source = clean(decode(file.data))
    csv.field_size_limit(_LONGEST_FIELD)
    builder = DocumentBuilder()
    add_rows(builder, csv.reader(StringIO(source, newline=""), delimiter=_separator(source)))
    return builder.build(file.readable_name)


def _separator(source: str) -> str:
    """The separator that divides the first lines into the most columns, the same number in most of them."""
    lines = [line for line in source[: 2**16].split("\n")[:50] if line.strip()]

    def fitness(separator: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=separator)]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) if usual > 1 else 0, usual)

    return max(_SEPARATORS, key=fitness)
