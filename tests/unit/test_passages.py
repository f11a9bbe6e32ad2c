"""Passages of a document: what they carry of it."""

from core.knowledge.chunking import Chunk
from core.knowledge.documents import Document, Section
from core.knowledge.passages import embedding_text, passages_of

TEXT = "Deploying\n\nRun it.\n\nRolling back\n\nRun it with --undo.\n\nThe end."
DOCUMENT = Document(
    title="Deploying",
    text=TEXT,
    sections=(
        Section(start=0, end=20, heading_path=("Deploying",)),
        Section(start=20, end=len(TEXT), heading_path=("Deploying", "Rolling back")),
    ),
)
CHUNKS = [
    Chunk(text=TEXT[0:53], start=0, end=53, heading_path=("Deploying",), language="en"),
    Chunk(text=TEXT[55:], start=55, end=len(TEXT), heading_path=("Deploying", "Rolling back"), language="en"),
]


def test_passage_has_its_part_of_each_section() -> None:
    first, second = passages_of(DOCUMENT, CHUNKS, source="docs", path="a.md", audience=("everyone",))

    assert [(one.start, one.end, one.heading_path[-1]) for one in first.sections] == [
        (0, 20, "Deploying"),
        (20, 53, "Rolling back"),
    ]
    assert [(one.start, one.end) for one in second.sections] == [(55, len(TEXT))]
    section = first.section_of("Run it with --undo.")
    assert section is not None
    assert section.heading_path == ("Deploying", "Rolling back")


def test_ids_are_the_same_each_time_and_different_for_each_passage() -> None:
    once = passages_of(DOCUMENT, CHUNKS, source="docs", path="a.md", audience=("everyone",))
    again = passages_of(DOCUMENT, CHUNKS, source="docs", path="a.md", audience=("everyone",))
    other = passages_of(DOCUMENT, CHUNKS, source="wiki", path="a.md", audience=("everyone",))

    assert once == again
    assert len({passage.id for passage in (*once, *other)}) == 4


def test_encoder_reads_where_a_passage_stands_and_nothing_it_can_not_read() -> None:
    _, second = passages_of(DOCUMENT, CHUNKS, source="docs", path="a.md", audience=("everyone",))

    assert embedding_text(second, frozenset({"en"})) == "Deploying › Rolling back\nThe end."
    assert embedding_text(second, None) == embedding_text(second, frozenset({"en"}))
    assert embedding_text(second, frozenset({"zh"})) == ""
