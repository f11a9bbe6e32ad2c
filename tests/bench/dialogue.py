"""Last turns of conversations: by what wording is found what answers, and which are answered, declined, asked back.

With `LORELENS_MODEL` (and `LORELENS_MODEL_BASE_URL`) naming a language model, it rewrites and answers as well.
"""

import json
import math
import tempfile
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.settings import Settings
from core.application import Application
from core.assistant import Assistant
from core.followups import depends_on_history, standalone_question
from core.knowledge.documents import Passage
from core.knowledge.index import Hit
from core.knowledge.lance import LanceIndex
from core.knowledge.passages import embedding_text
from core.knowledge.search import KnowledgeSearch
from core.knowledge.terms import index_terms
from core.messages import Author, Message, Place
from core.models.minilm import MiniLM
from core.reply import Reply, gather
from core.retrieval import DEEPER, PASSAGES
from core.rewriting import Rewriter, mixed, rewriter_for
from tests.bench.tables import Cell, Table

LABELS = ("ANSWERABLE", "PARTIAL", "UNANSWERABLE", "UNDERSPECIFIED")
_PLACE = Place(platform="bench", workspace="bench", channel="bench")
_K1, _B = 1.2, 0.75

Found = Callable[[Sequence[Message]], Awaitable[list[Hit]]]


async def measure(data: Path) -> list[Table]:
    """By full text, by the whole search, and by label what becomes of the question."""
    folder = data / "dialogue"
    tables = [_by_words(folder)]
    with tempfile.TemporaryDirectory() as place:
        settings = Settings().model_copy(update={"data": Path(place)})
        index = await _read_in(folder, Path(place) / "index")
        try:
            async with Application(settings) as application:
                chat = await application.chat()
                knowledge = KnowledgeSearch(index, MiniLM())
                rewriter = rewriter_for(chat)
                tables.append(await _searched(folder, knowledge, rewriter, chat.name))
                assistant = Assistant(
                    chat=chat,
                    knowledge=knowledge,
                    pictures=_no_picture,
                    ocr=application.ocr,
                    encoder=application.encoder,
                    rewriter=rewriter,
                )
                tables += await _answered(folder, assistant, knowledge, chat.name)
        finally:
            await index.close()
    return tables


async def _no_picture(sha256: str) -> bytes | None:
    return None


async def _read_in(folder: Path, place: Path) -> LanceIndex:
    """Each passage as a document of its own."""
    encoder = MiniLM()
    passages = [
        Passage(id=one["id"], source="bench", path=one["id"], title=one["title"], text=one["text"], language="en")
        for one in _records(folder / "passages.jsonl")
    ]
    index = await LanceIndex.open(place, encoder.dimension, encoder.name)
    texts = [embedding_text(passage, encoder.languages) for passage in passages]
    await index.upsert(passages, encoder.encode(texts))
    await index.optimize()
    return index


async def _searched(folder: Path, knowledge: KnowledgeSearch, rewriter: Rewriter | None, model: str) -> Table:
    """What `KnowledgeSearch` finds, by wording."""
    tasks = _answerable(folder)

    async def by(question: str, limit: int = 5) -> list[Hit]:
        return await knowledge.search(question, limit=limit)

    async def alone(turns: Sequence[Message]) -> list[Hit]:
        return await by(turns[-1].text)

    async def plain(turns: Sequence[Message]) -> list[Hit]:
        return await by(standalone_question(turns[:-1], turns[-1]))

    async def beside(turns: Sequence[Message], rewritten: str) -> list[Hit]:
        wording = standalone_question(turns[:-1], turns[-1])
        if not rewritten or wording == turns[-1].text:
            return await by(wording)
        return mixed([await by(rewritten, DEEPER * 5), await by(wording, DEEPER * 5)], 5)

    async def lost(turns: Sequence[Message]) -> list[Hit]:
        return await beside(turns, turns[-1].text)

    async def strayed(turns: Sequence[Message]) -> list[Hit]:
        at = next(at for at, (those, _) in enumerate(tasks) if those[0] is turns[0])
        return await beside(turns, tasks[at - 1][0][-1].text)

    async def written(turns: Sequence[Message]) -> list[Hit]:
        wording = standalone_question(turns[:-1], turns[-1])
        if rewriter is None or wording == turns[-1].text:
            return await by(wording)
        return await beside(turns, (await rewriter.rewrite(turns[:-1], turns[-1])).question)

    ways: dict[str, Found] = {
        "the last turn alone": alone,
        "Lorelens without rewriting": plain,
        "Lorelens, and a rewriting that adds nothing": lost,
        "Lorelens, and a rewriting about something else": strayed,
    }
    if rewriter is not None:
        ways[f"Lorelens, rewritten by {model}"] = written
    rows: list[list[Cell]] = []
    for name, way in ways.items():
        figures = [_figures([hit.passage.path for hit in await way(turns)], gold) for turns, gold in tasks]
        rows.append([name, *(sum(column) / len(tasks) for column in zip(*figures, strict=True))])
    return Table(
        "The same by the whole search (words and MiniLM, ranked again)",
        ("asked with", "recall@5", "any of them in 5", "first"),
        rows,
        "Each rewriting is searched beside the plain wording. One that adds nothing is the last turn itself, one about "
        "something else that of another conversation: what bad ones cost, the second if it passed for one about the "
        "conversation." + ("" if rewriter else " No language model was configured, so none rewrote."),
    )


async def _answered(folder: Path, assistant: Assistant, knowledge: KnowledgeSearch, model: str) -> list[Table]:
    """What became of each task, by its label."""
    became: defaultdict[str, list[str]] = defaultdict(list)
    signs: defaultdict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for task in _records(folder / "tasks.jsonl"):
        *history, last = _messages(task)
        reply = gather([part async for part in assistant.answer(last, history)])
        label = task["answerability"][0]
        became[label].append(_outcome(reply))
        hits = await knowledge.search(standalone_question(history, last), limit=PASSAGES)
        best = hits[0].score if hits else 0.0
        titles = len({hit.passage.title or hit.passage.path.partition("-")[0] for hit in hits})
        signs[label].append((1 - (reply.support or 0.0), 1 - best, float(titles)))
    outcomes = ("answered", "declined", "asked back")
    rows: list[list[Cell]] = [
        [label.lower(), len(became[label]), *(became[label].count(one) / len(became[label]) for one in outcomes)]
        for label in LABELS
    ]
    clear = [*signs["ANSWERABLE"], *signs["PARTIAL"]]
    names = ("little support", "no passage stands out", "passages of many documents")
    told: list[list[Cell]] = [
        [name, *(_auc([one[at] for one in signs[label]], [one[at] for one in clear]) for label in LABELS[2:])]
        for at, name in enumerate(names)
    ]
    return [
        Table(f"What became of the question ({model})", ("label", "tasks", *outcomes), rows),
        Table(
            "Can such questions be told from answerable ones",
            ("sign", "unanswerable", "underspecified"),
            told,
            "Area under the ROC curve: 0.5 is chance, 1 tells all.",
        ),
    ]


def _outcome(reply: Reply) -> str:
    """Asked back: no source is named, and a question is put."""
    if reply.declined or reply.failure is not None:
        return "declined"
    return "asked back" if not reply.citations and reply.text.rstrip().endswith(("?", "？")) else "answered"


def _auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The share of pairs in which the positive one is larger; a tie is half."""
    ones: NDArray[np.float64] = np.asarray(positive, dtype=np.float64)[:, None]
    others: NDArray[np.float64] = np.asarray(negative, dtype=np.float64)[None, :]
    return float((np.sign(ones - others).mean() + 1) / 2)


def _by_words(folder: Path) -> Table:
    """Full text over all passages, so that only the wording of the question differs from row to row."""
    passages = _records(folder / "passages.jsonl")
    ranking = _Bm25([index_terms(f"{passage['title']}\n{passage['text']}") for passage in passages])
    tasks = _answerable(folder)
    wordings: dict[str, Callable[[list[Message]], str]] = {
        "the last turn alone": lambda turns: turns[-1].text,
        "the last two turns of the person": lambda turns: " ".join(_said(turns)[-2:]),
        "all turns of the person": lambda turns: " ".join(_said(turns)),
        "the whole conversation": lambda turns: " ".join(turn.text for turn in turns),
        "Lorelens (core/followups.py)": lambda turns: standalone_question(turns[:-1], turns[-1]),
    }
    rows: list[list[Cell]] = []
    for name, wording in wordings.items():
        found = [[passages[at]["id"] for at in ranking.best(index_terms(wording(turns)), 5)] for turns, _ in tasks]
        figures = [_figures(ids, gold) for ids, (_, gold) in zip(found, tasks, strict=True)]
        rows.append([name, *(sum(column) / len(tasks) for column in zip(*figures, strict=True))])
    dependent = sum(depends_on_history(turns[-1].text) for turns, _ in tasks)
    return Table(
        "The passage that answers the last turn of a conversation (MTRAG-UN, BM25)",
        ("asked with", "recall@5", "any of them in 5", "first"),
        rows,
        f"{len(tasks)} answerable conversations of several turns over {len(passages)} passages; "
        f"{dependent} last turns are taken to depend on earlier ones.",
    )


def _answerable(folder: Path) -> list[tuple[list[Message], set[str]]]:
    """Conversations of several turns whose last one is answered by passages, with the ids of these."""
    return [
        (_messages(task), {context["document_id"] for context in task["contexts"]})
        for task in _records(folder / "tasks.jsonl")
        if task["answerability"][0] in ("ANSWERABLE", "PARTIAL") and task["contexts"] and len(task["input"]) > 1
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


def _figures(found: list[str], gold: set[str]) -> tuple[float, float, float]:
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
