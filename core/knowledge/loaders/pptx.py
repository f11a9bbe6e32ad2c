"""Presentations: slide by slide, the title as heading, then text, tables, charts, pictures and notes."""

import io
from collections.abc import Iterator
from typing import Any

from pptx import Presentation  # it has no types: everything of it stays in this file
from pptx.exc import InvalidXmlError

from core.knowledge.documents import Document
from core.knowledge.loaders.archives import open_archive
from core.knowledge.loaders.building import DocumentBuilder
from core.knowledge.loaders.sniffing import is_picture
from core.knowledge.loaders.source import SourceFile, given_title
from core.knowledge.loaders.times import seconds_of

_CHART = {"c": "http://schemas.openxmlformats.org/drawingml/2006/chart"}


def load(file: SourceFile) -> Document:
    """The slides in order; `page` is the slide's number."""
    open_archive(file).close()
    presentation: Any = Presentation(io.BytesIO(file.data))
    builder = DocumentBuilder()
    reader = _SlideReader(builder, file.name)
    first_title = ""
    for number, slide in enumerate(presentation.slides, start=1):
        builder.page(number)
        title = reader.slide(slide)
        first_title = first_title or title
    builder.title = given_title(presentation.core_properties.title) or first_title
    builder.modified = seconds_of(presentation.core_properties.modified)
    return builder.build(file.readable_name)


class _SlideReader:
    """Reads slides into a builder; a picture that many slides show, such as a logo, is kept once."""

    def __init__(self, builder: DocumentBuilder, name: str) -> None:
        self._builder = builder
        self._name = name
        self._seen: set[bytes] = set()

    def slide(self, slide: Any) -> str:
        """Read one slide; answers its title."""
        heading: Any = slide.shapes.title
        title = " ".join(str(heading.text_frame.text).split()) if heading is not None else ""
        self._builder.under(1, "")
        if title:
            self._builder.heading(1, title)
        for shape in _in_reading_order(slide.shapes):
            if heading is None or shape.shape_id != heading.shape_id:
                self._shape(shape)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            self._builder.prose(str(slide.notes_slide.notes_text_frame.text))
        return title

    def _shape(self, shape: Any) -> None:
        if hasattr(shape, "shapes"):
            for inner in _in_reading_order(shape.shapes):
                self._shape(inner)
        elif getattr(shape, "has_table", False):
            self._builder.table([[str(cell.text) for cell in row.cells] for row in shape.table.rows])
        elif getattr(shape, "has_chart", False):
            self._chart(shape.chart)
        elif shape.element.tag.endswith("}pic"):
            self._picture(shape)
        if getattr(shape, "has_text_frame", False):
            self._text(shape.text_frame)

    def _text(self, frame: Any) -> None:
        paragraphs = [paragraph for paragraph in frame.paragraphs if str(paragraph.text).strip()]
        listed = len(paragraphs) > 1
        for number, paragraph in enumerate(paragraphs):
            words = " ".join(str(paragraph.text).split())
            marker = "  " * int(paragraph.level) + "- " if listed else ""
            self._builder.line(marker + words, tight=number > 0)

    def _chart(self, chart: Any) -> None:
        """A chart's series as a table; read from its XML, since the library refuses several kinds of chart."""
        if chart.has_title and chart.chart_title.has_text_frame:
            self._builder.prose(str(chart.chart_title.text_frame.text))
        series = [
            [_points(one, "c:tx"), _points(one, "c:cat") or _points(one, "c:xVal"), _points(one, "c:val", "c:yVal")]
            for one in chart.element.iter(f"{{{_CHART['c']}}}ser")
        ]
        if not series:
            return
        categories = max((names for _, names, _ in series), key=len)
        rows = [["", *(" ".join(title) for title, _, _ in series)]]
        for number, category in enumerate(categories):
            rows.append([category, *(values[number] if number < len(values) else "" for _, _, values in series)])
        self._builder.table(rows)

    def _picture(self, shape: Any) -> None:
        try:
            data = bytes(shape.image.blob)
        except (InvalidXmlError, ValueError, KeyError, AttributeError):
            self._builder.warn("A picture was left out: it is linked, not embedded, or drawn as vectors.")
            return
        if not is_picture(data):
            self._builder.warn(f"A picture was left out: {shape.image.content_type} can't be read.")
        elif data not in self._seen:
            self._seen.add(data)
            described = str(shape.element.nvPicPr.cNvPr.get("descr") or "")
            self._builder.picture(f"{self._name}#picture-{len(self._seen)}", data, alt=described)


def _points(series: Any, *parts: str) -> list[str]:
    """The texts or numbers that a chart keeps of a part of a series."""
    path = " | ".join(f"{part}//c:pt/c:v" for part in parts)
    return [_number(str(value.text or "")) for value in series.xpath(path)]


def _number(written: str) -> str:
    try:
        return f"{float(written):.12g}"
    except ValueError:
        return written


def _in_reading_order(shapes: Any) -> Iterator[Any]:
    """Top to bottom, then left to right; a placeholder without a place of its own comes first."""
    yield from sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0))
