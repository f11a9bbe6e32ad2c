"""Retrieval: the right passage, the right document, the evidence, next to plain rankings in the same index.

Each data set is read in by the project's own ingestion, all its languages into one index. `words`, `meaning` and
`plain fusion` are the index's own rankings (BM25, cosine, reciprocal-rank fusion of the two with equal weights);
`Lorelens` is `KnowledgeSearch`, as every command uses it; `joined` are its six best with neighbours joined, as
a language model reads them.
"""

import json
import random
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.knowledge.index import Hit, KnowledgeIndex, SearchQuery
from core.knowledge.ingest import Reader, ingest
from core.knowledge.lance import LanceIndex
from core.knowledge.ledger import Ledger
from core.knowledge.picture_files import PictureFiles
from core.knowledge.search import KnowledgeSearch
from core.models.minilm import MiniLM
from core.models.ocr import OcrReader
from tests.bench.tables import Table

SAMPLE = 400
"""Questions on long reports, of each language."""
DEPTH = 20
SINGLE_DOCUMENT = {
    "Factual Question",
    "Multi-hop Reasoning Question",
    "Summarization Question",
    "事实性问题",
    "多跳推理问题",
    "总结性问题",
}
WAYS = ("words", "meaning", "plain fusion", "Lorelens")
JOINED = 6

Row = dict[str, Any]
Score = Callable[[Row, Sequence[Hit]], tuple[float, ...]]


@dataclass(frozen=True)
class Searched:
    """An index with the ways to search it."""

    index: KnowledgeIndex
    encoder: MiniLM

    async def find(self, way: str, question: str) -> list[Hit]:
        """The best hits of one way."""
        if way == "Lorelens":
            return await KnowledgeSearch(self.index, self.encoder).search(question, limit=DEPTH)
        if way == "joined":
            search = KnowledgeSearch(self.index, self.encoder)
            return await search.joined(await search.search(question, limit=JOINED))
        weight = {"words": 0.0, "meaning": 1.0, "plain fusion": 0.5}[way]
        vector = tuple(self.encoder.encode([question])[0].tolist()) if weight else None
        query = SearchQuery(text=question, vector=vector, dense_weight=weight, limit=DEPTH)
        return await self.index.search(query)


class Silent:
    """Watches nothing."""

    def begin(self, stage: str, total: int) -> None:
        """Nothing."""

    def advance(self, stage: str, item: str) -> None:
        """Nothing."""


async def measure(data: Path) -> list[Table]:
    """One table for short passages, one for long documents."""
    passages: list[list[str | float | int | None]] = []
    for name in ("qa_bilingual", "qa_chinese"):
        questions = [row for row in rows(data / name / "questions.jsonl") if row["question"]]
        passages += await _measured(data / name, questions, _passage_score)
    reports = data / "company_reports"
    asked = sampled(rows(reports / "questions.jsonl"))
    long = await _measured(reports, asked, evidence_score, (*WAYS, "joined"))
    return [
        Table("Short passages", ("data", "way", "questions", "recall@1", "recall@5"), passages),
        Table(
            "Long documents",
            (
                "data",
                "way",
                "questions",
                "any evidence@5",
                "all evidence, mean@5",
                "document@1",
                "evidence@1, mean",
                "all evidence in one",
                "characters@6",
            ),
            long,
            note=f"{SAMPLE} single-document questions of each language, seed 0; evidence sentences verbatim in the "
            "five best chunks, white space aside; in the best one; all of them in one of the six best.",
        ),
    ]


def rows(file: Path) -> list[Row]:
    """The records of a JSON Lines file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def sampled(questions: Sequence[Row]) -> list[Row]:
    """The single-document questions that are measured, the same each time."""
    chosen: list[Row] = []
    for language in ("en", "zh"):
        fitting = [
            row
            for row in questions
            if row["lang"] == language
            and row["kind"] in SINGLE_DOCUMENT
            and len(row["passages"]) == 1
            and row["evidence"]
        ]
        random.Random(0).shuffle(fitting)
        chosen += fitting[:SAMPLE]
    return chosen


async def _measured(
    folder: Path, questions: Sequence[Row], score: Score, ways: Sequence[str] = WAYS
) -> list[list[str | float | int | None]]:
    with tempfile.TemporaryDirectory() as temporary:
        searched = await read_in(folder, Path(temporary))
        table = await compared(searched, folder.name, questions, score, ways)
        await searched.index.close()
    return table


async def compared(
    searched: Searched, name: str, questions: Sequence[Row], score: Score, ways: Sequence[str]
) -> list[list[str | float | int | None]]:
    """A row for each language and way to search."""
    table: list[list[str | float | int | None]] = []
    for language in sorted({row.get("lang", "zh") for row in questions}):
        asked = [row for row in questions if row.get("lang", "zh") == language]
        for way in ways:
            scores = [score(row, await searched.find(way, row["question"])) for row in asked]
            means = [float(mean) for mean in np.mean(np.asarray(scores, dtype=np.float64), axis=0)]
            table.append([f"{name} {language}", way, len(asked), *means])
    return table


async def read_in(folder: Path, place: Path) -> Searched:
    """Read the passages of `corpus.jsonl` in, each as a file of its own."""
    documents = place / "documents"
    documents.mkdir()
    for row in rows(folder / "corpus.jsonl"):
        (documents / f"{row['id']}.txt").write_text(row["text"], encoding="utf-8")
    encoder = MiniLM()
    index = await LanceIndex.open(place / "index", encoder.dimension, encoder.name)
    reader = Reader(
        index=index,
        ledger=Ledger(place / "ledger.sqlite"),
        pictures=PictureFiles(place / "pictures"),
        ocr=OcrReader(),
        encoder=encoder,
    )
    await ingest(documents, reader, source="data", progress=Silent())
    reader.ledger.close()
    return Searched(index, encoder)


def _passage_score(row: Row, hits: Sequence[Hit]) -> tuple[float, ...]:
    found = list(dict.fromkeys(hit.passage.path.removesuffix(".txt") for hit in hits))
    return float(found[:1] == [row["passage"]]), float(row["passage"] in found[:5])


def evidence_score(row: Row, hits: Sequence[Hit]) -> tuple[float, ...]:
    """The columns of the table of long documents, for one question."""
    chunks = [_bare(hit.passage.text) for hit in hits[:JOINED]]
    found = [[_bare(sentence) in chunk for sentence in row["evidence"]] for chunk in chunks]
    in_five = np.any(found[:5], axis=0) if found else np.zeros(1)
    return (
        float(np.any(in_five)),
        float(np.mean(in_five)),
        float(bool(hits) and hits[0].passage.path.removesuffix(".txt") in row["passages"]),
        float(np.mean(found[0])) if found else 0.0,
        float(any(map(all, found))),
        float(sum(len(hit.passage.text) for hit in hits[:JOINED])),
    )


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)
