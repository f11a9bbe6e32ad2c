"""What every knowledge index does: the contract that an implementation's tests inherit.

A subclass gives `open_index`, which opens the index of a place again and again, with vectors of `DIMENSION` numbers.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from core.knowledge.documents import Passage, PictureFacts
from core.knowledge.index import Count, Hit, ImageVector, KnowledgeIndex, SearchQuery, StoredPassage, Vectors
from core.messages import EVERYONE

DIMENSION = 8


def passage(identity: str, text: str, **fields: object) -> Passage:
    """A passage with as little to say as possible."""
    return Passage.model_validate({"id": identity, "source": "docs", "path": f"{identity}.md", "text": text, **fields})


def direction(*axes: int) -> list[float]:
    """A unit vector along axes."""
    vector = np.zeros(DIMENSION)
    vector[list(axes)] = 1
    return (vector / np.linalg.norm(vector)).tolist()


def picture(identity: str, text: str = "", sha256: str = "0" * 64, **fields: object) -> Passage:
    """A passage that is a picture."""
    facts = PictureFacts(sha256=sha256, media_type="image/png", width=1, height=1)
    return passage(identity, text, kind="picture", picture=facts, **fields)


def looking_like(*values: float, encoder: str = "eyes") -> SearchQuery:
    """A question by what pictures look like alone."""
    return SearchQuery(text="", image=ImageVector(encoder=encoder, values=values), image_weight=1.0)


def vectors(*rows: Sequence[float] | None) -> Vectors:
    """Rows of vectors; None stands for a text that the encoder can't read."""
    return np.asarray([row or [0.0] * DIMENSION for row in rows], dtype=np.float32)


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage.id for hit in hits]


class KnowledgeIndexContract:
    """The tests. Each gets an index of its own."""

    async def open_index(self, place: Path) -> KnowledgeIndex:
        raise NotImplementedError

    @pytest_asyncio.fixture
    async def index(self, tmp_path: Path) -> AsyncIterator[KnowledgeIndex]:
        index = await self.open_index(tmp_path)
        yield index
        await index.close()

    async def find(self, index: KnowledgeIndex, text: str, **fields: object) -> list[str]:
        return ids(await index.search(SearchQuery.model_validate({"text": text, "dense_weight": 0.0, **fields})))

    async def test_empty_index_finds_nothing(self, index: KnowledgeIndex) -> None:
        assert await self.find(index, "anything") == []
        assert (await index.statistics()).passages == 0

    async def test_what_was_written_is_found_at_once_and_after_reopening(self, tmp_path: Path) -> None:
        index = await self.open_index(tmp_path)
        await index.upsert([passage("a", "Deploys run on Tuesdays.")], vectors(direction(0)))
        assert await self.find(index, "deploy") == ["a"]
        await index.optimize()
        await index.upsert([passage("b", "Deploys are announced.")], vectors(direction(1)))
        assert set(await self.find(index, "deploy")) == {"a", "b"}
        await index.close()
        again = await self.open_index(tmp_path)
        assert set(await self.find(again, "deploy")) == {"a", "b"}
        await again.close()

    async def test_same_id_replaces(self, index: KnowledgeIndex) -> None:
        await index.upsert([passage("a", "The old words.")], None)
        await index.upsert([passage("a", "Something new.")], None)
        assert await self.find(index, "old words") == []
        assert await self.find(index, "something new") == ["a"]
        assert (await index.statistics()).passages == 1

    async def test_chinese_is_found_by_its_words(self, index: KnowledgeIndex) -> None:
        await index.upsert([passage("a", "每位员工每年有二十五天带薪休假。"), passage("b", "部署在周二进行。")], None)
        assert (await self.find(index, "带薪休假有多少天？"))[0] == "a"
        assert (await self.find(index, "什么时候部署"))[0] == "b"

    async def test_words_and_meaning_both_count(self, index: KnowledgeIndex) -> None:
        await index.upsert(
            [passage("words", "rollback rollback"), passage("meaning", "undo it"), passage("both", "a rollback")],
            vectors(None, direction(0), direction(0, 1)),
        )
        query = SearchQuery(text="rollback", vector=tuple(direction(0)), dense_weight=0.5)
        assert ids(await index.search(query))[0] == "both"
        assert ids(await index.search(query.model_copy(update={"dense_weight": 1.0})))[0] == "meaning"
        by_words = await index.search(query.model_copy(update={"dense_weight": 0.0}))
        assert set(ids(by_words)) == {"words", "both"}
        assert by_words[0].lexical is not None

    async def test_text_that_the_encoder_can_not_read_is_found_by_words_alone(self, index: KnowledgeIndex) -> None:
        await index.upsert([passage("zh", "带薪休假"), passage("en", "leave")], vectors(None, direction(3)))
        found = await index.search(SearchQuery(text="xyz", vector=tuple(direction(0)), dense_weight=1.0))
        assert ids(found) == ["en"]
        assert await self.find(index, "休假") == ["zh"]

    async def test_audience_is_looked_at_before_the_best_are_taken(self, index: KnowledgeIndex) -> None:
        hidden = [passage(f"h{at}", "secret plan secret plan", audience=("person:mira",)) for at in range(300)]
        seen = passage("seen", "the plan for everybody and many other words beside it")
        await index.upsert([*hidden, seen], vectors(*[direction(0)] * 300, direction(1)))
        query = SearchQuery(text="secret plan", vector=tuple(direction(0)), limit=3)
        assert ids(await index.search(query)) == ["seen"]
        for_mira = query.model_copy(update={"audience": (EVERYONE, "person:mira"), "limit": 400})
        assert len(await index.search(for_mira)) > 3
        assert await index.search(query.model_copy(update={"audience": ()})) == []

    async def test_sources_and_kinds_narrow(self, index: KnowledgeIndex) -> None:
        await index.upsert(
            [
                passage("a", "the pipeline", source="docs"),
                passage("b", "the pipeline", source="wiki"),
                picture("c", "the pipeline", source="wiki"),
            ],
            None,
        )
        assert set(await self.find(index, "pipeline", sources=("wiki",))) == {"b", "c"}
        assert await self.find(index, "pipeline", kinds=("picture",)) == ["c"]
        assert await self.find(index, "pipeline", sources=()) == []

    async def test_pictures_are_found_by_what_they_look_like(self, index: KnowledgeIndex) -> None:
        assert await index.picture_encoder() == ""
        await index.hold_images("eyes", 2)
        images = np.array([[1, 0], [0, 1], [0, 0]], dtype=np.float32)
        await index.upsert([picture("red"), picture("blue"), picture("unseen")], None, images)
        found = await index.search(looking_like(0.6, 0.8))
        assert ids(found) == ["blue", "red"]
        assert found[0].image == pytest.approx(0.8)

    async def test_words_and_looks_both_count(self, index: KnowledgeIndex) -> None:
        await index.hold_images("eyes", 2)
        both = [picture("words", "sunset"), picture("looks"), picture("both", "a sunset")]
        await index.upsert(both, None, np.array([[0, 0], [1, 0], [0.8, 0.6]], dtype=np.float32))
        query = SearchQuery(text="sunset", dense_weight=0.0, image=looking_like(1, 0).image)
        assert ids(await index.search(query))[0] == "both"

    async def test_vectors_of_another_picture_encoder_are_never_compared(self, index: KnowledgeIndex) -> None:
        await index.hold_images("eyes", 2)
        await index.upsert([picture("a", "a word")], None, np.array([[1, 0]], dtype=np.float32))
        assert await index.search(looking_like(1, 0, encoder="other eyes")) == []
        assert await index.search(looking_like(1, 0, 0)) == []
        await index.hold_images("other eyes", 3)
        assert await index.picture_encoder() == "other eyes"
        assert await index.search(looking_like(1, 0, 0, encoder="other eyes")) == []
        await index.upsert([picture("a", "a word")], None, np.array([[1, 0, 0]], dtype=np.float32))
        assert ids(await index.search(looking_like(1, 0, 0, encoder="other eyes"))) == ["a"]

    async def test_an_index_from_before_there_was_a_picture_encoder_takes_its_vectors(self, tmp_path: Path) -> None:
        index = await self.open_index(tmp_path)
        await index.upsert([picture("a", "a word"), passage("b", "text")], vectors(direction(0), direction(1)))
        await index.close()
        again = await self.open_index(tmp_path)
        await again.hold_images("eyes", 2)
        await again.hold_images("eyes", 2)
        await again.upsert([picture("a", "a word")], vectors(direction(0)), np.array([[0, 1]], dtype=np.float32))
        assert ids(await again.search(looking_like(0, 1))) == ["a"]
        query = SearchQuery(text="", vector=tuple(direction(1)), dense_weight=1.0, limit=1)
        assert ids(await again.search(query)) == ["b"]
        await again.close()

    async def test_images_are_left_out_where_no_room_was_made(self, index: KnowledgeIndex) -> None:
        await index.upsert([picture("a", "a word")], None, np.array([[1, 0]], dtype=np.float32))
        assert await index.search(looking_like(1, 0)) == []
        assert await self.find(index, "word") == ["a"]

    async def test_a_picture_is_found_by_its_hash(self, index: KnowledgeIndex) -> None:
        one, other = "1" * 64, "2" * 64
        await index.upsert(
            [
                picture("a", "one", one),
                picture("b", "the same in another source", one, source="wiki"),
                picture("c", "hidden", one, audience=("person:mira",)),
                picture("d", "other", other),
                passage("e", f'a page that names "{one}"'),
            ],
            None,
        )
        assert [one.id for one in await index.showing(one, (EVERYONE,))] == ["a", "b"]
        assert await index.showing(one, ()) == []
        assert await index.showing("3" * 64, (EVERYONE,)) == []

    async def test_what_another_one_writes_is_seen(self, index: KnowledgeIndex, tmp_path: Path) -> None:
        other = await self.open_index(tmp_path)
        await other.hold_images("eyes", 2)
        await other.upsert([picture("a", "a word")], None, np.array([[1, 0]], dtype=np.float32))
        assert await self.find(index, "word") == ["a"]
        assert ids(await index.search(looking_like(1, 0))) == ["a"]
        await other.close()

    async def test_deleting_takes_what_was_named_and_nothing_else(self, index: KnowledgeIndex) -> None:
        await index.upsert(
            [passage(name, "word", path=path) for name, path in (("a", "x.md"), ("b", "x.md"), ("c", "y.md"))], None
        )
        await index.upsert([passage("d", "word", source="wiki", path="x.md")], None)
        assert await index.delete("docs", "x.md") == 2
        assert set(await self.find(index, "word")) == {"c", "d"}
        assert await index.delete_passages(["c", "not there"]) == 1
        assert await index.delete_passages([]) == 0
        assert await index.delete("wiki") == 1
        assert await index.delete("wiki") == 0
        assert await self.find(index, "word") == []

    async def test_neighbours_stand_around_a_passage_in_order(self, index: KnowledgeIndex) -> None:
        rows = [passage(f"p{at}", f"part {at}", path="long.md", ordinal=at) for at in range(5)]
        await index.upsert([rows[3], rows[0], rows[4], rows[1], rows[2]], None)
        await index.upsert([passage("other", "part", path="other.md", ordinal=2)], None)
        assert [one.id for one in await index.neighbours(rows[2])] == ["p1", "p2", "p3"]
        assert [one.id for one in await index.neighbours(rows[0], before=2, after=1)] == ["p0", "p1"]
        assert await index.passages("docs", "long.md") == rows

    async def test_documents_get_other_addresses_and_keep_all_else(self, index: KnowledgeIndex) -> None:
        rows = [passage(f"p{at}", f"part {at}", path="a.md", ordinal=at, url="https://old/a") for at in range(2)]
        others = [
            passage("b", "part", path="b.md", url="https://old/b"),
            passage("same", "part", path="it's.md"),
            passage("elsewhere", "part", source="wiki", path="a.md", url="https://wiki/a"),
            picture("seen", "part", path="a.md", url="https://old/a"),
        ]
        await index.upsert([*rows, *others], vectors(direction(0), None, *[direction(1)] * 4))

        assert (
            await index.readdress("docs", {"a.md": "https://new/a", "it's.md": "", "not there": "https://new/c"}) == 2
        )
        assert await index.readdress("docs", {"a.md": "https://new/a"}) == 0

        text = [one for one in await index.passages("docs", "a.md") if one.kind == "text"]
        assert text == [row.model_copy(update={"url": "https://new/a"}) for row in rows]
        assert [one.url for one in await index.passages("docs", "a.md") if one.kind == "picture"] == ["https://old/a"]
        assert [one.url for one in await index.passages("wiki", "a.md")] == ["https://wiki/a"]
        assert [one.url for one in await index.passages("docs", "b.md")] == ["https://old/b"]
        best, *_ = await index.search(SearchQuery(text="", vector=tuple(direction(0)), dense_weight=1.0, limit=1))
        assert (best.passage.id, best.passage.url) == ("p0", "https://new/a")
        assert len(await self.find(index, "part")) == 6

    async def test_who_was_let_in_or_kept_out_of_a_source_is_so_at_once(self, index: KnowledgeIndex) -> None:
        rows = [passage(f"p{at}", f"the plan, part {at}", path="a.md", ordinal=at) for at in range(3)]
        seen = picture("seen", "the plan", source="docs", path="b.md", sha256="1" * 64)
        other = passage("other", "the plan", source="wiki")
        team, mira = "slack/T1/channel/C1", "slack/T1/person/U1"
        await index.hold_images("eyes", 2)
        images = np.array([[0, 0]] * 3 + [[1, 0], [0, 0]], dtype=np.float32)
        await index.upsert([*rows, seen, other], vectors(direction(0), None, *[direction(1)] * 3), images)

        for audience in ((team, mira), ("discord/9/channel/1", team), (mira,), (team,)):
            assert await index.set_audience("docs", audience) == 4
            assert await index.set_audience("docs", audience) == 0
            assert set(await self.find(index, "plan", audience=audience[:1])) == {"p0", "p1", "p2", "seen"}
            assert await self.find(index, "plan") == ["other"]
            assert [one.id for one in await index.showing("1" * 64, audience)] == ["seen"]
            assert await index.showing("1" * 64, (EVERYONE,)) == []
            assert [one.audience for one in await index.passages("docs", "a.md")] == [audience] * 3
            assert (await index.statistics()).passages == 5
        assert await self.find(index, "plan", audience=(mira,)) == []
        nearest = SearchQuery(text="", vector=tuple(direction(0)), dense_weight=1.0, limit=1, audience=(team,))
        assert ids(await index.search(nearest)) == ["p0"]
        assert ids(await index.search(looking_like(1, 0).model_copy(update={"audience": (team,)}))) == ["seen"]
        assert await index.set_audience("docs", (EVERYONE,)) == 4
        assert len(await self.find(index, "plan")) == 5
        assert await index.set_audience("not there", (EVERYONE,)) == 0

    async def test_a_passage_written_for_others_is_gone_for_those_who_saw_it(self, index: KnowledgeIndex) -> None:
        for audience in (("slack/T1",), ("slack/T2",), ("slack/T1", "slack/T2"), (EVERYONE,), ("slack/T1/person/U",)):
            await index.upsert([passage("a", "the plan", audience=audience)], vectors(direction(0)))
            for principal in ("slack/T1", "slack/T2", EVERYONE, "slack/T1/person/U"):
                expected = ["a"] if principal in audience else []
                assert await self.find(index, "plan", audience=(principal,)) == expected
                query = SearchQuery(text="", vector=tuple(direction(0)), dense_weight=1.0, audience=(principal,))
                assert ids(await index.search(query)) == expected
            assert (await index.statistics()).passages == 1
        assert await index.delete("docs") == 1

    async def test_all_that_is_stored_is_handed_out_with_its_vectors(self, index: KnowledgeIndex) -> None:
        assert await index.stored() == []
        await index.hold_images("eyes", 2)
        audiences = ((EVERYONE,), ("slack/T1",), ("slack/T2/channel/C",))
        rows = [passage(f"p{at}", f"part {at}", audience=audiences[at % 3]) for at in range(9)]
        seen = picture("seen", "a picture")
        images = np.array([[0, 0]] * 9 + [[0.6, 0.8]], dtype=np.float32)
        await index.upsert([*rows, seen], vectors(*[direction(at % 8) for at in range(8)], None, None), images)

        taken: list[StoredPassage] = []
        while page := await index.stored(taken[-1].position if taken else "", 4):
            assert len(page) <= 4
            taken += page

        by_id = {one.passage.id: one for one in taken}
        assert len(taken) == len(by_id) == 10
        assert [by_id[row.id].passage for row in rows] == rows
        assert by_id["p3"].text == pytest.approx(direction(3)) and by_id["p3"].image is None
        assert by_id["p8"].text is None
        assert by_id["seen"].image == pytest.approx((0.6, 0.8)) and by_id["seen"].text is None

    async def test_whether_it_can_be_asked_is_told_without_counting(self, index: KnowledgeIndex) -> None:
        assert not await index.check()
        await index.upsert(
            [passage("a", "x", audience=("slack/T1",)), passage("b", "x", source="it's"), picture("seen", "x")], None
        )
        assert await index.check()
        assert await index.count("docs") == Count(texts=1, pictures=1)
        assert await index.count("it's") == Count(texts=1)
        assert await index.count("none") == Count()

    async def test_where_nothing_was_broken_off_nothing_is_resumed(self, index: KnowledgeIndex) -> None:
        await index.upsert([passage("a", "word")], None)
        await index.resume()
        assert await self.find(index, "word") == ["a"]

    async def test_statistics_count_by_source(self, index: KnowledgeIndex) -> None:
        await index.upsert(
            [
                passage("a", "x", path="1.md"),
                passage("b", "x", path="1.md", ordinal=1),
                passage("c", "x", source="wiki"),
            ],
            None,
        )
        statistics = await index.statistics()
        assert statistics.passages == 3
        assert [(one.source, one.documents, one.passages) for one in statistics.sources] == [
            ("docs", 1, 2),
            ("wiki", 1, 1),
        ]

    @pytest.mark.parametrize(
        "name", ["it's.md", 'a "b".md', "100%_\\n.md", "换行\n.md", "😀.md", "'); DROP TABLE passages"]
    )
    async def test_any_name_is_only_a_name(self, index: KnowledgeIndex, name: str) -> None:
        await index.upsert([passage("a", "word", path=name, source=name, audience=(name,)), passage("b", "word")], None)
        assert await self.find(index, "word", sources=(name,), audience=(name,)) == ["a"]
        assert [one.id for one in await index.passages(name, name)] == ["a"]
        assert await index.delete(name, name) == 1
        assert await self.find(index, "word") == ["b"]

    @pytest.mark.parametrize(
        "text", ["", "   ", "😀", "?!", "the of and", "NOT (a OR b) AND", '"', "\x00", "word " * 20_000, "字" * 30_000]
    )
    async def test_any_question_gets_an_answer(self, index: KnowledgeIndex, text: str) -> None:
        await index.upsert([passage("a", "a word")], None)
        found = await self.find(index, text)
        assert found in ([], ["a"])

    async def test_two_who_write_at_once_lose_nothing(self, tmp_path: Path) -> None:
        first, second = await self.open_index(tmp_path), await self.open_index(tmp_path)
        await asyncio.gather(
            *(first.upsert([passage(f"a{at}", "word")], None) for at in range(5)),
            *(second.upsert([passage(f"b{at}", "word")], None) for at in range(5)),
        )
        third = await self.open_index(tmp_path)
        assert (await third.statistics()).passages == 10
        for index in (first, second, third):
            await index.close()
