"""Follow-up questions: is the passage that answers a last turn found, by how much of the conversation is asked with it.

Full text over all passages, so that only the wording of the question differs from row to row.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.followups import depends_on_history, standalone_question
from core.knowledge.terms import index_terms
from core.messages import Author, Message, Place
from tests.bench.tables import Table

_PLACE = Place(platform="bench", workspace="bench", channel="bench")
_K1, _B = 1.2, 0.75


async def measure(data: Path) -> list[Table]:
    """Passage recall of the last turn: alone, with all of the conversation, and as Lorelens rewrites it."""
    folder = data / "dialogue"
    passages = _records(folder / "passages.jsonl")
    numbers = {passage["id"]: number for number, passage in enumerate(passages)}
    ranking = _Bm25([index_terms(f"{passage['title']}\n{passage['text']}") for passage in passages])
    tasks = [
        (_messages(task), {numbers[context["document_id"]] for context in task["contexts"]})
        for task in _records(folder / "tasks.jsonl")
        if task["answerability"][0] in ("ANSWERABLE", "PARTIAL") and task["contexts"] and len(task["input"]) > 1
    ]
    wordings: dict[str, Callable[[list[Message]], str]] = {
        "the last turn alone": lambda turns: turns[-1].text,
        "the last two turns of the person": lambda turns: " ".join(_said(turns)[-2:]),
        "all turns of the person": lambda turns: " ".join(_said(turns)),
        "the whole conversation": lambda turns: " ".join(turn.text for turn in turns),
        "Lorelens (core/followups.py)": lambda turns: standalone_question(turns[:-1], turns[-1]),
    }
    rows: list[list[str | float]] = []
    for name, wording in wordings.items():
        figures = [_figures(ranking.best(index_terms(wording(turns)), 5), gold) for turns, gold in tasks]
        rows.append([name, *(sum(column) / len(tasks) for column in zip(*figures, strict=True))])
    dependent = sum(depends_on_history(turns[-1].text) for turns, _ in tasks)
    return [
        Table(
            "The passage that answers the last turn of a conversation (MTRAG-UN, BM25)",
            ("asked with", "recall@5", "any of them in 5", "first"),
            rows,
            f"{len(tasks)} answerable conversations of several turns over {len(passages)} passages; "
            f"{dependent} last turns are taken to depend on earlier ones.",
        )
    ]


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _messages(task: dict[str, Any]) -> list[Message]:
    return [
        Message(
            id=str(number),
            place=_PLACE,
            author=Author(id=turn["speaker"]),
            role="person" if turn["speaker"] == "user" else "assistant",
            text=turn["text"],
            sent_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for number, turn in enumerate(task["input"])
    ]


def _said(turns: Sequence[Message]) -> list[str]:
    return [turn.text for turn in turns if turn.role == "person"]


def _figures(found: list[int], gold: set[int]) -> tuple[float, float, float]:
    right = gold.intersection(found)
    return len(right) / min(5, len(gold)), float(bool(right)), float(found[0] in gold)


class _Bm25:
    """Okapi BM25 over lists of terms."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        lengths = np.array([len(document) for document in documents], dtype=np.float64)
        self._norm: NDArray[np.float64] = _K1 * (1 - _B + _B * lengths / lengths.mean())
        self._postings: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, document in enumerate(documents):
            for term, count in Counter(document).items():
                self._postings[term].append((number, count))

    def best(self, terms: Sequence[str], limit: int) -> list[int]:
        """The numbers of the best documents, best first."""
        scores = np.zeros(len(self._norm))
        for term in set(terms):
            postings = self._postings.get(term, [])
            rarity = math.log(1 + (len(scores) - len(postings) + 0.5) / (len(postings) + 0.5))
            for number, count in postings:
                scores[number] += rarity * count * (_K1 + 1) / (count + self._norm[number])
        return np.argsort(-scores, kind="stable")[:limit].tolist()
