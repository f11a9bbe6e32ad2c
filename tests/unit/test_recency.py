"""Recency: newer versions come first where somebody asks for what holds now, and only there."""

from datetime import UTC, datetime

import pytest

from core.knowledge.documents import Passage
from core.knowledge.index import Hit
from core.knowledge.recency import asks_for_newest, prefer_recent, time_of


def hit(path: str, score: float, year: int = 0) -> Hit:
    modified = datetime(year, 5, 1, tzinfo=UTC).timestamp() if year else 0.0
    return Hit(passage=Passage(id=path, source="docs", path=path, text="The limit.", modified=modified), score=score)


def paths(hits: list[Hit]) -> list[str]:
    return [one.passage.path for one in hits]


@pytest.mark.parametrize(
    "question",
    [
        "What is the latest release?",
        "What is our current limit?",
        "What changed last week?",
        "最新的版本是什么？",
        "上周改了什么？",
    ],
)
def test_questions_that_ask_for_how_it_is_now(question: str) -> None:
    assert asks_for_newest(question)


@pytest.mark.parametrize("question", ["How do I roll back?", "Which current flows through the coil?", "怎么回滚？"])
def test_questions_that_do_not(question: str) -> None:
    assert not asks_for_newest(question)


def test_the_newest_version_comes_first_where_it_is_asked_for() -> None:
    found = [hit("2023.md", 0.4, 2023), hit("2025.md", 0.35, 2025), hit("undated.md", 0.25)]
    now = prefer_recent("What is the current limit?", prefer_recent("What is the limit?", found))
    assert paths(prefer_recent("What is the limit?", found)) == ["2023.md", "2025.md", "undated.md"]
    assert paths(now)[0] == "2025.md"
    assert abs(sum(one.score for one in now) - 1) < 1e-9


def test_what_is_about_another_matter_stays_behind_however_new_it_is() -> None:
    found = [hit("fits.md", 0.9, 2023), hit("other.md", 0.1, 2026)]
    assert paths(prefer_recent("What is the latest limit?", found)) == ["fits.md", "other.md"]


def test_of_two_that_fit_alike_the_newer_comes_first() -> None:
    assert paths(prefer_recent("What is the limit?", [hit("a.md", 0.5, 2023), hit("b.md", 0.5, 2025)])) == [
        "b.md",
        "a.md",
    ]


def test_a_date_in_the_name_stands_in_for_one_that_is_not_known() -> None:
    def of(path: str) -> str:
        return datetime.fromtimestamp(time_of(hit(path, 1.0).passage), UTC).date().isoformat()

    assert of("notes/2025-03-14 limits.md") == "2025-03-14"
    assert of("limits-2024.md") == "2024-01-01"
    assert of("2025年3月.md") == "2025-03-01"
    assert of("2025-02-31.md") == "2025-01-01"
    assert time_of(hit("build-120250.md", 1.0).passage) == 0
