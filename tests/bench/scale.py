"""The embedded index at 100,000 and a million chunks: build time, disk, memory, latency, recall against exact search.

The first 100,000 chunks are real text with real embeddings: sentences and pairs of neighbouring sentences of English
data. Beyond, each comes again with a tenth of its words drawn anew and its vector turned a little, since a million
embeddings would take hours here. Questions are real ones that stand in none of the chunks. Embeddings are kept in the
folder for temporary files and used again.

`LORELENS_BENCH_CHUNKS` names other sizes, such as `100000`.
"""

import hashlib
import json
import os
import random
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from core.knowledge.documents import Passage
from core.knowledge.index import SearchQuery, Vectors
from core.knowledge.lance import LanceIndex
from core.knowledge.search import KnowledgeSearch
from core.models.minilm import MiniLM
from core.reading.sentences import split_sentences
from tests.bench.tables import Cell, Table

SIZES = tuple(int(size) for size in os.environ.get("LORELENS_BENCH_CHUNKS", "100000,1000000").split(","))
REAL = 100_000
QUESTIONS = 100
NEAREST = 60
BATCH = 10_000
TURN = 0.25
"""How far a copy's vector is turned from the original, as the length of the noise beside a unit vector."""


async def measure(data: Path) -> list[Table]:
    """One row a size."""
    encoder = MiniLM()
    texts = real_texts(data)[:REAL]
    vectors = _embedded(texts, encoder)
    questions = _questions(data)
    asked = encoder.encode(questions)
    rows: list[list[Cell]] = []
    with tempfile.TemporaryDirectory() as place:
        index = await LanceIndex.open(Path(place) / "index", encoder.dimension, encoder.name)
        nearest = _Nearest(asked)
        started = time.perf_counter()
        written, in_test = 0, 0.0
        async for passages, its in _batches(texts, vectors):
            before = time.perf_counter()
            nearest.add([passage.id for passage in passages], its)
            in_test += time.perf_counter() - before
            await index.upsert(passages, its)
            written += len(passages)
            if written in SIZES:
                await index.optimize()
                built = time.perf_counter() - started - in_test
                rows.append([written, round(built), *await _searched(index, encoder, questions, asked, nearest)])
        await index.close()
    return [
        Table(
            "The embedded index by size",
            (
                "chunks",
                "build s",
                "MiB on disk",
                "peak MiB in memory",
                "search p50 ms",
                "search p99 ms",
                f"recall@10 of {NEAREST} nearest",
                f"recall@{NEAREST}",
            ),
            rows,
            note="Build time is from nothing, without embedding. A search is the whole one: full text, vectors, fusion "
            f"and ranking; memory is the process's, {vectors.nbytes // 1024**2} MiB of it the embeddings.",
        )
    ]


def real_texts(data: Path) -> list[str]:
    """Sentences, then pairs of neighbouring ones, each once, in a stable order."""
    singles: dict[str, None] = {}
    pairs: dict[str, None] = {}
    for text in _documents(data):
        found = [" ".join(text[span.start : span.end].split()) for span in split_sentences(text)]
        found = [one for one in found if 25 < len(one) < 300]
        singles.update(dict.fromkeys(found))
        pairs.update((f"{one} {other}", None) for one, other in pairwise(found))
    return [*singles, *(pair for pair in pairs if pair not in singles)]


def _documents(data: Path) -> Iterator[str]:
    for folder in ("handbook", "team_docs"):
        for file in sorted((data / folder).rglob("*.md")):
            yield file.read_text(encoding="utf-8")
    for file in ("qa_bilingual/corpus.jsonl", "company_reports/corpus.jsonl", "dialogue/passages.jsonl"):
        for line in (data / file).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if record.get("lang", "en") == "en":
                yield record["text"]


def _questions(data: Path) -> list[str]:
    found: list[str] = []
    for file in ("qa_bilingual/questions.jsonl", "company_reports/questions.jsonl"):
        records = (json.loads(line) for line in (data / file).read_text(encoding="utf-8").splitlines())
        found += [record["question"] for record in records if record.get("lang", "en") == "en"]
    return random.Random(3).sample(found, QUESTIONS)


def _embedded(texts: Sequence[str], encoder: MiniLM) -> Vectors:
    name = hashlib.sha256("\0".join([encoder.name, *texts]).encode()).hexdigest()[:16]
    kept = Path(tempfile.gettempdir()) / f"lorelens-bench-{name}.npy"
    if not kept.is_file():
        rows = [encoder.encode(list(texts[at : at + 1000])) for at in range(0, len(texts), 1000)]
        np.save(kept, np.concatenate(rows))
    return np.load(kept)


async def _batches(texts: Sequence[str], vectors: Vectors) -> AsyncIterator[tuple[list[Passage], Vectors]]:
    """Passages with their vectors, up to the largest size, with a boundary at each size."""
    drawn, noise = random.Random(2), np.random.default_rng(2)
    words = sorted({word for text in texts[:2000] for word in text.split()})
    at = 0
    for size in SIZES:
        while at < size:
            count = min(BATCH, size - at)
            origins = [(at + one) % len(texts) for one in range(count)]
            rows = vectors[origins]
            if at >= len(texts):
                turned = rows + TURN * _unit(noise.standard_normal(rows.shape, dtype=np.float32))
                rows = _unit(turned.astype(np.float32))
            yield (
                [
                    _passage(at + one, texts[origin], words if at >= len(texts) else (), drawn)
                    for one, origin in enumerate(origins)
                ],
                rows,
            )
            at += count


def _passage(number: int, text: str, words: Sequence[str], drawn: random.Random) -> Passage:
    if words:
        text = " ".join(drawn.choice(words) if drawn.random() < 0.1 else word for word in text.split())
    return Passage(id=f"{number:032x}", source="bench", path=f"{number // 20}.md", text=text, ordinal=number % 20)


def _unit(rows: Vectors) -> Vectors:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


class _Nearest:
    """The exact nearest passages of each question, kept up to date as passages come."""

    def __init__(self, asked: Vectors) -> None:
        self._asked = asked
        self._scores = np.full((len(asked), 0), -1.0, dtype=np.float32)
        self._ids: list[list[str]] = [[] for _ in asked]

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        scores = np.concatenate([self._scores, self._asked @ vectors.T], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST]
        self._scores = np.take_along_axis(scores, best, axis=1)
        known = [[*mine, *ids] for mine in self._ids]
        self._ids = [[mine[place] for place in places] for mine, places in zip(known, best.tolist(), strict=True)]

    def recall(self, found: Sequence[Sequence[str]], depth: int) -> float:
        """The share of the true nearest `depth` that is among what was found."""
        pairs = zip(self._ids, found, strict=True)
        return float(np.mean([len(set(true[:depth]) & set(some)) / depth for true, some in pairs]))


async def _searched(
    index: LanceIndex, encoder: MiniLM, questions: Sequence[str], asked: Vectors, nearest: _Nearest
) -> list[Cell]:
    found: list[list[str]] = []
    for row in asked:
        query = SearchQuery(text="", vector=tuple(row.tolist()), dense_weight=1.0, limit=NEAREST)
        found.append([hit.passage.id for hit in await index.search(query)])
    knowledge = KnowledgeSearch(index, encoder)
    await knowledge.search(questions[0])
    times: list[float] = []
    for question in questions:
        started = time.perf_counter()
        await knowledge.search(question)
        times.append((time.perf_counter() - started) * 1000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    disk = (await index.statistics()).size or 0
    p50, p99 = (float(np.percentile(times, share)) for share in (50, 99))
    return [round(disk / 1024**2), peak, p50, p99, nearest.recall(found, 10), nearest.recall(found, NEAREST)]
