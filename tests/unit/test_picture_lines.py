"""Which lines of a picture an answer quotes, and where they stand."""

import pytest

from core.evidence import OcrLine
from core.explaining.picture_lines import quoted_lines


def line(text: str, box: tuple[float, float, float, float] = (0, 0, 100, 10)) -> OcrLine:
    return OcrLine(text=text, confidence=0.9, box=box)


def quoted(answer: str, *texts: str) -> list[str]:
    return [one.part for one in quoted_lines(answer, [line(text) for text in texts])]


def test_a_line_that_stands_in_the_answer_is_quoted_whole() -> None:
    [one] = quoted_lines("It says: Request failed, so try again.", [line("Request failed", (10, 20, 110, 40))])
    assert (one.line, one.part, one.box, one.likeness) == ("Request failed", "Request failed", (10, 20, 110, 40), 1.0)


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ("The signing secret was rotated.", "The sign1ng secret was rotated"),
        ("webhook signature mismatch", "webhooksignature  mismatch"),
        ("The total is 1,204.50 EUR", "Total: 1204.50 EUR"),
        ("错误：签名不匹配，请重试", "签名不匹配 ，请重试"),
        ("Café Zürich", "café zürich"),
        ("ＥＲＲ－４０３１", "ERR-4031"),
    ],
)
def test_spaces_punctuation_and_a_misread_letter_make_no_difference(answer: str, read: str) -> None:
    assert quoted(answer, read)


def test_the_part_that_is_quoted_is_boxed_within_its_line() -> None:
    [one] = quoted_lines(
        "ERR-4031 means that the signature does not match.", [line("Request failed: ERR-4031", (0, 0, 240, 10))]
    )
    assert one.part == "ERR-4031"
    assert one.box == (160, 0, 240, 10)
    assert one.likeness == pytest.approx(7 / 20)


def test_a_chinese_part_is_boxed_by_the_width_of_its_characters() -> None:
    [one] = quoted_lines("原因是签名不匹配。", [line("Error 签名不匹配", (0, 0, 160, 10))])
    assert (one.part, one.box) == ("签名不匹配", (60, 0, 160, 10))


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ("The answer is 42.", "1042 parcels"),
        ("Show the deliveries", "Shop"),
        ("All of it is in the handbook.", "in the"),
        ("unrelated", "Dismiss"),
        ("It rose to 7.", "7"),
        ("", "Request failed"),
        ("Request failed", "—"),
    ],
)
def test_what_only_looks_alike_is_not_quoted(answer: str, read: str) -> None:
    assert quoted(answer, read) == []


def test_lines_keep_their_order_and_others_are_left_out() -> None:
    answer = "Settings are saved under Webhooks, and the endpoint answered 401."
    assert quoted(answer, "Webhooks", "Dismiss", "endpoint answered 401", "Billing") == [
        "Webhooks",
        "endpoint answered 401",
    ]
