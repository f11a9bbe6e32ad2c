"""What is read in a screenshot leads to the page that speaks of it."""

from core.evidence import EvidencePassage, OcrLine, PictureReading
from core.knowledge.documents import Passage
from core.reading.picture_links import linked_lines


def reading(*lines: str) -> PictureReading:
    box = (0.0, 0.0, 1.0, 1.0)
    return PictureReading(
        number=1, width=1, height=1, lines=tuple(OcrLine(text=line, confidence=1, box=box) for line in lines)
    )


def passage(text: str, number: int = 1) -> EvidencePassage:
    return EvidencePassage(number=number, passage=Passage(id=str(number), source="s", path="p.md", text=text))


def test_error_code_and_its_name_are_found_and_buttons_are_not() -> None:
    found = linked_lines(
        [reading("E-1704", "disk quota exceeded", "Dismiss", "Since 09:42 nothing was saved.", "42")],
        [passage("Press Dismiss. E-1704: the disk quota is exceeded. Ask 42 for more.")],
    )

    assert found == ("E-1704", "disk quota exceeded")


def test_passage_that_speaks_of_most_counts() -> None:
    about_other = passage("The quota of the disk is 40 GB.")
    about_this = passage("E-1704 means: disk quota exceeded.", 2)

    assert linked_lines([reading("E-1704", "disk quota exceeded")], [about_other, about_this]) == (
        "E-1704",
        "disk quota exceeded",
    )


def test_chinese_message_is_found() -> None:
    assert linked_lines([reading("磁盘配额已用完")], [passage("出现“磁盘配额已用完”时，请联系管理员。")]) == (
        "磁盘配额已用完",
    )


def test_picture_that_nothing_speaks_of_leads_nowhere() -> None:
    assert linked_lines([reading("E-1704", "disk quota exceeded")], [passage("Lunch is at noon.")]) == ()
    assert linked_lines([], [passage("Lunch is at noon.")]) == ()
