"""Joined neighbours: what follows on is one passage with its place in the document intact, a sentence is whole."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from core.knowledge.access import KnowledgeAccess
from core.knowledge.chunking import Chunk
from core.knowledge.documents import Document, Passage, Section
from core.knowledge.index import Hit
from core.knowledge.joining import MOST_CHARACTERS, holds, join
from core.knowledge.lance import LanceIndex
from core.knowledge.ledger import Ledger, SourceRecord
from core.knowledge.passages import passages_of
from core.messages import EVERYONE, Author, Message, Place
from core.turn import Turn

STEPS = "Open the deploy page."
NEXT = "Name the release to go back to."
LAST = "Tell the channel what was undone."
PAGE_ONE = "The pump is stopped as soon as the pressure in the vessel exceeds the"
PAGE_TWO = "limit of four bar. Then the valve is closed by hand."


def document(parts: Sequence[tuple[str, tuple[str, ...], int | None]], between: str = "\n\n") -> Document:
    """A document of parts, each with the headings and the page it stands under."""
    text, sections = "", list[Section]()
    for words, path, page in parts:
        text += between if text else ""
        sections.append(Section(start=len(text), end=len(text) + len(words), heading_path=path, page=page))
        text += words
    return Document(title="Handbook", text=text, sections=tuple(sections))


def passages(of: Document, *, audience: tuple[str, ...] = (EVERYONE,), path: str = "a.md") -> list[Passage]:
    """Each section of a document as a passage."""
    chunks = [
        Chunk(
            text=of.text[one.start : one.end],
            start=one.start,
            end=one.end,
            heading_path=one.heading_path,
            page=one.page,
        )
        for one in of.sections
    ]
    return passages_of(of, chunks, source="docs", path=path, audience=audience)


def hits(*found: Passage) -> list[Hit]:
    return [Hit(passage=one, score=1 / at, first_rank=at) for at, one in enumerate(found, start=1)]


async def joined(found: Sequence[Hit], place: Path, held: Sequence[Passage] = ()) -> list[Hit]:
    index = await LanceIndex.open(place / "index", 4, "none")
    ledger = Ledger(place / "ledger.sqlite")
    try:
        ledger.note_source(SourceRecord(source="docs", root="/docs", audience=(EVERYONE,), read_at=1.0))
        await index.upsert([*held, *(hit.passage for hit in found)], None)
        return await join(found, KnowledgeAccess(index, ledger))
    finally:
        ledger.close()
        await index.close()


async def test_hits_that_follow_one_another_are_one_with_its_place_in_the_document(tmp_path: Path) -> None:
    under = ("Deploying", "Rolling back")
    whole = document([(STEPS, under, 3), (NEXT, under, 4), (LAST, under, 4), ("Enough.", ("Deploying", "After"), 5)])
    first, second, third, after = passages(whole)

    one, other = await joined(hits(second, after, third, first), tmp_path)

    assert one.passage.text == whole.text[: third.end]
    assert (one.passage.start, one.passage.end) == (0, third.end)
    assert (one.passage.id, one.passage.ordinal, one.first_rank, one.score) == (first.id, 0, 1, 1.0)
    assert other.passage == after
    for sentence, page in ((STEPS, 3), (NEXT, 4), (LAST, 4)):
        section = one.passage.section_of(sentence)
        assert section is not None
        assert (section.heading_path, section.page) == (under, page)


async def test_a_joined_hit_stands_where_its_best_part_stood(tmp_path: Path) -> None:
    first, second, third = passages(document([(STEPS, (), None), (NEXT, (), None), (LAST, (), None)]))
    (other,) = passages(document([(LAST, (), None)]), path="b.md")
    one, after = await joined(hits(third, other, first, second), tmp_path)
    assert [hit.passage.path for hit in (one, after)] == ["a.md", "b.md"]
    assert [one.passage.text.count(step) for step in (STEPS, NEXT, LAST)] == [1, 1, 1]


async def test_what_is_open_to_others_or_in_another_section_or_too_long_is_not_joined(tmp_path: Path) -> None:
    first, second = passages(document([(STEPS, (), None), (NEXT, (), None)]))
    fewer = second.model_copy(update={"audience": ("slack:T1:channel:C1",)})
    assert len(await joined(hits(first, fewer), tmp_path / "fewer")) == 2
    apart = passages(document([(STEPS, ("One",), None), (NEXT, ("Two",), None)]))
    assert len(await joined(hits(*apart), tmp_path / "apart")) == 2
    long = passages(document([("Wait. " * 400, (), None), ("Go on. " * 300, (), None)]))
    assert sum(len(one.text) for one in long) > MOST_CHARACTERS
    assert len(await joined(hits(*long), tmp_path / "long")) == 2


async def test_passages_of_two_versions_of_a_document_are_not_joined(tmp_path: Path) -> None:
    first, _ = passages(document([(STEPS, (), None), (NEXT, (), None)]))
    _, second = passages(document([(STEPS * 9, (), None), (NEXT, (), None)]))
    assert len(await joined(hits(first, second), tmp_path)) == 2


async def test_a_sentence_that_runs_on_over_the_page_is_whole_and_keeps_both_pages(tmp_path: Path) -> None:
    whole = document([(PAGE_ONE, ("Safety",), 1), (PAGE_TWO, ("Safety",), 2)])
    first, second = passages(whole)

    (begins,) = await joined(hits(first), tmp_path / "begins", held=[second])
    (ends,) = await joined(hits(second), tmp_path / "ends", held=[first])

    assert begins.passage.text == f"{PAGE_ONE}  limit of four bar."
    assert [(one.page, one.end) for one in begins.passage.sections] == [(1, first.end), (2, begins.passage.end)]
    assert ends.passage.text == f"{PAGE_ONE}  {PAGE_TWO}"
    assert (ends.passage.page, ends.passage.start, ends.passage.id) == (1, 0, second.id)


async def test_a_sentence_is_not_made_whole_by_what_others_may_see(tmp_path: Path) -> None:
    first, second = passages(document([(PAGE_ONE, (), 1), (PAGE_TWO, (), 2)]))
    secret = second.model_copy(update={"audience": ("slack:T1:channel:C1",)})
    (alone,) = await joined(hits(first), tmp_path, held=[secret])
    assert alone.passage == first


async def test_chinese_runs_on_over_the_page_too(tmp_path: Path) -> None:
    of = document(
        [("压力超过规定的数值时，操作人员必须立即停止水泵并且关闭", (), 1), ("进口阀门。然后等待。", (), 2)], "\n"
    )
    first, second = passages(of)
    (whole,) = await joined(hits(first), tmp_path, held=[second])
    assert whole.passage.text.endswith("并且关闭 进口阀门。")


async def test_a_part_that_is_found_again_is_not_given_twice(tmp_path: Path) -> None:
    first, second = passages(document([(STEPS, (), None), (NEXT, (), None)]))
    (both,) = await joined(hits(first, second), tmp_path)
    place = Place(platform="test", workspace="w", channel="c", thread="t")
    turn = Turn(message=Message(id="1", place=place, author=Author(id="u"), text="How?", sent_at=datetime.now(UTC)))
    (given,) = turn.add([both])
    assert turn.add(hits(second)) == [given]
    assert turn.add(hits(first)) == [given]
    assert holds(both.passage, second)
    assert not holds(second, both.passage)
