"""Fusion of two rankings."""

import pytest

from core.knowledge.fusion import fuse


def order(scores: dict[str, float]) -> list[str]:
    return sorted(scores, key=lambda name: -scores[name])


def test_what_both_rank_high_comes_first() -> None:
    assert order(fuse(["a", "b", "c"], ["b", "d", "a"], 0.5))[0] == "b"


def test_a_ranking_that_can_not_be_trusted_is_left_out() -> None:
    assert fuse(["a", "b"], ["z"], 0.0).keys() == {"a", "b"}
    assert fuse(["a", "b"], ["z"], 1.0).keys() == {"z"}


def test_the_first_of_both_scores_one() -> None:
    assert fuse(["a"], ["a"], 0.3)["a"] == pytest.approx(1.0)
