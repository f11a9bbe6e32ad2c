"""Answers without a language model: do they hold the gold answer, how long are they, is what has none declined?

Passages come from Lorelens' own search; the baseline reads the same ones. The weights that ship were fitted to all of
these questions; fitted on one half and measured on the other they give, in 1, 2 and 3 sentences: qa_bilingual English
.826 .921 .959, Chinese .815 .896 .945, qa_chinese .686 .802 .843. Thresholds chosen on one half are measured on the
other.
"""

import asyncio
import hashlib
import json
import math
import random
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.evidence import EvidencePassage
from core.knowledge.chunking import cut
from core.knowledge.documents import Passage
from core.knowledge.index import Vectors
from core.knowledge.lance import LanceIndex
from core.knowledge.loaders import load
from core.knowledge.passages import PLACE_TOKENS, embedding_text, passages_of
from core.knowledge.search import KnowledgeSearch
from core.knowledge.terms import index_terms
from core.language import detect_language
from core.models.encoder import Encoder
from core.models.minilm import MiniLM
from core.reading.selection import DECLINE_BELOW, rank_sentences, runs, select_sentences
from tests.bench.tables import Cell, Table

PASSAGES = 6
REPORT_QUESTIONS = 200
"""Answerable questions a language of company_reports, beside all that have no answer."""
FALSE_DECLINES = 0.03
"""So much of qa_* may be declined where a threshold is chosen."""
_UNANSWERABLE = re.compile(r"unanswerable|unsolvable|无解", re.IGNORECASE)
_PLAIN_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")


class Asked(NamedTuple):
    """A question with the passages that the search found for it."""

    record: dict[str, Any]
    passages: list[EvidencePassage]


class _Remembering(MiniLM):
    """The carried encoder, computing each text once: several readers read the same sentences."""

    def __init__(self) -> None:
        self._known: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, super().encode(new), strict=True))
        return np.stack([self._known[text] for text in texts])


async def measure(data: Path) -> list[Table]:
    """Gold answers in the replies, the adaptive reply, and declining."""
    encoder = _Remembering()
    sets = {name: await _ask(_plain_passages(data / name), data / name, encoder) for name in _QA}
    reports = await _ask(_report_passages(data / "company_reports", encoder), data / "company_reports", encoder)
    return [*_replies(sets, encoder), _declining(sets, reports, encoder)]


_QA = ("qa_bilingual", "qa_chinese")


def _replies(sets: dict[str, list[Asked]], encoder: Encoder) -> list[Table]:
    fixed: list[list[Cell]] = []
    adaptive: list[list[Cell]] = []
    for name, asked in sets.items():
        for language in sorted({_language(one) for one in asked}):
            those = [one for one in asked if _language(one) == language]
            for way, reader in (("plain", _plain), ("Lorelens", _ranked)):
                found = [_holds(one, reader(one, encoder)) for one in those]
                fixed.append([name, language, way, *(float(np.mean([row[at] for row in found])) for at in range(3))])
            replies = [_adaptive(one, encoder) for one in those]
            adaptive.append([name, language, *(float(column) for column in np.mean(replies, axis=0))])
    return [
        Table(
            "The gold answer is in the first 1, 2, 3 sentences",
            ("questions", "language", "reader", "1", "2", "3"),
            fixed,
            "plain: sentences by BM25, for English fused with MiniLM by reciprocal rank; both read the same passages.",
        ),
        Table(
            "The reply as it is given: as few sentences as the question allows",
            ("questions", "language", "holds the answer", "sentences", "characters", "declined"),
            adaptive,
        ),
    ]


def _holds(one: Asked, sentences: Sequence[str]) -> list[bool]:
    answers: list[str] = one.record["answers"]
    return [any(answer in said for said in sentences[:count] for answer in answers) for count in (1, 2, 3)]


def _ranked(one: Asked, encoder: Encoder) -> list[str]:
    ranked = rank_sentences(one.record["question"], one.passages, encoder)
    return [ranked.candidates[int(at)].text for at in np.argsort(-ranked.scores, kind="stable")[:3]]


def _plain(one: Asked, encoder: Encoder) -> list[str]:
    sentences = [part for found in one.passages[:3] for part in _PLAIN_END.split(found.passage.text) if part.strip()]
    terms = [Counter(index_terms(sentence)) for sentence in sentences]
    mean = sum(sum(counts.values()) for counts in terms) / max(1, len(terms))
    scores = np.zeros(len(sentences))
    for term in set(index_terms(one.record["question"])):
        having = sum(term in counts for counts in terms)
        rarity = math.log(1 + (len(terms) - having + 0.5) / (having + 0.5))
        for at, counts in enumerate(terms):
            norm = 1.2 * (0.25 + 0.75 * sum(counts.values()) / mean)
            scores[at] += rarity * counts[term] * 2.2 / (counts[term] + norm)
    order = np.argsort(-scores, kind="stable")
    if _language(one) == "en" and sentences:
        vectors = encoder.encode([one.record["question"], *sentences])
        near = np.argsort(-(vectors[1:] @ vectors[0]), kind="stable")
        fused = 1 / (60 + np.argsort(order)) + 1 / (60 + np.argsort(near))
        order = np.argsort(-fused, kind="stable")
    return [sentences[at] for at in order[:3]]


def _adaptive(one: Asked, encoder: Encoder) -> tuple[float, float, float, float]:
    selection = select_sentences(one.record["question"], one.passages, encoder=encoder)
    text = {found.number: found.passage.text for found in one.passages}
    said = [text[number][start:end] for number, start, end in runs(selection.sentences)]
    held = any(answer in part for part in said for answer in one.record["answers"])
    return float(held), len(selection.sentences), sum(map(len, said)), float(selection.declined)


def _declining(sets: dict[str, list[Asked]], reports: list[Asked], encoder: Encoder) -> Table:
    rows: list[list[Cell]] = []
    for language in ("en", "zh"):
        those = [one for one in reports if _language(one) == language]
        judged = [(_support(one, encoder), _unanswerable(one), _half(one)) for one in those]
        others = [one for asked in sets.values() for one in asked if _language(one) == language]
        elsewhere = [(_support(one, encoder), _half(one)) for one in others]
        for half in (0, 1):
            threshold = _best_threshold(
                [(support, un) for support, un, of in judged if of == half],
                [support for support, of in elsewhere if of == half],
            )
            rows.append(_decline_row(language, f"half {half + 1}", threshold, judged, elsewhere, {1 - half}))
        rows.append(_decline_row(language, "as shipped", DECLINE_BELOW, judged, elsewhere, {0, 1}))
    return Table(
        "Questions without an answer are declined (company_reports)",
        ("language", "threshold from", "threshold", "precision", "recall", "false declines", "and on qa_*"),
        rows,
        f"All unanswerable questions beside {REPORT_QUESTIONS} answerable ones a language.",
    )


def _decline_row(
    language: str,
    origin: str,
    threshold: float,
    judged: Sequence[tuple[float, bool, int]],
    elsewhere: Sequence[tuple[float, int]],
    halves: set[int],
) -> list[Cell]:
    there = [(support < threshold, un) for support, un, half in judged if half in halves]
    right = sum(declined and un for declined, un in there)
    declined = sum(declined for declined, _ in there)
    answerable = [declined for declined, un in there if not un]
    return [
        language,
        origin,
        threshold,
        right / max(1, declined),
        right / max(1, len(there) - len(answerable)),
        sum(answerable) / max(1, len(answerable)),
        float(np.mean([support < threshold for support, half in elsewhere if half in halves])),
    ]


def _best_threshold(judged: Sequence[tuple[float, bool]], elsewhere: Sequence[float]) -> float:
    """The threshold with the best F1 of declining that declines few of the answerable questions elsewhere."""

    def f1(threshold: float) -> float:
        right = sum(support < threshold and un for support, un in judged)
        return 2 * right / max(1, sum(support < threshold for support, _ in judged) + sum(un for _, un in judged))

    bound = float(np.quantile(elsewhere, FALSE_DECLINES))
    return max((support for support, _ in judged if support <= bound), key=f1, default=bound)


def _support(one: Asked, encoder: Encoder) -> float:
    return select_sentences(one.record["question"], one.passages, limit=1, encoder=encoder).support


def _unanswerable(one: Asked) -> bool:
    return _UNANSWERABLE.search(one.record["kind"]) is not None


def _half(one: Asked) -> int:
    return hashlib.sha256(one.record["question"].encode()).digest()[0] % 2


def _language(one: Asked) -> str:
    return one.record.get("lang", "zh")


async def _ask(passages: list[Passage], folder: Path, encoder: Encoder) -> list[Asked]:
    questions = _records(folder / "questions.jsonl")
    if folder.name == "company_reports":
        questions = _sample(questions)
    vectors = np.zeros((len(passages), encoder.dimension), dtype=np.float32)
    texts = [embedding_text(passage, encoder.languages) for passage in passages]
    readable = [at for at, text in enumerate(texts) if text.strip()]
    if readable:
        vectors[readable] = await asyncio.to_thread(encoder.encode, [texts[at] for at in readable])
    with tempfile.TemporaryDirectory() as place:
        index = await LanceIndex.open(Path(place), encoder.dimension, encoder.name)
        await index.upsert(passages, vectors)
        await index.optimize()
        search = KnowledgeSearch(index, encoder)
        asked: list[Asked] = []
        for question in questions:
            hits = await search.search(question["question"], limit=PASSAGES)
            found = [
                EvidencePassage(number=number, passage=hit.passage, score=hit.score)
                for number, hit in enumerate(hits, start=1)
            ]
            asked.append(Asked(question, found))
        await index.close()
    return asked


def _sample(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    chosen = [one for one in questions if _UNANSWERABLE.search(one["kind"])]
    for language in ("en", "zh"):
        those = [one for one in questions if one["lang"] == language and one not in chosen and one["evidence"]]
        chosen += random.Random(0).sample(those, REPORT_QUESTIONS)
    return chosen


def _plain_passages(folder: Path) -> list[Passage]:
    return [
        Passage(
            id=record["id"],
            source="bench",
            path=record["id"],
            text=record["text"],
            language=detect_language(record["text"]),
        )
        for record in _records(folder / "corpus.jsonl")
    ]


def _report_passages(folder: Path, encoder: Encoder) -> list[Passage]:
    passages: list[Passage] = []
    with tempfile.TemporaryDirectory() as place:
        for record in _records(folder / "corpus.jsonl"):
            file = Path(place) / f"{record['id']}.txt"
            file.write_text(record["text"], encoding="utf-8")
            document = load(file, Path(place))
            chunks = cut(
                document,
                count_tokens=encoder.count_tokens,
                budget=encoder.token_limit - PLACE_TOKENS,
                languages=encoder.languages,
            )
            passages += passages_of(document, chunks, source="bench", path=file.name, audience=("everyone",))
    return passages


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
