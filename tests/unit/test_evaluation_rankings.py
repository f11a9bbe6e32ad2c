"""Rankings are measured as the textbooks define it: against values worked out by hand, and within their bounds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.rankings import (
    document_ranks,
    ndcg,
    picture_ranks,
    quote_ranks,
    recall,
    reciprocal_rank,
)
from core.knowledge.documents import Passage
from core.knowledge.index import Hit

RANKS = st.lists(st.one_of(st.none(), st.integers(1, 60)), min_size=1, max_size=8)


def hit(path: str, text: str = "", *, source: str = "team", also_in: tuple[str, ...] = ()) -> Hit:
    return Hit(passage=Passage(id=path + text, source=source, path=path, text=text), score=1.0, also_in=also_in)


@pytest.mark.parametrize(
    ("ranks", "at_1", "at_5", "mrr", "gain"),
    [
        ([1], 1.0, 1.0, 1.0, 1.0),
        ([3], 0.0, 1.0, 1 / 3, 1 / math.log2(4)),
        ([None], 0.0, 0.0, 0.0, 0.0),
        ([1, 2], 1.0, 1.0, 1.0, 1.0),
        ([2, 7], 0.0, 0.5, 0.5, (1 / math.log2(3) + 1 / math.log2(8)) / (1 + 1 / math.log2(3))),
        ([1, None], 1.0, 0.5, 1.0, 1 / (1 + 1 / math.log2(3))),
        ([12], 0.0, 0.0, 1 / 12, 0.0),
    ],
)
def test_figures_are_those_worked_out_by_hand(
    ranks: list[int | None], at_1: float, at_5: float, mrr: float, gain: float
) -> None:
    assert recall(ranks, 1) == pytest.approx(at_1)
    assert recall(ranks, 5) == pytest.approx(at_5)
    assert reciprocal_rank(ranks) == pytest.approx(mrr)
    assert ndcg(ranks) == pytest.approx(gain)


@given(RANKS)
def test_figures_lie_between_nothing_and_all(ranks: list[int | None]) -> None:
    figures = [recall(ranks, 1), recall(ranks, 5), recall(ranks, 10), reciprocal_rank(ranks), ndcg(ranks)]

    assert all(0 <= figure <= 1 for figure in figures)
    assert (reciprocal_rank(ranks) == 0) == (ranks == [None] * len(ranks))


@given(st.integers(1, 30))
def test_a_perfect_ranking_has_all(many: int) -> None:
    ranks = list(range(1, many + 1))

    assert [recall(ranks, depth) for depth in (1, 5, 10)] == [1, 1, 1]
    assert (reciprocal_rank(ranks), ndcg(ranks)) == (1, 1)


@given(RANKS, st.integers(0, 7), st.integers(1, 10))
def test_what_is_found_earlier_never_counts_less(ranks: list[int | None], place: int, earlier: int) -> None:
    at = place % len(ranks)
    rank = ranks[at]
    free = set(range(1, 61)) - set(ranks)
    if rank is None or earlier >= rank or earlier not in free or ranks.count(rank) > 1:
        return
    better = [*ranks[:at], earlier, *ranks[at + 1 :]]

    assert ndcg(better) >= ndcg(ranks)
    assert reciprocal_rank(better) >= reciprocal_rank(ranks)
    assert all(recall(better, depth) >= recall(ranks, depth) for depth in (1, 5, 10))


def test_a_document_counts_once_however_many_of_its_passages_are_found() -> None:
    hits = [hit("a.md", "1"), hit("a.md", "2"), hit("slides.pptx#picture-3"), hit("a.md", "3"), hit("zh/b.md")]

    assert document_ranks(["a.md", "slides.pptx", "zh/b.md", "team/zh/b.md", "b.md"], hits) == [1, 2, 3, 3, None]


def test_a_copy_stands_where_the_document_stands_that_is_shown_for_it() -> None:
    hits = [hit("other.md"), hit("a.md", also_in=("copy/a.md",)), hit("copy/a.md", "2"), hit("last.md")]

    assert document_ranks(["a.md", "copy/a.md", "last.md"], hits) == [2, 2, 3]


def test_a_source_tells_documents_of_one_path_apart() -> None:
    hits = [hit("a.md", source="wiki"), hit("a.md", source="team")]

    assert document_ranks(["team/a.md", "wiki/a.md", "a.md"], hits) == [2, 1, 1]


def test_a_quote_is_found_word_for_word_but_for_white_space() -> None:
    hits = [hit("a", "It takes\n  four minutes."), hit("b", "发票要在 20 天\n内提交"), hit("c", "It takes five.")]

    assert quote_ranks(["takes four minutes", "20天内提交", "takes five", "takes six"], hits) == [1, 2, 3, None]
    assert ndcg(quote_ranks(["takes four", "four minutes"], hits)) == 1


def test_a_picture_is_known_by_its_name_or_its_path() -> None:
    hits = [hit("pictures/map.png"), hit("plan.pdf#picture-1")]

    assert picture_ranks(
        ["map.png", "pictures/map.png", "team/pictures/map.png", "plan.pdf#picture-1", "ap.png"], hits
    ) == [
        1,
        1,
        1,
        2,
        None,
    ]
