"""Both knowledge indices with the same passages and vectors: how far Weaviate's rankings are from the embedded ones.

Against the emulator, whose vector search is exact, or the server that LORELENS_TEST_WEAVIATE_URL names. `relative
scores` fuses the rankings of words and meaning by their scores, each scaled to 0 to 1, as Weaviate's
relativeScoreFusion does; the others are those of `retrieval`.
"""

import math
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.knowledge.copying import copy
from core.knowledge.index import Hit, SearchQuery
from tests.bench.retrieval import WAYS, Row, Searched, read_in, rows
from tests.bench.tables import Table
from tests.contract.weaviate_server import weaviate_server

SAMPLE = 200
"""Questions of each language."""
CANDIDATES = 60
CUT = 10
RELATIVE = "relative scores"


async def measure(data: Path) -> list[Table]:
    """nDCG@10 of each way in each index, and the difference."""
    folder = data / "qa_bilingual"
    asked = _sampled(rows(folder / "questions.jsonl"))
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        lance = await read_in(folder, place)
        async with weaviate_server() as server:
            encoder = lance.encoder
            index = await server.open("Bench", encoder.dimension, encoder.name)
            async for _ in copy(lance.index, index, place / "copying.json"):
                pass
            weaviate = Searched(index, encoder)
            figures: list[list[str | float | int | None]] = []
            for language in ("en", "zh"):
                questions = [row for row in asked if row["lang"] == language]
                for way in (*WAYS, RELATIVE):
                    ours, theirs, alike = await _compared(lance, weaviate, way, questions)
                    figures.append([language, way, len(questions), ours, theirs, f"{theirs - ours:+.4f}", alike])
            await index.close()
            where = "the emulator" if server.emulator is not None else "a real server"
        await lance.index.close()
    columns = ("language", "way", "questions", "LanceDB", "Weaviate", "difference", "same first hit")
    note = f"nDCG@{CUT} on qa_bilingual, {SAMPLE} questions of each language, seed 0, the same vectors; {where}."
    return [Table("Both indices", columns, figures, note=note)]


def _sampled(questions: Sequence[Row]) -> list[Row]:
    chosen: list[Row] = []
    for language in ("en", "zh"):
        fitting = [row for row in questions if row["lang"] == language and row["question"]]
        random.Random(0).shuffle(fitting)
        chosen += fitting[:SAMPLE]
    return chosen


async def _compared(
    lance: Searched, weaviate: Searched, way: str, questions: Sequence[Row]
) -> tuple[float, float, float]:
    """Mean nDCG@10 in both, and the share of questions with the same first hit."""
    gained: list[tuple[float, float]] = []
    alike: list[bool] = []
    for row in questions:
        ours, theirs = [await _found(searched, way, row["question"]) for searched in (lance, weaviate)]
        gained.append((_gain(ours, row["passage"]), _gain(theirs, row["passage"])))
        alike.append(ours[:1] == theirs[:1])
    means = np.mean(np.asarray(gained), axis=0)
    return float(means[0]), float(means[1]), float(np.mean(alike))


async def _found(searched: Searched, way: str, question: str) -> list[str]:
    """The documents that are found, best first."""
    hits = await (_by_scores(searched, question) if way == RELATIVE else searched.find(way, question))
    return list(dict.fromkeys(hit.passage.path.removesuffix(".txt") for hit in hits))


async def _by_scores(searched: Searched, question: str) -> list[Hit]:
    vector = tuple(searched.encoder.encode([question])[0].tolist())
    best: dict[str, tuple[float, Hit]] = {}
    for weight in (0.0, 1.0):
        query = SearchQuery(text=question, vector=vector, dense_weight=weight, limit=CANDIDATES)
        hits = [(hit.dense if weight else hit.lexical, hit) for hit in await searched.index.search(query)]
        scored = [(score, hit) for score, hit in hits if score is not None]
        if not scored:
            continue
        low, high = min(score for score, _ in scored), max(score for score, _ in scored)
        for score, hit in scored:
            share = (score - low) / (high - low) if high > low else 1.0
            before = best.get(hit.passage.id, (0.0, hit))[0]
            best[hit.passage.id] = (before + share, hit)
    return [hit for _, hit in sorted(best.values(), key=lambda pair: (-pair[0], pair[1].passage.id))]


def _gain(found: Sequence[str], wanted: str) -> float:
    """nDCG@10 with one right passage."""
    return 1 / math.log2(found.index(wanted) + 2) if wanted in found[:CUT] else 0.0
