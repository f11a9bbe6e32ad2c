"""How long a search and a whole extractive answer take at 1k, 10k and 100k chunks, and how an approximate index does.

Chunks are those of the handbook, cut by the project; the larger indices repeat them with a tenth of the words drawn
anew and the vectors turned a little, so that no two are alike. Every size is searched with the same questions.
"""

import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.assistant import Assistant
from core.knowledge.chunking import cut
from core.knowledge.documents import Passage
from core.knowledge.index import SearchQuery, Vectors
from core.knowledge.lance import LanceIndex
from core.knowledge.loaders import load
from core.knowledge.passages import PLACE_TOKENS, embedding_text, passages_of
from core.knowledge.search import KnowledgeSearch
from core.messages import EVERYONE, Author, Message, Place
from core.models.chat import load_chat_model
from core.models.minilm import MiniLM
from core.models.ocr import OcrReader
from core.reading.sentences import split_sentences
from tests.bench.tables import Table

SIZES = (1_000, 10_000, 100_000)
BASE = 500
QUESTIONS = 40
BATCH = 5_000
TURN = 0.25
"""How far a copy's vector is turned from the original, as the length of the noise beside a unit vector."""


async def measure(data: Path) -> list[Table]:
    """One table of latencies, one of the approximate index."""
    encoder = MiniLM()
    base = chunks(data / "handbook", encoder)
    vectors = encoder.encode([embedding_text(passage, encoder.languages) for passage in base])
    questions = questions_of(base)
    latencies: list[list[str | float | int | None]] = []
    approximate: list[list[str | float | int | None]] = []
    with tempfile.TemporaryDirectory() as place:
        index = await LanceIndex.open(Path(place) / "index", encoder.dimension, encoder.name)
        written = 0
        async for batch, rows in varied(base, vectors):
            await index.upsert(batch, rows)
            written += len(batch)
            if written in SIZES:
                await index.optimize()
                latencies.append(await _latencies(index, encoder, questions, written))
        approximate = await _approximate(index, encoder, questions)
        await index.close()
    return [
        Table(
            "Latency by size of the index, milliseconds",
            ("chunks", "search p50", "search p99", "answer p50", "answer p99", "MiB on disk"),
            latencies,
            note="An answer is the whole extractive one: retrieval, ranking, reading, citations.",
        ),
        Table(
            f"Vectors alone at {SIZES[-1]:,} chunks, 60 nearest",
            ("index", "recall against exact", "p50 ms"),
            approximate,
        ),
    ]


def chunks(folder: Path, encoder: MiniLM) -> list[Passage]:
    """The first passages of the handbook."""
    found: list[Passage] = []
    for file in sorted(folder.rglob("*.md")):
        document = load(file, folder)
        pieces = cut(
            document,
            count_tokens=encoder.count_tokens,
            budget=encoder.token_limit - PLACE_TOKENS,
            languages=encoder.languages,
        )
        path = file.relative_to(folder).as_posix()
        found += passages_of(document, pieces, source="handbook", path=path, audience=(EVERYONE,))
        if len(found) >= BASE:
            break
    return found[:BASE]


def questions_of(passages: Sequence[Passage]) -> list[str]:
    """Sentences to search by, the same each time."""
    drawn = random.Random(1).sample(list(passages), QUESTIONS)
    questions: list[str] = []
    for passage in drawn:
        spans = [passage.text[span.start : span.end] for span in split_sentences(passage.text)]
        questions.append(max(spans, key=lambda text: len(text) if len(text) < 160 else 0))
    return questions


async def varied(base: Sequence[Passage], vectors: Vectors) -> AsyncIterator[tuple[list[Passage], Vectors]]:
    """Batches that add up to the largest size, with a boundary at each size."""
    drawn = random.Random(2)
    noise = np.random.default_rng(2)
    words = sorted({word for passage in base for word in passage.text.split()})
    written = 0
    for size in SIZES:
        while written < size:
            count = min(BATCH, size - written)
            origins = [(written + at) % len(base) for at in range(count)]
            batch = [_copy(base[origin], written + at, words, drawn) for at, origin in enumerate(origins)]
            turned = vectors[origins] + TURN * _unit(noise.standard_normal((count, vectors.shape[1]), dtype=np.float32))
            written += count
            yield batch, _unit(turned.astype(np.float32))


def _copy(passage: Passage, number: int, words: Sequence[str], drawn: random.Random) -> Passage:
    text = " ".join(drawn.choice(words) if drawn.random() < 0.1 else word for word in passage.text.split())
    return passage.model_copy(update={"id": f"{number:032x}", "path": f"{number // 20}.md", "text": text})


def _unit(rows: Vectors) -> Vectors:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


async def _latencies(
    index: LanceIndex, encoder: MiniLM, questions: Sequence[str], size: int
) -> list[str | float | int | None]:
    knowledge = KnowledgeSearch(index, encoder)

    async def no_picture(sha256: str) -> bytes | None:
        return None

    chat = await load_chat_model("extractive", encoder=encoder)
    assistant = Assistant(chat=chat, knowledge=knowledge, pictures=no_picture, ocr=OcrReader(), encoder=encoder)

    async def search(question: str) -> object:
        return await knowledge.search(question)

    async def answer(question: str) -> object:
        return [part async for part in assistant.answer(_message(question))]

    disk = (await index.statistics()).size or 0
    times = (*await _percentiles(search, questions), *await _percentiles(answer, questions))
    return [size, *times, round(disk / 1024**2)]


async def _percentiles(call: Callable[[str], Awaitable[object]], questions: Sequence[str]) -> tuple[float, float]:
    await call(questions[0])
    times: list[float] = []
    for question in questions:
        started = time.perf_counter()
        await call(question)
        times.append((time.perf_counter() - started) * 1000)
    return float(np.percentile(times, 50)), float(np.percentile(times, 99))


async def _approximate(
    index: LanceIndex, encoder: MiniLM, questions: Sequence[str]
) -> list[list[str | float | int | None]]:
    """Exact search against the approximate index that LanceIndex would build."""
    queries = [
        SearchQuery(text="", vector=tuple(row.tolist()), dense_weight=1.0, limit=60)
        for row in encoder.encode(list(questions))
    ]
    exact, exact_times = await _nearest(index, queries)
    await index.approximate()
    found, times = await _nearest(index, queries)
    recall = float(np.mean([len(set(one) & set(other)) / len(one) for one, other in zip(exact, found, strict=True)]))
    return [
        ["exact", 1.0, float(np.percentile(exact_times, 50))],
        ["approximate (IVF-PQ)", recall, float(np.percentile(times, 50))],
    ]


async def _nearest(index: LanceIndex, queries: Sequence[SearchQuery]) -> tuple[list[list[str]], list[float]]:
    await index.search(queries[0])
    ids: list[list[str]] = []
    times: list[float] = []
    for query in queries:
        started = time.perf_counter()
        ids.append([hit.passage.id for hit in await index.search(query)])
        times.append((time.perf_counter() - started) * 1000)
    return ids, times


def _message(question: str) -> Message:
    return Message(
        id="1",
        place=Place(platform="bench", workspace="bench", channel="bench"),
        author=Author(id="bench"),
        text=question,
        sent_at=datetime.now(UTC),
    )
