"""Word documents, presentations and workbooks: what is on them, and where."""

import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from core.errors import DocumentError
from core.knowledge.loaders import load
from tests.unit.documents_of_tests import DOCX_PICTURE, docx, loaded, paragraph, png, write


def test_word_document_keeps_headings_and_pictures(tmp_path: Path) -> None:
    body = (
        paragraph("Backups", "Heading1")
        + paragraph("We keep thirty days of them.")
        + paragraph("Restore", "Heading2")
        + paragraph("Press the button shown here:")
        + DOCX_PICTURE.format(alt="The restore dialog")
    )
    document = loaded(tmp_path, "ops/backups.docx", docx(body, png()))

    assert document.text == "Backups\n\nWe keep thirty days of them.\n\nRestore\n\nPress the button shown here:"
    assert document.title == "Backups"
    (picture,) = document.pictures
    assert (picture.name, picture.alt, picture.data) == ("ops/backups.docx#picture-1", "The restore dialog", png())
    assert picture.heading_path == ("Backups", "Restore")
    assert picture.context.endswith("shown here:")


def test_word_table_becomes_rows(tmp_path: Path) -> None:
    cells = [[paragraph("Day"), paragraph("Hour")], [paragraph("Monday"), paragraph("03:00")]]
    rows = "".join(f"<w:tr>{''.join(f'<w:tc>{cell}</w:tc>' for cell in row)}</w:tr>" for row in cells)
    document = loaded(tmp_path, "a.docx", docx(paragraph("Times:") + f"<w:tbl>{rows}</w:tbl>"))

    assert document.text == "Times:\n\nDay | Hour\nMonday | 03:00"
    assert document.sections[-1].kind == "table"


def test_equation_is_written_out(tmp_path: Path) -> None:
    def run(text: str) -> str:
        return f"<m:r><m:t>{text}</m:t></m:r>"

    fraction = f"<m:f><m:num>{run('a+b')}</m:num><m:den>{run('2')}</m:den></m:f>"
    power = f"<m:sSup><m:e>{run('x')}</m:e><m:sup>{run('n')}</m:sup></m:sSup>"
    root = f"<m:rad><m:deg/><m:e>{run('y')}</m:e></m:rad>"
    body = (
        f"<w:p><w:r><w:t>The mean </w:t></w:r><m:oMath>{run('m=')}{fraction}</m:oMath>"
        "<w:r><w:t> holds.</w:t></w:r></w:p>"
        f"<w:p><m:oMathPara><m:oMath>{power}{run('=')}{root}</m:oMath></m:oMathPara></w:p>"
    )

    assert loaded(tmp_path, "a.docx", docx(body)).text == "The mean m=(a+b)/2 holds.\n\nx^n=√y"


def _presentation() -> bytes:
    deck: Any = Presentation()
    deck.core_properties.title = "Quarterly review"
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Results"
    frame = slide.placeholders[1].text_frame
    frame.text = "Revenue grew"
    frame.add_paragraph().text = "Costs fell"
    picture = slide.shapes.add_picture(io.BytesIO(png()), Inches(1), Inches(5))
    picture.element.nvPicPr.cNvPr.set("descr", "Revenue by month")
    slide.notes_slide.notes_text_frame.text = "Mention the new office."
    other = deck.slides.add_slide(deck.slide_layouts[5])
    other.shapes.title.text = "Numbers"
    table = other.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for place, text in enumerate(("Month", "Users", "May", "120")):
        table.cell(place // 2, place % 2).text = text
    data: Any = CategoryChartData()
    data.categories = ["Q1", "Q2"]
    data.add_series("Ducks", (1.5, 2))
    other.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(4), Inches(4), Inches(3), data)
    other.shapes.add_picture(io.BytesIO(png()), Inches(1), Inches(7))
    written = io.BytesIO()
    deck.save(written)
    return written.getvalue()


def test_slides_are_pages_under_their_titles(tmp_path: Path) -> None:
    document = loaded(tmp_path, "review.pptx", _presentation())

    assert document.title == "Quarterly review"
    assert document.text == (
        "Results\n\n- Revenue grew\n- Costs fell\n\nMention the new office.\n\n"
        "Numbers\n\nMonth | Users\nMay | 120\n\n | Ducks\nQ1 | 1.5\nQ2 | 2"
    )
    assert [(part.page, part.heading_path) for part in document.sections][:2] == [(1, ("Results",)), (2, ("Numbers",))]


def test_picture_on_several_slides_is_kept_once_with_its_alternative_text(tmp_path: Path) -> None:
    document = loaded(tmp_path, "review.pptx", _presentation())

    (picture,) = document.pictures
    assert (picture.page, picture.alt, picture.heading_path) == (1, "Revenue by month", ("Results",))
    assert "Costs fell" in picture.context


def test_workbook_rows_can_be_read_alone(tmp_path: Path) -> None:
    book = Workbook()
    staff: Any = book.active
    staff.title = "Staff"
    for row in (
        ["Office list"],
        [],
        ["Name", "Since", "Share"],
        ["Ann", date(2024, 5, 1), 0.1 + 0.2],
        ["Bo", None, 2.0],
    ):
        staff.append(row)
    hidden = book.create_sheet("Draft")
    hidden["A1"] = "not for readers"
    hidden.sheet_state = "hidden"
    book.create_sheet("Rooms")["B2"] = "Red room"
    written = io.BytesIO()
    book.save(written)
    document = loaded(tmp_path, "office.xlsx", written.getvalue())

    assert document.title == "office"
    assert document.text == (
        "Staff\n\nOffice list\n\nName | Since | Share\nName: Ann | Since: 2024-05-01 | Share: 0.3\nName: Bo | Share: 2"
        "\n\nRooms\n\nRed room"
    )
    assert [(part.heading_path, part.page) for part in document.sections][-1] == (("Rooms",), 3)


def test_office_file_is_told_by_its_content(tmp_path: Path) -> None:
    assert loaded(tmp_path, "report.bin", docx(paragraph("Found me."))).text == "Found me."


def _bomb() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("word/document.xml", "w", force_zip64=True) as part:
            for _ in range(80):
                part.write(b" " * 2**20)
    return written.getvalue()


ENTITIES = (
    '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><w:document xmlns:w="x">&b;</w:document>'
)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (_bomb(), "would unpack to far too much"),
        (docx("").replace(b"PK\x01\x02", b"PK\x01\x03"), "of a kind that can't be read"),
        (docx(paragraph("x"))[:-200], "of a kind that can't be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "is damaged"),
    ],
    ids=["bomb", "damaged", "cut off", "old format"],
)
def test_bad_office_file_is_a_clear_error(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as raised:
        load(write(tmp_path, "a.docx", data), tmp_path)
    assert raised.value.hint


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_declared_entities_are_refused(tmp_path: Path, encoding: str) -> None:
    written = io.BytesIO(docx(""))
    with zipfile.ZipFile(written) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["word/document.xml"] = ENTITIES.encode(encoding)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)

    with pytest.raises(DocumentError, match="declares a document type"):
        load(write(tmp_path, "a.docx", written.getvalue()), tmp_path)


def test_a_presentation_says_when_it_was_changed_and_a_template_does_not(tmp_path: Path) -> None:
    presentation: Any = Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[5]).shapes.title.text = "Ports"
    ages: list[float] = []
    for modified in (presentation.core_properties.modified, datetime(2024, 3, 1, tzinfo=UTC)):
        presentation.core_properties.modified = modified
        written = io.BytesIO()
        presentation.save(written)
        ages.append(loaded(tmp_path, "a.pptx", written.getvalue()).modified)

    assert ages == [0, 1709251200]


def test_a_word_document_says_when_it_was_changed(tmp_path: Path) -> None:
    data = io.BytesIO(docx(paragraph("The gateway listens on 8080.")))
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr(
            "docProps/core.xml",
            '<p:coreProperties xmlns:p="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
            'xmlns:dcterms="http://purl.org/dc/terms/"><dcterms:modified>2024-03-01T00:00:00Z</dcterms:modified>'
            "</p:coreProperties>",
        )

    assert loaded(tmp_path, "a.docx", data.getvalue()).modified == 1709251200
