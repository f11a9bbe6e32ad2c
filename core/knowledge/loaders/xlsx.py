"""Workbooks: sheet by sheet, its name as heading, its rows with the names of their columns."""

import io
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from core.knowledge.documents import Document
from core.knowledge.loaders.archives import open_archive
from core.knowledge.loaders.building import DocumentBuilder
from core.knowledge.loaders.rows import add_rows
from core.knowledge.loaders.sniffing import is_picture
from core.knowledge.loaders.source import SourceFile, given_title


def load(file: SourceFile) -> Document:
    """The visible sheets in order; `page` is the sheet's number. Formulas are read by their stored values."""
    from openpyxl import load_workbook

    builder = DocumentBuilder()
    with open_archive(file) as archive:
        media = [archive.read(name) for name in sorted(archive.namelist()) if name.startswith("xl/media/")]
    # openpyxl has no types; everything of it stays in this file.
    workbook: Any = load_workbook(io.BytesIO(file.data), read_only=True, data_only=True, keep_links=False)
    try:
        for number, sheet in enumerate(workbook.worksheets, start=1):
            if sheet.sheet_state != "visible":
                continue
            builder.page(number)
            builder.heading(1, str(sheet.title))
            sheet.reset_dimensions()
            add_rows(builder, _rows(sheet))
    finally:
        workbook.close()
    builder.under(1, "")
    builder.page(None)
    for number, data in enumerate((data for data in media if is_picture(data)), start=1):
        builder.picture(f"{file.name}#picture-{number}", data)
    builder.title = given_title(workbook.properties.title) or file.readable_name
    return builder.build(file.readable_name)


def _rows(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows(values_only=True):
        yield [_written(value) for value in row]


def _written(value: object) -> str:
    """A cell's value as a person would write it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)
