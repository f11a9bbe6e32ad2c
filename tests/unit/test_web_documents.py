"""A document is put together again from its passages, with what is cited marked."""

from bots.web.chat.documents import AROUND, Block, DocumentView, document_view
from core.knowledge.documents import Passage, PictureFacts, Section

TEXT = "Rollback\n\nRun the command.\nThen watch.\n\nFlags\n\n- Flags go off first.\n- Then wait."


def passage(start: int, end: int, *sections: Section, ordinal: int = 0, text: str = TEXT) -> Passage:
    return Passage(
        id=f"p{ordinal}",
        source="docs",
        path="deploy.md",
        text=text[start:end],
        start=start,
        end=end,
        sections=sections,
        ordinal=ordinal,
    )


ROLLBACK = passage(0, 38, Section(start=0, end=38, heading_path=("Rollback",)))
FLAGS = passage(40, len(TEXT), Section(start=40, end=len(TEXT), heading_path=("Flags",), page=2), ordinal=1)


def said(view: DocumentView) -> list[tuple[str, str]]:
    return [(block.kind, "".join(run.text for run in block.runs)) for block in view.blocks]


def marked(view: DocumentView) -> list[str]:
    return [run.text for block in view.blocks for run in block.runs if run.is_cited]


def test_headings_paragraphs_and_pages_come_back() -> None:
    view = document_view([ROLLBACK, FLAGS], ["Then watch."], "p0")
    assert said(view) == [
        ("heading", "Rollback"),
        ("prose", "Run the command.\nThen watch."),
        ("page", ""),
        ("heading", "Flags"),
        ("prose", "- Flags go off first.\n- Then wait."),
    ]
    assert marked(view) == ["Then watch."]
    assert view.is_whole
    assert view.is_found


def test_a_sentence_is_found_with_other_white_space_and_over_lines() -> None:
    assert marked(document_view([ROLLBACK, FLAGS], ["Run the  command. Then\nwatch."], "p0")) == [
        "Run the command.\nThen watch."
    ]


def test_several_sentences_of_one_passage_are_marked() -> None:
    view = document_view([ROLLBACK, FLAGS], ["Then wait.", "Flags go off first."], "p1")
    assert marked(view) == ["Flags go off first.", "Then wait."]


def test_what_overlaps_is_told_once() -> None:
    overlapping = passage(10, len(TEXT), ordinal=1)
    view = document_view([ROLLBACK, overlapping], ["Then watch."], "p0")
    assert "".join(text for _, text in said(view)).count("Run the command.") == 1


def test_a_sentence_that_was_changed_since_is_not_marked() -> None:
    view = document_view([ROLLBACK, FLAGS], ["Ask the captain."], "p0")
    assert not view.is_found
    assert marked(view) == []
    assert len(view.blocks) == 5


def test_a_document_that_was_cut_anew_is_marked_where_the_sentence_stands_now() -> None:
    assert marked(document_view([ROLLBACK, FLAGS], ["Then wait."], "an id of before")) == ["Then wait."]


def test_of_a_long_document_the_surroundings_are_shown() -> None:
    text = "".join(f"Sentence {number}. " for number in range(400))
    at = [text.index(f"Sentence {number}. ") for number in range(400)] + [len(text)]
    passages = [passage(at[one], at[one + 1], ordinal=one, text=text) for one in range(400)]
    view = document_view(passages, ["Sentence 200."], "p200")
    assert not view.is_whole
    assert len(view.blocks) == 2 * AROUND + 1
    assert marked(view) == ["Sentence 200."]


def test_cells_of_a_table_are_apart_and_marked_within() -> None:
    text = "term | meaning\nscan | One event. Of one parcel."
    table = passage(0, len(text), Section(start=0, end=len(text), kind="table"), text=text)
    [block] = document_view([table], ["Of one parcel."], "p0").blocks
    assert [["".join(run.text for run in cell) for cell in row] for row in block.rows] == [
        ["term", "meaning"],
        ["scan", "One event. Of one parcel."],
    ]
    assert [run.text for run in block.rows[1][1] if run.is_cited] == ["Of one parcel."]


def test_a_picture_stands_with_its_words_after_the_text() -> None:
    facts = PictureFacts(sha256="a" * 64, media_type="image/png", width=10, height=10)
    picture = Passage(
        id="x", source="docs", path="deploy.md", kind="picture", text="A bastion host", picture=facts, ordinal=0
    )
    view = document_view([ROLLBACK, picture], ["A bastion host"], "x")
    block: Block = view.blocks[-1]
    assert (block.kind, block.picture, marked(view)) == ("picture", facts, ["A bastion host"])
