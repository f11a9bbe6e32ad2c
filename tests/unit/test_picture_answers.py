"""Answers read off a picture's text by its words, shapes and places."""

import pytest

from core.evidence import OcrLine, PictureReading
from core.reading.picture_answers import answer_from_picture, describe

RECEIPT = """\
GREENFIELD HARDWARE SDN BHD
(Co. Reg: 183912-K)
LOT 12, JALAN MERPATI 3,
TAMAN SENTOSA,
81200 JOHOR BAHRU
JOHOR
TEL: 07-555 1234
TAX INVOICE
Date: 14/04/2018 17:03
HAMMER 16OZ   25.00
SUBTOTAL   25.00
GST 6%   1.50
TOTAL INCL. GST   26.50
CASH   30.00
CHANGE   3.50"""
SETTINGS = """\
Settings  Account  Billing  Help  Sign out
Workspace name
Northern warehouse
Request timeout (ms)
3000
Retries
5
Notify
ops@example.com
Last changed by Mira on 3 May from the operations console of the northern warehouse
These settings apply to every carrier that is connected to this workspace, now or later
Ask your administrator before you change anything on this page, please"""


def picture(text: str) -> PictureReading:
    """A picture whose rows are the lines; gaps of three spaces part the boxes of a row."""
    lines: list[OcrLine] = []
    for row, line in enumerate(text.splitlines()):
        left = 20.0
        for part in line.split("   "):
            width = 12.0 * len(part)
            box = (left, 30.0 * row, left + width, 30.0 * row + 20)
            lines.append(OcrLine(text=part, confidence=0.95, box=box))
            left += width + 60
    return PictureReading(number=1, width=800, height=600, lines=tuple(lines))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which company issued this receipt?", "GREENFIELD HARDWARE SDN BHD"),
        ("What is the date?", "14/04/2018"),
        ("What is the total?", "26.50"),
        ("总金额是多少？", "26.50"),
        ("这张收据的日期？", "14/04/2018"),
    ],
)
def test_a_field_of_a_receipt_is_found_by_its_shape_and_place(question: str, answer: str) -> None:
    found = answer_from_picture(question, picture(RECEIPT))
    assert found is not None
    assert answer in found.text
    assert len(found.lines) <= 3


def test_an_address_is_the_whole_block_and_nothing_else() -> None:
    found = answer_from_picture("What is the address?", picture(RECEIPT))
    assert found is not None
    assert found.lines == ("LOT 12, JALAN MERPATI 3,", "TAMAN SENTOSA,", "81200 JOHOR BAHRU", "JOHOR")


def test_the_final_total_is_there_and_the_subtotal_is_not_alone() -> None:
    found = answer_from_picture("How much was paid in total?", picture(RECEIPT))
    assert found is not None
    assert any("TOTAL INCL" in line for line in found.lines)


@pytest.mark.parametrize(("question", "value"), [("What is the request timeout?", "3000"), ("How many retries?", "5")])
def test_a_value_below_its_label_comes_with_it(question: str, value: str) -> None:
    found = answer_from_picture(question, picture(SETTINGS))
    assert found is not None
    assert value in found.lines
    assert len(found.text) < len(SETTINGS) / 2


def test_a_picture_that_says_little_is_quoted_whole() -> None:
    found = answer_from_picture("What is wrong?", picture("Request failed\nERR-4031"))
    assert found is not None
    assert found.lines == ("Request failed", "ERR-4031")


def test_a_description_gives_every_row_in_the_language_of_the_question() -> None:
    found = describe("图里写了什么？", picture(RECEIPT))
    assert found is not None
    assert len(found.lines) == len(RECEIPT.splitlines())
    assert found.text.startswith("图中可读到")


def test_a_picture_without_text_has_no_answer() -> None:
    assert answer_from_picture("What is this?", picture("")) is None
    assert describe("What is this?", picture("")) is None
